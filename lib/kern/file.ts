/**
 * Open files: what a descriptor refers to. Descriptors of one process or of several share a `File`; the last
 * one to go closes it.
 *
 * NetBSD: sys/sys/file.h, sys/kern/kern_descrip.c (closef).
 */
import { ENOTTY } from '../sys/errno.ts';
import type { Flock, Stat } from '../sys/types.ts';
import { KASSERT } from './kassert.ts';
import type { Knote } from './knote.ts';
import type { Lwp } from './lwp.ts';
import { isMaySleep, type MaySleep, type Soon } from './maysleep.ts';
import type { Selector, Selinfo } from './selinfo.ts';
import type { Uio } from './uio.ts';

export { FREAD, FWRITE } from '../sys/constants/fcntl.ts';

/**
 * What can be done with an open file. An operation a file does not know throws the errno NetBSD has for
 * that.
 */
export interface Fileops {
  /** What kind of file it is, as fstat(1) shows it: "pipe", "kqueue", "console". */
  readonly name: string;
  /** Of a file that is a vnode, its type. */
  readonly vtype?: 'VREG' | 'VDIR' | 'VBLK' | 'VCHR' | 'VLNK' | 'VSOCK' | 'VFIFO' | 'VBAD';
  /** A child of fork gets it too. */
  readonly inherited: boolean;
  /** It has offsets: read and write move `File.offset`, pread and pwrite work. */
  readonly seekable: boolean;
  read(l: Lwp, fp: File, uio: Uio): Soon<void>;
  write(l: Lwp, fp: File, uio: Uio): Soon<void>;
  /** @returns what `com` reads, for a command that reads a number, else 0. @throws ENOTTY */
  ioctl(l: Lwp, fp: File, com: number, data: unknown): Soon<number>;
  /**
   * Which of `events` (POLL*) hold now, and POLLHUP and the like whether asked for or not. When none does,
   * `selector` is recorded with whatever will tell.
   */
  poll(l: Lwp, fp: File, events: number, selector: Selector | null): number;
  /** Attach a knote: give it its filter and put it on the list of what makes it fire. @throws EINVAL */
  kqfilter(l: Lwp, fp: File, kn: Knote): void;
  /** @throws EOPNOTSUPP */
  stat(l: Lwp, fp: File): Soon<Stat>;
  /** A descriptor for it was closed under lwps that sleep in it: they start their calls again. */
  restart(fp: File): void;
  close(l: Lwp, fp: File): Soon<void>;
  /**
   * fcntl's record locks (F_GETLK, F_SETLK, F_SETLKW), for files that can be locked. @returns for F_GETLK what
   * is in the way
   */
  advlock?(l: Lwp, fp: File, cmd: number, fl: Flock): Soon<Flock>;
  /** What tells of changes, of a file that can send SIGIO. */
  selinfo?(): Selinfo;
  /** One descriptor for it is closed, the last or not. */
  fdClosed?(l: Lwp): void;
}

export class File {
  refcnt = 1;
  /** Calls asleep in it, each with a reference of its own. */
  busy = 0;
  /** FREAD, FWRITE and the O_* flags that stay. */
  flag: number;
  readonly ops: Fileops;
  offset = 0;

  constructor(ops: Fileops, flag: number) {
    this.ops = ops;
    this.flag = flag;
  }
}

export function fileHold(fp: File): File {
  KASSERT(fp.refcnt > 0, 'reference to a closed file');
  fp.refcnt++;
  return fp;
}

/** Give one reference back; the last closes the file. */
export function closef(l: Lwp, fp: File): Soon<void> {
  KASSERT(fp.refcnt > 0, 'file closed twice');
  return --fp.refcnt === 0 ? fp.ops.close(l, fp) : undefined;
}

/**
 * A call begins to sleep in a file, which stays meanwhile whatever becomes of the descriptor it was found by.
 */
export function fileBusy(fp: File): void {
  fileHold(fp);
  fp.busy++;
}

/** It sleeps no more. */
export function fileUnbusy(l: Lwp, fp: File): Soon<void> {
  fp.busy--;
  return closef(l, fp);
}

/** Run what sleeps in a file. */
export function* fileSleep<T>(l: Lwp, fp: File, what: MaySleep<T>): MaySleep<T> {
  fileBusy(fp);
  try {
    return yield* what;
  } finally {
    const closing = fileUnbusy(l, fp);
    if (isMaySleep(closing)) {
      yield* closing;
    }
  }
}

/** What most files say to ioctl and kqueue. */
export function noIoctl(): never {
  throw ENOTTY;
}
