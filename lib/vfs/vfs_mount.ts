/**
 * Mounting and unmounting.
 *
 * NetBSD: sys/kern/vfs_mount.c, sys/kern/vfs_syscalls.c (mount_domount, mount_update), mount(2), unmount(2).
 */

import { KASSERT } from '../kern/kassert.ts';
import type { Lwp } from '../kern/lwp.ts';
import { isMaySleep, type MaySleep } from '../kern/maysleep.ts';
import {
  MNT_FORCE,
  MNT_LOCAL,
  MNT_OP_FLAGS,
  MNT_RDONLY,
  MNT_ROOTFS,
  MNT_VISFLAGMASK,
} from '../sys/constants/mount.ts';
import { EBUSY, EINVAL, ENODEV, ENOENT, ENOTDIR } from '../sys/errno.ts';
import { cwdMoveAll } from './cwdi.ts';
import { Mount, type Vfsops } from './mount.ts';
import { vfsOf } from './vfs.ts';
import { type Vnode, vgone, vref, vrele } from './vnode.ts';

/** @throws ENODEV no such kind */
export function vfsByName(l: Lwp, type: string): Vfsops {
  const vfsops = vfsOf(l.kernel).filesystems.get(type);
  if (vfsops === undefined) {
    throw ENODEV;
  }
  return vfsops;
}

/**
 * Mount a file system on the directory `vp`, which the caller holds.
 * @throws ENOTDIR EBUSY EINVAL; what the kind says
 */
export function* mountDomount(
  l: Lwp,
  vp: Vnode,
  type: string,
  onname: string,
  flags: number,
  args: unknown,
): MaySleep<Mount> {
  const vfs = vfsOf(l.kernel);
  const vfsops = vfsByName(l, type);
  if (vp.type !== 'VDIR') {
    throw ENOTDIR;
  }
  const mp = new Mount(vfs, vfsops, (flags & MNT_VISFLAGMASK & ~(MNT_ROOTFS | MNT_LOCAL)) >>> 0, onname);
  mp.owner = l.cred.euid;
  const mounting = vfsops.mount(l, mp, args);
  if (isMaySleep(mounting)) {
    yield* mounting;
  }
  KASSERT(mp.root.usecount > 0, `${type} mounted without a root`);
  if (vp.mountedhere !== null || vp.type !== 'VDIR' || vp.mount === null) {
    // While it was made, somebody else has mounted there, or the directory has gone.
    yield* giveBack(l, mp);
    throw vp.mountedhere === null ? ENOENT : EBUSY;
  }
  mp.covered = vref(vp);
  vp.mountedhere = mp;
  vfs.mounts.push(mp);
  cwdMoveAll(l.kernel, vp, mp.root);
  return mp;
}

/** Change the flags or arguments of a mount. @throws EBUSY files are open for writing; EINVAL not a root */
export function* mountUpdate(l: Lwp, vp: Vnode, flags: number, args: unknown): MaySleep<void> {
  const { mount: mp } = vp;
  if (mp === null || mp.root !== vp) {
    throw EINVAL;
  }
  const to = (flags & MNT_VISFLAGMASK) >>> 0;
  if ((to & MNT_RDONLY) !== 0 && (mp.flag & MNT_RDONLY) === 0 && writers(mp) && (flags & MNT_FORCE) === 0) {
    throw EBUSY;
  }
  const updating = mp.vfsops.update?.(l, mp, args, flags & ~MNT_OP_FLAGS);
  if (isMaySleep(updating)) {
    yield* updating;
  }
  mp.flag = (to | mp.flagKept | (mp.flag & (MNT_ROOTFS | MNT_LOCAL))) >>> 0;
}

function writers(mp: Mount): boolean {
  for (const vp of mp.vnodes) {
    if (vp.writecount > 0) {
      return true;
    }
  }
  return false;
}

/**
 * Unmount. By force, files in use are taken away from those who use them.
 * @throws EBUSY in use, or something is mounted on it, or it is the root
 */
export function* doUnmount(l: Lwp, mp: Mount, how: 'gently' | 'by force'): MaySleep<void> {
  const { vfs } = mp;
  if (mp.covered === null) {
    throw EBUSY;
  }
  for (const vp of mp.vnodes) {
    const busy = vp.usecount > (vp === mp.root ? 1 : 0);
    if (vp.mountedhere !== null || (busy && how === 'gently')) {
      throw EBUSY;
    }
  }
  const { covered } = mp;
  cwdMoveAll(l.kernel, mp.root, covered);
  vfs.mounts.splice(vfs.mounts.indexOf(mp), 1);
  covered.mountedhere = null;
  mp.covered = null;
  vrele(covered);
  yield* giveBack(l, mp);
}

/** Take all vnodes away and let the file system give back what it has. */
function* giveBack(l: Lwp, mp: Mount): MaySleep<void> {
  mp.gone = true;
  for (const vp of [...mp.vnodes]) {
    if (vp !== mp.root) {
      vgone(vp);
    }
  }
  const syncing = mp.vfsops.sync?.(l, mp);
  if (isMaySleep(syncing)) {
    yield* syncing;
  }
  const { root } = mp;
  vgone(root);
  vrele(root);
  const unmounting = mp.vfsops.unmount(l, mp);
  if (isMaySleep(unmounting)) {
    yield* unmounting;
  }
}

/** Have everything written that is not. NetBSD: do_sys_sync */
export function* syncAll(l: Lwp): MaySleep<void> {
  for (const mp of [...vfsOf(l.kernel).mounts]) {
    const syncing = mp.gone ? undefined : mp.vfsops.sync?.(l, mp);
    if (isMaySleep(syncing)) {
      yield* syncing;
    }
  }
}
