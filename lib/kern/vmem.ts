/**
 * Arenas: allocators of ranges of whole numbers, be they addresses, pages or ids. An arena is made of spans,
 * given to it for good or imported when it needs more and given back when they are free again. Requests up to
 * `qcacheMax` come from pools in front of it (quantum caches).
 *
 * Only `allocSleep` and `xallocSleep` sleep (VM_SLEEP of the C kernel); the plain calls are its VM_NOSLEEP.
 *
 * NetBSD: sys/kern/subr_vmem.c, vmem(9).
 */
import { ENOMEM } from '../sys/errno.ts';
import { Condvar } from './condvar.ts';
import { KASSERT } from './kassert.ts';
import type { Kernel } from './kernel.ts';
import { Link } from './list.ts';
import type { Lwp } from './lwp.ts';
import type { MaySleep } from './maysleep.ts';
import { panic } from './panic.ts';
import { awaitMemory } from './uvm_wait.ts';
import { isPowerOfTwo, roundup, type VmemConstraints, type VmemRequest, vmemRequest } from './vmem_fit.ts';
import { VmemMap, type VmemStrategy } from './vmem_map.ts';
import { VmemQcaches } from './vmem_qcache.ts';
import type { VmemStats } from './vmem_stat.ts';

/** A span, as an import brings it. */
export interface VmemSpan {
  readonly start: number;
  readonly size: number;
}

export interface VmemOptions {
  /** What sizes and addresses are multiples of; a power of two. */
  readonly quantum: number;
  /** Requests of at most this size go through quantum caches. Default 0: none. */
  readonly qcacheMax?: number;
  /** Get at least `size` more, a multiple of the quantum. @throws ENOMEM */
  readonly importfn?: (size: number) => VmemSpan;
  /** Take a span back, as it was imported. */
  readonly releasefn?: (start: number, size: number) => void;
  /** Woken when something is freed. Default: one of the arena's own. */
  readonly freed?: Condvar;
}

export class Vmem {
  readonly kernel: Kernel;
  readonly name: string;
  readonly quantum: number;
  /** Where it stands on the kernel's list of arenas. */
  readonly link = new Link<Vmem>(this);
  /** A rehash has been asked for. */
  rehashAsked = false;
  readonly #map: VmemMap;
  readonly #options: VmemOptions;
  readonly #freed: Condvar;
  readonly #qcaches: VmemQcaches;
  #nalloc = 0;
  #nfail = 0;
  #nimport = 0;
  #nrelease = 0;
  #nsleep = 0;
  #nrehash = 0;

  constructor(k: Kernel, name: string, options: VmemOptions) {
    KASSERT(isPowerOfTwo(options.quantum), `arena ${name}: quantum ${options.quantum}`);
    this.kernel = k;
    this.name = name;
    this.quantum = options.quantum;
    this.#options = options;
    this.#freed = options.freed ?? new Condvar('vmem');
    this.#map = new VmemMap(name, options.quantum);
    this.#qcaches = new VmemQcaches(this, options.qcacheMax ?? 0);
    k.vmems.insert(this.link);
  }

  /** Of all spans together. */
  get size(): number {
    return this.#map.size;
  }

  /** What is allocated, quantum caches with what they hold idle included. */
  get inuse(): number {
    return this.#map.inuse;
  }

  /** Give the arena a span for good. */
  add(start: number, size: number): void {
    const { quantum } = this;
    KASSERT(
      start % quantum === 0 && size % quantum === 0 && size > 0 && Number.isSafeInteger(start + size),
      `arena ${this.name}: span of ${size} at ${start}`,
    );
    this.#map.add('span', start, size);
    this.#freed.broadcast();
  }

  /** Address of `size`, rounded up to the quantum. @throws ENOMEM */
  alloc(size: number, strategy: VmemStrategy = 'instantfit'): number {
    if (strategy !== 'nextfit') {
      const address = this.#qcaches.alloc(size);
      if (address >= 0) {
        return address;
      }
    }
    return this.#allocate(size, null, strategy);
  }

  /**
   * The same, waiting until something is freed.
   * @throws ENOMEM nothing is allocated, or everybody waits; EINTR ERESTART
   */
  *allocSleep(l: Lwp, size: number, strategy: VmemStrategy = 'instantfit'): MaySleep<number> {
    for (;;) {
      try {
        return this.alloc(size, strategy);
      } catch (error) {
        yield* this.#wait(l, error);
      }
    }
  }

  /** Address of `size` under constraints; past the quantum caches. @throws ENOMEM */
  xalloc(size: number, constraints: VmemConstraints, strategy: VmemStrategy = 'instantfit'): number {
    return this.#allocate(size, constraints, strategy);
  }

