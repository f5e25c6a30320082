/**
 * Directories that calls are told by descriptor, and where a relative path begins in them.
 *
 * NetBSD: sys/kern/vfs_syscalls.c (fd_nameiat), openat(2).
 */

import type { Lwp } from '../kern/lwp.ts';
import { AT_FDCWD, O_SEARCH } from '../sys/constants/fcntl.ts';
import { ENOTDIR } from '../sys/errno.ts';
import { VnodeFile } from './vn_file.ts';
import type { Vnode } from './vnode.ts';

/** The directory a relative path begins in. */
export interface At {
  readonly vp: Vnode;
  /** It was opened to be searched (O_SEARCH): whether it may be was asked then, and is not again. */
  readonly searched: boolean;
}

/** @throws EBADF ENOTDIR */
export function fdDirectory(l: Lwp, fd: number): Vnode {
  const { ops } = l.proc.fd.get(fd);
  if (!(ops instanceof VnodeFile) || ops.vp.type !== 'VDIR') {
    throw ENOTDIR;
  }
  return ops.vp;
}

/** @returns null for the working directory, and where the path needs none. @throws EBADF ENOTDIR */
export function atDirectory(l: Lwp, fd: number, path: string): At | null {
  if (fd === AT_FDCWD || path.startsWith('/')) {
    return null;
  }
  return { vp: fdDirectory(l, fd), searched: (l.proc.fd.get(fd).flag & O_SEARCH) !== 0 };
}
