/**
 * A transfer under way: caller memory, where in the object it goes, how much is left.
 *
 * NetBSD: sys/kern/subr_copy.c (uiomove), the seed's rump_uio_*.
 */
import { EFAULT, EINVAL } from '../sys/errno.ts';
import { panic } from './panic.ts';

export type UioRw = 'read' | 'write';

/** Most buffers in one scattered transfer. */
export const IOV_MAX = 1024;

export class Uio {
  readonly rw: UioRw;
  readonly #iov: readonly Uint8Array[];
  #index = 0;
  #skip = 0;
  /** Byte offset in the object. */
  offset: number;
  /** Bytes still to move. */
  resid: number;

  constructor(iov: readonly Uint8Array[], offset: number, rw: UioRw) {
    this.#iov = iov;
    this.offset = offset;
    this.rw = rw;
    let resid = 0;
    for (const bytes of iov) {
      resid += bytes.length;
    }
    this.resid = resid;
  }

  /**
   * The next contiguous piece of caller memory, at most `max` bytes; empty at the end. `advance` what was used of it.
   * @throws EFAULT the caller has given away the memory that is left
   */
  piece(max: number): Uint8Array {
    for (;;) {
      const bytes = this.#iov[this.#index];
      if (bytes === undefined) {
        if (this.resid > 0) {
          throw EFAULT;
        }
        return EMPTY;
      }
      if (this.#skip < bytes.length) {
        return bytes.subarray(this.#skip, Math.min(bytes.length, this.#skip + max));
      }
      this.#index++;
      this.#skip = 0;
    }
  }

  advance(n: number): void {
    this.#skip += n;
    this.resid -= n;
    this.offset += n;
  }
}

const EMPTY = new Uint8Array(0);

/**
 * Move bytes between kernel memory `data` and the caller, in the direction of `uio`, as far as both reach.
 * @returns bytes moved
 */
export function uiomove(data: Uint8Array, uio: Uio): number {
  let moved = 0;
  while (moved < data.length && uio.resid > 0) {
    const piece = uio.piece(data.length - moved);
    if (uio.rw === 'read') {
      piece.set(data.subarray(moved, moved + piece.length));
    } else {
      data.set(piece, moved);
    }
    moved += piece.length;
    uio.advance(piece.length);
  }
  return moved;
}

/** A one-buffer transfer. NetBSD's seed: rump_uio_setup. @panics on a direction that is none. */
export function uioSetup(buf: Uint8Array, offset: number, rw: UioRw): Uio {
  if (rw !== 'read' && rw !== 'write') {
    panic(`uioSetup: invalid rw ${String(rw)}`);
  }
  return new Uio([buf], offset, rw);
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
  if (iov.length === 0 || iov.length > IOV_MAX) {
    throw EINVAL;
  }
  return new Uio(iov, offset, rw);
}
