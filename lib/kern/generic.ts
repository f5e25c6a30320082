/**
 * Reading, writing and controlling open files.
 *
 * NetBSD: sys/kern/sys_generic.c, sys/kern/vfs_syscalls.c (pread, pwrite); read(2), write(2), ioctl(2).
 */
import { FASYNC, FNONBLOCK, FNOSIGPIPE, FREAD, FWRITE } from '../sys/constants/fcntl.ts';
import { FIOASYNC, FIOCLEX, FIOGETOWN, FIONBIO, FIONCLEX, FIOSETOWN } from '../sys/constants/filio.ts';
import { SIGPIPE } from '../sys/constants/signal.ts';
import { EBADF, EDEADLK, EINTR, EINVAL, EPIPE, ERESTART, ESPIPE, EWOULDBLOCK } from '../sys/errno.ts';
import { owned, setAsync } from './descrip.ts';
import { type File, fileBusy, fileSleep, fileUnbusy } from './file.ts';
import type { Lwp } from './lwp.ts';
import { isMaySleep, type MaySleep, type Soon } from './maysleep.ts';
import { psignal } from './sig.ts';
import { fsetown } from './sigio.ts';
import type { Handlers } from './sysent.ts';
import { Uio, uioVector } from './uio.ts';

/** Does the transfer begin where the file is, moving that on, or at a place of its own? */
type From = 'here' | 'place';

function reader(l: Lwp, fd: number): File {
  const fp = l.proc.fd.get(fd);
  if ((fp.flag & FREAD) === 0) {
    throw EBADF;
  }
  return fp;
}

function writer(l: Lwp, fd: number): File {
  const fp = l.proc.fd.get(fd);
  if ((fp.flag & FWRITE) === 0) {
    throw EBADF;
  }
  return fp;
}

/** Where an explicit offset leads. @throws ESPIPE the file has none; EINVAL */
function placeIn(fp: File, offset: number): number {
  if (!fp.ops.seekable) {
    throw ESPIPE;
  }
  if (offset < 0) {
    throw EINVAL;
  }
  return offset;
}

/** Move data between a file and the caller. @returns bytes moved. NetBSD: dofileread, dofilewrite */
function transfer(l: Lwp, fp: File, uio: Uio, from: From): Soon<number> {
  const whole = uio.resid;
  let waiting: Soon<void> | null = null;
  try {
    waiting = uio.rw === 'read' ? fp.ops.read(l, fp, uio) : fp.ops.write(l, fp, uio);
  } catch (error) {
    cutShort(l, fp, uio, whole, error);
  }
  return isMaySleep(waiting)
    ? transferSleeping(l, fp, uio, from, whole, waiting)
    : moved(fp, uio, from, whole);
}

function* transferSleeping(
  l: Lwp,
  fp: File,
  uio: Uio,
  from: From,
  whole: number,
  waiting: MaySleep<void>,
): MaySleep<number> {
  // As `fileSleep` does: this is the path of every byte that is waited for, and a generator more costs it a
  // tenth.
  fileBusy(fp);
  try {
    yield* waiting;
  } catch (error) {
    cutShort(l, fp, uio, whole, error);
  } finally {
    const closing = fileUnbusy(l, fp);
    if (isMaySleep(closing)) {
      yield* closing;
    }
  }
  return moved(fp, uio, from, whole);
}

/**
 * A transfer has failed. What merely ended its waiting makes a short count, once something was moved.
 * @throws the others
 */
function cutShort(l: Lwp, fp: File, uio: Uio, whole: number, error: unknown): void {
  const ended = error === EINTR || error === ERESTART || error === EWOULDBLOCK || error === EDEADLK;
  if (ended && uio.resid !== whole) {
    return;
  }
  if (error === EPIPE && uio.rw === 'write' && (fp.flag & FNOSIGPIPE) === 0) {
    psignal(l.proc, SIGPIPE);
  }
  throw error;
}

function moved(fp: File, uio: Uio, from: From, whole: number): number {
  if (from === 'here' && fp.ops.seekable) {
    fp.offset = uio.offset;
  }
  return whole - uio.resid;
}

/** The parameter of a command that switches something. @throws EINVAL */
function switched(data: unknown): boolean {
  if (typeof data !== 'number' || !Number.isInteger(data)) {
    throw EINVAL;
  }
  return data !== 0;
}

/** What every file knows is done here; the rest is its own business. @throws EBADF EINVAL ENOTTY */
function ioctl(l: Lwp, fd: number, com: number, data?: unknown): Soon<number> {
  const { fd: fdp } = l.proc;
  const fp = fdp.get(fd);
  switch (com) {
    case FIOCLEX:
      fdp.setCloexec(fd, 'cloexec');
      return 0;
    case FIONCLEX:
      fdp.setCloexec(fd, 'keep');
      return 0;
    case FIONBIO:
      fp.flag = switched(data) ? fp.flag | FNONBLOCK : fp.flag & ~FNONBLOCK;
      return 0;
    case FIOASYNC:
      fp.flag = switched(data) ? fp.flag | FASYNC : fp.flag & ~FASYNC;
      setAsync(l, fp);
      return 0;
    case FIOGETOWN:
      return owned(fp).owner;
    case FIOSETOWN:
      if (typeof data !== 'number' || (data | 0) !== data) {
        throw EINVAL;
      }
      fsetown(l, owned(fp), data);
      return 0;
    default: {
      const answer = fp.ops.ioctl(l, fp, com, data);
      return isMaySleep(answer) ? fileSleep(l, fp, answer) : answer;
    }
  }
}

export const genericHandlers: Handlers<
  'read' | 'write' | 'readv' | 'writev' | 'pread' | 'pwrite' | 'preadv' | 'pwritev' | 'ioctl'
> = {
  read(l, fd, buf) {
    const fp = reader(l, fd);
    return transfer(l, fp, new Uio(buf, fp.offset, 'read'), 'here');
  },
  write(l, fd, buf) {
    const fp = writer(l, fd);
    return transfer(l, fp, new Uio(buf, fp.offset, 'write'), 'here');
  },
  readv(l, fd, iov) {
    const fp = reader(l, fd);
    return transfer(l, fp, uioVector(iov, fp.offset, 'read'), 'here');
  },
  writev(l, fd, iov) {
    const fp = writer(l, fd);
    return transfer(l, fp, uioVector(iov, fp.offset, 'write'), 'here');
  },
  pread(l, fd, buf, offset) {
    const fp = reader(l, fd);
    return transfer(l, fp, new Uio(buf, placeIn(fp, offset), 'read'), 'place');
  },
  pwrite(l, fd, buf, offset) {
    const fp = writer(l, fd);
    return transfer(l, fp, new Uio(buf, placeIn(fp, offset), 'write'), 'place');
  },
  preadv(l, fd, iov, offset) {
    const fp = reader(l, fd);
    return transfer(l, fp, uioVector(iov, placeIn(fp, offset), 'read'), 'place');
  },
  pwritev(l, fd, iov, offset) {
    const fp = writer(l, fd);
    return transfer(l, fp, uioVector(iov, placeIn(fp, offset), 'write'), 'place');
  },
  ioctl,
};
