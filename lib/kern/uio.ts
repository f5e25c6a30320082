/**
 * A transfer under way: caller memory, where in the object it goes, how much is left.
 *
 * The memory is the caller's own Uint8Array, looked at by `bytes.ts` only: none of the caller's code runs.
 * Others get it in pieces, which are the kernel's own views.
 *
 * NetBSD: sys/kern/subr_copy.c (uiomove), the seed's rump_uio_*.
 */
import { bytesLength, bytesSet, bytesView } from '../sys/bytes.ts';
import { EFAULT, EINVAL } from '../sys/errno.ts';
import { panic } from './panic.ts';

export type UioRw = 'read' | 'write';

/** Most buffers in one scattered transfer. */
export const IOV_MAX = 1024;

export class Uio {
  readonly rw: UioRw;
  /** The buffer under way, how much of it is done, and those after it. */
  #bytes: Uint8Array;
  #skip = 0;
  #next = 0;
  readonly #more: readonly Uint8Array[];
  /** Byte offset in the object. */
  offset: number;
  /** Bytes still to move. */
  resid: number;

  /** @param more buffers that come after the first */
  constructor(first: Uint8Array, offset: number, rw: UioRw, more: readonly Uint8Array[] = NONE) {
    this.#bytes = first;
    this.#more = more;
    this.offset = offset;
    this.rw = rw;
    this.resid = bytesLength(first);
    for (let i = 0; i < more.length; i++) {
      this.resid += bytesLength(more[i] as Uint8Array);
    }
  }

  /**
   * The next contiguous piece of caller memory, at most `max` bytes; empty at the end. `advance` what was
   * used of it.
   * @throws EFAULT the caller has given away the memory that is left
   */
  piece(max: number): Uint8Array {
    for (;;) {
      const left = bytesLength(this.#bytes) - this.#skip;
      if (left > 0) {
        return bytesView(this.#bytes, this.#skip, Math.min(left, max));
      }
      const next = this.#more[this.#next++];
      if (next === undefined) {
        if (this.resid > 0) {
          throw EFAULT;
        }
        return EMPTY;
      }
      this.#bytes = next;
      this.#skip = 0;
    }
  }

  /**
   * Move `n` bytes between kernel memory `data` from `at` on and the caller, in the direction of the
   * transfer; fewer when less is left.
   * @returns bytes moved. @throws EFAULT
   */
  move(data: Uint8Array, at: number, n: number): number {
    const whole = Math.min(n, this.resid);
    if (whole <= SMALL ? this.#moveSmall(data, at, whole) : this.#moveWhole(data, at, whole)) {
      this.advance(whole);
      return whole;
    }
    for (let moved = 0; moved < whole; ) {
      const piece = this.piece(whole - moved);
      if (this.rw === 'read') {
        piece.set(data.subarray(at + moved, at + moved + piece.length));
      } else {
        data.set(piece, at + moved);
      }
      moved += piece.length;
      this.advance(piece.length);
    }
    return whole;
  }

  /** A few bytes of one buffer, one by one: a view costs more. @returns whether they were there */
  #moveSmall(data: Uint8Array, at: number, n: number): boolean {
    const bytes = this.#bytes;
    const skip = this.#skip;
    if (n > 0 && bytes[skip + n - 1] === undefined) {
      return false;
    }
    if (this.rw === 'read') {
      for (let i = 0; i < n; i++) {
        bytes[skip + i] = data[at + i] as number;
      }
    } else {
      for (let i = 0; i < n; i++) {
        data[at + i] = bytes[skip + i] as number;
      }
    }
    return true;
  }

  /** From or to the whole of a buffer, with as few views as that takes. @returns whether it was that */
  #moveWhole(data: Uint8Array, at: number, n: number): boolean {
    const bytes = this.#bytes;
    if (this.rw === 'write') {
      if (this.#skip !== 0 || bytesLength(bytes) !== n) {
        return false;
      }
      bytesSet(data, bytes, at);
      return true;
    }
    if (bytesLength(bytes) - this.#skip < n) {
      return false;
    }
    bytesSet(bytes, at === 0 && data.length === n ? data : data.subarray(at, at + n), this.#skip);
    return true;
  }

  advance(n: number): void {
    this.#skip += n;
    this.resid -= n;
    this.offset += n;
  }
}

const NONE: readonly Uint8Array[] = [];
const EMPTY = new Uint8Array(0);
/** Bytes up to this many are moved one by one. */
const SMALL = 32;

/**
 * Move bytes between kernel memory `data` and the caller, in the direction of `uio`, as far as both reach.
 * @returns bytes moved
 */
export function uiomove(data: Uint8Array, uio: Uio): number {
  return uio.move(data, 0, data.length);
}

/** A one-buffer transfer. NetBSD's seed: rump_uio_setup. @panics on a direction that is none. */
export function uioSetup(buf: Uint8Array, offset: number, rw: UioRw): Uio {
  if (rw !== 'read' && rw !== 'write') {
    panic(`uioSetup: invalid rw ${String(rw)}`);
  }
  return new Uio(buf, offset, rw);
}

export function uioGetresid(uio: Uio): number {
  return uio.resid;
}

export function uioGetoff(uio: Uio): number {
  return uio.offset;
}

/** End a transfer. @returns bytes that were not moved */
export function uioFree(uio: Uio): number {
  const { resid } = uio;
  uio.resid = 0;
  return resid;
}

/** A scattered transfer. @throws EINVAL too many buffers */
export function uioVector(iov: readonly Uint8Array[], offset: number, rw: UioRw): Uio {
  const [first, ...more] = iov;
  if (first === undefined || iov.length > IOV_MAX) {
    throw EINVAL;
  }
  return new Uio(first, offset, rw, more);
}
