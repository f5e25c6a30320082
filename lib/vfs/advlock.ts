/**
 * Advisory record locks of processes: fcntl(2) F_GETLK, F_SETLK, F_SETLKW.
 *
 * The locks of a vnode are a list sorted by start, of one kind with those of flock(2) (`lockf.ts`).
 *
 * NetBSD: sys/kern/vfs_lockf.c, fcntl(2).
 */

import type { File } from '../kern/file.ts';
import type { Lwp } from '../kern/lwp.ts';
import { andThen, type Soon } from '../kern/maysleep.ts';
import type { Proc } from '../kern/proc.ts';
import {
  F_GETLK,
  F_RDLCK,
  F_SETLKW,
  F_UNLCK,
  F_WRLCK,
  FREAD,
  FWRITE,
  SEEK_CUR,
  SEEK_END,
  SEEK_SET,
} from '../sys/constants/fcntl.ts';
import { EBADF, EINVAL, EOVERFLOW } from '../sys/errno.ts';
import type { Flock } from '../sys/types.ts';
import type { Lock } from './lockf.ts';
import type { Vnode } from './vnode.ts';
import { vnodeLockf } from './vnode_extra.ts';

/** Offsets are 63 bits; here they are exact up to 2^53. What reaches beyond reaches to the end. */
const OFFSET_MAX = Number.MAX_SAFE_INTEGER;

/** Where a lock begins and ends (exclusive). @throws EINVAL EOVERFLOW */
function rangeOf(l: Lwp, vp: Vnode, fp: File, fl: Flock): Soon<{ start: number; end: number }> {
  if (!Number.isInteger(fl.start) || !Number.isInteger(fl.len)) {
    throw EINVAL;
  }
  return andThen(baseOf(l, vp, fp, fl.whence), (base) => {
    let start = base + fl.start;
    let { len } = fl;
    if (len < 0) {
      start += len;
      len = -len;
    }
    if (start < 0) {
      throw EINVAL;
    }
    if (start > OFFSET_MAX || len > 2 ** 63) {
      throw EOVERFLOW;
    }
    const end = start + len;
    return { start, end: len === 0 || end > OFFSET_MAX ? Number.POSITIVE_INFINITY : end };
  });
}

function baseOf(l: Lwp, vp: Vnode, fp: File, whence: number): Soon<number> {
  switch (whence) {
    case SEEK_SET:
      return 0;
    case SEEK_CUR:
      return fp.offset;
    case SEEK_END:
      return vp.ops.size(l, vp);
    default:
      throw EINVAL;
  }
}

/**
 * @returns for F_GETLK the lock that is in the way, or the request with F_UNLCK; else the request
 * @throws EAGAIN another process has a lock (F_SETLK); EDEADLK EINTR (F_SETLKW); EBADF EINVAL ENOLCK
 */
export function posixLock(l: Lwp, vp: Vnode, fp: File, cmd: number, fl: Flock): Soon<Flock> {
  if (
    (fl.type === F_RDLCK && cmd !== F_GETLK && (fp.flag & FREAD) === 0) ||
    (fl.type === F_WRLCK && cmd !== F_GETLK && (fp.flag & FWRITE) === 0)
  ) {
    throw EBADF;
  }
  if (fl.type !== F_RDLCK && fl.type !== F_WRLCK && (fl.type !== F_UNLCK || cmd === F_GETLK)) {
    throw EINVAL;
  }
  return andThen(rangeOf(l, vp, fp, fl), ({ start, end }) => {
    const lockf = vnodeLockf(vp);
    const lock: Lock = { owner: l.proc, kind: 'posix', write: fl.type === F_WRLCK, start, end };
    if (cmd === F_GETLK) {
      return described(lockf.blocking(lock), fl);
    }
    if (fl.type === F_UNLCK) {
      lockf.unlock(lock);
      return fl;
    }
    return andThen(lockf.lock(l, lock, cmd === F_SETLKW ? 'wait' : 'try'), () => fl);
  });
}

function described(lock: Lock | null, fl: Flock): Flock {
  if (lock === null) {
    return { ...fl, type: F_UNLCK, len: Number.isSafeInteger(fl.len) ? fl.len : 0 };
  }
  return {
    start: lock.start,
    len: lock.end === Number.POSITIVE_INFINITY ? 0 : lock.end - lock.start,
    // A lock of flock(2) belongs to no process.
    pid: lock.kind === 'posix' ? (lock.owner as Proc).pid : -1,
    type: lock.write ? F_WRLCK : F_RDLCK,
    whence: SEEK_SET,
  };
}

/** A process has closed a descriptor of the file: all its record locks on it go. */
export function posixUnlockAll(vp: Vnode, p: Proc): void {
  vp.extra?.lockf?.unlock({ owner: p, kind: 'posix', write: false, start: 0, end: Number.POSITIVE_INFINITY });
}
