/**
 * Descriptor tables. The lowest free number is found in two bitmaps: of the numbers in use, and of the words
 * of the first that are full.
 *
 * NetBSD: sys/kern/kern_descrip.c, sys/sys/filedesc.h.
 */
import { RLIMIT_NOFILE } from '../sys/constants/resource.ts';
import { EBADF, EMFILE } from '../sys/errno.ts';
import { closef, type File, fileHold } from './file.ts';
import { KASSERT } from './kassert.ts';
import { type Knote, knoteFdclose } from './knote.ts';
import type { Lwp } from './lwp.ts';
import { isMaySleep, type MaySleep, type Soon } from './maysleep.ts';

/** No table holds more, whatever RLIMIT_NOFILE says. */
export const MAXFILES = 1 << 17;

/** One descriptor, for those who list them (fstat). */
export interface Descriptor {
  readonly fd: number;
  readonly file: File;
  readonly cloexec: boolean;
}

/** Number of the lowest bit of `word` that is clear. There must be one. */
function lowestClear(word: number): number {
  return 31 - Math.clz32(~word & (word + 1));
}

export class Filedesc {
  /** Processes that share this table. */
  refcnt = 1;
  /** Knotes that watch a descriptor, by its number; made when there is one. */
  knotes: Map<number, Set<Knote>> | null = null;
  #files: (File | undefined)[] = [];
  /** Bitmaps by number: in use; close at exec. */
  #used: number[] = [];
  #exclose: number[] = [];
  /** Bitmap of the words of `#used` that are all ones. */
  #full: number[] = [];

  /** @throws EBADF */
  get(fd: number): File {
    const fp = this.#files[fd];
    if (fp === undefined) {
      throw EBADF;
    }
    return fp;
  }

  has(fd: number): boolean {
    return this.#files[fd] !== undefined;
  }

