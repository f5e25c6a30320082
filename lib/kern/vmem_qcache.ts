/**
 * Quantum caches: pools in front of an arena, one for each small size, so that the sizes most asked for cost
 * no search and make no fragments.
 *
 * NetBSD: sys/kern/subr_vmem.c (QCACHE).
 */
import { ENOMEM } from '../sys/errno.ts';
import { Pool } from './pool.ts';
import type { Vmem } from './vmem.ts';

/** Items that are taken from the arena together, at least. */
const ITEMS = 16;

export class VmemQcaches {
  readonly #arena: Vmem;
  /** By size in quanta; each is made when first needed. */
  readonly #pools: (Pool | null)[] = [];

  /** @param max the largest size cached, 0 for none */
  constructor(arena: Vmem, max: number) {
    this.#arena = arena;
    for (let i = 0; i * arena.quantum <= max; i++) {
      this.#pools.push(null);
    }
  }

  /**
   * @returns an address, or -1 when the size is not cached or there is no room for the many a cache takes at
   * a time
   */
  alloc(size: number): number {
    const quanta = Math.ceil(size / this.#arena.quantum);
    if (!(quanta > 0 && quanta < this.#pools.length)) {
      return -1;
    }
    const pool = this.#pools[quanta] ?? this.#newPool(quanta);
    try {
      return pool.getNowait();
    } catch (error) {
      if (error === ENOMEM) {
        return -1;
      }
      throw error;
    }
  }

  /** @returns whether it came from here, which is where it then is again */
  free(address: number, size: number): boolean {
    const pool = this.#pools[Math.ceil(size / this.#arena.quantum)] ?? null;
    if (pool === null || !pool.owns(address)) {
      return false;
    }
    pool.put(address);
    return true;
  }

  /** Give back to the arena what is held idle. */
  reclaim(): void {
    for (const pool of this.#pools) {
      pool?.reclaim();
    }
  }

  destroy(): void {
    for (const pool of this.#pools) {
      pool?.destroy();
    }
  }

  #newPool(quanta: number): Pool {
    const arena = this.#arena;
    const size = quanta * arena.quantum;
    const pagesize = 2 ** Math.ceil(Math.log2(size * ITEMS));
    const pool = new Pool(arena.kernel, `${arena.name}-${size}`, size, {
      align: arena.quantum,
      allocator: {
        pagesize,
        alloc: () => arena.xalloc(pagesize, { align: pagesize }),
        free: (address) => arena.free(address, pagesize),
      },
    });
    this.#pools[quanta] = pool;
    return pool;
  }
}
