/**
 * A pool's page (which may be several pages of memory): which of its items are out. The books are kept beside
 * the page, not in it, so that a pool may be of anything that has addresses.
 *
 * NetBSD: sys/kern/subr_pool.c (struct pool_item_header).
 */
import { Link } from './list.ts';

/** In `next`: the last free item, and an item that is out. */
const END = -1;
const OUT = -2;

export class PoolPage {
  readonly address: number;
  readonly items: number;
  /** On the list of pages that are partly, or not at all, given out. */
  readonly link = new Link<PoolPage>(this);
  nfree: number;
  #free = 0;
  readonly #next: Int32Array;

  constructor(address: number, items: number) {
    this.address = address;
    this.items = items;
    this.nfree = items;
    this.#next = new Int32Array(items);
    for (let i = 0; i < items; i++) {
      this.#next[i] = i + 1;
    }
    this.#next[items - 1] = END;
  }

  /** Take an item; there must be one. */
  take(): number {
    const item = this.#free;
    this.#free = this.#next[item] as number;
    this.#next[item] = OUT;
    this.nfree--;
    return item;
  }

  isOut(item: number): boolean {
    return this.#next[item] === OUT;
  }

  give(item: number): void {
    this.#next[item] = this.#free;
    this.#free = item;
    this.nfree++;
  }
}
