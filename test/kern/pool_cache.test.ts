import test from 'ava';
import type { Kernel } from '../../lib/kern/kernel.ts';
import { kthreadCreate } from '../../lib/kern/kthread.ts';
import { Pool } from '../../lib/kern/pool.ts';
import { PoolCache, type Pooled } from '../../lib/kern/pool_cache.ts';
import { poolStats } from '../../lib/kern/pool_stat.ts';
import { ENOMEM } from '../../lib/sys/errno.ts';
import { bootFifo, newproc, panics, runReady, start, throwsErrno } from './support.ts';

interface Thing extends Pooled {
  readonly serial: number;
}

/** A cache of numbered objects, and those that exist. */
function things(k: Kernel): { cache: PoolCache<Thing>; alive: Set<Thing> } {
  const alive = new Set<Thing>();
  let serial = 0;
  const cache = new PoolCache<Thing>(k, 'things', {
    ctor: () => {
      const thing = { outOf: null, serial: ++serial };
      alive.add(thing);
      return thing;
    },
    dtor: (thing) => alive.delete(thing),
  });
  return { cache, alive };
}

test('objects come back as they were put, the last one first, and are made only when none rests', (t) => {
  const { cache, alive } = things(bootFifo());
  const [a, b] = [cache.getNowait(), cache.getNowait()];
  t.not(a, b);
  cache.put(a);
  cache.put(b);
  t.is(cache.getNowait(), b);
  t.is(cache.getNowait(), a);
  t.is(alive.size, 2);
});

test('what does not fit into the groups of a CPU goes to the depot and comes back from there', (t) => {
  const { cache, alive } = things(bootFifo());
  for (let round = 0; round < 3; round++) {
    const out = Array.from({ length: 200 }, () => cache.getNowait());
    t.is(new Set(out).size, 200);
    for (const thing of out) {
      cache.put(thing);
    }
    t.is(alive.size, 200);
    t.is(cache.nout, 0);
  }
  const { nmissGlobal, nhitGlobal, nfull, groupSize } = cache.cacheStats();
  t.is(nmissGlobal, 200);
  t.true(nhitGlobal >= 2 * Math.floor((200 - 2 * groupSize) / groupSize));
  // All but the two groups at the CPU, the last of them not full.
  t.is(nfull, Math.ceil(200 / groupSize) - 2);
});

test('each CPU has its own groups, and shares through the depot', (t) => {
  const k = bootFifo({ ncpu: 2 });
  const { cache, alive } = things(k);
  const on = (index: number, body: () => void) => {
    const cpu = k.cpus[index];
    kthreadCreate(
      k,
      'test',
      function* () {
        body();
      },
      cpu === undefined ? {} : { cpu },
    );
    runReady(k);
  };
  const held: Thing[] = [];
  on(0, () => {
    const thing = cache.getNowait();
    cache.put(thing);
  });
  on(1, () => held.push(cache.getNowait()));
  t.is(alive.size, 2);
  t.is(held[0]?.serial, 2);
  on(0, () => held.push(cache.getNowait()));
  t.is(held[1]?.serial, 1);
});

test('invalidate unmakes all that rests and nothing that is out', (t) => {
  const { cache, alive } = things(bootFifo());
  const out = Array.from({ length: 100 }, () => cache.getNowait());
  const kept = out.splice(0, 10);
  for (const thing of out) {
    cache.put(thing);
  }
  t.is(cache.invalidate(), 90);
  t.deepEqual([...alive], kept);
  t.is(cache.nout, 10);
  for (const thing of kept) {
    cache.put(thing);
  }
  cache.destroy();
  t.is(alive.size, 0);
});

test('over a pool, objects are made of its items and the two are drained as one', (t) => {
  const k = bootFifo();
  const pool = new Pool(k, 'backed', 512);
  const cache = new PoolCache(k, 'backed', {
    ctor: () => ({ outOf: null, address: pool.getNowait() }),
    dtor: ({ address }) => pool.put(address),
    pool,
  });
  const out = Array.from({ length: 50 }, () => cache.getNowait());
  t.is(new Set(out.map(({ address }) => address)).size, 50);
  for (const object of out) {
    cache.put(object);
  }
  const row = poolStats(k).filter(({ name }) => name === 'backed');
  t.is(row.length, 1);
  t.like(row[0], { nout: 50, cache: { nmissGlobal: 50 } });
  t.true(pool.reclaim() > 0);
  t.is(pool.nout, 0);
  t.is(pool.stats().npages, 0);
  cache.destroy();
  t.is(pool.front, null);
  pool.destroy();
});

test('what rests on another CPU is used before memory is said to have run out', (t) => {
  const k = bootFifo({ ncpu: 2 });
  const pool = new Pool(k, 'backed', 512);
  pool.sethardlimit(1);
  const cache = new PoolCache(k, 'backed', {
    ctor: () => ({ outOf: null, address: pool.getNowait() }),
    dtor: ({ address }) => pool.put(address),
    pool,
  });
  const only = cache.getNowait();
  cache.put(only);
  let found: unknown;
  kthreadCreate(
    k,
    'test',
    function* () {
      found = cache.getNowait();
    },
    { cpu: k.cpus[1] as NonNullable<(typeof k.cpus)[1]> },
  );
  runReady(k);
  t.is(found, only);
  throwsErrno(t, ENOMEM, () => cache.getNowait());
});

test('who waits for an object is not forgotten for a magazine', (t) => {
  const k = bootFifo({ ncpu: 2 });
  const pool = new Pool(k, 'backed', 512);
  pool.sethardlimit(1);
  const cache = new PoolCache(k, 'backed', {
    ctor: () => ({ outOf: null, address: pool.getNowait() }),
    dtor: ({ address }) => pool.put(address),
    pool,
  });
  const only = cache.getNowait();
  const waiters = [1, 2].map(() =>
    start(newproc(k), function* (l) {
      const object = yield* cache.get(l);
      cache.put(object);
      return 'had it';
    }),
  );
  runReady(k);
  t.deepEqual(
    waiters.map(({ outcome }) => outcome),
    ['pending', 'pending'],
  );
  cache.put(only);
  runReady(k);
  t.deepEqual(
    waiters.map(({ outcome }) => outcome),
    ['had it', 'had it'],
  );
});

for (const [what, message, misuse] of [
  [
    'a double free',
    /pool things: double free/,
    (cache: PoolCache<Thing>, thing: Thing) => {
      cache.put(thing);
      cache.put(thing);
    },
  ],
  [
    'putting into another cache',
    /pool others: put of an object of another cache/,
    (_: PoolCache<Thing>, thing: Thing, k: Kernel) =>
      new PoolCache<Thing>(k, 'others', { ctor: () => thing }).put(thing),
  ],
  [
    'destruction in use',
    /pool things destroyed with 1 objects out/,
    (cache: PoolCache<Thing>) => cache.destroy(),
  ],
] as const) {
  test(`${what} is a panic that names the pool`, (t) => {
    const k = bootFifo();
    const { cache } = things(k);
    const thing = cache.getNowait();
    panics(t, k, message, () => misuse(cache, thing, k));
  });
}

test('caches of plain objects are listed too', (t) => {
  const k = bootFifo();
  const { cache } = things(k);
  cache.put(cache.getNowait());
  cache.getNowait();
  t.like(
    poolStats(k).find(({ name }) => name === 'things'),
    { nitems: 1, nout: 1, npages: 0, cache: { nhitPcpu: 2, nmissPcpu: 1, nhitGlobal: 0, nmissGlobal: 1 } },
  );
});
