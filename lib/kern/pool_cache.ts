/**
 * Pool caches: constructed objects that rest between two uses. Each CPU has two groups (magazines) of them,
 * so that get and put mostly touch nothing else; full and empty groups are swapped with a depot that all CPUs
 * share.
 *
 * An object knows whether it rests or is out, and of which cache: giving it back twice, or to another cache,
 * is found out at once.
 *
 * NetBSD: sys/kern/subr_pool.c (pool_cache), pool_cache(9); after Bonwick's magazines.
 */
import { ENOMEM } from '../sys/errno.ts';
import { KASSERT } from './kassert.ts';
import type { Kernel } from './kernel.ts';
import { Link } from './list.ts';
import type { Lwp } from './lwp.ts';
import type { MaySleep } from './maysleep.ts';
import { panic } from './panic.ts';
import type { Pool, PoolFront } from './pool.ts';
import { CacheCpu, Depot, GROUP_SIZE, type Group } from './pool_group.ts';
import type { PoolCacheStats, PoolStats, Reclaimable } from './pool_stat.ts';

/** What a cached object carries. */
export interface Pooled {
  /** The cache it is out of, null while it rests there. For the cache alone; null to begin with. */
  outOf: object | null;
}

export interface PoolCacheOptions<T extends Pooled> {
  /** Makes an object. @throws ENOMEM */
  readonly ctor: () => T;
  /** Unmakes it: gives back what the constructor took. */
  readonly dtor?: (object: T) => void;
  /** The pool the constructor takes from, which is then drained and listed together with the cache. */
  readonly pool?: Pool;
}

export class PoolCache<T extends Pooled> implements Reclaimable, PoolFront {
  readonly name: string;
  readonly link = new Link<Reclaimable>(this);
  readonly #kernel: Kernel;
  readonly #ctor: () => T;
  readonly #dtor: ((object: T) => void) | undefined;
  readonly #pool: Pool | undefined;
  readonly #cpus: CacheCpu<T>[];
  readonly #depot = new Depot<T>();
  /** Objects made and unmade. */
  #nmade = 0;
  #nunmade = 0;
  #nfail = 0;

  constructor(k: Kernel, name: string, options: PoolCacheOptions<T>) {
    this.#kernel = k;
    this.name = name;
    this.#ctor = options.ctor;
    this.#dtor = options.dtor;
    this.#pool = options.pool;
    this.#cpus = k.cpus.map(() => new CacheCpu<T>());
    if (options.pool === undefined) {
      k.pools.insert(this.link);
    } else {
      KASSERT(options.pool.front === null, `pool ${options.pool.name} has two caches`);
      options.pool.front = this;
    }
  }

  /** An object, as it was put or as the constructor made it. @throws ENOMEM */
  getNowait(): T {
    const cpu = this.#cpu();
    let object = cpu.current.pop();
    if (object === undefined) {
      object = this.#getSlow(cpu);
    } else {
      cpu.hits++;
    }
    object.outOf = this;
    return object;
  }

  /** The same, waiting for memory. @throws ENOMEM there is nothing to wait for; EINTR ERESTART */
  *get(l: Lwp): MaySleep<T> {
    for (;;) {
      try {
        return this.getNowait();
      } catch (error) {
        yield* this.#kernel.uvm.wait(l, error, this.nout);
      }
    }
  }

  /** Give an object back, in the state it was got in. */
  put(object: T): void {
    if (object.outOf !== this) {
      const what = object.outOf === null ? 'double free' : 'put of an object of another cache';
      panic(`pool ${this.name}: ${what}`);
    }
    object.outOf = null;
    const cpu = this.#cpu();
    if (cpu.current.length < GROUP_SIZE && !this.#kernel.uvm.freed.hasWaiters) {
      cpu.current.push(object);
      cpu.hits++;
      return;
    }
    this.#putSlow(cpu, object);
  }

