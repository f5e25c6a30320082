/**
 * System calls that make, change and remove names.
 *
 * NetBSD: sys/kern/vfs_syscalls.c; mkdir(2), mknod(2), link(2), symlink(2), readlink(2), rename(2), unlink(2).
 */

import type { Lwp } from '../kern/lwp.ts';
import { andThen, type Soon } from '../kern/maysleep.ts';
import type { Handlers } from '../kern/sysent.ts';
import { AT_REMOVEDIR, AT_SYMLINK_FOLLOW } from '../sys/constants/fcntl.ts';
import { S_IFIFO } from '../sys/constants/stat.ts';
import { EINVAL } from '../sys/errno.ts';
import { nameEncode } from '../sys/pathname.ts';
import { type At, atDirectory } from './at.ts';
import { nameiUse } from './namei.ts';
import { vnLink, vnMake, vnMkdir, vnMknod, vnRmdir, vnSymlink, vnUnlink } from './vn_names.ts';
import { vnRename } from './vn_rename.ts';

/** @throws EINVAL no symbolic link */
function readlink(l: Lwp, at: At | null, path: string, buf: Uint8Array): Soon<number> {
  return nameiUse(l, at, path, 'nofollow', (vp) => {
    if (vp.type !== 'VLNK') {
      throw EINVAL;
    }
    return andThen(vp.ops.readlink(l, vp), (target) => {
      const bytes = nameEncode(target).subarray(0, buf.length);
      buf.set(bytes);
      return bytes.length;
    });
  });
}

function unlinkat(l: Lwp, fd: number, path: string, flag: number): Soon<void> {
  if ((flag & ~AT_REMOVEDIR) !== 0) {
    throw EINVAL;
  }
  const at = atDirectory(l, fd, path);
  return flag === AT_REMOVEDIR ? vnRmdir(l, at, path) : vnUnlink(l, at, path);
}

export const nameHandlers: Handlers<
  | 'mkdir'
  | 'mkdirat'
  | 'rmdir'
  | 'mkfifo'
  | 'mkfifoat'
  | 'mknod'
  | 'mknodat'
  | 'link'
  | 'linkat'
  | 'symlink'
  | 'symlinkat'
  | 'readlink'
  | 'readlinkat'
  | 'rename'
  | '__posix_rename'
  | 'renameat'
  | 'unlink'
  | 'unlinkat'
> = {
  mkdir: (l, path, mode) => vnMkdir(l, null, path, mode),
  mkdirat: (l, fd, path, mode) => vnMkdir(l, atDirectory(l, fd, path), path, mode),
  rmdir: (l, path) => vnRmdir(l, null, path),
  mkfifo: (l, path, mode) => vnMake(l, null, path, 'VFIFO', mode, 0),
  mkfifoat: (l, fd, path, mode) => vnMake(l, atDirectory(l, fd, path), path, 'VFIFO', mode & ~S_IFIFO, 0),
  mknod: (l, path, mode, dev) => vnMknod(l, null, path, mode, dev),
  mknodat: (l, fd, path, mode, dev) => vnMknod(l, atDirectory(l, fd, path), path, mode, dev),
  link: (l, path, to) => vnLink(l, null, path, 'follow', null, to),
  linkat(l, fd1, path, fd2, to, flags) {
    if ((flags & ~AT_SYMLINK_FOLLOW) !== 0) {
      throw EINVAL;
    }
    const follow = flags === 0 ? 'nofollow' : 'follow';
    return vnLink(l, atDirectory(l, fd1, path), path, follow, atDirectory(l, fd2, to), to);
  },
  symlink: (l, target, path) => vnSymlink(l, target, null, path),
  symlinkat: (l, target, fd, path) => vnSymlink(l, target, atDirectory(l, fd, path), path),
  readlink: (l, path, buf) => readlink(l, null, path, buf),
  readlinkat: (l, fd, path, buf) => readlink(l, atDirectory(l, fd, path), path, buf),
  rename: (l, from, to) => vnRename(l, null, from, null, to, 'remove'),
  __posix_rename: (l, from, to) => vnRename(l, null, from, null, to, 'retain'),
  renameat: (l, fromfd, from, tofd, to) =>
    vnRename(l, atDirectory(l, fromfd, from), from, atDirectory(l, tofd, to), to, 'retain'),
  unlink: (l, path) => vnUnlink(l, null, path),
  unlinkat,
};
