/**
 * What most file systems do alike. A file system starts from `genfsOps` and says what it does otherwise.
 *
 * NetBSD: sys/miscfs/genfs/genfs_vnops.c.
 */

import { andThen } from '../kern/maysleep.ts';
import { LINK_MAX, PATH_MAX, PIPE_BUF } from '../sys/constants/limits.ts';
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../sys/constants/poll.ts';
import {
  _PC_2_SYMLINKS,
  _PC_CHOWN_RESTRICTED,
  _PC_FILESIZEBITS,
  _PC_LINK_MAX,
  _PC_MAX_CANON,
  _PC_MAX_INPUT,
  _PC_MIN_HOLE_SIZE,
  _PC_NAME_MAX,
  _PC_NO_TRUNC,
  _PC_PATH_MAX,
  _PC_PIPE_BUF,
  _PC_SYMLINK_MAX,
  _PC_SYNC_IO,
  _PC_VDISABLE,
} from '../sys/constants/unistd.ts';
import { EINVAL, ENOTDIR, ENOTTY, ENXIO, EOPNOTSUPP, EROFS } from '../sys/errno.ts';
import type { Mount } from './mount.ts';
import { genfsKqfilter } from './vn_kqueue.ts';
import type { Vnode } from './vnode.ts';
import type { Vnodeops } from './vnodeops.ts';

function notdir(): never {
  throw ENOTDIR;
}

/** A file system that implements no changing operations cannot be changed. */
function readonly(): never {
  throw EROFS;
}

function unsupported(): never {
  throw EOPNOTSUPP;
}

/** Of variables that depend on nothing. 255 is "disabled". */
const PATHCONF: ReadonlyMap<number, number> = new Map([
  [_PC_LINK_MAX, LINK_MAX],
  [_PC_MAX_CANON, 255],
  [_PC_MAX_INPUT, 255],
  [_PC_PATH_MAX, PATH_MAX],
  [_PC_PIPE_BUF, PIPE_BUF],
  [_PC_CHOWN_RESTRICTED, 1],
  [_PC_NO_TRUNC, 1],
  [_PC_VDISABLE, 255],
  [_PC_SYNC_IO, 1],
  [_PC_FILESIZEBITS, 64],
  [_PC_SYMLINK_MAX, PATH_MAX],
  [_PC_2_SYMLINKS, 1],
  [_PC_MIN_HOLE_SIZE, 4096],
]);

/** @throws EINVAL no such variable. NetBSD: genfs_pathconf, pathconf(2) */
function pathconf(vp: Vnode, name: number): number {
  if (name === _PC_NAME_MAX) {
    return (vp.mount as Mount).namemax;
  }
  const value = PATHCONF.get(name);
  if (value === undefined) {
    throw EINVAL;
  }
  return value;
}

export const genfsOps: Vnodeops = {
  lookup: notdir,
  create: readonly,
  mkdir: readonly,
  symlink: readonly,
  link: readonly,
  remove: readonly,
  rmdir: readonly,
  rename: readonly,
  readdir: notdir,
  readlink() {
    throw EINVAL;
  },
  getattr: unsupported,
  setattr: readonly,
  open() {},
  close() {},
  read: unsupported,
  write: readonly,
  size: (l, vp) => andThen(vp.ops.getattr(l, vp), (stat) => stat.size),
  ioctl() {
    throw ENOTTY;
  },
  poll: (_l, _vp, events) => events & (POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM),
  kqfilter: genfsKqfilter,
  fsync() {},
  /** No holes: all is data, and the end is the one hole. */
  seek: (l, vp, offset, what) =>
    andThen(vp.ops.size(l, vp), (size) => {
      if (offset >= size) {
        throw ENXIO;
      }
      return what === 'data' ? offset : size;
    }),
  fallocate: unsupported,
  fdiscard: unsupported,
  pathconf: (_l, vp, name) => pathconf(vp, name),
  getextattr: unsupported,
  setextattr: unsupported,
  listextattr: unsupported,
  deleteextattr: unsupported,
  marked() {},
  inactive: () => 'keep',
  reclaim() {},
};