  /** Unmake all objects that rest. @returns how many there were */
  invalidate(): number {
    let count = this.#unmakeAll(this.#depot.takeAll());
    for (const cpu of this.#cpus) {
      count += this.#unmakeAll(cpu.current) + this.#unmakeAll(cpu.previous);
    }
    return count;
  }

  reclaim(): number {
    return this.invalidate();
  }

  /** All objects must be back. */
  destroy(): void {
    this.invalidate();
    KASSERT(this.nout === 0, `pool ${this.name} destroyed with ${this.nout} objects out`);
    if (this.#pool === undefined) {
      this.#kernel.pools.remove(this.link);
    } else {
      this.#pool.front = null;
    }
  }

  /** Objects that are out. */
  get nout(): number {
    return this.#nmade - this.#nunmade - this.#resting();
  }

  cacheStats(): PoolCacheStats {
    let nhitPcpu = 0;
    let nmissPcpu = 0;
    for (const cpu of this.#cpus) {
      nhitPcpu += cpu.hits;
      nmissPcpu += cpu.misses;
    }
    return {
      groupSize: GROUP_SIZE,
      nfull: this.#depot.full.length,
      nempty: this.#depot.empty.length,
      nhitPcpu,
      nmissPcpu,
      nhitGlobal: this.#depot.hits,
      nmissGlobal: this.#depot.misses,
    };
  }

  stats(): PoolStats {
    return {
      name: this.name,
      size: 0,
      pagesize: 0,
      itemsPerPage: 0,
      nitems: this.#nmade - this.#nunmade,
      nout: this.nout,
      hardlimit: Number.POSITIVE_INFINITY,
      npages: 0,
      minpages: 0,
      maxpages: 0,
      nget: this.#nmade,
      nfail: this.#nfail,
      nput: this.#nunmade,
      npagealloc: 0,
      npagefree: 0,
      hiwat: 0,
      nidle: 0,
      cache: this.cacheStats(),
    };
  }

  #cpu(): CacheCpu<T> {
    return this.#cpus[this.#kernel.curlwp?.cpu?.index ?? 0] as CacheCpu<T>;
  }

  #resting(): number {
    let n = this.#depot.full.length * GROUP_SIZE;
    for (const { current, previous } of this.#cpus) {
      n += current.length + previous.length;
    }
    return n;
  }

  #getSlow(cpu: CacheCpu<T>): T {
    cpu.swap();
    const object = cpu.current.pop();
    if (object !== undefined) {
      cpu.hits++;
      return object;
    }
    cpu.misses++;
    if (this.#depot.getFull(cpu)) {
      return cpu.current.pop() as T;
    }
    return this.#make();
  }

  /** What rests on other CPUs is better used than missed. */
  #make(): T {
    let made: T;
    try {
      made = this.#ctor();
    } catch (error) {
      if (error === ENOMEM) {
        this.#nfail++;
        for (const { current, previous } of this.#cpus) {
          const object = current.pop() ?? previous.pop();
          if (object !== undefined) {
            return object;
          }
        }
      }
      throw error;
    }
    this.#nmade++;
    return made;
  }

  #putSlow(cpu: CacheCpu<T>, object: T): void {
    if (this.#kernel.uvm.freed.hasWaiters) {
      // Somebody sleeps for want of just this.
      this.#unmake(object);
      this.#kernel.uvm.freed.broadcast();
      return;
    }
    if (cpu.previous.length === 0) {
      cpu.swap();
      cpu.hits++;
    } else {
      // Both are full.
      cpu.misses++;
      this.#depot.putFull(cpu);
    }
    cpu.current.push(object);
  }

  #unmakeAll(group: Group<T>): number {
    let count = 0;
    for (let object = group.pop(); object !== undefined; object = group.pop()) {
      this.#unmake(object);
      count++;
    }
    return count;
  }

  #unmake(object: T): void {
    this.#nunmade++;
    this.#dtor?.(object);
  }
}
