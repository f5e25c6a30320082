/** Kernel memory: pools and their caches, kmem, arenas, each taking and giving back again. */
import { boot } from '../lib/api/index.ts';
import type { Kernel as Kern } from '../lib/kern/kernel.ts';
import { kmemFree, kmemIntrAlloc } from '../lib/kern/kmem.ts';
import { Pool } from '../lib/kern/pool.ts';
import { PoolCache } from '../lib/kern/pool_cache.ts';
import { schedule, unschedule } from '../lib/kern/schedule.ts';
import { Vmem } from '../lib/kern/vmem.ts';
import type { BenchRow } from './bench.ts';

/** Pairs in one timed call. */
const OPS = 1000;
/** Bytes of the small allocations. */
const SMALL = 100;

/** Pairs of getting and putting, inside the kernel. */
function pairs(prepare: (k: Kern) => () => unknown) {
  const kernel = boot();
  const k: Kern = kernel.newproc().lwp.kernel;
  schedule(k);
  const once = prepare(k);
  return {
    fn: () => {
      for (let i = 0; i < OPS; i++) {
        once();
      }
    },
    ops: OPS,
    teardown: () => {
      unschedule(k);
      kernel[Symbol.dispose]();
    },
  };
}

/** The same pair, but so many of them are out at a time. */
function manyAtATime<T>(get: () => T, put: (item: T) => void): () => void {
  const out: T[] = [];
  return () => {
    if (out.length === OPS) {
      while (out.length > 0) {
        put(out.pop() as T);
      }
    }
    out.push(get());
  };
}

export const rows: readonly BenchRow[] = [
  {
    name: 'pool_cache get + put',
    setup: () =>
      pairs((k) => {
        const cache = new PoolCache(k, 'bench', { ctor: () => ({ outOf: null }) });
        return () => cache.put(cache.getNowait());
      }),
  },
  {
    name: 'pool_cache get + put, 1000 at a time',
    setup: () =>
      pairs((k) => {
        const cache = new PoolCache(k, 'bench', { ctor: () => ({ outOf: null }) });
        return manyAtATime(
          () => cache.getNowait(),
          (object) => cache.put(object),
        );
      }),
  },
  {
    name: 'pool get + put',
    setup: () =>
      pairs((k) => {
        const pool = new Pool(k, 'bench', SMALL);
        return () => pool.put(pool.getNowait());
      }),
  },
  {
    name: 'kmem alloc + free, 100 bytes',
    setup: () => pairs((k) => () => kmemFree(k, kmemIntrAlloc(k, SMALL), SMALL)),
  },
  {
    name: 'page alloc + free',
    setup: () => pairs((k) => () => k.uvm.kmFree(k.uvm.kmAlloc(4096), 4096)),
  },
  {
    name: 'vmem alloc + free',
    setup: () =>
      pairs((k) => {
        const arena = new Vmem(k, 'bench', { quantum: 1 });
        arena.add(0, 2 ** 40);
        return () => arena.free(arena.alloc(SMALL), SMALL);
      }),
  },
  {
    name: 'vmem alloc + free, 1000 at a time',
    setup: () =>
      pairs((k) => {
        const arena = new Vmem(k, 'bench', { quantum: 1 });
        arena.add(0, 2 ** 40);
        return manyAtATime(
          () => arena.alloc(SMALL),
          (address) => arena.free(address, SMALL),
        );
      }),
  },
];
