/**
 * Where the pages of a pool come from.
 *
 * NetBSD: sys/kern/subr_pool.c (struct pool_allocator).
 */
import { PAGE_SIZE } from '../sys/constants/param.ts';
import type { Kernel } from './kernel.ts';

/** Pages: each starts at a multiple of `pagesize`, a power of two. */
export interface PoolAllocator {
  readonly pagesize: number;
  /** @throws ENOMEM */
  alloc(): number;
  free(address: number): void;
}

/** Kernel pages in a pool page at most, and how much of one may be waste. */
const PAGES_MAX = 16;
const WASTE = 1 / 8;

/** Pages of kernel memory, just so big that items of `size` leave little of them over. */
export function kernelMemory(k: Kernel, size: number): PoolAllocator {
  let pages = 1;
  while (
    pages * PAGE_SIZE < size ||
    (pages < PAGES_MAX && (pages * PAGE_SIZE) % size > pages * PAGE_SIZE * WASTE)
  ) {
    pages *= 2;
  }
  const pagesize = pages * PAGE_SIZE;
  return {
    pagesize,
    alloc: () => k.uvm.kmAlloc(pagesize, pagesize),
    free: (address) => k.uvm.kmFree(address, pagesize),
  };
}
