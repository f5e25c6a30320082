/**
 * File systems of the host program's.
 */
import type { Component } from '../kern/component.ts';
import type { Vfsops } from '../vfs/mount.ts';
import { Vfs, vfsAttach } from '../vfs/vfs.ts';

/** A component that makes a kind of file system known: `mount(vfsops.name, ...)` then mounts one. */
export function defineFilesystem(vfsops: Vfsops): Component {
  return {
    name: vfsops.name,
    requires: ['vfs'],
    attach(k) {
      k.vfs ??= new Vfs(k);
      vfsAttach(k, vfsops);
    },
  };
}
