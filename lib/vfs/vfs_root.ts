/**
 * The root file system: made at boot, given back at the end.
 *
 * NetBSD: sys/kern/vfs_mount.c (vfs_mountroot, vfs_unmountall), sys/rump/librump/rumpvfs/rump_vfs.c.
 */

import { type DeviceNode, makedev } from '../kern/devsw.ts';
import { KASSERT } from '../kern/kassert.ts';
import type { Kernel } from '../kern/kernel.ts';
import type { Lwp } from '../kern/lwp.ts';
import { isMaySleep } from '../kern/maysleep.ts';
import { MNT_LOCAL, MNT_ROOTFS } from '../sys/constants/mount.ts';
import { ENODEV } from '../sys/errno.ts';
import { cwdInit } from './cwdi.ts';
import { Mount } from './mount.ts';
import { vfsOf } from './vfs.ts';
import { type Vnode, vref, vrele } from './vnode.ts';

/** Directories there are from the start. */
const DIRECTORIES: readonly (readonly [name: string, mode: number])[] = [
  ['dev', 0o755],
  ['tmp', 0o1777],
];

/** Mount the root and begin process 0 there. @throws ENODEV no component to make a root of */
export function vfsMountroot(k: Kernel): void {
  const vfs = vfsOf(k);
  const l = k.curlwp as Lwp;
  const vfsops = vfs.filesystems.get('rumpfs');
  if (vfsops === undefined) {
    throw ENODEV;
  }
  const mp = new Mount(vfs, vfsops, MNT_ROOTFS | MNT_LOCAL, '/');
  atOnce(vfsops.mount(l, mp, undefined));
  vfs.mounts.push(mp);
  vfs.rootdir = mp.root;
  for (const [name, mode] of DIRECTORIES) {
    atOnce(mp.root.ops.mkdir(l, mp.root, name, { type: 'VDIR', mode, uid: 0, gid: 0, rdev: 0 }));
  }
  cwdInit(k.proc0, null);
}

/**
 * Names of a device come to /dev, or go. A /dev that something is mounted on is left alone, and so is a name that is
 * taken, or that somebody has changed. NetBSD: rump_vfs_makeonedevnode
 */
export function vfsDevNodes(
  k: Kernel,
  major: number,
  nodes: readonly DeviceNode[],
  what: 'make' | 'remove',
): void {
  const vfs = vfsOf(k);
  const l = k.curlwp;
  if (l === null || vfs.mounts.length === 0) {
    return;
  }
  const { rootdir } = vfs;
  const dir = rootdir.ops.lookup(l, rootdir, 'dev');
  atOnce(dir);
  if (dir?.type !== 'VDIR' || dir.mountedhere !== null) {
    return;
  }
  for (const { name, minor, mode, type = 'VCHR' } of nodes) {
    const vp = dir.ops.lookup(l, dir, name);
    atOnce(vp);
    const rdev = makedev(major, minor);
    if (what === 'make' && vp === null) {
      atOnce(dir.ops.create(l, dir, name, { type, mode, uid: 0, gid: 0, rdev }));
    } else if (what === 'remove' && vp?.type === type) {
      removeNode(l, dir, name, vp, rdev);
    }
  }
}

function removeNode(l: Lwp, dir: Vnode, name: string, vp: Vnode, rdev: number): void {
  const stat = vp.ops.getattr(l, vp);
  KASSERT(!isMaySleep(stat), 'the root file system sleeps');
  if (stat.rdev === rdev) {
    vref(vp);
    atOnce(dir.ops.remove(l, dir, name, vp));
    vrele(vp);
  }
}

/** The root's file system is memory: it never sleeps. */
function atOnce(answer: unknown): asserts answer is Vnode | null | undefined {
  KASSERT(!isMaySleep(answer), 'the root file system sleeps');
}

/** The kernel ends: what the host has lent is given back. NetBSD: vfs_shutdown */
export function vfsShutdown(k: Kernel): void {
  for (const mp of vfsOf(k).mounts.toReversed()) {
    mp.vfsops.shutdown?.(mp);
  }
}
