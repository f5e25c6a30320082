/**
 * Pools: items of one size out of pages of many, addresses and not objects. A pool grows by a page when it
 * has no item left, and keeps pages that fall idle until it has too many of them or memory runs short.
 *
 * NetBSD: sys/kern/subr_pool.c, pool(9). `get` is PR_WAITOK, `getNowait` PR_NOWAIT.
 */
import { ENOMEM } from '../sys/errno.ts';
import { KASSERT } from './kassert.ts';
import type { Kernel } from './kernel.ts';
import { Link, List } from './list.ts';
import type { Lwp } from './lwp.ts';
import type { MaySleep } from './maysleep.ts';
import { panic } from './panic.ts';
import { kernelMemory, type PoolAllocator } from './pool_allocator.ts';
import { PoolLimit } from './pool_limit.ts';
import { PoolPage } from './pool_page.ts';
import { guardCheck, guardFill, REDZONE_SIZE } from './pool_redzone.ts';
import type { PoolCacheStats, PoolStats, Reclaimable } from './pool_stat.ts';
import { isPowerOfTwo, roundup } from './vmem_fit.ts';

export interface PoolOptions {
  /** Power of two; default 8. */
  readonly align?: number;
  /** Default: kernel memory, in pages of a size that wastes little. */
  readonly allocator?: PoolAllocator;
  /** 'redzone': behind each item, so that writing past its end is found out. For pools of kernel memory. */
  readonly guard?: 'redzone';
}

/** A cache in front of a pool (pool_cache.ts). */
export interface PoolFront {
  invalidate(): void;
  cacheStats(): PoolCacheStats;
}

/** Idle pages a pool keeps unless told otherwise. */
const MAXPAGES = 16;

export class Pool implements Reclaimable {
  readonly kernel: Kernel;
  readonly name: string;
  /** Bytes from one item to the next. */
  readonly size: number;
  readonly itemsPerPage: number;
  readonly link = new Link<Reclaimable>(this);
  /** The cache in front, which is emptied before the pool looks for idle pages. */
  front: PoolFront | null = null;
  /** Items that are out. */
  nout = 0;
  readonly #allocator: PoolAllocator;
  readonly #pagesize: number;
  /** Bytes of an item that are the user's; the red zone is behind them. Without one, -1. */
  readonly #guarded: number;
  /** By address / pagesize. */
  readonly #pages = new Map<number, PoolPage>();
  /** The page looked up last, most often the one looked up next. */
  #recent: PoolPage | null = null;
  readonly #partial = new List<PoolPage>();
  readonly #idle = new List<PoolPage>();
  readonly #limit = new PoolLimit();
  #minitems = 0;
  #minpages = 0;
  #maxpages = MAXPAGES;
  #nget = 0;
  #nfail = 0;
  #nput = 0;
  #npagealloc = 0;
  #npagefree = 0;
  #hiwat = 0;

