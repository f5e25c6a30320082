/**
 * Operations of a vnode whose file has been taken away: unmounted by force, or revoked.
 *
 * NetBSD: sys/miscfs/deadfs/dead_vnops.c.
 */
import { EBADF, EINVAL, EIO, ENOENT, ENXIO } from '../sys/errno.ts';
import type { Vnodeops } from './vnodeops.ts';

function gone(): never {
  throw ENXIO;
}

/** In a directory that is no more there is nothing. */
function nothing(): never {
  throw ENOENT;
}

export const deadOps: Vnodeops = {
  lookup: nothing,
  create: nothing,
  mkdir: nothing,
  symlink: nothing,
  link: nothing,
  remove: nothing,
  rmdir: nothing,
  rename: nothing,
  readdir: nothing,
  readlink: gone,
  getattr() {
    throw EBADF;
  },
  setattr: gone,
  open: gone,
  close() {},
  read() {
    throw EIO;
  },
  write() {
    throw EIO;
  },
  size: () => 0,
  ioctl: gone,
  poll: (_l, _vp, events) => events,
  kqfilter() {
    throw EINVAL;
  },
  fsync() {},
  seek: gone,
  fallocate: gone,
  fdiscard: gone,
  pathconf: gone,
  getextattr: gone,
  setextattr: gone,
  listextattr: gone,
  deleteextattr: gone,
  marked() {},
  inactive: () => 'recycle',
  reclaim() {},
};
