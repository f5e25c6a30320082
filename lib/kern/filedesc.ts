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
  readonly #files: (File | undefined)[] = [];
  /** Numbers whose descriptor goes at exec. */
  readonly #exclose = new Set<number>();
  readonly #used: number[] = [];
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
  set(fd: number, fp: File, options?: { cloexec: boolean }): void {
    KASSERT(this.#files[fd] === undefined, `descriptor ${fd} is in use`);
    this.#files[fd] = fp;
    const w = fd >> 5;
    while (this.#used.length <= w) {
      this.#used.push(0);
    }
    this.#used[w] = (this.#used[w] as number) | (1 << (fd & 31));
    while (this.#used[this.#lowest] === -1) {
      this.#lowest++;
    }
    this.setCloexec(fd, options?.cloexec === true ? 'on' : 'off');
  }

  /** Take the file at `fd` out; the reference passes to the caller. @throws EBADF */
  clear(fd: number): File {
    const fp = this.get(fd);
    this.#files[fd] = undefined;
    this.#exclose.delete(fd);
    const w = fd >> 5;
    this.#used[w] = (this.#used[w] as number) & ~(1 << (fd & 31));
    this.#lowest = Math.min(this.#lowest, w);
    return fp;
  }

  cloexec(fd: number): boolean {
    return this.#exclose.has(fd);
  }

  setCloexec(fd: number, to: 'on' | 'off'): void {
    if (to === 'on') {
      this.#exclose.add(fd);
    } else if (this.#exclose.size > 0) {
      this.#exclose.delete(fd);
    }
  }

  /** Open descriptors, in order. */
  *[Symbol.iterator](): IterableIterator<[fd: number, fp: File]> {
    for (let fd = 0; fd < this.#files.length; fd++) {
      const fp = this.#files[fd];
      if (fp !== undefined) {
        yield [fd, fp];
      }
    }
  }
}

/** A table of its own with the same files open at the same numbers. NetBSD: fd_copy. */
export function fdCopy(from: Filedesc): Filedesc {
  const fdp = new Filedesc();
  for (const [fd, fp] of from) {
    fdp.set(fd, fileHold(fp), { cloexec: from.cloexec(fd) });
  }
  return fdp;
}

/** NetBSD: fd_share. */
export function fdShare(fdp: Filedesc): Filedesc {
  fdp.refcnt++;
  return fdp;
}

/** A process lets go of its table; the last closes what is open in it. NetBSD: fd_free. */
export function fdFree(l: Lwp, fdp: Filedesc): void {
  KASSERT(fdp.refcnt > 0, 'descriptor table freed twice');
  if (--fdp.refcnt > 0) {
    return;
  }
  for (const [fd] of fdp) {
    closef(l, fdp.clear(fd));
  }
}
