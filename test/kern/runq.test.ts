import test from 'ava';
import { KernelBug } from '../../lib/kern/kassert.ts';
import type { Lwp } from '../../lib/kern/lwp.ts';
import { lwpCreate } from '../../lib/kern/lwpcreate.ts';
import { lwpChangepri, setrunnable } from '../../lib/kern/runnable.ts';
import { PRI_COUNT, Runqueue } from '../../lib/kern/runq.ts';
import { pump } from '../../lib/kern/sched.ts';
import { kpause } from '../../lib/kern/synch.ts';
import { fc } from '../fc.ts';
import { bootFifo, runAll, thread } from './support.ts';

/** Take everyone out in the order they would run. */
function drain(q: Runqueue): Lwp[] {
  const order: Lwp[] = [];
  for (let best = q.best(); best !== null; best = q.best()) {
    const l = best.first as Lwp;
    q.remove(l);
    order.push(l);
  }
  return order;
}

function lwps(n: number): Lwp[] {
  const k = bootFifo();
  return Array.from({ length: n }, () => lwpCreate(k.proc0));
}

test('an empty run queue has nobody', (t) => {
  t.is(new Runqueue().best(), null);
});

test('every priority, the word edges of the bitmap among them, is found in order', (t) => {
  const all = lwps(PRI_COUNT);
  const q = new Runqueue();
  for (const [i, l] of all.entries()) {
    // 101 and 224 have no common divisor: every priority once, in no order.
    l.priority = (i * 101) % PRI_COUNT;
    q.enqueue(l);
  }
  t.deepEqual(
    drain(q).map((l) => l.priority),
    Array.from({ length: PRI_COUNT }, (_, i) => PRI_COUNT - 1 - i),
  );
  t.is(q.count, 0);
});

test('equal priorities run first in, first out', (t) => {
  const all = lwps(10);
  const q = new Runqueue();
  for (const l of all) {
    q.enqueue(l);
  }
  t.deepEqual(drain(q), all);
});

test('a priority out of range is a bug', (t) => {
  const [l] = lwps(1) as [Lwp];
  for (const priority of [-1, PRI_COUNT]) {
    l.priority = priority;
    t.throws(() => new Runqueue().enqueue(l), { instanceOf: KernelBug, message: /out of range/ });
  }
});

test('an lwp is on one queue at a time', (t) => {
  const [l] = lwps(1) as [Lwp];
  const q = new Runqueue();
  q.enqueue(l);
  t.throws(() => new Runqueue().enqueue(l), { instanceOf: KernelBug, message: /on a queue already/ });
  t.throws(() => new Runqueue().remove(l), { instanceOf: KernelBug, message: /not on run queue/ });
});

test('a run queue behaves as a sorted list', (t) => {
  const all = lwps(24);
  const command = fc.record({
    who: fc.nat(all.length - 1),
    priority: fc.nat(PRI_COUNT - 1),
    what: fc.nat(2),
  });
  fc.assert(
    fc.property(fc.array(command, { maxLength: 80 }), (commands) => {
      const q = new Runqueue();
      let model: Lwp[] = [];
      for (const { who, priority, what } of commands) {
        const l = all[who] as Lwp;
        if (what === 0 && !model.includes(l)) {
          l.priority = priority;
          q.enqueue(l);
          const behind = model.findIndex((m) => m.priority < priority);
          model.splice(behind < 0 ? model.length : behind, 0, l);
        } else if (what === 1 && model.includes(l)) {
          q.remove(l);
          model = model.filter((m) => m !== l);
        }
        t.is(q.best()?.first ?? null, model[0] ?? null);
        t.is(q.count, model.length);
      }
      t.deepEqual(drain(q), model);
    }),
  );
});

test('who has the higher priority runs first, whoever came first', (t) => {
  const k = bootFifo({ ncpu: 1 });
  const order: number[] = [];
  for (const priority of [10, 200, 64, 31, 32]) {
    thread(
      k,
      function* () {
        order.push(priority);
      },
      { priority },
    );
  }
  runAll(k);
  t.deepEqual(order, [200, 64, 32, 31, 10]);
});

test('a change of priority moves a ready lwp, and a sleeping one when it wakes', (t) => {
  const k = bootFifo({ ncpu: 1 });
  const order: string[] = [];
  const made = (name: string, sleepNs: number) =>
    thread(k, function* (l) {
      if (sleepNs > 0) {
        yield* kpause(l, 'nap', 0, sleepNs);
      }
      order.push(name);
    });
  made('first', 0);
  const second = made('second', 0);
  lwpChangepri(second, 150);
  pump(k);
  t.deepEqual(order, ['second', 'first']);
  made('third', 1000);
  const fourth = made('fourth', 1000);
  pump(k);
  lwpChangepri(fourth, 150);
  runAll(k);
  t.deepEqual(order, ['second', 'first', 'fourth', 'third']);
});

test('ready lwps spread over the CPUs', (t) => {
  const k = bootFifo({ ncpu: 4 });
  for (let i = 0; i < 12; i++) {
    thread(k, function* () {});
  }
  t.deepEqual(
    k.cpus.map((cpu) => cpu.runqueue.count),
    [3, 3, 3, 3],
  );
  runAll(k);
  t.deepEqual(
    k.cpus.map((cpu) => cpu.nswtch),
    [3, 3, 3, 3],
  );
  t.is(k.runnable, 0);
});

test('an lwp without anything to run cannot be made ready', (t) => {
  const [l] = lwps(1) as [Lwp];
  t.throws(() => setrunnable(l), { instanceOf: KernelBug, message: /nothing to run/ });
});
