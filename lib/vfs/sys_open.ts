/**
 * System calls that open files, and those on open files of file systems.
 *
 * NetBSD: sys/kern/vfs_syscalls.c; open(2), lseek(2), fsync(2), truncate(2), flock(2), posix_fallocate(2),
 * fdiscard(2), pathconf(2), revoke(2).
 */

import { type File, FREAD, FWRITE, fileSleep } from '../kern/file.ts';
import type { Lwp } from '../kern/lwp.ts';
import { andThen, isMaySleep, type Soon } from '../kern/maysleep.ts';
import type { Handlers } from '../kern/sysent.ts';
import { NOTE_EXTEND, NOTE_WRITE } from '../sys/constants/event.ts';
import {
  LOCK_EX,
  LOCK_NB,
  LOCK_SH,
  LOCK_UN,
  SEEK_CUR,
  SEEK_DATA,
  SEEK_END,
  SEEK_HOLE,
  SEEK_SET,
} from '../sys/constants/fcntl.ts';
import { PIPE_BUF } from '../sys/constants/limits.ts';
import { _PC_PIPE_BUF, FDATASYNC, FDISKSYNC, FFILESYNC } from '../sys/constants/unistd.ts';
import { EBADF, EFBIG, EINVAL, EISDIR, ENODEV, EOPNOTSUPP, EOVERFLOW, ESPIPE } from '../sys/errno.ts';
import { mustOwn, VWRITE, vaccess } from './access.ts';
import { atDirectory } from './at.ts';
import { flockTake, flockUnlock } from './flock.ts';
import { nameiUse } from './namei.ts';
import { mayGrow, vnTruncate } from './vn_attr.ts';
import { fdVnode, fdVnodeWritable, VnodeFile } from './vn_file.ts';
import { vnKnote } from './vn_kqueue.ts';
import { vnOpen } from './vn_open.ts';
import { type Vnode, vgone } from './vnode.ts';

/** Offsets are exact up to here. */
const OFFSET_MAX = Number.MAX_SAFE_INTEGER;

/** Do something to the file behind a descriptor, which stays open meanwhile. */
function onFile<T>(l: Lwp, fd: number, fn: (vp: Vnode, fp: File) => Soon<T>): Soon<T> {
  const vp = fdVnode(l, fd);
  const fp = l.proc.fd.get(fd);
  const answer = fn(vp, fp);
  return isMaySleep(answer) ? fileSleep(l, fp, answer) : answer;
}

/** @throws ESPIPE EINVAL EOVERFLOW; ENXIO nothing there (SEEK_DATA, SEEK_HOLE) */
function lseek(l: Lwp, fd: number, offset: number, whence: number): Soon<number> {
  const fp = l.proc.fd.get(fd);
  if (!fp.ops.seekable || !(fp.ops instanceof VnodeFile)) {
    throw ESPIPE;
  }
  switch (whence) {
    case SEEK_SET:
      return seekTo(fp, offset);
    case SEEK_CUR:
      return seekTo(fp, fp.offset + offset);
    case SEEK_END:
      return onFile(l, fd, (vp) => andThen(vp.ops.size(l, vp), (size) => seekTo(fp, size + offset)));
    case SEEK_DATA:
    case SEEK_HOLE:
      if (offset < 0) {
        throw EINVAL;
      }
      return onFile(l, fd, (vp) =>
        andThen(vp.ops.seek(l, vp, offset, whence === SEEK_DATA ? 'data' : 'hole'), (to) => seekTo(fp, to)),
      );
    default:
      throw EINVAL;
  }
}

function seekTo(fp: File, offset: number): number {
  if (offset < 0) {
    throw EINVAL;
  }
  if (offset > OFFSET_MAX) {
    throw EOVERFLOW;
  }
  fp.offset = offset;
  return offset;
}

function fsync(l: Lwp, fd: number, how: number, start: number, length: number): Soon<void> {
  return onFile(l, fd, (vp) => vp.ops.fsync(l, vp, how, start, length));
}

/** @throws EINVAL flags or range; EBADF not open for writing */
function fsyncRange(l: Lwp, fd: number, flags: number, start: number, length: number): Soon<void> {
  if (
    (l.proc.fd.get(fd).flag & (FREAD | FWRITE)) === 0 ||
    (flags & ~(FDATASYNC | FFILESYNC | FDISKSYNC)) !== 0
  ) {
    throw EINVAL;
  }
  if (
    (flags & (FDATASYNC | FFILESYNC)) === 0 ||
    (flags & (FDATASYNC | FFILESYNC)) === (FDATASYNC | FFILESYNC)
  ) {
    throw EINVAL;
  }
  if (start < 0 || length < 0 || start + length > OFFSET_MAX) {
    throw EINVAL;
  }
  if ((l.proc.fd.get(fd).flag & FWRITE) === 0) {
    throw EBADF;
  }
  return fsync(l, fd, flags, start, length);
}

/** Has it no places, being a pipe or a FIFO? */
function isPipe({ ops }: File): boolean {
  return ops.name === 'pipe' || ops.name === 'fifo';
}

