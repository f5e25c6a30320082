/**
 * Descriptor tables. A bitmap of used numbers finds the lowest free one; words below `#lowest` are full.
 *
 * NetBSD: sys/kern/kern_descrip.c, sys/sys/filedesc.h.
 */
import { EBADF, EMFILE } from '../sys/errno.ts';
import { closef, type File, fileHold } from './file.ts';
import { KASSERT } from './kassert.ts';
import type { Lwp } from './lwp.ts';

/** No table holds more, whatever RLIMIT_NOFILE says. */
export const MAXFILES = 65536;

export class Filedesc {
  /** Processes that share this table. */
  refcnt = 1;
  #files: (File | undefined)[] = [];
  /** Bitmaps by number: in use; close at exec. */
  #used: number[] = [];
  #exclose: number[] = [];
  #lowest = 0;

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
    const last = Math.min(limit, MAXFILES);
    for (let w = Math.max(this.#lowest, from >> 5); w * 32 < last; w++) {
      const below = w === from >> 5 ? (1 << (from & 31)) - 1 : 0;
      const free = ~((this.#used[w] ?? 0) | below);
      if (free !== 0) {
        const fd = w * 32 + 31 - Math.clz32(free & -free);
        if (fd < last) {
          return fd;
        }
        break;
      }
    }
    throw EMFILE;
  }

  /** Put `fp` (the caller's reference) at a free number. */
  set(fd: number, fp: File, cloexec: 'keep' | 'cloexec' = 'keep'): void {
    KASSERT(this.#files[fd] === undefined, `descriptor ${fd} is in use`);
    const w = fd >> 5;
    while (this.#used.length <= w) {
      this.#used.push(0);
      this.#exclose.push(0);
    }
    while (this.#files.length <= fd) {
      this.#files.push(undefined);
    }
    this.#files[fd] = fp;
    this.#used[w] = (this.#used[w] as number) | (1 << (fd & 31));
    while (this.#used[this.#lowest] === -1) {
      this.#lowest++;
    }
    this.setCloexec(fd, cloexec);
  }

  /** Take the file at `fd` out; the reference passes to the caller. @throws EBADF */
  clear(fd: number): File {
    const fp = this.get(fd);
    this.#files[fd] = undefined;
    this.setCloexec(fd, 'keep');
    const w = fd >> 5;
    this.#used[w] = (this.#used[w] as number) & ~(1 << (fd & 31));
    this.#lowest = Math.min(this.#lowest, w);
    return fp;
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

  /** A table of its own with the same files open at the same numbers. NetBSD: fd_copy. */
  copy(): Filedesc {
    const fdp = new Filedesc();
    fdp.#files = this.#files.slice();
    fdp.#used = this.#used.slice();
    fdp.#exclose = this.#exclose.slice();
    fdp.#lowest = this.#lowest;
    for (const fp of this.#files) {
      if (fp !== undefined) {
        fileHold(fp);
      }
    }
    return fdp;
  }

  /** One process lets go of the table; the last closes what is open in it. NetBSD: fd_free. */
  free(l: Lwp): void {
    KASSERT(this.refcnt > 0, 'descriptor table freed twice');
    if (--this.refcnt > 0) {
      return;
    }
    for (const fp of this.#files) {
      if (fp !== undefined) {
        closef(l, fp);
      }
    }
    this.#files = [];
    this.#used = [];
    this.#exclose = [];
    this.#lowest = 0;
  }
}

/** NetBSD: fd_share. */
export function fdShare(fdp: Filedesc): Filedesc {
  fdp.refcnt++;
  return fdp;
}
