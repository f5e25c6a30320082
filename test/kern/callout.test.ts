import test from 'ava';
import fc from 'fast-check';
import { Callout, CalloutHeap, calloutSchedule, calloutStop } from '../../lib/kern/callout.ts';
import { KernelBug } from '../../lib/kern/kassert.ts';
import { pump } from '../../lib/kern/sched.ts';
import { kpause } from '../../lib/kern/synch.ts';
import { onEveryKernel } from './every.ts';
import { bootFifo, driveTo, newproc, runAll, runReady } from './support.ts';

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
  for (const ms of [3, 1, 2]) {
    const c = new Callout(() => {
      t.true(k.host.monotonicNs() - before >= ms * 1e6);
      t.is(k.curlwp, k.cpus[0]?.softlwp ?? null);
      t.is(k.host.curlwp[0], k.curlwp?.handle);
      fired.push(ms);
    });
    calloutSchedule(k, c, ms * 1e6);
  }
  runAll(k);
  t.deepEqual(fired, [1, 2, 3]);
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
  t.false(calloutStop(k, c));
  calloutSchedule(k, c, 10);
  t.true(calloutStop(k, c));
  t.false(calloutStop(k, c));
  runAll(k);
  t.is(fired, 1);
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
