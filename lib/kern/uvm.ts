/**
 * Kernel memory: pages out of chunks that the host gives. Chunks come when needed and go back when free, all
 * but one. What the kernel holds of the host counts against its limit (RUMP_MEMLIMIT).
 *
 * Addresses are the kernel's own, from 1 MiB up, so that equal seeds see equal addresses; `bytes` shows what
 * is there. They belong to one kernel and mean nothing to another.
 *
 * NetBSD: sys/rump/librump/rumpkern/vm.c, sys/uvm/uvm_km.c.
 */
import type { HostMemory } from '../rumpuser/rumpuser.ts';
import { PAGE_SIZE, PRI_VM } from '../sys/constants/param.ts';
import { ENOMEM } from '../sys/errno.ts';
import { Condvar } from './condvar.ts';
import { KASSERT } from './kassert.ts';
import type { Kernel } from './kernel.ts';
import type { Lwp } from './lwp.ts';
import type { MaySleep } from './maysleep.ts';
import { Pagedaemon } from './pagedaemon.ts';
import { Housekeeper } from './uvm_thread.ts';
import { awaitMemory } from './uvm_wait.ts';
import { Vmem, type VmemSpan } from './vmem.ts';
import { roundup } from './vmem_fit.ts';

/** Addresses a chunk's start is a multiple of, and bytes of most chunks. */
const CHUNK_SIZE = 1 << 20;
/** A kernel with a limit takes chunks of at most this part of it. */
const CHUNKS_PER_LIMIT = 16;
const KERNEL_VA_SIZE = 2 ** 46;
/** Up to so many pages come through the quantum caches. */
const QCACHE_PAGES = 4;

/** Memory of the host, and where the kernel sees it. */
export interface Chunk {
  readonly memory: HostMemory;
  readonly base: number;
  readonly size: number;
  readonly bytes: Uint8Array;
}

/** Bytes. */
export interface UvmStats {
  readonly limit: number;
  /** Held of the host, of that allocated to somebody, pools with what they hold idle included. */
  readonly taken: number;
  readonly inuse: number;
}

export class Uvm {
  /** Woken when memory is freed, or an item of a pool. */
  readonly freed = new Condvar('uvmwait');
  readonly pagedaemon: Pagedaemon;
  readonly vmemRehash: Housekeeper;
  readonly #kernel: Kernel;
  readonly #limit: number;
  readonly #chunkSize: number;
  readonly #va: Vmem;
  readonly #arena: Vmem;
  /** By address / CHUNK_SIZE. */
  readonly #chunks: (Chunk | undefined)[] = [];
  /** A chunk that nobody uses, kept because the next allocation would ask for one. */
  #spare: Chunk | null = null;
  #taken = 0;

  constructor(k: Kernel) {
    this.#kernel = k;
    this.#limit = k.params.memlimit;
    this.#chunkSize = Math.max(
      PAGE_SIZE,
      Math.min(CHUNK_SIZE, Math.floor(this.#limit / CHUNKS_PER_LIMIT / PAGE_SIZE) * PAGE_SIZE),
    );
    this.pagedaemon = new Pagedaemon(k, this.#limit);
    this.vmemRehash = new Housekeeper(k, 'vmem_rehash', PRI_VM, () => rehashAll(k));
    this.#va = new Vmem(k, 'kernel_va', { quantum: CHUNK_SIZE });
    this.#va.add(CHUNK_SIZE, KERNEL_VA_SIZE);
    this.#arena = new Vmem(k, 'kmem_arena', {
      quantum: PAGE_SIZE,
      qcacheMax: QCACHE_PAGES * PAGE_SIZE,
      importfn: (size) => this.#import(size),
      releasefn: (start) => this.#release(start),
      freed: this.freed,
    });
  }

  /** Bytes allocated, pools with what they hold idle included. */
  get inuse(): number {
    return this.#arena.inuse;
  }

