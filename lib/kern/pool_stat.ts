/**
 * What pools tell about themselves: rows as `vmstat -m` and `vmstat -C` list them.
 *
 * NetBSD: sys/kern/subr_pool.c (pool_sysctl), sys/sys/pool.h, vmstat(1).
 */
import type { Kernel } from './kernel.ts';

/**
 * Of the caches' magazines: hits and misses at the CPUs, and of those misses at the depot. Groups in the
 * depot.
 */
export interface PoolCacheStats {
  readonly groupSize: number;
  readonly nfull: number;
  readonly nempty: number;
  readonly nhitPcpu: number;
  readonly nmissPcpu: number;
  readonly nhitGlobal: number;
  readonly nmissGlobal: number;
}

/** Sizes in bytes. A cache of plain objects has no pages: their figures are 0. */
export interface PoolStats {
  readonly name: string;
  readonly size: number;
  readonly pagesize: number;
  readonly itemsPerPage: number;
  /** Items there are, those given out, and how many may be. */
  readonly nitems: number;
  readonly nout: number;
  readonly hardlimit: number;
  readonly npages: number;
  readonly minpages: number;
  readonly maxpages: number;
  readonly nget: number;
  readonly nfail: number;
  readonly nput: number;
  readonly npagealloc: number;
  readonly npagefree: number;
  /** Most pages there ever were, and pages none of whose items is out. */
  readonly hiwat: number;
  readonly nidle: number;
  /** Of the cache in front of the pool, if there is one. */
  readonly cache: PoolCacheStats | null;
}

/** Something that holds memory idle and can give it back. */
export interface Reclaimable {
  /** Give back what is idle. @returns pages, or objects of a cache that has none */
  reclaim(): number;
  stats(): PoolStats;
}

/** Every pool and cache, in the order they were made. */
export function poolStats(k: Kernel): PoolStats[] {
  return [...k.pools].map((pool) => pool.stats());
}
