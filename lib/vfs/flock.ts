/**
 * Locks of whole files that belong to the open file: flock(2), O_SHLOCK, O_EXLOCK.
 *
 * NetBSD: sys/kern/sys_descrip.c (sys_flock), flock(2).
 */

import type { File } from '../kern/file.ts';
import type { Lwp } from '../kern/lwp.ts';
import { andThen, type Soon } from '../kern/maysleep.ts';
import { FHASLOCK } from '../sys/constants/fcntl.ts';
import type { Lock } from './lockf.ts';
import type { Vnode } from './vnode.ts';
import { vnodeLockf } from './vnode_extra.ts';

function whole(fp: File, how: 'read' | 'write'): Lock {
  return { owner: fp, kind: 'flock', write: how === 'write', start: 0, end: Number.POSITIVE_INFINITY };
}

/** @throws EAGAIN somebody has it (`try`); EINTR ERESTART */
export function flockTake(
  l: Lwp,
  vp: Vnode,
  fp: File,
  how: 'read' | 'write',
  wait: 'try' | 'wait',
): Soon<void> {
  return andThen(vnodeLockf(vp).lock(l, whole(fp, how), wait), () => {
    fp.flag |= FHASLOCK;
  });
}

/** The open file gives up its lock, if it has one. */
export function flockUnlock(vp: Vnode, fp: File): void {
  if ((fp.flag & FHASLOCK) !== 0) {
    fp.flag &= ~FHASLOCK;
    vp.extra?.lockf?.unlock(whole(fp, 'read'));
  }
}
