/**
 * The page daemon: makes the pools give back what they hold idle when memory runs short. It works ahead, as a
 * thread, once nine tenths of the limit are allocated; who finds no memory at all has the pools drained at
 * once.
 *
 * NetBSD: sys/rump/librump/rumpkern/vm.c (uvm_pageout), sys/kern/subr_pool.c (pool_drain).
 */
import { PRI_PGDAEMON } from '../sys/constants/param.ts';
import type { Kernel } from './kernel.ts';
import { Housekeeper } from './uvm_thread.ts';

/**
 * Part of the limit from which on memory is short, and what more must be allocated after a drain that freed
 * nothing.
 */
const SHORT = 0.9;
const STEP = 0.01;

export class Pagedaemon {
  readonly #kernel: Kernel;
  readonly #limit: number;
  readonly #thread: Housekeeper;
  /** Bytes allocated from which on the daemon is to work. */
  #wakeAt: number;
  #draining = false;
  /** Drains so far, and how many of them freed pages. */
  ndrain = 0;
  nuseful = 0;

  /** @param limit bytes; Infinity for none */
  constructor(k: Kernel, limit: number) {
    this.#kernel = k;
    this.#limit = limit;
    this.#wakeAt = limit * SHORT;
    this.#thread = new Housekeeper(k, 'pgdaemon', PRI_PGDAEMON, () => this.#work());
  }

  /** So much is allocated now. */
  watch(inuse: number): void {
    if (inuse > this.#wakeAt) {
      // Until the daemon has been there, nobody else need ask.
      this.#wakeAt = Number.POSITIVE_INFINITY;
      this.#thread.ask();
    }
  }

  /** Have every pool give back what it holds idle. @returns whether pages came free */
  drain(): boolean {
    // A destructor that allocates must not end up here again.
    if (this.#draining) {
      return false;
    }
    this.#draining = true;
    this.ndrain++;
    const { uvm, pools, vmems } = this.#kernel;
    const before = uvm.inuse;
    try {
      for (const pool of pools) {
        pool.reclaim();
      }
      // Pages of pools went back to quantum caches.
      for (const arena of vmems) {
        arena.reclaim();
      }
    } finally {
      this.#draining = false;
    }
    const freed = uvm.inuse < before;
    uvm.trim();
    if (freed) {
      this.nuseful++;
    }
    return freed;
  }

  #work(): void {
    this.drain();
    // What is all in use is not drained again for every page more.
    this.#wakeAt = Math.max(this.#limit * SHORT, this.#kernel.uvm.inuse + this.#limit * STEP);
  }
}