  /** The same, waiting as `allocSleep` does. @throws ENOMEM EINTR ERESTART */
  *xallocSleep(
    l: Lwp,
    size: number,
    constraints: VmemConstraints,
    strategy: VmemStrategy = 'instantfit',
  ): MaySleep<number> {
    for (;;) {
      try {
        return this.xalloc(size, constraints, strategy);
      } catch (error) {
        yield* this.#wait(l, error);
      }
    }
  }

  /** @param size the one it was allocated with */
  free(address: number, size: number): void {
    if (this.#qcaches.free(address, size)) {
      return;
    }
    const bt = this.#map.busy.lookup(address);
    if (bt === null) {
      panic(`arena ${this.name}: free of 0x${address.toString(16)}, where nothing is allocated`);
    }
    if (bt.size !== this.#rounded(size)) {
      panic(
        `arena ${this.name}: free of ${size} at 0x${address.toString(16)}, where ${bt.size} are allocated`,
      );
    }
    const span = this.#map.give(bt);
    if (span !== null) {
      this.#nrelease++;
      this.#options.releasefn?.(span.start, span.size);
    }
    this.#rehashIfWanted();
    this.#freed.broadcast();
  }

  /** Give back what quantum caches hold idle. @returns how much */
  reclaim(): number {
    const before = this.inuse;
    this.#qcaches.reclaim();
    return before - this.inuse;
  }

  /** Call `fn` for each stretch, in the order of the spans and of addresses within. */
  walk(fn: (start: number, size: number, type: 'free' | 'busy') => void): void {
    this.#map.walk(fn);
  }

  /** Assert that the arena's books agree. Takes time in proportion to what is in it. */
  check(): void {
    this.#map.check();
  }

  /** Fit the hash table to what is in it. */
  rehash(): void {
    this.#map.busy.rehash();
    this.rehashAsked = false;
    this.#nrehash++;
  }

  /** Everything must have been freed; imported spans have gone back then. */
  destroy(): void {
    this.#qcaches.destroy();
    KASSERT(this.inuse === 0, `arena ${this.name} destroyed with ${this.inuse} in use`);
    this.kernel.vmems.remove(this.link);
  }

  stats(): VmemStats {
    const { name, quantum, size, inuse } = this;
    const { nspans, nfree, busy } = this.#map;
    return {
      name,
      quantum,
      size,
      inuse,
      nspans,
      nfree,
      nbusy: busy.count,
      hashsize: busy.hashsize,
      nalloc: this.#nalloc,
      nfail: this.#nfail,
      nimport: this.#nimport,
      nrelease: this.#nrelease,
      nsleep: this.#nsleep,
      nrehash: this.#nrehash,
    };
  }

  #allocate(size: number, constraints: VmemConstraints | null, strategy: VmemStrategy): number {
    const r = vmemRequest(this.#rounded(size), this.quantum, constraints);
    let start = this.#map.take(r, strategy);
    if (start < 0 && this.reclaim() > 0) {
      start = this.#map.take(r, strategy);
    }
    if (start < 0) {
      this.#import(r);
      start = this.#map.take(r, strategy);
    }
    this.#nalloc++;
    this.#rehashIfWanted();
    return start;
  }

  #rounded(size: number): number {
    if (!Number.isSafeInteger(size) || size <= 0) {
      panic(`arena ${this.name}: size ${size}`);
    }
    return roundup(size, this.quantum);
  }

  *#wait(l: Lwp, error: unknown): MaySleep<void> {
    // Where nothing is allocated there is nothing to wait for.
    if (error !== ENOMEM || this.inuse === 0) {
      throw error;
    }
    this.#nsleep++;
    yield* awaitMemory(l, this.#freed);
  }

  /** Import a span in which the request surely fits. @throws ENOMEM */
  #import({ size, align, nocross, minaddr, maxaddr }: VmemRequest): void {
    const { importfn } = this.#options;
    // Nobody can say where a span will be.
    const anywhere = minaddr === 0 && maxaddr === Number.MAX_SAFE_INTEGER;
    if (importfn === undefined || !anywhere) {
      this.#nfail++;
      throw ENOMEM;
    }
    const { quantum } = this;
    let span: VmemSpan;
    try {
      span = importfn(size + (align > quantum ? align : 0) + nocross);
    } catch (error) {
      this.#nfail++;
      throw error;
    }
    this.#nimport++;
    this.#map.add('imported', span.start, span.size);
  }

  #rehashIfWanted(): void {
    if (!this.rehashAsked && this.#map.busy.wantsRehash) {
      this.rehashAsked = true;
      this.kernel.uvm.vmemRehash.ask();
    }
  }
}