  /** @param size units of the allocator (bytes of kernel memory) an item has at least */
  constructor(k: Kernel, name: string, size: number, options: PoolOptions = {}) {
    const { align = 8, guard } = options;
    KASSERT(Number.isSafeInteger(size) && size > 0 && isPowerOfTwo(align), `pool ${name}: size ${size}`);
    this.kernel = k;
    this.name = name;
    this.size = roundup(size + (guard === undefined ? 0 : REDZONE_SIZE), align);
    this.#guarded = guard === undefined ? -1 : size;
    this.#allocator = options.allocator ?? kernelMemory(k, this.size);
    this.#pagesize = this.#allocator.pagesize;
    this.itemsPerPage = Math.floor(this.#pagesize / this.size);
    KASSERT(this.itemsPerPage > 0, `pool ${name}: items of ${size} in pages of ${this.#pagesize}`);
    k.pools.insert(this.link);
  }

  /** Take an item. @throws ENOMEM no memory, or the hard limit is reached */
  getNowait(): number {
    if (this.nout >= this.#limit.items) {
      this.#limit.warn(this.kernel);
      this.#nfail++;
      throw ENOMEM;
    }
    const page = this.#partial.first?.owner ?? this.#idle.first?.owner ?? this.#grow();
    if (page.nfree === page.items) {
      this.#idle.remove(page.link);
      this.#partial.insert(page.link);
    }
    const address = page.address + page.take() * this.size;
    if (page.nfree === 0) {
      this.#partial.remove(page.link);
    }
    this.nout++;
    this.#nget++;
    if (this.#guarded >= 0) {
      guardFill(this.kernel, address, this.#guarded);
    }
    if (this.nitems - this.nout < this.#minitems) {
      this.#catchup();
    }
    return address;
  }

  /** Take an item, waiting for one. @throws ENOMEM there is nothing to wait for; EINTR ERESTART */
  *get(l: Lwp): MaySleep<number> {
    for (;;) {
      try {
        return this.getNowait();
      } catch (error) {
        yield* this.kernel.uvm.wait(l, error, this.nout);
      }
    }
  }

  /** Whether the address is in one of the pool's pages. */
  owns(address: number): boolean {
    return this.#pageOf(address) !== null;
  }

  put(address: number): void {
    const page = this.#pageOf(address);
    if (page === null) {
      panic(`pool ${this.name}: put of 0x${address.toString(16)}, which is not in any of its pages`);
    }
    const item = (address - page.address) / this.size;
    if (!Number.isInteger(item) || item >= page.items) {
      panic(`pool ${this.name}: put of 0x${address.toString(16)}, where no item starts`);
    }
    if (!page.isOut(item)) {
      panic(`pool ${this.name}: double free of 0x${address.toString(16)}`);
    }
    if (this.#guarded >= 0) {
      guardCheck(this.kernel, this.name, address, this.#guarded);
    }
    page.give(item);
    this.nout--;
    this.#nput++;
    if (page.nfree === 1) {
      this.#partial.insert(page.link);
    }
    if (page.nfree === page.items) {
      this.#partial.remove(page.link);
      this.#idle.insert(page.link);
      if (this.#idle.size > this.#maxpages && this.#pages.size > this.#minpages) {
        this.#free(page);
      }
    }
    this.kernel.uvm.freed.broadcast();
  }

  /** Keep so many items in reserve, as long as there is memory. NetBSD: pool_setlowat. */
  setlowat(items: number): void {
    this.#minitems = items;
    this.#minpages = Math.ceil(items / this.itemsPerPage);
    this.#catchup();
  }

  /** Keep the idle pages of so many items at most. NetBSD: pool_sethiwat. */
  sethiwat(items: number): void {
    this.#maxpages = Math.ceil(items / this.itemsPerPage);
    while (this.#idle.size > this.#maxpages && this.#pages.size > this.#minpages) {
      this.#free((this.#idle.first as Link<PoolPage>).owner);
    }
  }

  /**
   * Give out so many items at most; who then wants one waits or fails. NetBSD: pool_sethardlimit.
   * @param warning what the kernel says of it, at most every `ratecapNs`; empty for nothing
   */
  sethardlimit(items: number, warning = '', ratecapNs = 0): void {
    this.#limit.set(items, warning, ratecapNs);
  }

  /** Give idle pages back, those of the cache in front included. @returns how many */
  reclaim(): number {
    this.front?.invalidate();
    let freed = 0;
    while (this.#pages.size > this.#minpages && this.#idle.first !== null) {
      this.#free(this.#idle.first.owner);
      freed++;
    }
    return freed;
  }

  /** All items must be back. */
  destroy(): void {
    KASSERT(this.nout === 0, `pool ${this.name} destroyed with ${this.nout} items out`);
    this.#minpages = 0;
    this.reclaim();
    this.kernel.pools.remove(this.link);
  }

  get nitems(): number {
    return this.#pages.size * this.itemsPerPage;
  }

  stats(): PoolStats {
    return {
      name: this.name,
      size: this.size,
      pagesize: this.#pagesize,
      itemsPerPage: this.itemsPerPage,
      nitems: this.nitems,
      nout: this.nout,
      hardlimit: this.#limit.items,
      npages: this.#pages.size,
      minpages: this.#minpages,
      maxpages: this.#maxpages,
      nget: this.#nget,
      nfail: this.#nfail,
      nput: this.#nput,
      npagealloc: this.#npagealloc,
      npagefree: this.#npagefree,
      hiwat: this.#hiwat,
      nidle: this.#idle.size,
      cache: this.front?.cacheStats() ?? null,
    };
  }

  #pageOf(address: number): PoolPage | null {
    const recent = this.#recent;
    if (recent !== null && address >= recent.address && address - recent.address < this.#pagesize) {
      return recent;
    }
    const page = this.#pages.get(Math.floor(address / this.#pagesize)) ?? null;
    if (page !== null) {
      this.#recent = page;
    }
    return page;
  }

  /** A page more, idle. @throws ENOMEM */
  #grow(): PoolPage {
    let address: number;
    try {
      address = this.#allocator.alloc();
    } catch (error) {
      this.#nfail++;
      throw error;
    }
    const page = new PoolPage(address, this.itemsPerPage);
    this.#pages.set(address / this.#pagesize, page);
    this.#idle.insert(page.link);
    this.#npagealloc++;
    this.#hiwat = Math.max(this.#hiwat, this.#pages.size);
    return page;
  }

  #free(page: PoolPage): void {
    this.#recent = null;
    this.#idle.remove(page.link);
    this.#pages.delete(page.address / this.#pagesize);
    this.#npagefree++;
    this.#allocator.free(page.address);
  }

  /** Refill the reserve. It is only a wish: without memory there is none. */
  #catchup(): void {
    try {
      while (this.nitems - this.nout < this.#minitems) {
        this.#grow();
      }
    } catch (error) {
      if (error !== ENOMEM) {
        throw error;
      }
    }
  }
}
