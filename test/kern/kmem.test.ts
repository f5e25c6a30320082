import test from 'ava';
import {
  type Kmem,
  kmemAlloc,
  kmemFree,
  kmemIntrAlloc,
  kmemIntrZalloc,
  kmemZalloc,
} from '../../lib/kern/kmem.ts';
import { poolStats } from '../../lib/kern/pool_stat.ts';
import { kpause } from '../../lib/kern/synch.ts';
import { simulatedHost } from '../../lib/rumpuser/sim.ts';
import { ENOMEM } from '../../lib/sys/errno.ts';
import { fc } from '../fc.ts';
import { onEveryKernel } from './every.ts';
import {
  bootFifo,
  bootOn,
  fifoHost,
  newproc,
  panics,
  runAll,
  runReady,
  seedCount,
  shutdown,
  start,
  throwsErrno,
} from './support.ts';

const SIZES = [1, 7, 8, 56, 57, 64, 100, 1000, 4000, 4094, 4095, 4096, 4097, 8192, 100_000, 3 << 20];

/** Whether `byte` is what is all over the bytes: the ends and places between are looked at. */
function holds(bytes: Uint8Array, byte: number): boolean {
  for (let at = 0; at < bytes.length; at += 509) {
    if (bytes[at] !== byte) {
      return false;
    }
  }
  return bytes[bytes.length - 1] === byte;
}

onEveryKernel('memory of any size is as long as asked for, and keeps what is written to it', (t, k) => {
  const all = SIZES.map((size, i) => {
    const mem = kmemIntrAlloc(k, size);
    t.is(mem.bytes.length, size);
    mem.bytes.fill(i + 1);
    return mem;
  });
  all.forEach((mem, i) => {
    t.true(
      mem.bytes.every((byte) => byte === i + 1),
      `${mem.size} bytes`,
    );
    kmemFree(k, mem, SIZES[i] as number);
  });
  k.uvm.pagedaemon.drain();
  t.deepEqual(k.uvm.stats(), { limit: Number.POSITIVE_INFINITY, taken: 0, inuse: 0 });
});

test('zeroed memory is zero, also where something else was before', (t) => {
  const k = bootFifo();
  for (const size of SIZES) {
    const used = kmemIntrAlloc(k, size);
    used.bytes.fill(0xff);
    kmemFree(k, used, size);
    const mem = kmemIntrZalloc(k, size);
    t.true(
      mem.bytes.every((byte) => byte === 0),
      `${size} bytes`,
    );
    kmemFree(k, mem, size);
  }
});

test('no two allocations overlap, whatever their sizes', (t) => {
  const k = bootFifo();
  const commands = fc.array(
    fc.oneof(
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 20_000 }),
      fc.constant('free' as const),
    ),
    { maxLength: 80 },
  );
  fc.assert(
    fc.property(commands, fc.infiniteStream(fc.nat()), (list, picks) => {
      const out: Kmem[] = [];
      const free = (at: number) => {
        const [mem] = out.splice(at, 1) as [Kmem];
        kmemFree(k, mem, mem.size);
      };
      for (const command of list) {
        if (command !== 'free') {
          const mem = kmemIntrAlloc(k, command);
          t.false(
            out.some(({ address, size }) => mem.address < address + size && address < mem.address + command),
          );
          out.push(mem);
        } else if (out.length > 0) {
          free((picks.next().value as number) % out.length);
        }
      }
      while (out.length > 0) {
        free(0);
      }
    }),
    { numRuns: seedCount(100) },
  );
  k.uvm.pagedaemon.drain();
  t.is(k.uvm.stats().taken, 0);
});

test('a million allocations leave nothing behind', (t) => {
  const host = fifoHost();
  const k = bootOn(host);
  const before = host.memoryInUse;
  const ring: (Kmem | undefined)[] = new Array<undefined>(1000).fill(undefined);
  for (let i = 0; i < 1_000_000; i++) {
    const at = (i * 617) % ring.length;
    const old = ring[at];
    if (old !== undefined) {
      kmemFree(k, old, old.size);
    }
    ring[at] = kmemIntrAlloc(k, 1 + ((i * 7919) % (i % 16 === 0 ? 20_000 : 500)));
  }
  for (const mem of ring) {
    if (mem !== undefined) {
      kmemFree(k, mem, mem.size);
    }
  }
  k.uvm.pagedaemon.drain();
  t.is(host.memoryInUse, before);
  t.true(poolStats(k).every(({ nout }) => nout === 0));
});

test('the kernel gives all its memory back when it dies', (t) => {
  const host = fifoHost();
  const before = host.memoryInUse;
  const k = bootOn(host);
  const small = kmemIntrAlloc(k, 100).bytes;
  const large = kmemIntrAlloc(k, 3 << 20).bytes;
  t.true(host.memoryInUse > 3 << 20);
  shutdown(k);
  t.is(host.memoryInUse, before);
  t.deepEqual([small.length, large.length], [0, 0]);
});

// ---- running out

