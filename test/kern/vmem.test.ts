import test, { type ExecutionContext } from 'ava';
import { poolStats } from '../../lib/kern/pool_stat.ts';
import { inKernel } from '../../lib/kern/schedule.ts';
import { psignal } from '../../lib/kern/sig.ts';
import { kpause } from '../../lib/kern/synch.ts';
import { Vmem, type VmemOptions } from '../../lib/kern/vmem.ts';
import { vmemFit, vmemRequest } from '../../lib/kern/vmem_fit.ts';
import { vmemStats } from '../../lib/kern/vmem_stat.ts';
import { simulatedHost } from '../../lib/rumpuser/sim.ts';
import { SIGTERM } from '../../lib/sys/constants/signal.ts';
import { ENOMEM, ERESTART } from '../../lib/sys/errno.ts';
import { fc } from '../fc.ts';
import {
  bootFifo,
  bootOn,
  driveTo,
  newproc,
  panics,
  runAll,
  runReady,
  seedCount,
  start,
  throwsErrno,
} from './support.ts';
import {
  constraints,
  lowestFit,
  obeys,
  type Range,
  type VmemCommand,
  VmemModel,
  vmemCommands,
} from './vmem_support.ts';

/** An arena with one span that begins at `from`. */
function arena(options: Partial<VmemOptions> = {}, from = 0, size = 1000, k = bootFifo()): Vmem {
  const vm = new Vmem(k, 'test', { quantum: 1, ...options });
  vm.add(from, size);
  return vm;
}

test('a request is put at the lowest place in a stretch that obeys its constraints', (t) => {
  const place = fc.record({
    from: fc.nat(200),
    length: fc.integer({ min: 1, max: 200 }),
    size: fc.integer({ min: 1, max: 24 }),
    c: constraints(24, 400),
  });
  fc.assert(
    fc.property(place, ({ from, length, size, c }) => {
      t.is(vmemFit(from, length, vmemRequest(size, 1, c)), lowestFit(from, from + length, size, 1, c));
    }),
    { numRuns: seedCount(1000) },
  );
});

/** Run the commands against an arena and a model of it. */
function againstModel(t: ExecutionContext, spans: readonly Range[], commands: readonly VmemCommand[]): void {
  const vm = new Vmem(bootFifo({ threads: false }), 'test', { quantum: 1 });
  for (const { start, size } of spans) {
    vm.add(start, size);
  }
  const model = new VmemModel(1, spans);
  for (const command of commands) {
    if (command.do === 'free') {
      const [range] = model.taken.splice(command.which % Math.max(1, model.taken.length), 1);
      if (range !== undefined) {
        vm.free(range.start, range.size);
      }
    } else {
      const { size, strategy, c } = command;
      const gaps = model.fitting(size, c);
      if (gaps.length === 0) {
        throwsErrno(t, ENOMEM, () => vm.xalloc(size, c, strategy));
      } else {
        const at = vm.xalloc(size, c, strategy);
        const gap = gaps.find((g) => at >= g.start && at + size <= g.start + g.size);
        t.true(obeys(at, size, 1, c) && gap !== undefined, `${at} was not to be had`);
        if (strategy === 'bestfit') {
          t.is(gap?.size, Math.min(...gaps.map((g) => g.size)));
        }
        model.taken.push({ start: at, size });
      }
    }
    vm.check();
    t.is(vm.inuse, model.inuse);
  }
  const free: Range[] = [];
  vm.walk((from, size, type) => type === 'free' && free.push({ start: from, size }));
  t.deepEqual(free, model.gaps());
}

test('an arena gives what is free and only that, finds room wherever there is some, joins what comes back', (t) => {
  fc.assert(
    fc.property(vmemCommands(40, 400), (commands) => {
      againstModel(
        t,
        [
          { start: 100, size: 150 },
          { start: 7, size: 60 },
          { start: 250, size: 100 },
        ],
        commands,
      );
    }),
    { numRuns: seedCount(150) },
  );
});

test('addresses and sizes may be as large as numbers are exact', (t) => {
  const quantum = 4096;
  const from = 2 ** 52;
  const vm = arena({ quantum }, from, 2 ** 51);
  const big = vm.alloc(2 ** 50 + 1);
  t.is(vm.inuse, 2 ** 50 + quantum);
  const aligned = vm.xalloc(quantum, { align: 2 ** 40, minaddr: from + 1 });
  t.is(aligned % 2 ** 40, 0);
  vm.free(aligned, quantum);
  vm.free(big, 2 ** 50 + 1);
  vm.check();
  t.is(vm.inuse, 0);
});

test('next fit goes on behind the last allocation and comes round', (t) => {
  const vm = arena({}, 0, 30);
  const places = [0, 0, 0, 0].map((_, i) => {
    const at = vm.alloc(i === 3 ? 5 : 10, 'nextfit');
    if (i < 2) {
      vm.free(at, 10);
    }
    return at;
  });
  t.deepEqual(places, [0, 10, 20, 0]);
  vm.free(20, 10);
  t.is(vm.alloc(10, 'nextfit'), 5);
});

