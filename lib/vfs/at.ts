/**
 * Directories that calls are told by descriptor, and where a relative path begins in them.
 *
 * NetBSD: sys/kern/vfs_syscalls.c (fd_nameiat), openat(2).
 */

import type { Lwp } from '../kern/lwp.ts';
import { AT_FDCWD } from '../sys/constants/fcntl.ts';
import { ENOTDIR } from '../sys/errno.ts';
import { VnodeFile } from './vn_file.ts';
import type { Vnode } from './vnode.ts';

/** @throws EBADF ENOTDIR */
export function fdDirectory(l: Lwp, fd: number): Vnode {
  const { ops } = l.proc.fd.get(fd);
  if (!(ops instanceof VnodeFile) || ops.vp.type !== 'VDIR') {
    throw ENOTDIR;
  }
  return ops.vp;
}

/** @returns null for the working directory, and where the path needs none. @throws EBADF ENOTDIR */
export function atDirectory(l: Lwp, fd: number, path: string): Vnode | null {
  if (fd === AT_FDCWD || path.startsWith('/')) {
    return null;
  }
  return fdDirectory(l, fd);
}