  /**
   * Pages for `size` bytes; what is in them is anybody's guess. NetBSD: uvm_km_alloc.
   * @param align a power of two, at least a page
   * @throws ENOMEM
   */
  kmAlloc(size: number, align = PAGE_SIZE): number {
    let address: number;
    try {
      address = this.#allocate(size, align);
    } catch (error) {
      if (error !== ENOMEM || size > this.#limit || !this.pagedaemon.drain()) {
        throw error;
      }
      address = this.#allocate(size, align);
    }
    this.pagedaemon.watch(this.#arena.inuse);
    return address;
  }

  /** @param size the one it was allocated with */
  kmFree(address: number, size: number): void {
    this.#arena.free(address, size);
  }

  /**
   * What to do about `error` for who may sleep: wait until memory comes free, if that is what failed and any
   * can.
   * @throws error; ENOMEM EINTR ERESTART
   */
  *wait(l: Lwp, error: unknown): MaySleep<void> {
    if (error !== ENOMEM || this.#arena.inuse === 0) {
      throw error;
    }
    yield* awaitMemory(l, this.freed);
  }

  /** The chunk an address is in. */
  chunkAt(address: number): Chunk {
    const chunk = this.#chunks[Math.floor(address / CHUNK_SIZE)];
    if (chunk === undefined) {
      KASSERT(false, `0x${address.toString(16)} is no kernel memory`);
    }
    return chunk;
  }

  /** The memory at an address. It shows nothing (length 0) once its chunk has gone back to the host. */
  bytes(address: number, length: number): Uint8Array {
    const { bytes, base, size } = this.chunkAt(address);
    KASSERT(address - base + length <= size, `0x${address.toString(16)} has no ${length} bytes`);
    return new Uint8Array(bytes.buffer, bytes.byteOffset + address - base, length);
  }

  /** Give the spare chunk back. @returns bytes */
  trim(): number {
    const spare = this.#spare;
    if (spare === null) {
      return 0;
    }
    this.#spare = null;
    for (let at = spare.base; at < spare.base + spare.size; at += CHUNK_SIZE) {
      this.#chunks[at / CHUNK_SIZE] = undefined;
    }
    this.#va.free(spare.base, spare.size);
    this.#kernel.host.unmap(spare.memory);
    this.#taken -= spare.size;
    return spare.size;
  }

  stats(): UvmStats {
    return { limit: this.#limit, taken: this.#taken, inuse: this.#arena.inuse };
  }

  #allocate(size: number, align: number): number {
    return align > PAGE_SIZE ? this.#arena.xalloc(size, { align }) : this.#arena.alloc(size);
  }

  #import(wanted: number): VmemSpan {
    const spare = this.#spare;
    if (spare !== null && spare.size >= wanted) {
      this.#spare = null;
      return { start: spare.base, size: spare.size };
    }
    if (this.#taken + wanted > this.#limit) {
      this.trim();
    }
    const left = Math.floor((this.#limit - this.#taken) / PAGE_SIZE) * PAGE_SIZE;
    if (wanted > left) {
      throw ENOMEM;
    }
    const chunk = this.#newChunk(Math.max(wanted, Math.min(this.#chunkSize, left)), wanted);
    for (let at = chunk.base; at < chunk.base + chunk.size; at += CHUNK_SIZE) {
      this.#chunks[at / CHUNK_SIZE] = chunk;
    }
    this.#taken += chunk.size;
    return { start: chunk.base, size: chunk.size };
  }

  /** Of `size` bytes, or if the host does not have that, of `least`. @throws ENOMEM */
  #newChunk(size: number, least: number): Chunk {
    const base = this.#va.alloc(size);
    try {
      const memory = this.#kernel.host.anonmmap(size);
      return { memory, base, size, bytes: memory.bytes };
    } catch (error) {
      this.#va.free(base, size);
      if (error !== ENOMEM) {
        throw error;
      }
      if (this.trim() > 0) {
        return this.#newChunk(size, least);
      }
      if (size === least) {
        throw ENOMEM;
      }
      return this.#newChunk(least, least);
    }
  }

  #release(start: number): void {
    this.trim();
    this.#spare = this.chunkAt(start);
    if (this.#spare.size > this.#chunkSize) {
      this.trim();
    }
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
