/**
 * The taken stretches of an arena by address: a hash table that can be fitted to what is in it (vmem_rehash).
 *
 * NetBSD: sys/kern/subr_vmem.c (vmem_rehash, bt_lookupbusy).
 */
import { type Bt, log2 } from './vmem_tag.ts';

/** Chains of the hash table, at least and at most. */
const HASHSIZE_MIN = 16;
const HASHSIZE_MAX = 1 << 20;
/**
 * Taken stretches a chain has on average before the table is too small, and chains each has before it is too
 * big.
 */
const CROWDED = 2;
const SPARSE = 16;

/** Taken stretches by address. */
export class BusyTable {
  #chains: (Bt | null)[] = emptyChains(HASHSIZE_MIN);
  readonly #quantum: number;
  count = 0;

  constructor(quantum: number) {
    this.#quantum = quantum;
  }

  get hashsize(): number {
    return this.#chains.length;
  }

  insert(bt: Bt): void {
    const at = this.#chainOf(bt.start);
    const next = this.#chains[at] as Bt | null;
    bt.listPrev = null;
    bt.listNext = next;
    if (next !== null) {
      next.listPrev = bt;
    }
    this.#chains[at] = bt;
    this.count++;
  }

  remove(bt: Bt): void {
    const { listPrev, listNext } = bt;
    if (listPrev === null) {
      this.#chains[this.#chainOf(bt.start)] = listNext;
    } else {
      listPrev.listNext = listNext;
    }
    if (listNext !== null) {
      listNext.listPrev = listPrev;
    }
    bt.listPrev = null;
    bt.listNext = null;
    this.count--;
  }

  /** The stretch that was allocated at `address`, or null. */
  lookup(address: number): Bt | null {
    let bt = this.#chains[this.#chainOf(address)] as Bt | null;
    while (bt !== null && bt.start !== address) {
      bt = bt.listNext;
    }
    return bt;
  }

  /** Whether another size would suit better what is in it. */
  get wantsRehash(): boolean {
    return this.#wantedSize() !== this.hashsize;
  }

  rehash(): void {
    const old = this.#chains;
    this.#chains = emptyChains(this.#wantedSize());
    this.count = 0;
    for (const head of old) {
      for (let bt = head; bt !== null; ) {
        const next = bt.listNext;
        this.insert(bt);
        bt = next;
      }
    }
  }

  #wantedSize(): number {
    const size = this.hashsize;
    if (this.count <= size * CROWDED && this.count * SPARSE >= size) {
      return size;
    }
    const wanted = this.count === 0 ? HASHSIZE_MIN : 2 ** (log2(this.count) + 1);
    return Math.min(Math.max(wanted, HASHSIZE_MIN), HASHSIZE_MAX);
  }

  /** Multiplies by 2^32 over the golden ratio, so that neighbours and strides spread alike. */
  #chainOf(address: number): number {
    const quanta = address / this.#quantum;
    return (Math.imul(quanta, 0x9e3779b1) >>> 12) & (this.#chains.length - 1);
  }
}

function emptyChains(count: number): (Bt | null)[] {
  return new Array<Bt | null>(count).fill(null);
}
