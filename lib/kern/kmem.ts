/**
 * Kernel memory of any size, for who does not have a pool of his own. Small sizes come out of caches of size
 * classes, with a red zone behind them; others are whole pages.
 *
 * The size is told again when memory is freed, and must be the same.
 *
 * NetBSD: sys/kern/subr_kmem.c, kmem(9). `kmemAlloc` is KM_SLEEP; the intr calls are for those who cannot
 * sleep.
 */
import { PAGE_SIZE } from '../sys/constants/param.ts';
import type { Kernel } from './kernel.ts';
import type { Lwp } from './lwp.ts';
import type { MaySleep } from './maysleep.ts';
import { panic } from './panic.ts';
import { Pool } from './pool.ts';
import { PoolCache, type Pooled } from './pool_cache.ts';
import { REDZONE_SIZE, redzoneCheck, redzoneFill } from './pool_redzone.ts';
import { roundPage } from './uvm.ts';
import type { Chunk } from './uvm_pages.ts';
import { log2 } from './vmem_tag.ts';

/** Sizes go up by 8 to 64, then by a quarter of a power of two. */
const FINE_STEP = 8;
const FINE_MAX = 64;
const FINE_LOG2 = 6;
const STEPS = 4;
const STEPS_LOG2 = 2;

/** Allocated memory. What it once held is still in it, unless it was allocated zeroed. */
export class Kmem implements Pooled {
  outOf: object | null = null;
  readonly address: number;
  /** Bytes there are, the red zone included. */
  readonly capacity: number;
  /** Bytes it was allocated with. */
  size = 0;
  readonly chunk: Chunk;
  #view: Uint8Array | null = null;

  constructor(k: Kernel, address: number, capacity: number) {
    this.address = address;
    this.capacity = capacity;
    this.chunk = k.uvm.chunkAt(address);
  }

  /** The memory: `size` bytes. Not to be touched once freed. */
  get bytes(): Uint8Array {
    if (this.outOf === null) {
      panic(`kmem: use of 0x${this.address.toString(16)}, which is free`);
    }
    if (this.#view?.length !== this.size) {
      const { bytes, base } = this.chunk;
      this.#view = new Uint8Array(bytes.buffer, bytes.byteOffset + this.address - base, this.size);
    }
    return this.#view as Uint8Array;
  }
}

/** @throws ENOMEM */
export function kmemIntrAlloc(k: Kernel, size: number): Kmem {
  if (!Number.isSafeInteger(size) || size <= 0) {
    panic(`kmem: size ${size}`);
  }
  const total = size + REDZONE_SIZE;
  const mem = total <= PAGE_SIZE ? cacheFor(k, total).getNowait() : pages(k, size);
  mem.size = size;
  const end = mem.address - mem.chunk.base + size;
  redzoneFill(mem.chunk.bytes, end, end + redzoneOf(mem));
  return mem;
}

/** The same, of zeroes. @throws ENOMEM */
export function kmemIntrZalloc(k: Kernel, size: number): Kmem {
  const mem = kmemIntrAlloc(k, size);
  mem.bytes.fill(0);
  return mem;
}

/** Wait until there is memory. @throws ENOMEM there is nothing to wait for; EINTR ERESTART */
export function* kmemAlloc(l: Lwp, size: number): MaySleep<Kmem> {
  for (;;) {
    try {
      return kmemIntrAlloc(l.kernel, size);
    } catch (error) {
      yield* l.kernel.uvm.wait(l, error);
    }
  }
}

/** The same, of zeroes. @throws ENOMEM EINTR ERESTART */
export function* kmemZalloc(l: Lwp, size: number): MaySleep<Kmem> {
  const mem = yield* kmemAlloc(l, size);
  mem.bytes.fill(0);
  return mem;
}

/** @param size the one it was allocated with */
export function kmemFree(k: Kernel, mem: Kmem, size: number): void {
  if (mem.outOf === null) {
    panic(`pool ${nameOf(mem.capacity)}: double free of 0x${mem.address.toString(16)}`);
  }
  if (mem.size !== size) {
    panic(`pool ${nameOf(mem.capacity)}: free of ${size} bytes where ${mem.size} are allocated`);
  }
  const end = mem.address - mem.chunk.base + size;
  const broken = redzoneCheck(mem.chunk.bytes, end, end + redzoneOf(mem));
  if (broken >= 0) {
    const at = `byte ${size + broken}`;
    panic(`pool ${nameOf(mem.capacity)}: overrun of 0x${mem.address.toString(16)}: ${at} was written`);
  }
  if (mem.outOf === k.uvm) {
    mem.outOf = null;
    k.uvm.kmFree(mem.address, mem.capacity);
  } else {
    cacheFor(k, mem.capacity).put(mem);
  }
}

/** Whole pages have no room for one. */
function redzoneOf(mem: Kmem): number {
  return Math.min(REDZONE_SIZE, mem.capacity - mem.size);
}

function nameOf(capacity: number): string {
  return `kmem-${capacity}`;
}

function pages(k: Kernel, size: number): Kmem {
  const capacity = roundPage(size);
  const mem = new Kmem(k, k.uvm.kmAlloc(capacity), capacity);
  mem.outOf = k.uvm;
  return mem;
}

/** The cache of the size class for `total` bytes, made when first needed. */
function cacheFor(k: Kernel, total: number): PoolCache<Kmem> {
  const index = classOf(total);
  let cache = k.kmem[index];
  if (cache === undefined) {
    while (k.kmem.length < index) {
      k.kmem.push(undefined);
    }
    const capacity = capacityOf(index);
    const pool = new Pool(k, nameOf(capacity), capacity);
    cache = new PoolCache<Kmem>(k, pool.name, {
      ctor: () => new Kmem(k, pool.getNowait(), capacity),
      dtor: (mem) => pool.put(mem.address),
      pool,
    });
    k.kmem[index] = cache;
  }
  return cache;
}

/** The size class of `total`: classes 0 to 7 are the fine ones, then there are four for each doubling. */
function classOf(total: number): number {
  const last = total - 1;
  if (total <= FINE_MAX) {
    return Math.floor(last / FINE_STEP);
  }
  const doubling = log2(last);
  return FINE_MAX / FINE_STEP + (doubling - FINE_LOG2) * STEPS + (last >> (doubling - STEPS_LOG2)) - STEPS;
}

/** Bytes of a class. */
function capacityOf(index: number): number {
  if (index < FINE_MAX / FINE_STEP) {
    return (index + 1) * FINE_STEP;
  }
  const coarse = index - FINE_MAX / FINE_STEP;
  const doubling = FINE_LOG2 + Math.floor(coarse / STEPS);
  return ((coarse % STEPS) + STEPS + 1) << (doubling - STEPS_LOG2);
}