test('running out is ENOMEM, and what is freed can be had again', (t) => {
  const host = fifoHost();
  const k = bootOn(host, { memlimit: '256k' });
  const out: Kmem[] = [];
  throwsErrno(t, ENOMEM, () => {
    for (;;) {
      out.push(kmemIntrAlloc(k, 1000));
    }
  });
  t.true(host.memoryInUse <= 256 << 10);
  t.true(out.length >= 220, `${out.length} kB of 256`);
  throwsErrno(t, ENOMEM, () => kmemIntrAlloc(k, 4096));
  for (const mem of out) {
    kmemFree(k, mem, 1000);
  }
  // The limit holds as well when the next one is quite different.
  const large = kmemIntrAlloc(k, 200 << 10);
  t.true(host.memoryInUse <= 256 << 10);
  kmemFree(k, large, 200 << 10);
  t.is(k.state, 'running');
});

test('a host without memory is ENOMEM too, and the kernel goes on', (t) => {
  const k = bootOn(fifoHost({ memlimit: 512 << 10 }));
  const first = kmemIntrAlloc(k, 300 << 10);
  throwsErrno(t, ENOMEM, () => kmemIntrAlloc(k, 300 << 10));
  kmemFree(k, first, 300 << 10);
  t.is(kmemIntrAlloc(k, 400 << 10).size, 400 << 10);
});

test('more than there can ever be is ENOMEM at once, also for who may sleep', (t) => {
  const k = bootOn(fifoHost(), { memlimit: '1m' });
  const waiter = start(newproc(k), (l) => kmemAlloc(l, 2 << 20));
  runReady(k);
  t.is(waiter.outcome, ENOMEM);
  throwsErrno(t, ENOMEM, () => kmemIntrAlloc(k, 2 ** 50));
});

test('who may sleep waits for memory; of zeroes if so asked', (t) => {
  const k = bootOn(fifoHost(), { memlimit: '256k' });
  const hog = kmemIntrAlloc(k, 200 << 10);
  hog.bytes.fill(1);
  const waiter = start(newproc(k), (l) => kmemZalloc(l, 100 << 10));
  runReady(k);
  t.is(waiter.outcome, 'pending');
  kmemFree(k, hog, 200 << 10);
  runReady(k);
  const mem = waiter.outcome as Kmem;
  t.is(mem.size, 100 << 10);
  t.true(mem.bytes.every((byte) => byte === 0));
});

test('whatever the order they run in, all who sleep for memory get it in the end', (t) => {
  for (let seed = 0; seed < seedCount(30); seed++) {
    const host = simulatedHost({ seed });
    const k = bootOn(host, { memlimit: '192k' });
    const workers = Array.from({ length: 10 }, (_, i) =>
      start(newproc(k), function* (l) {
        for (let round = 0; round < 4; round++) {
          const size = [3000, 50_000, 120_000, 700][(i + round) % 4] as number;
          const mem = yield* kmemAlloc(l, size);
          mem.bytes.fill(i);
          yield* kpause(l, 'hold', 0, 1000);
          t.true(holds(mem.bytes, i), `seed ${seed}`);
          kmemFree(k, mem, size);
        }
        return 'done';
      }),
    );
    runAll(k);
    t.deepEqual(
      workers.map(({ outcome }) => outcome),
      workers.map(() => 'done'),
      `seed ${seed}`,
    );
    t.true(host.memoryInUse <= 192 << 10, `seed ${seed}`);
  }
});

test('memory that the host refuses now and then is never lost', (t) => {
  for (let seed = 0; seed < seedCount(20); seed++) {
    const host = simulatedHost({ seed, faults: [{ call: 'anonmmap', probability: 0.3, fail: ENOMEM }] });
    const k = bootOn(host);
    const out: Kmem[] = [];
    for (let i = 0; i < 200; i++) {
      try {
        out.push(kmemIntrAlloc(k, 30_000 + i * 500));
      } catch (error) {
        t.is(error, ENOMEM);
      }
    }
    t.true(out.length > 0);
    for (const mem of out) {
      kmemFree(k, mem, mem.size);
    }
    k.uvm.pagedaemon.drain();
    t.is(host.memoryInUse, 0, `seed ${seed}`);
  }
});

// ---- misuse

for (const size of [100, 5000]) {
  test(`misuse of ${size} bytes is a panic that says what and where`, (t) => {
    const scenes: [RegExp, (mem: Kmem, k: ReturnType<typeof bootFifo>) => void][] = [
      [
        /pool kmem-\d+: double free of 0x/,
        (mem, k) => {
          kmemFree(k, mem, size);
          kmemFree(k, mem, size);
        },
      ],
      [new RegExp(`pool kmem-\\d+: free of 99 bytes where ${size} are`), (mem, k) => kmemFree(k, mem, 99)],
      [
        new RegExp(`pool kmem-\\d+: overrun of 0x.*: byte ${size} was written`),
        (mem, k) => {
          const { bytes } = mem;
          new Uint8Array(bytes.buffer, bytes.byteOffset)[size] = 0;
          kmemFree(k, mem, size);
        },
      ],
      [
        /kmem: use of 0x.*, which is free/,
        (mem, k) => {
          kmemFree(k, mem, size);
          mem.bytes.fill(0);
        },
      ],
    ];
    for (const [message, misuse] of scenes) {
      const k = bootFifo();
      const mem = kmemIntrAlloc(k, size);
      panics(t, k, message, () => misuse(mem, k));
    }
  });
}

for (const size of [0, -1, 1.5, Number.NaN, '8' as unknown as number]) {
  test(`a size of ${String(size)} (${typeof size}) is a panic`, (t) => {
    const k = bootFifo();
    panics(t, k, /kmem: size/, () => kmemIntrAlloc(k, size));
  });
}
