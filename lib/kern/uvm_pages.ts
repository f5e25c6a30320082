/**
 * Pages out of chunks that the host gives. Chunks come when needed and go back when free, all but one. What
 * the kernel holds of the host counts against its limit (RUMP_MEMLIMIT).
 *
 * Addresses are the kernel's own, from 1 MiB up, so that equal seeds see equal addresses. They belong to one
 * kernel and mean nothing to another.
 *
 * NetBSD: sys/rump/librump/rumpkern/vm.c (rump_hypermalloc, curphysmem).
 */
import type { HostMemory } from '../rumpuser/rumpuser.ts';
import { PAGE_SIZE } from '../sys/constants/param.ts';
import { ENOMEM } from '../sys/errno.ts';
import type { Condvar } from './condvar.ts';
import { KASSERT } from './kassert.ts';
import type { Kernel } from './kernel.ts';
import { panic } from './panic.ts';
import { Vmem, type VmemSpan } from './vmem.ts';

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

export class PageArena {
  readonly #kernel: Kernel;
  readonly #limit: number;
  readonly #chunkSize: number;
  /** Where chunks may be, and what is in them. */
  readonly #va: Vmem;
  readonly #arena: Vmem;
  /** By address / CHUNK_SIZE. */
  readonly #chunks: (Chunk | undefined)[] = [];
  /** A chunk that nobody uses, kept because the next allocation would ask for one. */
  #spare: Chunk | null = null;
  /** Bytes held of the host. */
  taken = 0;

  /**
   * @param limit bytes; Infinity for none
   * @param freed woken when pages are freed
   */
  constructor(k: Kernel, limit: number, freed: Condvar) {
    this.#kernel = k;
    this.#limit = limit;
    this.#chunkSize = Math.max(
      PAGE_SIZE,
      Math.min(CHUNK_SIZE, Math.floor(limit / CHUNKS_PER_LIMIT / PAGE_SIZE) * PAGE_SIZE),
    );
    this.#va = new Vmem(k, 'kernel_va', { quantum: CHUNK_SIZE });
    this.#va.add(CHUNK_SIZE, KERNEL_VA_SIZE);
    this.#arena = new Vmem(k, 'kmem_arena', {
      quantum: PAGE_SIZE,
      qcacheMax: QCACHE_PAGES * PAGE_SIZE,
      importfn: (size) => this.#import(size),
      releasefn: (start) => this.#release(start),
      freed,
    });
  }

  /** Bytes allocated. */
  get inuse(): number {
    return this.#arena.inuse;
  }

  /** @throws ENOMEM */
  alloc(size: number, align: number): number {
    return align > PAGE_SIZE ? this.#arena.xalloc(size, { align }) : this.#arena.alloc(size);
  }

  free(address: number, size: number): void {
    this.#arena.free(address, size);
  }

  /** The chunk an address is in, or null. */
  chunkFind(address: number): Chunk | null {
    return this.#chunks[Math.floor(address / CHUNK_SIZE)] ?? null;
  }

  /** The chunk an address of ours is in. */
  chunkAt(address: number): Chunk {
    const chunk = this.chunkFind(address);
    if (chunk === null) {
      panic(`0x${address.toString(16)} is no kernel memory`);
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
    this.taken -= spare.size;
    return spare.size;
  }

  #import(wanted: number): VmemSpan {
    const spare = this.#spare;
    if (spare !== null && spare.size >= wanted) {
      this.#spare = null;
      return { start: spare.base, size: spare.size };
    }
    if (this.taken + wanted > this.#limit) {
      this.trim();
    }
    const left = Math.floor((this.#limit - this.taken) / PAGE_SIZE) * PAGE_SIZE;
    if (wanted > left) {
      throw ENOMEM;
    }
    const chunk = this.#newChunk(Math.max(wanted, Math.min(this.#chunkSize, left)), wanted);
    for (let at = chunk.base; at < chunk.base + chunk.size; at += CHUNK_SIZE) {
      this.#chunks[at / CHUNK_SIZE] = chunk;
    }
    this.taken += chunk.size;
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
