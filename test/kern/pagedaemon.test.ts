import test from 'ava';
import type { Kernel } from '../../lib/kern/kernel.ts';
import { kmemFree, kmemIntrAlloc } from '../../lib/kern/kmem.ts';
import { Pool } from '../../lib/kern/pool.ts';
import { PoolCache } from '../../lib/kern/pool_cache.ts';
import { ENOMEM } from '../../lib/sys/errno.ts';
import { bootOn, fifoHost, panics, runReady, throwsErrno } from './support.ts';

const PAGE = 4096;

/** Names of the kernel threads. */
function threads(k: Kernel): string[] {
  const names: string[] = [];
  for (let l = k.proc0.lwps; l !== null; l = l.siblingNext) {
    names.push(l.name);
  }
  return names;
}

/** A pool that holds `pages` pages idle. */
function hoarder(k: Kernel, pages: number): Pool {
  const pool = new Pool(k, 'hoarder', PAGE);
  pool.sethiwat(pages);
  const items = Array.from({ length: pages }, () => pool.getNowait());
  for (const item of items) {
    pool.put(item);
  }
  return pool;
}

test('booting takes no memory of the host and starts no thread for it', (t) => {
  const host = fifoHost();
  const k = bootOn(host);
  t.is(host.memoryInUse, 0);
  t.false(threads(k).some((name) => name === 'pgdaemon' || name === 'vmem_rehash'));
});

test('near the limit a thread makes the pools give back what they hold idle', (t) => {
  const k = bootOn(fifoHost(), { memlimit: 100 * PAGE });
  const pool = hoarder(k, 80);
  t.is(pool.stats().nidle, 80);
  const mem = kmemIntrAlloc(k, 12 * PAGE);
  t.is(pool.stats().nidle, 80);
  runReady(k);
  t.true(threads(k).includes('pgdaemon'));
  t.is(pool.stats().nidle, 0);
  t.is(k.uvm.inuse, 12 * PAGE);
  kmemFree(k, mem, 12 * PAGE);
});

test('without threads the allocation that comes near the limit drains them itself', (t) => {
  const k = bootOn(fifoHost(), { memlimit: 100 * PAGE, threads: false });
  const pool = hoarder(k, 80);
  kmemIntrAlloc(k, 12 * PAGE);
  t.is(pool.stats().nidle, 0);
});

test('who finds none left has the pools drained before he is refused', (t) => {
  const k = bootOn(fifoHost(), { memlimit: 100 * PAGE });
  const pool = hoarder(k, 80);
  const mem = kmemIntrAlloc(k, 90 * PAGE);
  t.is(pool.stats().nidle, 0);
  throwsErrno(t, ENOMEM, () => kmemIntrAlloc(k, 20 * PAGE));
  kmemFree(k, mem, 90 * PAGE);
});

test('what is all in use is not drained again for every page', (t) => {
  const k = bootOn(fifoHost(), { memlimit: 1000 * PAGE, threads: false });
  kmemIntrAlloc(k, 890 * PAGE);
  for (let i = 0; i < 100; i++) {
    kmemIntrAlloc(k, PAGE);
  }
  const { ndrain, nuseful } = k.uvm.pagedaemon;
  t.true(ndrain > 0 && ndrain <= 12, `${ndrain} drains`);
  t.is(nuseful, 0);
});

test('a destructor that wants memory while it is scarce does not drain again', (t) => {
  const k = bootOn(fifoHost(), { memlimit: 100 * PAGE });
  let refused: unknown;
  const cache = new PoolCache(k, 'greedy', {
    ctor: () => ({ outOf: null }),
    dtor: () => {
      try {
        kmemIntrAlloc(k, 60 * PAGE);
      } catch (error) {
        refused = error;
      }
    },
  });
  cache.put(cache.getNowait());
  kmemIntrAlloc(k, 60 * PAGE);
  throwsErrno(t, ENOMEM, () => kmemIntrAlloc(k, 60 * PAGE));
  t.is(refused, ENOMEM);
  t.is(k.uvm.pagedaemon.ndrain, 1);
});

test('pages come zero-based views, and an address of nobody has none', (t) => {
  const k = bootOn(fifoHost());
  const at = k.uvm.kmAlloc(2 * PAGE);
  const view = k.uvm.bytes(at + PAGE, PAGE);
  view[0] = 7;
  t.is(k.uvm.bytes(at, 2 * PAGE)[PAGE], 7);
  panics(t, k, /0x1 is no kernel memory/, () => k.uvm.bytes(1, 1));
});

test('a view does not reach past its chunk', (t) => {
  const k = bootOn(fifoHost());
  const at = k.uvm.kmAlloc(PAGE);
  panics(t, k, /has no 2097152 bytes/, () => k.uvm.bytes(at, 2 << 20));
});

test('a view of memory that has gone back to the host shows nothing', (t) => {
  const k = bootOn(fifoHost());
  const at = k.uvm.kmAlloc(8 * PAGE);
  const view = k.uvm.bytes(at, PAGE);
  k.uvm.kmFree(at, 8 * PAGE);
  t.is(view.length, PAGE);
  t.is(k.uvm.trim(), 1 << 20);
  t.is(view.length, 0);
});

test('one free chunk is kept, so that the next allocation does not go to the host', (t) => {
  const host = fifoHost();
  const k = bootOn(host);
  for (let i = 0; i < 10; i++) {
    k.uvm.kmFree(k.uvm.kmAlloc(8 * PAGE), 8 * PAGE);
    t.is(host.memoryInUse, 1 << 20);
  }
  // A big one is not kept.
  k.uvm.kmFree(k.uvm.kmAlloc(8 << 20), 8 << 20);
  t.true(host.memoryInUse <= 1 << 20);
});
