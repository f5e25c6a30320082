/**
 * Pending callouts in a binary heap, ordered by deadline and then by arming order, each knowing its place:
 * arming and disarming cost O(log n) at worst, and a callout later than all others, which is what most are,
 * costs one comparison.
 *
 * NetBSD: the timing wheel of sys/kern/kern_timeout.c. A wheel gives up the exact order or the exact time of
 * the next one.
 */
import type { Callout } from './callout.ts';
import { KASSERT } from './kassert.ts';

/** The pending callouts of one kernel. */
export class CalloutHeap {
  readonly #heap: Callout[] = [];
  #seq = 0;
  /** How many of them could wake a sleeper. */
  waking = 0;
  /** When the next one fires; Infinity when none is pending. */
  nextNs = Number.POSITIVE_INFINITY;

  get size(): number {
    return this.#heap.length;
  }

  insert(c: Callout): void {
    KASSERT(c.place < 0, 'callout armed twice');
    c.seq = ++this.#seq;
    if (c.kind === 'wakes') {
      this.waking++;
    }
    this.#heap.push(c);
    this.#up(c, this.#heap.length - 1);
    this.nextNs = (this.#heap[0] as Callout).deadlineNs;
  }

  remove(c: Callout): void {
    const place = c.place;
    KASSERT(this.#heap[place] === c, 'callout is not in the heap');
    const last = this.#heap.pop() as Callout;
    c.place = -1;
    if (c.kind === 'wakes') {
      this.waking--;
    }
    if (last !== c) {
      this.#up(last, place);
      this.#down(last, last.place);
    }
    this.nextNs = this.#heap[0]?.deadlineNs ?? Number.POSITIVE_INFINITY;
  }

  /** Disarm all. */
  clear(): void {
    for (const c of this.#heap) {
      c.place = -1;
    }
    this.#heap.length = 0;
    this.waking = 0;
  }

  /** Take out the first callout due at `nowNs`, or null. */
  popDue(nowNs: number): Callout | null {
    const first = this.#heap[0];
    if (first === undefined || first.deadlineNs > nowNs) {
      return null;
    }
    this.remove(first);
    return first;
  }

  #up(c: Callout, from: number): void {
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.#heap[above] as Callout;
      if (!earlier(c, parent)) {
        break;
      }
      this.#put(parent, at);
      at = above;
    }
    this.#put(c, at);
  }

  #down(c: Callout, from: number): void {
    let at = from;
    for (;;) {
      let below = 2 * at + 1;
      let child = this.#heap[below];
      const right = this.#heap[below + 1];
      if (child !== undefined && right !== undefined && earlier(right, child)) {
        child = right;
        below++;
      }
      if (child === undefined || !earlier(child, c)) {
        break;
      }
      this.#put(child, at);
      at = below;
    }
    this.#put(c, at);
  }

  #put(c: Callout, at: number): void {
    this.#heap[at] = c;
    c.place = at;
  }
}

function earlier(a: Callout, b: Callout): boolean {
  return a.deadlineNs < b.deadlineNs || (a.deadlineNs === b.deadlineNs && a.seq < b.seq);
}