test('an arena imports what it lacks and gives spans back when they are all free', (t) => {
  const k = bootFifo();
  const source = arena({ quantum: 16 }, 0, 128, k);
  const vm = new Vmem(k, 'importing', {
    quantum: 4,
    importfn: (size) => {
      const span = Math.ceil(size / 32) * 32;
      return { start: source.alloc(span), size: span };
    },
    releasefn: (from, size) => source.free(from, size),
  });
  const a = vm.alloc(20);
  const b = vm.alloc(8);
  t.deepEqual([vm.size, source.inuse], [32, 32]);
  const c = vm.alloc(64);
  t.deepEqual([vm.size, source.inuse], [96, 96]);
  throwsErrno(t, ENOMEM, () => vm.alloc(48));
  vm.free(c, 64);
  t.deepEqual([vm.size, source.inuse], [32, 32]);
  const aligned = vm.xalloc(8, { align: 16, phase: 4, nocross: 16 });
  t.true(obeys(aligned, 8, 4, { align: 16, phase: 4, nocross: 16 }));
  vm.free(aligned, 8);
  vm.free(a, 20);
  vm.check();
  vm.free(b, 8);
  t.deepEqual([vm.size, source.inuse], [0, 0]);
  const { nimport, nrelease, nspans } = vm.stats();
  t.deepEqual([nimport, nrelease, nspans], [3, 3, 0]);
  vm.destroy();
});

test('with bounds on its address nothing is imported: nobody can say where a span will be', (t) => {
  const k = bootFifo();
  let imports = 0;
  const vm = new Vmem(k, 'importing', {
    quantum: 1,
    importfn: (size) => {
      imports++;
      return { start: 100 * imports, size };
    },
  });
  throwsErrno(t, ENOMEM, () => vm.xalloc(5, { minaddr: 50 }));
  t.is(imports, 0);
  t.is(vm.alloc(5), 100);
});

test('small requests come from quantum caches, which are emptied when the arena has run out', (t) => {
  const k = bootFifo();
  const vm = arena({ quantum: 16, qcacheMax: 32 }, 0, 1024, k);
  const a = vm.alloc(16);
  t.is(vm.inuse, 256);
  t.is(poolStats(k).find(({ name }) => name === 'test-16')?.nout, 1);
  vm.free(a, 16);
  t.is(vm.inuse, 256);
  const all = vm.alloc(1024);
  t.is(vm.inuse, 1024);
  throwsErrno(t, ENOMEM, () => vm.alloc(16));
  vm.free(all, 1024);
  t.is(vm.inuse, 0);
  vm.destroy();
  t.deepEqual(
    poolStats(k).filter(({ name }) => name.startsWith('test')),
    [],
  );
});

test('a quantum cache that finds no room for a pageful leaves the rest to the arena', (t) => {
  const vm = arena({ quantum: 16, qcacheMax: 32 }, 0, 48);
  const places = [vm.alloc(16), vm.alloc(16), vm.alloc(16)];
  t.deepEqual(
    places.sort((a, b) => a - b),
    [0, 16, 32],
  );
  throwsErrno(t, ENOMEM, () => vm.alloc(16));
  for (const at of places) {
    vm.free(at, 16);
  }
  t.is(vm.inuse, 0);
});

// ---- sleeping

test('who may sleep waits until enough has been freed', (t) => {
  const k = bootFifo();
  const vm = arena({}, 0, 100, k);
  const first = vm.alloc(60);
  const second = vm.alloc(40);
  const plain = start(newproc(k), (l) => vm.allocSleep(l, 50));
  const aligned = start(newproc(k), (l) => vm.xallocSleep(l, 32, { align: 32 }));
  runReady(k);
  t.deepEqual([plain.outcome, aligned.outcome], ['pending', 'pending']);
  vm.free(second, 40);
  runReady(k);
  t.deepEqual([plain.outcome, aligned.outcome], ['pending', 64]);
  vm.free(first, 60);
  runReady(k);
  t.is(plain.outcome, 0);
  t.is(vm.stats().nsleep, 3);
});

test('a span added wakes those who wait', (t) => {
  const k = bootFifo();
  const vm = arena({}, 0, 10, k);
  vm.alloc(10);
  const waiter = start(newproc(k), (l) => vm.allocSleep(l, 20));
  runReady(k);
  t.is(waiter.outcome, 'pending');
  vm.add(100, 20);
  runReady(k);
  t.is(waiter.outcome, 100);
});

test('nobody waits where nothing is allocated, nor when nobody is left to free anything', (t) => {
  const k = bootFifo();
  const vm = arena({}, 0, 100, k);
  const l = newproc(k);
  const hopeless = start(l, (me) => vm.allocSleep(me, 101));
  runReady(k);
  t.is(hopeless.outcome, ENOMEM);
  vm.alloc(100);
  let ended: unknown;
  t.true(
    driveTo(l, function* (me) {
      try {
        yield* vm.allocSleep(me, 1);
      } catch (error) {
        ended = error;
      }
    }),
  );
  t.is(ended, ENOMEM);
  t.is(vm.inuse, 100);
});