  /** Lowest free number from `from` up. @param limit first number that may not be used. @throws EMFILE */
  lowestFree(from: number, limit: number): number {
    const first = from >> 5;
    // The numbers below `from` in its own word count as used.
    const head = (this.#used[first] ?? 0) | ((1 << (from & 31)) - 1);
    const w = head === -1 ? this.#roomFrom(first + 1) : first;
    const fd = w * 32 + lowestClear(w === first ? head : (this.#used[w] ?? 0));
    if (fd >= Math.min(limit, MAXFILES)) {
      throw EMFILE;
    }
    return fd;
  }

  /** First word from `w` up that is not full. */
  #roomFrom(w: number): number {
    let at = w >> 5;
    let full = (this.#full[at] ?? 0) | ((1 << (w & 31)) - 1);
    while (full === -1) {
      at++;
      full = this.#full[at] ?? 0;
    }
    return at * 32 + lowestClear(full);
  }

  /** Put `fp` (the caller's reference) at a free number. */
  set(fd: number, fp: File, cloexec: 'keep' | 'cloexec' = 'keep'): void {
    KASSERT(this.#files[fd] === undefined, 'descriptor is in use');
    const w = fd >> 5;
    while (this.#used.length <= w) {
      this.#used.push(0);
      this.#exclose.push(0);
    }
    while (this.#full.length <= w >> 5) {
      this.#full.push(0);
    }
    while (this.#files.length <= fd) {
      this.#files.push(undefined);
    }
    this.#files[fd] = fp;
    const used = (this.#used[w] as number) | (1 << (fd & 31));
    this.#used[w] = used;
    if (used === -1) {
      this.#full[w >> 5] = (this.#full[w >> 5] as number) | (1 << (w & 31));
    }
    this.setCloexec(fd, cloexec);
  }

  /** Take the file at `fd` out; the reference passes to the caller. @throws EBADF */
  clear(fd: number): File {
    const fp = this.get(fd);
    if (this.knotes !== null) {
      knoteFdclose(this, fd);
    }
    this.#files[fd] = undefined;
    this.setCloexec(fd, 'keep');
    const w = fd >> 5;
    this.#used[w] = (this.#used[w] as number) & ~(1 << (fd & 31));
    this.#full[w >> 5] = (this.#full[w >> 5] as number) & ~(1 << (w & 31));
    return fp;
  }

  /** Highest number in use, -1 when none is. */
  last(): number {
    for (let w = this.#used.length - 1; w >= 0; w--) {
      const used = this.#used[w] as number;
      if (used !== 0) {
        return w * 32 + 31 - Math.clz32(used);
      }
    }
    return -1;
  }

  /** What is open, by number. */
  descriptors(): Descriptor[] {
    return this.#files.flatMap((file, fd) =>
      file === undefined ? [] : [{ fd, file, cloexec: this.cloexec(fd) }],
    );
  }

  /** Does the descriptor go at exec? */
  cloexec(fd: number): boolean {
    return ((this.#exclose[fd >> 5] ?? 0) & (1 << (fd & 31))) !== 0;
  }

  setCloexec(fd: number, to: 'keep' | 'cloexec'): void {
    const w = fd >> 5;
    const bit = 1 << (fd & 31);
    const word = this.#exclose[w] as number;
    this.#exclose[w] = to === 'cloexec' ? word | bit : word & ~bit;
  }

  /**
   * A table of its own with the same files open at the same numbers, but no kqueue: they are not inherited.
   * NetBSD: fd_copy.
   */
  copy(): Filedesc {
    const fdp = new Filedesc();
    fdp.#files = this.#files.slice();
    fdp.#used = this.#used.slice();
    fdp.#exclose = this.#exclose.slice();
    fdp.#full = this.#full.slice();
    for (const [fd, fp] of this.#files.entries()) {
      if (fp === undefined) {
        continue;
      }
      if (fp.ops.inherited) {
        fileHold(fp);
      } else {
        fdp.clear(fd);
      }
    }
    return fdp;
  }

  /** One process lets go of the table; the last closes what is open in it. NetBSD: fd_free. */
  free(l: Lwp): Soon<void> {
    KASSERT(this.refcnt > 0, 'descriptor table freed twice');
    return --this.refcnt > 0 ? undefined : this.closeFrom(l, 0);
  }

  /** Close every descriptor from `fd` up. */
  closeFrom(l: Lwp, fd: number): Soon<void> {
    for (let last = this.last(); last >= fd; last = this.last()) {
      const closing = fdClose(l, this, last);
      if (isMaySleep(closing)) {
        return this.#closeSleeping(l, fd, closing);
      }
    }
  }

  *#closeSleeping(l: Lwp, fd: number, closing: MaySleep<void>): MaySleep<void> {
    yield* closing;
    const rest = this.closeFrom(l, fd);
    if (isMaySleep(rest)) {
      yield* rest;
    }
  }
}

/** Close one descriptor. Calls that sleep in the file find that out. @throws EBADF. NetBSD: fd_close */
export function fdClose(l: Lwp, fdp: Filedesc, fd: number): Soon<void> {
  const fp = fdp.clear(fd);
  fp.ops.fdClosed?.(l);
  if (fp.busy > 0) {
    fp.ops.restart(fp);
  }
  return closef(l, fp);
}

/** First number the process may not use. */
export function fdLimit(l: Lwp): number {
  return Math.min(l.proc.limit.cur[RLIMIT_NOFILE] as number, MAXFILES);
}

/** Put a new file at the lowest free number. @throws EMFILE. NetBSD: fd_allocfile, fd_affix */
export function fdInstall(l: Lwp, fp: File, cloexec: 'keep' | 'cloexec'): number {
  const { fd: fdp } = l.proc;
  const fd = fdp.lowestFree(0, fdLimit(l));
  fdp.set(fd, fp, cloexec);
  return fd;
}

/** NetBSD: fd_share. */
export function fdShare(fdp: Filedesc): Filedesc {
  fdp.refcnt++;
  return fdp;
}
