import test from 'ava';
import type { Kernel } from '../../lib/kern/kernel.ts';
import { Pool } from '../../lib/kern/pool.ts';
import type { PoolAllocator } from '../../lib/kern/pool_allocator.ts';
import { poolStats } from '../../lib/kern/pool_stat.ts';
import { kpause } from '../../lib/kern/synch.ts';
import { simulatedHost } from '../../lib/rumpuser/sim.ts';
import { ENOMEM } from '../../lib/sys/errno.ts';
import { fc } from '../fc.ts';
import { onEveryKernel } from './every.ts';
import {
  bootFifo,
  bootOn,
  newproc,
  panics,
  runAll,
  runReady,
  seedCount,
  start,
  throwsErrno,
} from './support.ts';

/** Pages that are only numbers; it knows which are out. */
class Pages implements PoolAllocator {
  readonly pagesize = 64;
  readonly out = new Set<number>();
  /** How many there are. */
  left: number;
  #next = 1;

  constructor(left: number) {
    this.left = left;
  }

  alloc(): number {
    if (this.left === 0) {
      throw ENOMEM;
    }
    this.left--;
    const address = 64 * this.#next++;
    this.out.add(address);
    return address;
  }

  free(address: number): void {
    this.out.delete(address);
    this.left++;
  }
}

/** Four items of 16 to a page of 64. */
function smallPool(k: Kernel, pages: number): { pool: Pool; allocator: Pages } {
  const allocator = new Pages(pages);
  return { pool: new Pool(k, 'test', 16, { allocator }), allocator };
}

test('items are never given out twice, lie in pages the pool holds, and there are as many as fit', (t) => {
  const commands = fc.array(
    fc.oneof(fc.constant('get' as const), fc.nat(), fc.constant('reclaim' as const)),
    {
      maxLength: 150,
    },
  );
  fc.assert(
    fc.property(commands, (list) => {
      const { pool, allocator } = smallPool(bootFifo(), 6);
      const out: number[] = [];
      for (const command of list) {
        if (command === 'get') {
          if (out.length === 24) {
            throwsErrno(t, ENOMEM, () => pool.getNowait());
            continue;
          }
          const address = pool.getNowait();
          t.true(!out.includes(address) && address % 16 === 0 && allocator.out.has(address - (address % 64)));
          out.push(address);
        } else if (command === 'reclaim') {
          pool.reclaim();
          t.is(allocator.out.size, new Set(out.map((address) => Math.floor(address / 64))).size);
        } else if (out.length > 0) {
          pool.put(out.splice(command % out.length, 1)[0] as number);
        }
        t.is(pool.nout, out.length);
      }
    }),
    { numRuns: seedCount(200) },
  );
});

test('idle pages beyond the high-water mark go back at once, those below the low-water mark never', (t) => {
  const { pool, allocator } = smallPool(bootFifo(), 100);
  pool.sethiwat(8);
  const items = Array.from({ length: 40 }, () => pool.getNowait());
  t.is(allocator.out.size, 10);
  for (const item of items) {
    pool.put(item);
  }
  t.is(allocator.out.size, 2);
  pool.setlowat(12);
  t.is(allocator.out.size, 3);
  t.is(pool.reclaim(), 0);
  pool.setlowat(4);
  t.is(pool.reclaim(), 2);
  t.is(allocator.out.size, 1);
  pool.destroy();
  t.is(allocator.out.size, 0);
});

test('a reserve is kept ahead of demand, as far as there is memory', (t) => {
  const { pool, allocator } = smallPool(bootFifo(), 3);
  pool.setlowat(8);
  t.is(allocator.out.size, 2);
  pool.getNowait();
  t.is(allocator.out.size, 3);
  for (let i = 1; i < 12; i++) {
    pool.getNowait();
  }
  throwsErrno(t, ENOMEM, () => pool.getNowait());
});

test('the hard limit holds, and says so no more often than it may', (t) => {
  const k = bootFifo();
  const { pool } = smallPool(k, 10);
  pool.sethardlimit(2, 'test pool is full', 1000);
  const [a] = [pool.getNowait(), pool.getNowait()];
  const warnings = () => k.msgbuf.text.split('test pool is full').length - 1;
  for (let i = 0; i < 3; i++) {
    throwsErrno(t, ENOMEM, () => pool.getNowait());
  }
  t.is(warnings(), 1);
  k.host.clockSleep(0, 0, 2000);
  throwsErrno(t, ENOMEM, () => pool.getNowait());
  t.is(warnings(), 2);
  pool.put(a as number);
  t.is(pool.getNowait(), a);
  t.like(pool.stats(), { nfail: 4, nget: 3, nput: 1, nout: 2 });
});

onEveryKernel('who waits at the hard limit gets what is put', (t, k) => {
  const pool = new Pool(k, 'test', 100);
  pool.sethardlimit(1);
  const item = pool.getNowait();
  const waiter = start(newproc(k), (l) => pool.get(l));
  runReady(k);
  t.is(waiter.outcome, 'pending');
  pool.put(item);
  runReady(k);
  t.is(waiter.outcome, item);
});

