/**
 * Open files and directories of file systems.
 *
 * NetBSD: sys/kern/vfs_vnops.c (vnops), sys/kern/vfs_vnops.c (vn_read, vn_write, vn_closefile).
 */

import type { File, Fileops } from '../kern/file.ts';
import type { Knote } from '../kern/knote.ts';
import type { Lwp } from '../kern/lwp.ts';
import { andThen, isMaySleep, type MaySleep, type Soon } from '../kern/maysleep.ts';
import type { Selector } from '../kern/selinfo.ts';
import { psignal } from '../kern/sig.ts';
import type { Uio } from '../kern/uio.ts';
import { NOTE_EXTEND, NOTE_WRITE } from '../sys/constants/event.ts';
import { type F_GETLK, FAPPEND, FDSYNC, FFSYNC, FWRITE } from '../sys/constants/fcntl.ts';
import { FIONREAD } from '../sys/constants/filio.ts';
import { RLIMIT_FSIZE } from '../sys/constants/resource.ts';
import { SIGXFSZ } from '../sys/constants/signal.ts';
import { S_ISGID, S_ISUID } from '../sys/constants/stat.ts';
import { EBADF, EFBIG, EINVAL, EISDIR } from '../sys/errno.ts';
import type { Flock, Stat } from '../sys/types.ts';
import { posixLock, posixUnlockAll } from './advlock.ts';
import { flockUnlock } from './flock.ts';
import { vnKnote } from './vn_kqueue.ts';
import { type Vnode, vrele } from './vnode.ts';
import { IO_APPEND, IO_SYNC } from './vnodeops.ts';

export type LockCommand = typeof F_GETLK | 8 | 9;

export class VnodeFile implements Fileops {
  readonly name: string = 'vnode';
  readonly inherited = true;
  readonly seekable: boolean = true;
  /** Referenced. */
  readonly vp: Vnode;

  constructor(vp: Vnode) {
    this.vp = vp;
  }

  get vtype(): Vnode['type'] {
    return this.vp.type;
  }

  read(l: Lwp, _fp: File, uio: Uio): Soon<void> {
    const { vp } = this;
    if (vp.type === 'VDIR') {
      throw EISDIR;
    }
    return vp.ops.read(l, vp, uio, 0);
  }

  write(l: Lwp, fp: File, uio: Uio): Soon<void> {
    const { vp } = this;
    const ioflag =
      (fp.flag & (FAPPEND | FFSYNC | FDSYNC)) === 0
        ? 0
        : ((fp.flag & FAPPEND) === 0 ? 0 : IO_APPEND) | ((fp.flag & (FFSYNC | FDSYNC)) === 0 ? 0 : IO_SYNC);
    const limit = l.proc.limit.cur[RLIMIT_FSIZE] as number;
    if (limit !== Number.POSITIVE_INFINITY) {
      return writeLimited(l, vp, uio, ioflag, limit);
    }
    return vnWrite(l, vp, uio, ioflag);
  }

  ioctl(l: Lwp, fp: File, com: number, data: unknown): Soon<number> {
    const { vp } = this;
    if (com === FIONREAD && vp.type !== 'VDIR') {
      return andThen(vp.ops.size(l, vp), (size) => Math.max(0, size - fp.offset));
    }
    return vp.ops.ioctl(l, vp, com, data, fp.flag);
  }

  poll(l: Lwp, _fp: File, events: number, selector: Selector | null): number {
    return this.vp.ops.poll(l, this.vp, events, selector);
  }

  kqfilter(l: Lwp, _fp: File, kn: Knote): void {
    this.vp.ops.kqfilter(l, this.vp, kn);
  }

  stat(l: Lwp, _fp: File): Soon<Stat> {
    return this.vp.ops.getattr(l, this.vp);
  }

  restart(): void {}

  advlock(l: Lwp, fp: File, cmd: number, fl: Flock): Soon<Flock> {
    return posixLock(l, this.vp, fp, cmd, fl);
  }

  /** Whatever descriptor of the file it was: the locks of the process on it are gone. POSIX is like that. */
  fdClosed(l: Lwp): void {
    posixUnlockAll(this.vp, l.proc);
  }