/**
 * Whose storage is changed by range: a regular file open for writing. @throws EBADF ESPIPE EINVAL EISDIR ENODEV EFBIG
 */
function rangeOf(l: Lwp, fd: number, pos: number, len: number): void {
  if (isPipe(l.proc.fd.get(fd))) {
    throw ESPIPE;
  }
  const vp = fdVnodeWritable(l, fd);
  if (vp.type !== 'VREG') {
    throw vp.type === 'VDIR' ? EISDIR : ENODEV;
  }
  if (pos < 0 || len < 0) {
    throw EINVAL;
  }
  if (pos + len > OFFSET_MAX) {
    throw EFBIG;
  }
}

/** @throws EBADF EINVAL; EOPNOTSUPP; EAGAIN EINTR */
function flock(l: Lwp, fd: number, how: number): Soon<void> {
  const fp = l.proc.fd.get(fd);
  if (!(fp.ops instanceof VnodeFile)) {
    throw EOPNOTSUPP;
  }
  const { vp } = fp.ops;
  switch (how & ~LOCK_NB) {
    case LOCK_UN:
      flockUnlock(vp, fp);
      return;
    case LOCK_SH:
    case LOCK_EX: {
      const kind = (how & LOCK_EX) === 0 ? 'read' : 'write';
      const taking = flockTake(l, vp, fp, kind, (how & LOCK_NB) === 0 ? 'wait' : 'try');
      return isMaySleep(taking) ? fileSleep(l, fp, taking) : taking;
    }
    default:
      throw EINVAL;
  }
}

export const openHandlers: Handlers<
  | 'open'
  | 'openat'
  | 'lseek'
  | 'fsync'
  | 'fdatasync'
  | 'fsync_range'
  | 'truncate'
  | 'ftruncate'
  | 'flock'
  | 'posix_fallocate'
  | 'posix_fadvise'
  | 'fdiscard'
  | 'pathconf'
  | 'lpathconf'
  | 'fpathconf'
  | 'revoke'
> = {
  open: (l, path, flags, mode = 0) => vnOpen(l, null, path, flags, mode),
  openat: (l, fd, path, flags, mode = 0) => vnOpen(l, atDirectory(l, fd, path), path, flags, mode),
  lseek,
  fsync: (l, fd) => fsync(l, fd, FFILESYNC, 0, 0),
  fdatasync(l, fd) {
    fdVnodeWritable(l, fd);
    return fsync(l, fd, FDATASYNC, 0, 0);
  },
  fsync_range: fsyncRange,
  truncate: (l, path, length) =>
    nameiUse(l, null, path, 'follow', (vp) => {
      if (vp.type === 'VDIR') {
        throw EISDIR;
      }
      vaccess(l.kernel, l.cred, vp, VWRITE);
      return vnTruncate(l, vp, length);
    }),
  ftruncate(l, fd, length) {
    if ((l.proc.fd.get(fd).flag & FWRITE) === 0) {
      throw EINVAL;
    }
    return onFile(l, fd, (vp) => vnTruncate(l, vp, length));
  },
  flock,
  posix_fallocate(l, fd, pos, len) {
    rangeOf(l, fd, pos, len);
    if (len === 0) {
      throw EINVAL;
    }
    return onFile(l, fd, (vp) =>
      andThen(vp.ops.size(l, vp), (size) => {
        mayGrow(l, size, pos + len);
        return andThen(vp.ops.fallocate(l, vp, pos, len), () =>
          vnKnote(vp, pos + len > size ? NOTE_WRITE | NOTE_EXTEND : NOTE_WRITE),
        );
      }),
    );
  },
  posix_fadvise(l, fd, _offset, len, advice) {
    if (len < 0 || advice < 0 || advice > FADV_LAST) {
      throw EINVAL;
    }
    const fp = l.proc.fd.get(fd);
    if (isPipe(fp) || !(fp.ops instanceof VnodeFile)) {
      throw isPipe(fp) ? ESPIPE : EOPNOTSUPP;
    }
  },
  fdiscard(l, fd, pos, len) {
    rangeOf(l, fd, pos, len);
    if (len === 0) {
      throw EINVAL;
    }
    return onFile(l, fd, (vp) => andThen(vp.ops.fdiscard(l, vp, pos, len), () => vnKnote(vp, NOTE_WRITE)));
  },
  pathconf: (l, path, name) => nameiUse(l, null, path, 'follow', (vp) => vp.ops.pathconf(l, vp, name)),
  lpathconf: (l, path, name) => nameiUse(l, null, path, 'nofollow', (vp) => vp.ops.pathconf(l, vp, name)),
  fpathconf: (l, fd, name) =>
    name === _PC_PIPE_BUF && isPipe(l.proc.fd.get(fd))
      ? PIPE_BUF
      : onFile(l, fd, (vp) => vp.ops.pathconf(l, vp, name)),
  revoke: (l, path) =>
    nameiUse(l, null, path, 'follow', (vp) => {
      if (vp.type === 'VDIR') {
        throw EINVAL;
      }
      mustOwn(l.cred, vp);
      vgone(vp);
    }),
};

const FADV_LAST = 5;
