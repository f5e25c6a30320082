import test from 'ava';
import {
  Callout,
  calloutAck,
  calloutDestroy,
  calloutHalt,
  calloutReset,
  calloutSchedule,
  calloutSetfunc,
  calloutStop,
} from '../../lib/kern/callout.ts';
import { CalloutHeap } from '../../lib/kern/callout_heap.ts';
import { KernelBug } from '../../lib/kern/kassert.ts';
import { Kmutex } from '../../lib/kern/kmutex.ts';
import { pump } from '../../lib/kern/sched.ts';
import { kpause } from '../../lib/kern/synch.ts';
import { fc } from '../fc.ts';
import { onEveryKernel } from './every.ts';
import { bootFifo, driveTo, newproc, runAll, runReady, thread } from './support.ts';

test('the heap behaves as a sorted list', (t) => {
  const command = fc.record({ what: fc.nat(3), who: fc.nat(19), ns: fc.nat(12) });
  fc.assert(
    fc.property(fc.array(command, { maxLength: 120 }), (commands) => {
      const heap = new CalloutHeap();
      const all = Array.from(
        { length: 20 },
        (_, i) => new Callout(() => {}, i % 3 === 0 ? 'housekeeping' : 'wakes'),
      );
      let model: Callout[] = [];
      for (const { what, who, ns } of commands) {
        const c = all[who] as Callout;
        if (what === 3) {
          const due = model[0] !== undefined && model[0].deadlineNs <= ns ? model[0] : null;
          t.is(heap.popDue(ns), due);
          model = model.filter((m) => m !== due);
        } else if (what === 2) {
          if (c.pending) {
            heap.remove(c);
          }
          model = model.filter((m) => m !== c);
        } else if (!c.pending) {
          c.deadlineNs = ns;
          heap.insert(c);
          const behind = model.findIndex((m) => m.deadlineNs > ns);
          model.splice(behind < 0 ? model.length : behind, 0, c);
        }
        t.is(heap.size, model.length);
        t.is(heap.nextNs, model[0]?.deadlineNs ?? Number.POSITIVE_INFINITY);
        t.is(heap.waking, model.filter((m) => m.kind === 'wakes').length);
        t.true(all.every((one) => one.pending === model.includes(one)));
      }
      for (const c of model) {
        t.is(heap.popDue(Number.POSITIVE_INFINITY), c);
      }
    }),
    { numRuns: 60 },
  );
});

test('arming one twice, or taking out one that is not in, is a bug', (t) => {
  const heap = new CalloutHeap();
  const c = new Callout(() => {});
  t.throws(() => heap.remove(c), { instanceOf: KernelBug, message: /not in the heap/ });
  heap.insert(c);
  t.throws(() => heap.insert(c), { instanceOf: KernelBug, message: /armed twice/ });
});

onEveryKernel('callouts fire in the order of their times, not before them, with curlwp set', (t, k) => {
  const fired: number[] = [];
  const before = k.host.monotonicNs();
  const armed: { readonly ms: number; readonly c: Callout }[] = [];
  for (const ms of [3, 1, 2]) {
    const c: Callout = new Callout(() => {
      t.true(k.host.monotonicNs() - before >= ms * 1e6);
      t.is(k.curlwp, k.cpus[0]?.softlwp ?? null);
      t.is(k.host.curlwp[0], k.curlwp?.handle);
      fired.push(ms);
    });
    calloutSchedule(k, c, ms * 1e6);
    armed.push({ ms, c });
  }
  // The host may have taken its time between two of them.
  const due = [...armed].sort((a, b) => a.c.deadlineNs - b.c.deadlineNs).map(({ ms }) => ms);
  runAll(k);
  t.deepEqual(fired, due);
  t.is(k.host.curlwp[0], 0);
});

test('a pending callout is moved, not doubled; a stopped one does not fire', (t) => {
  const k = bootFifo();
  let fired = 0;
  const c = new Callout(() => fired++);
  calloutSchedule(k, c, 10);
  calloutSchedule(k, c, 1000);
  t.is(k.callouts.size, 1);
  k.host.clockSleep(0, 0, 500);
  runReady(k);
  t.is(fired, 0);
  runAll(k);
  t.is(fired, 1);
  calloutSchedule(k, c, 10);
  calloutStop(k, c);
  runAll(k);
  t.is(fired, 1);
});

onEveryKernel('pending, then invoking and expired, until acknowledged, stopped or armed again', (t, k) => {
  const states = (c: Callout) => [c.pending, c.active, c.invoking, c.expired];
  const c: Callout = new Callout(() => t.deepEqual(states(c), [false, true, true, true]));
  t.deepEqual(states(c), [false, false, false, false]);
  t.false(calloutStop(k, c));
  calloutSchedule(k, c, 10);
  t.deepEqual(states(c), [true, true, false, false]);
  runAll(k);
  t.deepEqual(states(c), [false, true, true, true]);
  calloutAck(c);
  t.deepEqual(states(c), [false, true, false, true]);
  t.true(calloutStop(k, c));
  t.deepEqual(states(c), [false, false, false, false]);
  calloutSchedule(k, c, 10);
  runAll(k);
  calloutSchedule(k, c, 10);
  t.deepEqual(states(c), [true, true, false, false]);
  t.false(calloutStop(k, c));
  t.deepEqual(states(c), [false, false, false, false]);
});

