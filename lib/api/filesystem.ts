/**
 * File systems of the host program's.
 */
import type { Component } from '../kern/component.ts';
import type { Vfsops } from '../vfs/mount.ts';
import { Vfs, vfsAttach } from '../vfs/vfs.ts';

/**
 * A component that makes a kind of file system known: `mount(vfsops.name, ...)` then mounts one.
 * @throws TypeError a name or an operation is missing
 */
export function defineFilesystem(vfsops: Vfsops): Component {
  const all =
    [vfsops?.mount, vfsops?.unmount, vfsops?.statvfs].every((each) => typeof each === 'function') &&
    typeof vfsops.name === 'string' &&
    vfsops.name !== '';
  if (!all) {
    throw new TypeError(
      'defineFilesystem: a file system has a name, and the functions mount, unmount and statvfs',
    );
  }
  return {
    name: vfsops.name,
    requires: ['vfs'],
    attach(k) {
      k.vfs ??= new Vfs(k);
      vfsAttach(k, vfsops);
    },
  };
}
