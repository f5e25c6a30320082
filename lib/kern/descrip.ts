/**
 * System calls on descriptors.
 *
 * NetBSD: sys/kern/{kern_descrip,sys_descrip}.c; close(2), dup(2), fcntl(2), fstat(2).
 */
import {
  F_CLOSEM,
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_GETFD,
  F_GETFL,
  F_GETLK,
  F_GETNOSIGPIPE,
  F_GETOWN,
  F_MAXFD,
  F_SETFD,
  F_SETFL,
  F_SETLK,
  F_SETLKW,
  F_SETNOSIGPIPE,
  F_SETOWN,
  FASYNC,
  FCNTLFLAGS,
  FD_CLOEXEC,
  FNOSIGPIPE,
  O_CLOEXEC,
  O_NONBLOCK,
  O_NOSIGPIPE,
  OFLAGS,
} from '../sys/constants/fcntl.ts';
import { EBADF, EINVAL, ENOTTY } from '../sys/errno.ts';
import type { Flock } from '../sys/types.ts';
import { type File, fileHold, fileSleep } from './file.ts';
import { fdClose, fdLimit } from './filedesc.ts';
import type { Lwp } from './lwp.ts';
import { andThen, isMaySleep, type MaySleep, type Soon } from './maysleep.ts';
import type { Selinfo } from './selinfo.ts';
import { fsetasync, fsetown } from './sigio.ts';
import type { Handlers } from './sysent.ts';

const DUP_FLAGS = O_CLOEXEC | O_NONBLOCK | O_NOSIGPIPE;

/**
 * Make the file at `from` appear at `to` as well, closing what was there. @throws EBADF EINVAL. NetBSD:
 * dodup, fd_dup2
 */
function dup3(l: Lwp, from: number, to: number, flags: number): Soon<number> {
  const { fd: fdp } = l.proc;
  const fp = fdp.get(from);
  if (to < 0 || to >= fdLimit(l)) {
    throw EBADF;
  }
  if ((flags & ~DUP_FLAGS) !== 0) {
    throw EINVAL;
  }
  if (from === to) {
    return to;
  }
  fileHold(fp);
  const closing = fdp.has(to) ? fdClose(l, fdp, to) : undefined;
  // At once: while the old file closes, nobody may find the number free.
  fdp.set(to, fp, (flags & O_CLOEXEC) === 0 ? 'keep' : 'cloexec');
  fp.flag |= flags & (O_NONBLOCK | O_NOSIGPIPE);
  return isMaySleep(closing) ? afterwards(closing, to) : to;
}

function* afterwards<T>(closing: MaySleep<void>, value: T): MaySleep<T> {
  yield* closing;
  return value;
}

function dupfd(l: Lwp, fd: number, from: number, cloexec: 'keep' | 'cloexec'): number {
  const { fd: fdp } = l.proc;
  const fp = fdp.get(fd);
  if (from < 0 || from >= fdLimit(l)) {
    throw EINVAL;
  }
  const to = fdp.lowestFree(from, fdLimit(l));
  fdp.set(to, fileHold(fp), cloexec);
  return to;
}

/** The argument of fcntl, where it is a number: 0 when left out. @throws EINVAL */
function intOf(arg: unknown): number {
  if (arg === undefined) {
    return 0;
  }
  if (typeof arg !== 'number' || (arg | 0) !== arg) {
    throw EINVAL;
  }
  return arg;
}

/** Close everything from `fd` up, which need not be open itself: closefrom(3). @throws EBADF */
function closem(l: Lwp, fd: number): Soon<number> {
  if (fd < 0) {
    throw EBADF;
  }
  const closing = l.proc.fd.closeFrom(l, fd);
  return isMaySleep(closing) ? afterwards(closing, 0) : 0;
}

function fcntl(l: Lwp, fd: number, cmd: number, arg?: unknown): Soon<number> {
  const { fd: fdp } = l.proc;
  switch (cmd) {
    case F_CLOSEM:
      return closem(l, fd);
    case F_MAXFD:
      return fdp.last();
  }
  const fp = fdp.get(fd);
  if (cmd === F_GETLK || cmd === F_SETLK || cmd === F_SETLKW) {
    return recordLock(l, fp, cmd, arg);
  }
  const value = intOf(arg);
  switch (cmd) {
    case F_DUPFD:
      return dupfd(l, fd, value, 'keep');
    case F_DUPFD_CLOEXEC:
      return dupfd(l, fd, value, 'cloexec');
    case F_GETFD:
      return fdp.cloexec(fd) ? FD_CLOEXEC : 0;
    case F_SETFD:
      fdp.setCloexec(fd, (value & FD_CLOEXEC) === 0 ? 'keep' : 'cloexec');
      return 0;
    case F_GETFL:
      return OFLAGS(fp.flag);
    case F_SETFL:
      fp.flag = (fp.flag & ~FCNTLFLAGS) | ((value + 1) & FCNTLFLAGS);
      setAsync(l, fp);
      return 0;
    case F_GETOWN:
      return owned(fp).owner;
    case F_SETOWN:
      fsetown(l, owned(fp), value);
      return 0;
    case F_GETNOSIGPIPE:
      return (fp.flag & FNOSIGPIPE) === 0 ? 0 : 1;
    case F_SETNOSIGPIPE:
      fp.flag = value === 0 ? fp.flag & ~FNOSIGPIPE : fp.flag | FNOSIGPIPE;
      return 0;
    default:
      throw EINVAL;
  }
}

/** @throws ENOTTY the file sends no SIGIO */
export function owned(fp: File): Selinfo {
  const sip = fp.ops.selinfo?.();
  if (sip === undefined) {
    throw ENOTTY;
  }
  return sip;
}

/** Bring what sends SIGIO up to date with the flags of the file. */
export function setAsync(l: Lwp, fp: File): void {
  const sip = fp.ops.selinfo?.();
  if (sip !== undefined) {
    fsetasync(l.kernel, sip, (fp.flag & FASYNC) === 0 ? 'off' : 'on');
  }
}

/** @param arg a `Flock`, which F_GETLK fills with the lock that is in the way. @throws EINVAL EBADF EAGAIN EDEADLK */
function recordLock(l: Lwp, fp: File, cmd: number, arg: unknown): Soon<number> {
  if (fp.ops.advlock === undefined || typeof arg !== 'object' || arg === null) {
    throw EINVAL;
  }
  const { start, len, pid = 0, type, whence } = arg as Flock;
  const answer = fp.ops.advlock(l, fp, cmd, { start, len, pid, type, whence });
  const done = andThen(answer, (found) => {
    if (cmd === F_GETLK) {
      Object.assign(arg, found);
    }
    return 0;
  });
  return isMaySleep(done) ? fileSleep(l, fp, done) : done;
}

export const descripHandlers: Handlers<'close' | 'dup' | 'dup2' | 'dup3' | 'fcntl' | 'fstat'> = {
  close: (l, fd) => fdClose(l, l.proc.fd, fd),
  dup: (l, fd) => dupfd(l, fd, 0, 'keep'),
  dup2: (l, from, to) => dup3(l, from, to, 0),
  dup3,
  fcntl,
  fstat(l, fd) {
    const fp = l.proc.fd.get(fd);
    const stat = fp.ops.stat(l, fp);
    return isMaySleep(stat) ? fileSleep(l, fp, stat) : stat;
  },
};