test('another function is called from the next time on', (t) => {
  const k = bootFifo();
  const called: string[] = [];
  const c = new Callout(() => called.push('first'));
  calloutSchedule(k, c, 10);
  calloutSetfunc(c, () => called.push('second'));
  runAll(k);
  calloutReset(k, c, 10, () => called.push('third'));
  runAll(k);
  t.deepEqual(called, ['second', 'third']);
});

test('one that is destroyed is neither armed nor destroyed again, one that is pending is not destroyed', (t) => {
  const k = bootFifo();
  const c = new Callout(() => {});
  calloutSchedule(k, c, 10);
  t.throws(() => calloutDestroy(c), { instanceOf: KernelBug, message: /while pending/ });
  calloutStop(k, c);
  calloutDestroy(c);
  t.throws(() => calloutSchedule(k, c, 10), { instanceOf: KernelBug, message: /after its end/ });
  t.throws(() => calloutDestroy(c), { instanceOf: KernelBug, message: /destroyed twice/ });
});

test('a function may destroy its own callout', (t) => {
  const k = bootFifo();
  const c: Callout = new Callout(() => calloutDestroy(c));
  calloutSchedule(k, c, 10);
  runAll(k);
  t.is(k.panicstr, null);
  t.throws(() => calloutSchedule(k, c, 10), { instanceOf: KernelBug });
});

onEveryKernel(
  'halting does not sleep where the function is all, and says whether it came too late',
  (t, k) => {
    let fired = 0;
    const c = new Callout(() => fired++);
    const halted: boolean[] = [];
    thread(k, function* (l) {
      calloutSchedule(k, c, 1e9);
      halted.push(yield* calloutHalt(l, c, null));
      calloutSchedule(k, c, 10);
      yield* kpause(l, 'nap', 0, 1000);
      halted.push(yield* calloutHalt(l, c, null));
      halted.push(yield* calloutHalt(l, c, null));
    });
    runAll(k);
    t.deepEqual(halted, [false, true, false]);
    t.is(fired, 1);
    t.is(k.calloutWait.count, 0);
  },
);

onEveryKernel('halting waits for a run that goes on, and leaves the interlock to it meanwhile', (t, k) => {
  const log: string[] = [];
  const lock = new Kmutex('softc');
  const c: Callout = new Callout(
    () => {
      log.push('called');
      thread(k, function* (l) {
        yield* kpause(l, 'work', 0, 1000);
        yield* lock.enter(l);
        log.push('worked');
        calloutAck(c);
        // Whoever works may arm it again: the halt that waits for the run takes that back.
        calloutSchedule(k, c, 1000);
        lock.exit(l);
      });
    },
    'wakes',
    'acked',
  );
  calloutSchedule(k, c, 10);
  thread(k, function* (l) {
    yield* kpause(l, 'nap', 0, 100);
    yield* lock.enter(l);
    t.true(c.invoking);
    t.true(yield* calloutHalt(l, c, lock));
    t.true(lock.owned(l));
    log.push('halted');
    lock.exit(l);
    t.false(c.pending);
    calloutDestroy(c);
  });
  runAll(k);
  t.deepEqual(log, ['called', 'worked', 'halted']);
  t.is(k.panicstr, null);
  t.is(k.calloutWait.count, 1);
});

test('a run that goes on keeps its callout from being armed and from being destroyed', (t) => {
  const k = bootFifo();
  const c = new Callout(() => {}, 'wakes', 'acked');
  calloutSchedule(k, c, 10);
  runAll(k);
  t.throws(() => calloutSchedule(k, c, 10), { instanceOf: KernelBug, message: /within its run/ });
  t.throws(() => calloutDestroy(c), { instanceOf: KernelBug, message: /within its run/ });
  calloutAck(c);
  calloutDestroy(c);
});

test('one that is called more than a tick too late is counted', (t) => {
  const k = bootFifo();
  for (const [lateNs, count] of [
    [9_999_999, 0],
    [10_000_000, 1],
  ] as const) {
    calloutSchedule(k, new Callout(() => {}), 10);
    k.host.clockSleep(0, 0, 10 + lateNs);
    pump(k);
    t.is(k.calloutLate.count, count);
  }
});

test('a callout that arms itself again does not keep the others from running', (t) => {
  const k = bootFifo();
  let ticks = 0;
  const tick: Callout = new Callout(() => {
    ticks++;
    calloutSchedule(k, tick, 0);
  });
  calloutSchedule(k, tick, 0);
  pump(k);
  t.true(ticks <= 1);
  t.true(tick.pending);
  calloutStop(k, tick);
});

test('only what wakes somebody keeps a synchronous caller waiting', (t) => {
  const k = bootFifo();
  calloutSchedule(k, new Callout(() => {}, 'housekeeping'), 10);
  t.false(
    driveTo(newproc(k), function* (l) {
      yield* kpause(l, 'forever', 0, Number.POSITIVE_INFINITY);
    }),
  );
});

test('an error in a callout panics the kernel', (t) => {
  const k = bootFifo();
  calloutSchedule(
    k,
    new Callout(() => {
      throw new Error('callout broke');
    }),
    10,
  );
  runAll(k);
  t.is(k.panicstr, 'callout broke');
});

test('a delay must be a number', (t) => {
  const k = bootFifo();
  t.throws(() => calloutSchedule(k, new Callout(() => {}), Number.NaN), { instanceOf: KernelBug });
});
