/**
 * Kernel memory, and what is done when it runs out. Booting costs nothing of it: the pages are set up when
 * the first is asked for.
 *
 * NetBSD: sys/uvm/uvm_km.c, sys/rump/librump/rumpkern/vm.c.
 */
import { PAGE_SIZE, PRI_VM } from '../sys/constants/param.ts';
import { ENOMEM } from '../sys/errno.ts';
import { Condvar } from './condvar.ts';
import type { Kernel } from './kernel.ts';
import type { Lwp } from './lwp.ts';
import type { MaySleep } from './maysleep.ts';
import { Pagedaemon } from './pagedaemon.ts';
import { type Chunk, PageArena } from './uvm_pages.ts';
import { Housekeeper } from './uvm_thread.ts';
import { awaitMemory } from './uvm_wait.ts';
import { roundup } from './vmem_fit.ts';

/** Bytes. */
export interface UvmStats {
  readonly limit: number;
  /** Held of the host; of that allocated to somebody, pools with what they hold idle included. */
  readonly taken: number;
  readonly inuse: number;
}

export class Uvm {
  /** Woken when memory is freed, or an item of a pool. */
  readonly freed = new Condvar('uvmwait');
  readonly #kernel: Kernel;
  readonly #limit: number;
  #pages: PageArena | null = null;
  #pagedaemon: Pagedaemon | null = null;
  #vmemRehash: Housekeeper | null = null;

  constructor(k: Kernel) {
    this.#kernel = k;
    this.#limit = k.params.memlimit;
  }

  get pagedaemon(): Pagedaemon {
    this.#pagedaemon ??= new Pagedaemon(this.#kernel, this.#limit);
    return this.#pagedaemon;
  }

  get vmemRehash(): Housekeeper {
    const k = this.#kernel;
    this.#vmemRehash ??= new Housekeeper(k, 'vmem_rehash', PRI_VM, () => rehashAll(k));
    return this.#vmemRehash;
  }

  /** Bytes allocated, pools with what they hold idle included. */
  get inuse(): number {
    return this.#pages?.inuse ?? 0;
  }

  /**
   * Pages for `size` bytes; what is in them is anybody's guess. NetBSD: uvm_km_alloc.
   * @param align a power of two, at least a page
   * @throws ENOMEM
   */
  kmAlloc(size: number, align = PAGE_SIZE): number {
    const pages = this.#arena();
    let address: number;
    try {
      address = pages.alloc(size, align);
    } catch (error) {
      if (error !== ENOMEM || size > this.#limit || !this.pagedaemon.drain()) {
        throw error;
      }
      address = pages.alloc(size, align);
    }
    this.pagedaemon.watch(pages.inuse);
    return address;
  }

  /** @param size the one it was allocated with */
  kmFree(address: number, size: number): void {
    this.#arena().free(address, size);
  }

  /**
   * What to do about `error` for who may sleep: wait until memory comes free, if that is what failed and any
   * can.
   * @param out items the caller's pool has given out, which may come back as well
   * @throws error; ENOMEM EINTR ERESTART
   */
  *wait(l: Lwp, error: unknown, out = 0): MaySleep<void> {
    if (error !== ENOMEM || (this.inuse === 0 && out === 0)) {
      throw error;
    }
    yield* awaitMemory(l, this.freed);
  }

  /** The chunk an address is in, or null. */
  chunkFind(address: number): Chunk | null {
    return this.#pages?.chunkFind(address) ?? null;
  }

  /** The chunk an address of ours is in. */
  chunkAt(address: number): Chunk {
    return this.#arena().chunkAt(address);
  }

  /** The memory at an address. It shows nothing (length 0) once its chunk has gone back to the host. */
  bytes(address: number, length: number): Uint8Array {
    return this.#arena().bytes(address, length);
  }

  /** Give the host what nobody uses. @returns bytes */
  trim(): number {
    return this.#pages?.trim() ?? 0;
  }

  stats(): UvmStats {
    return { limit: this.#limit, taken: this.#pages?.taken ?? 0, inuse: this.inuse };
  }

  #arena(): PageArena {
    this.#pages ??= new PageArena(this.#kernel, this.#limit, this.freed);
    return this.#pages;
  }
}

function rehashAll(k: Kernel): void {
  for (const arena of k.vmems) {
    if (arena.rehashAsked) {
      arena.rehash();
    }
  }
}

export function uvmInit(k: Kernel): void {
  k.uvm = new Uvm(k);
}

/** Bytes rounded up to whole pages. NetBSD: round_page. */
export function roundPage(size: number): number {
  return roundup(size, PAGE_SIZE);
}
