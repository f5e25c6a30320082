/**
 * How many items of a pool may be out, and what the kernel says when somebody wants more.
 *
 * NetBSD: sys/kern/subr_pool.c (pool_sethardlimit), pool(9).
 */
import type { Kernel } from './kernel.ts';
import { printf } from './msgbuf.ts';

export class PoolLimit {
  items = Number.POSITIVE_INFINITY;
  #warning = '';
  #ratecapNs = 0;
  #warnedNs = Number.NEGATIVE_INFINITY;

  /** @param warning empty for none; @param ratecapNs time between two of them at least */
  set(items: number, warning: string, ratecapNs: number): void {
    this.items = items;
    this.#warning = warning;
    this.#ratecapNs = ratecapNs;
  }

  warn(k: Kernel): void {
    const now = k.host.monotonicNs();
    if (this.#warning !== '' && now - this.#warnedNs >= this.#ratecapNs) {
      this.#warnedNs = now;
      printf(k, `${this.#warning}\n`);
    }
  }
}
