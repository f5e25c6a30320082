/**
 * What a new file begins with.
 *
 * NetBSD: sys/kern/vfs_syscalls.c (do_sys_mkdirat and the like), sys/fs/tmpfs/tmpfs_subr.c (tmpfs_construct_node).
 */

import { kauthCredIsmember } from '../kern/kauth.ts';
import type { Lwp } from '../kern/lwp.ts';
import { S_ISGID } from '../sys/constants/stat.ts';
import type { Vnode, Vtype } from './vnode.ts';
import type { NewNode } from './vnodeops.ts';

/** The caller's, and of the group of its directory; the set-group-id bit only for a group of the caller's. */
export function newNode(l: Lwp, dvp: Vnode, type: Vtype, mode: number, rdev: number): NewNode {
  const { gid } = dvp.owned;
  const { cred } = l;
  const foreign = (mode & S_ISGID) !== 0 && cred.euid !== 0 && !kauthCredIsmember(cred, gid);
  return { type, mode: foreign ? mode & ~S_ISGID : mode, uid: cred.euid, gid, rdev };
}