test('a signal ends the wait for memory', (t) => {
  const k = bootFifo();
  const vm = arena({}, 0, 100, k);
  vm.alloc(100);
  const l = newproc(k);
  const waiter = start(l, (me) => vm.allocSleep(me, 1));
  runReady(k);
  inKernel(k, () => psignal(l.proc, SIGTERM));
  runReady(k);
  t.is(waiter.outcome, ERESTART);
});

test('whatever the order they run in, sleepers all get their turn and never the same place', (t) => {
  for (let seed = 0; seed < seedCount(30); seed++) {
    const k = bootOn(simulatedHost({ seed }));
    const vm = arena({}, 0, 64, k);
    const held = new Set<Range>();
    const workers = Array.from({ length: 12 }, (_, i) =>
      start(newproc(k), function* (l) {
        for (let round = 0; round < 4; round++) {
          const size = 1 + ((i * 7 + round * 13) % 40);
          const at = yield* vm.allocSleep(l, size);
          const mine = { start: at, size };
          for (const other of held) {
            t.true(at + size <= other.start || other.start + other.size <= at, `seed ${seed}: taken twice`);
          }
          held.add(mine);
          yield* kpause(l, 'hold', 0, 100 * (1 + (i % 3)));
          held.delete(mine);
          vm.free(at, size);
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
    t.is(vm.inuse, 0);
    vm.check();
  }
});

// ---- rehash

test('the hash table follows what is in it, by the hand of a thread', (t) => {
  const k = bootFifo();
  const lwps = k.nlwps;
  const vm = arena({}, 0, 10_000, k);
  const before = vm.stats().hashsize;
  const places = Array.from({ length: 5000 }, () => vm.alloc(1));
  t.is(vm.stats().hashsize, before);
  runReady(k);
  const grown = vm.stats();
  t.true(grown.hashsize >= 2500, `${grown.hashsize} chains for 5000`);
  t.is(k.nlwps, lwps + 1);
  t.is(k.proc0.lwps?.name, 'vmem_rehash');
  for (const at of places) {
    vm.free(at, 1);
  }
  runReady(k);
  t.is(vm.stats().hashsize, before);
  t.is(vm.stats().nrehash, 2);
  vm.check();
});

test('without threads the table is fitted at once', (t) => {
  const k = bootFifo({ threads: false });
  const vm = arena({}, 0, 10_000, k);
  for (let i = 0; i < 5000; i++) {
    vm.alloc(1);
  }
  t.true(vm.stats().hashsize >= 2500);
  vm.check();
});

// ---- misuse

for (const [what, message, misuse] of [
  ['a double free', /arena test: free of 0x64, where nothing/, (vm: Vmem) => vm.free(100, 10)],
  ['a free inside', /arena test: free of 0x1, where nothing/, (vm: Vmem) => vm.free(1, 9)],
  ['a free of another size', /arena test: free of 5 at 0x0, where 10/, (vm: Vmem) => vm.free(0, 5)],
  ['a size of 0', /arena test: size 0/, (vm: Vmem) => vm.alloc(0)],
  ['a fractional size', /arena test: size 1.5/, (vm: Vmem) => vm.alloc(1.5)],
  ['no size', /arena test: size NaN/, (vm: Vmem) => vm.alloc(Number.NaN)],
  ['an alignment of 3', /vmem alignment 3/, (vm: Vmem) => vm.xalloc(1, { align: 3 })],
  ['too much phase', /vmem phase 4/, (vm: Vmem) => vm.xalloc(1, { align: 4, phase: 4 })],
  ['a boundary every size crosses', /vmem nocross 4/, (vm: Vmem) => vm.xalloc(5, { nocross: 4 })],
  ['destruction in use', /arena test destroyed with 10 in use/, (vm: Vmem) => vm.destroy()],
  ['a span of nothing', /arena test: span of 0/, (vm: Vmem) => vm.add(5000, 0)],
] as const) {
  test(`${what} is a panic that names the arena or the mistake`, (t) => {
    const k = bootFifo();
    const vm = arena({}, 0, 1000, k);
    vm.alloc(10);
    panics(t, k, message, () => misuse(vm));
  });
}

test('arenas are listed with their figures', (t) => {
  const k = bootFifo();
  const vm = arena({ quantum: 2 }, 0, 100, k);
  vm.alloc(3);
  throwsErrno(t, ENOMEM, () => vm.alloc(99));
  t.like(
    vmemStats(k).find(({ name }) => name === 'test'),
    { quantum: 2, size: 100, inuse: 4, nspans: 1, nfree: 1, nbusy: 1, nalloc: 1, nfail: 1 },
  );
  vm.free(0, 3);
  vm.destroy();
  t.false(vmemStats(k).some(({ name }) => name === 'test'));
});
