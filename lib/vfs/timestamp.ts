/**
 * The wall clock for the times of files: cheap enough to be read at every access.
 *
 * It is counted on from a reading of the wall clock by the monotonic one, and read anew after a second. It never lies
 * before the time it was asked.
 *
 * NetBSD: sys/kern/vfs_subr.c (vfs_timestamp).
 */

import type { Kernel } from '../kern/kernel.ts';
import { nanotime, timespecOf } from '../kern/times.ts';

const SECOND_NS = 1e9;

/**
 * The same number, as the engine keeps small integers: in its place. A field that has once held another kind has for
 * every object a box of its own, which in a file's times is more than all the rest of it.
 */
export function small(value: number): number {
  const integer = value | 0;
  return integer === value ? integer : value;
}

export class Timestamp {
  /** The time `read` has found. */
  sec = 0;
  nsec = 0;
  readonly #kernel: Kernel;
  /** A moment on both clocks. */
  #monoNs = Number.NEGATIVE_INFINITY;
  #sec = 0;
  #nsec = 0;
  #skewNs = 0n;

  constructor(k: Kernel) {
    this.#kernel = k;
  }

  /** Find out what time it is. */
  read(): void {
    const k = this.#kernel;
    const now = k.host.monotonicNs();
    let since = now - this.#monoNs;
    if (since >= SECOND_NS || this.#skewNs !== k.clockSkewNs) {
      this.#set(now);
      since = 0;
    }
    // Less than two seconds together.
    const nsec = this.#nsec + since;
    const over = nsec >= SECOND_NS ? 1 : 0;
    this.sec = small(this.#sec + over);
    this.nsec = small(nsec - over * SECOND_NS);
  }

  #set(now: number): void {
    const k = this.#kernel;
    const { sec, nsec } = timespecOf(nanotime(k));
    this.#monoNs = now;
    this.#sec = sec;
    this.#nsec = nsec;
    this.#skewNs = k.clockSkewNs;
  }
}
