/**
 * Boundary tags: how an arena remembers what it has and what of it is taken.
 *
 * Every tag is on the segment list: a span's head, then the stretches of that span in order of address, so
 * that neighbours are found at once. A free stretch is also on the free list of its size, a taken one on the
 * hash chain of its address.
 *
 * NetBSD: sys/kern/subr_vmem.c.
 */
import { KASSERT } from './kassert.ts';

/** A span's head (`imported` goes back to where it came from once it is all free), or a stretch of one. */
export type BtType = 'span' | 'imported' | 'free' | 'busy';

export class Bt {
  type: BtType;
  start: number;
  size: number;
  segPrev: Bt | null = null;
  segNext: Bt | null = null;
  /** On a free list or a hash chain, as the type says. */
  listPrev: Bt | null = null;
  listNext: Bt | null = null;

  constructor(type: BtType, start: number, size: number) {
    this.type = type;
    this.start = start;
    this.size = size;
  }

  get isSpan(): boolean {
    return this.type === 'span' || this.type === 'imported';
  }
}

/** Floor of the binary logarithm of `n`, a whole number from 1. */
export function log2(n: number): number {
  return n < 0x1_0000_0000 ? 31 - Math.clz32(n) : 63 - Math.clz32(n / 0x1_0000_0000);
}

/** All tags of an arena, in order. */
export class SegmentList {
  first: Bt | null = null;
  last: Bt | null = null;

  /** @param after null inserts at the front */
  insertAfter(after: Bt | null, bt: Bt): void {
    const next = after === null ? this.first : after.segNext;
    bt.segPrev = after;
    bt.segNext = next;
    if (after === null) {
      this.first = bt;
    } else {
      after.segNext = bt;
    }
    if (next === null) {
      this.last = bt;
    } else {
      next.segPrev = bt;
    }
  }

  remove(bt: Bt): void {
    const { segPrev, segNext } = bt;
    if (segPrev === null) {
      this.first = segNext;
    } else {
      segPrev.segNext = segNext;
    }
    if (segNext === null) {
      this.last = segPrev;
    } else {
      segNext.segPrev = segPrev;
    }
    bt.segPrev = null;
    bt.segNext = null;
  }
}

/** Sizes up to 2^53 quanta. */
const ORDERS = 54;
/** Lists whose state fits in one word of the map. */
const WORD = 27;

/** Free stretches: list `n` has those of 2^n to 2^(n+1) - 1 quanta. */
export class FreeLists {
  readonly #heads: (Bt | null)[] = new Array<Bt | null>(ORDERS).fill(null);
  /**
   * A bit for each list that has any, in two words: searching past empty ones is what an allocation does
   * most.
   */
  #low = 0;
  #high = 0;
  readonly #quantum: number;

  constructor(quantum: number) {
    this.#quantum = quantum;
  }

  head(order: number): Bt | null {
    return this.#heads[order] as Bt | null;
  }

  /** The first list from `order` on that has any, -1 when there is none. */
  from(order: number): number {
    const low = order < WORD ? this.#low & (-1 << order) : 0;
    if (low !== 0) {
      return 31 - Math.clz32(low & -low);
    }
    const high = order <= WORD ? this.#high : order < ORDERS ? this.#high & (-1 << (order - WORD)) : 0;
    return high === 0 ? -1 : 31 - Math.clz32(high & -high) + WORD;
  }

  /** The list a stretch of `size` is on. */
  orderOf(size: number): number {
    return log2(size / this.#quantum);
  }

  /** The first list where every stretch has at least `size`. */
  orderFor(size: number): number {
    const quanta = size / this.#quantum;
    return quanta === 1 ? 0 : log2(quanta - 1) + 1;
  }

  has(bt: Bt): boolean {
    let at = this.head(this.orderOf(bt.size));
    while (at !== null && at !== bt) {
      at = at.listNext;
    }
    return at === bt;
  }

  insert(bt: Bt): void {
    const order = this.orderOf(bt.size);
    const next = this.#heads[order] as Bt | null;
    bt.listPrev = null;
    bt.listNext = next;
    if (next === null) {
      this.#flip(order);
    } else {
      next.listPrev = bt;
    }
    this.#heads[order] = bt;
  }

  remove(bt: Bt): void {
    const { listPrev, listNext } = bt;
    if (listPrev === null) {
      const order = this.orderOf(bt.size);
      KASSERT(this.#heads[order] === bt, 'boundary tag is not on its free list');
      this.#heads[order] = listNext;
      if (listNext === null) {
        this.#flip(order);
      }
    } else {
      listPrev.listNext = listNext;
    }
    if (listNext !== null) {
      listNext.listPrev = listPrev;
    }
    bt.listPrev = null;
    bt.listNext = null;
  }

  /** List `order` has some now, or no more. */
  #flip(order: number): void {
    if (order < WORD) {
      this.#low ^= 1 << order;
    } else {
      this.#high ^= 1 << (order - WORD);
    }
  }
}
