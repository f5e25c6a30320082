/**
 * The vfs faction: vnodes, names, mounts, and the system calls on files. File systems are components beside it; one
 * of them, `rumpfs`, is what the root is made of.
 *
 * NetBSD: sys/rump/librump/rumpvfs/rump_vfs.c.
 */
import type { Component } from '../kern/component.ts';
import type { Kernel } from '../kern/kernel.ts';
import { syscallEstablish } from '../kern/sysent.ts';
import { cwdInit, cwdRelease } from './cwdi.ts';
import { attrHandlers } from './sys_attr.ts';
import { cwdHandlers } from './sys_cwd.ts';
import { direntHandlers } from './sys_dirent.ts';
import { extattrHandlers } from './sys_extattr.ts';
import { fhHandlers } from './sys_fh.ts';
import { mountHandlers } from './sys_mount.ts';
import { nameHandlers } from './sys_names.ts';
import { openHandlers } from './sys_open.ts';
import { Vfs } from './vfs.ts';
import { vfsDevNodes, vfsMountroot, vfsShutdown } from './vfs_root.ts';

export const vfs: Component = {
  name: 'vfs',
  requires: ['rumpfs'],
  attach(k) {
    k.vfs ??= new Vfs(k);
    k.hooks.vfsInit = vfsInit;
    k.hooks.vfsFini = vfsShutdown;
    k.hooks.devNodes = vfsDevNodes;
    k.hooks.procVfsInit = cwdInit;
    k.hooks.procVfsRelease = cwdRelease;
  },
};

function vfsInit(k: Kernel): void {
  syscallEstablish(k, openHandlers);
  syscallEstablish(k, nameHandlers);
  syscallEstablish(k, attrHandlers);
  syscallEstablish(k, cwdHandlers);
  syscallEstablish(k, direntHandlers);
  syscallEstablish(k, mountHandlers);
  syscallEstablish(k, extattrHandlers);
  syscallEstablish(k, fhHandlers);
  vfsMountroot(k);
}