test('who waits where there is no other memory in use gets what is put, and ENOMEM when nothing is out', (t) => {
  const k = bootFifo();
  const { pool } = smallPool(k, 1);
  const items = Array.from({ length: 4 }, () => pool.getNowait());
  const waiter = start(newproc(k), (l) => pool.get(l));
  runReady(k);
  t.is(waiter.outcome, 'pending');
  pool.put(items[2] as number);
  runReady(k);
  t.is(waiter.outcome, items[2] as number);
  const hopeless = start(newproc(k), (l) => smallPool(k, 0).pool.get(l));
  runReady(k);
  t.is(hopeless.outcome, ENOMEM);
});

test('whatever the order they run in, all who wait for items get them in the end', (t) => {
  for (let seed = 0; seed < seedCount(30); seed++) {
    const k = bootOn(simulatedHost({ seed }));
    const pool = new Pool(k, 'test', 64);
    pool.sethardlimit(3);
    const held = new Set<number>();
    const workers = Array.from({ length: 10 }, () =>
      start(newproc(k), function* (l) {
        for (let round = 0; round < 5; round++) {
          const item = yield* pool.get(l);
          t.false(held.has(item), `seed ${seed}`);
          held.add(item);
          yield* kpause(l, 'hold', 0, 50);
          held.delete(item);
          pool.put(item);
        }
        return 'done';
      }),
    );
    runAll(k);
    t.true(
      workers.every(({ outcome }) => outcome === 'done'),
      `seed ${seed}`,
    );
    t.is(pool.nout, 0);
  }
});

test('items of kernel memory are aligned, apart, and waste little of their pages', (t) => {
  const k = bootFifo();
  for (const size of [1, 24, 100, 1500, 3000, 5000, 20_000]) {
    for (const align of [8, 64]) {
      const pool = new Pool(k, `test ${size}`, size, { align });
      const { itemsPerPage, pagesize } = pool.stats();
      t.true(itemsPerPage * pool.size >= pagesize * 0.8, `${size}: ${itemsPerPage} in ${pagesize}`);
      const [a, b] = [pool.getNowait(), pool.getNowait()];
      t.is(a % align, 0);
      t.true(Math.abs(a - b) >= size);
      k.uvm.bytes(a, size).fill(1);
      k.uvm.bytes(b, size).fill(2);
      t.true(k.uvm.bytes(a, size).every((byte) => byte === 1));
    }
  }
});

for (const [what, message, misuse] of [
  [
    'a double free',
    /pool test: double free of 0x/,
    (pool: Pool, item: number) => {
      pool.put(item);
      pool.put(item);
    },
  ],
  [
    'an address inside an item',
    /pool test: put of 0x.*, where no item/,
    (p: Pool, item: number) => p.put(item + 8),
  ],
  ['a foreign address', /pool test: put of 0x10, which is not/, (p: Pool) => p.put(16)],
  ['destruction in use', /pool test destroyed with 1 items out/, (p: Pool) => p.destroy()],
] as const) {
  test(`${what} is a panic that names the pool`, (t) => {
    const k = bootFifo();
    const pool = new Pool(k, 'test', 104);
    // Another one stays out, so that the page does not go.
    const item = pool.getNowait();
    panics(t, k, message, () => misuse(pool, item));
  });
}

test('writing past the end of an item is found when it is put', (t) => {
  for (const [past, found] of [
    [0, true],
    [1, true],
    [-1, false],
  ] as const) {
    const k = bootFifo();
    const pool = new Pool(k, 'test', 100, { guard: 'redzone' });
    const item = pool.getNowait();
    const bytes = k.uvm.bytes(item, 102);
    bytes[100 + past] = (bytes[100 + past] as number) ^ 0x40;
    if (found) {
      panics(t, k, new RegExp(`pool test: overrun of 0x.*: byte ${100 + past} was written`), () =>
        pool.put(item),
      );
    } else {
      t.notThrows(() => pool.put(item));
    }
  }
});

test('pools are listed with their figures', (t) => {
  const k = bootFifo();
  const { pool } = smallPool(k, 10);
  const items = Array.from({ length: 5 }, () => pool.getNowait());
  pool.put(items[4] as number);
  t.deepEqual(
    poolStats(k).find(({ name }) => name === 'test'),
    {
      name: 'test',
      size: 16,
      pagesize: 64,
      itemsPerPage: 4,
      nitems: 8,
      nout: 4,
      hardlimit: Number.POSITIVE_INFINITY,
      npages: 2,
      minpages: 0,
      maxpages: 16,
      nget: 5,
      nfail: 0,
      nput: 1,
      npagealloc: 2,
      npagefree: 0,
      hiwat: 2,
      nidle: 1,
      cache: null,
    },
  );
});