  close(l: Lwp, fp: File): Soon<void> {
    const { vp } = this;
    flockUnlock(vp, fp);
    if ((fp.flag & FWRITE) !== 0) {
      vp.writecount--;
    }
    const closing = vp.ops.close(l, vp, fp.flag);
    if (isMaySleep(closing)) {
      return closeSleeping(vp, closing);
    }
    vrele(vp);
  }
}

function* closeSleeping(vp: Vnode, closing: MaySleep<void>): MaySleep<void> {
  try {
    yield* closing;
  } finally {
    vrele(vp);
  }
}

/** Write, and let those know who watch. Who is not the superuser takes the set-id bits off what it writes to. */
function vnWrite(l: Lwp, vp: Vnode, uio: Uio, ioflag: number): Soon<void> {
  // Whether the file becomes longer concerns only those who watch it.
  return vp.klist === null
    ? writeTo(l, vp, uio, ioflag, Number.POSITIVE_INFINITY)
    : andThen(vp.ops.size(l, vp), (size) => writeTo(l, vp, uio, ioflag, size));
}

/** @param size of the file before */
function writeTo(l: Lwp, vp: Vnode, uio: Uio, ioflag: number, size: number): Soon<void> {
  const whole = uio.resid;
  const writing = vp.ops.write(l, vp, uio, ioflag);
  if (isMaySleep(writing)) {
    return writeSleeping(l, vp, uio, whole, size, writing);
  }
  return written(l, vp, uio, whole, size);
}

function* writeSleeping(
  l: Lwp,
  vp: Vnode,
  uio: Uio,
  whole: number,
  size: number,
  writing: MaySleep<void>,
): MaySleep<void> {
  yield* writing;
  const rest = written(l, vp, uio, whole, size);
  if (isMaySleep(rest)) {
    yield* rest;
  }
}

function written(l: Lwp, vp: Vnode, uio: Uio, whole: number, size: number): Soon<void> {
  if (uio.resid === whole) {
    return;
  }
  vnKnote(vp, uio.offset > size ? NOTE_WRITE | NOTE_EXTEND : NOTE_WRITE);
  const { mode } = vp.owned;
  if ((mode & (S_ISUID | S_ISGID)) !== 0 && l.cred.euid !== 0) {
    return vp.ops.setattr(l, vp, { mode: mode & ~(S_ISUID | S_ISGID) });
  }
}

/** As much as RLIMIT_FSIZE lets through. @throws EFBIG nothing, and SIGXFSZ is sent */
function writeLimited(l: Lwp, vp: Vnode, uio: Uio, ioflag: number, limit: number): Soon<void> {
  const from = (ioflag & IO_APPEND) === 0 ? uio.offset : vp.ops.size(l, vp);
  return andThen(from, (offset) => {
    if (offset + uio.resid <= limit || vp.type !== 'VREG') {
      return vnWrite(l, vp, uio, ioflag);
    }
    if (offset >= limit) {
      psignal(l.proc, SIGXFSZ);
      throw EFBIG;
    }
    const cut = offset + uio.resid - limit;
    uio.resid -= cut;
    return andThen(vnWrite(l, vp, uio, ioflag), () => {
      uio.resid += cut;
    });
  });
}

/** What goes through a FIFO or device marks its times. @param moving the transfer, begun with `whole` bytes left */
export function transferMarked(vp: Vnode, uio: Uio, whole: number, moving: Soon<void>): Soon<void> {
  return andThen(moving, () => {
    if (uio.resid !== whole) {
      vp.ops.marked(vp, uio.rw);
    }
  });
}

/** The vnode of an open file. @throws EINVAL it is none of a file system. NetBSD: fd_getvnode */
export function fileVnode(fp: File): Vnode {
  if (!(fp.ops instanceof VnodeFile)) {
    throw EINVAL;
  }
  return fp.ops.vp;
}

/** The vnode behind a descriptor. @throws EBADF EINVAL */
export function fdVnode(l: Lwp, fd: number): Vnode {
  return fileVnode(l.proc.fd.get(fd));
}

/** The same, which has to be open for writing. @throws EBADF EINVAL */
export function fdVnodeWritable(l: Lwp, fd: number): Vnode {
  const fp = l.proc.fd.get(fd);
  if ((fp.flag & FWRITE) === 0) {
    throw EBADF;
  }
  return fileVnode(fp);
}
