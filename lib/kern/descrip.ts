/**
 * System calls on descriptors.
 *
 * NetBSD: sys/kern/{kern_descrip,sys_generic,sys_descrip}.c; read(2), write(2), close(2), dup(2), fcntl(2).
 */
import {
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_GETFD,
  F_GETFL,
  F_SETFD,
  F_SETFL,
  FCNTLFLAGS,
  FD_CLOEXEC,
  FREAD,
  FWRITE,
  OFLAGS,
} from '../sys/constants/fcntl.ts';
import { RLIMIT_NOFILE } from '../sys/constants/resource.ts';
import { EBADF, EINTR, EINVAL, ERESTART, EWOULDBLOCK } from '../sys/errno.ts';
import { closef, type File, fileHold } from './file.ts';
import { MAXFILES } from './filedesc.ts';
import type { Lwp } from './lwp.ts';
import type { MaySleep } from './maysleep.ts';
import type { Handlers } from './sysent.ts';
import { Uio, type UioRw, uioVector } from './uio.ts';

/** First descriptor number the caller may not have. */
function nofile(l: Lwp): number {
  return Math.min(l.proc.limit.cur[RLIMIT_NOFILE] as number, MAXFILES);
}

/** The file at `fd` if it is open for that. @throws EBADF */
function fileFor(l: Lwp, fd: number, rw: UioRw): File {
  const fp = l.proc.fd.get(fd);
  if ((fp.flag & (rw === 'read' ? FREAD : FWRITE)) === 0) {
    throw EBADF;
  }
  return fp;
}

/** Move data; an interruption after the first byte makes a short count. NetBSD: dofileread, dofilewrite. */
function* transfer(l: Lwp, fp: File, uio: Uio): MaySleep<number> {
  const whole = uio.resid;
  // The file stays while we sleep in it, whatever becomes of the descriptor.
  fileHold(fp);
  try {
    if (uio.rw === 'read') {
      yield* fp.ops.read(l, fp, uio);
    } else {
      yield* fp.ops.write(l, fp, uio);
    }
  } catch (error) {
    const interrupted = error === EINTR || error === ERESTART || error === EWOULDBLOCK;
    if (!interrupted || uio.resid === whole) {
      throw error;
    }
  } finally {
    closef(l, fp);
  }
  return whole - uio.resid;
}

/** Make `fp` appear at `to` as well, closing what was there. @throws EBADF. NetBSD: fd_dup2. */
function* dup2(l: Lwp, from: number, to: number): MaySleep<number> {
  const { fd: fdp } = l.proc;
  const fp = fdp.get(from);
  if (to < 0 || to >= nofile(l)) {
    throw EBADF;
  }
  if (from === to) {
    return to;
  }
  fileHold(fp);
  if (fdp.has(to)) {
    closef(l, fdp.clear(to));
  }
  fdp.set(to, fp);
  return to;
}

function dupfd(l: Lwp, fd: number, from: number, cloexec: 'keep' | 'cloexec'): number {
  const { fd: fdp } = l.proc;
  const fp = fdp.get(fd);
  if (from < 0 || from >= nofile(l)) {
    throw EINVAL;
  }
  const to = fdp.lowestFree(from, nofile(l));
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

function* fcntl(l: Lwp, fd: number, cmd: number, arg?: unknown): MaySleep<number> {
  const { fd: fdp } = l.proc;
  const fp = fdp.get(fd);
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
      return 0;
    default:
      throw EINVAL;
  }
}

export const descripHandlers: Handlers<
  'read' | 'write' | 'readv' | 'writev' | 'close' | 'dup' | 'dup2' | 'fcntl'
> = {
  *read(l, fd, buf) {
    const fp = fileFor(l, fd, 'read');
    return yield* transfer(l, fp, new Uio([buf], fp.offset, 'read'));
  },
  *write(l, fd, buf) {
    const fp = fileFor(l, fd, 'write');
    return yield* transfer(l, fp, new Uio([buf], fp.offset, 'write'));
  },
  *readv(l, fd, iov) {
    const fp = fileFor(l, fd, 'read');
    return yield* transfer(l, fp, uioVector(iov, fp.offset, 'read'));
  },
  *writev(l, fd, iov) {
    const fp = fileFor(l, fd, 'write');
    return yield* transfer(l, fp, uioVector(iov, fp.offset, 'write'));
  },
  *close(l, fd) {
    closef(l, l.proc.fd.clear(fd));
  },
  dup: (l, fd) => dupfd(l, fd, 0, 'keep'),
  dup2,
  fcntl,
};
