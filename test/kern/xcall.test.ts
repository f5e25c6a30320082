import test from 'ava';
import { Callout, calloutSchedule } from '../../lib/kern/callout.ts';
import { type Cpu, cpuSoftintr, curcpu } from '../../lib/kern/cpu.ts';
import { preempt } from '../../lib/kern/sched.ts';
import { inKernel } from '../../lib/kern/schedule.ts';
import { kpause } from '../../lib/kern/synch.ts';
import { type XcPriority, xcBroadcast, xcUnicast, xcWait } from '../../lib/kern/xcall.ts';
import { simulatedHost } from '../../lib/rumpuser/sim.ts';
import { onEveryKernel } from './every.ts';
import { atOnce, bootFifo, bootOn, runAll, runReady, seedCount, shutdown, thread } from './support.ts';

for (const priority of ['low', 'high'] as const satisfies XcPriority[]) {
  onEveryKernel(
    `a broadcast of ${priority} priority runs once on every CPU, as an lwp of that CPU`,
    (t, k) => {
      const ran: number[] = [];
      thread(k, function* (l) {
        const call = xcBroadcast(k, priority, (me, cpu) => {
          t.is(k.curlwp, me);
          t.is(curcpu(k), cpu);
          t.is(cpuSoftintr(k), priority === 'high');
          ran.push(cpu.index);
        });
        t.deepEqual(ran, []);
        yield* xcWait(l, call);
        t.deepEqual(ran.sort(), [0, 1, 2]);
        yield* xcWait(l, call);
      });
      runAll(k);
      t.is(ran.length, 3);
      t.is(k.xcall.broadcast.count, 1);
      t.is(k.xcall.unicast.count, 0);
    },
    { ncpu: 3 },
  );

  onEveryKernel(
    `a unicast of ${priority} priority runs on the CPU it is for`,
    (t, k) => {
      const ran: number[] = [];
      thread(k, function* (l) {
        for (const cpu of [k.cpus[1], k.cpus[0], k.cpus[1]] as Cpu[]) {
          yield* xcWait(
            l,
            xcUnicast(k, priority, (_me, on) => void ran.push(on.index), cpu),
          );
        }
      });
      runAll(k);
      t.deepEqual(ran, [1, 0, 1]);
      t.is(k.xcall.unicast.count, 3);
    },
    { ncpu: 2 },
  );

  test(`from any seed calls of ${priority} priority begin in the order they were asked for`, (t) => {
    for (let seed = 1; seed <= seedCount(30); seed++) {
      const k = bootOn(simulatedHost({ seed }), { ncpu: 3 });
      const asked: number[] = [];
      const begun: [number, number][] = [];
      let waited = 0;
      for (let who = 0; who < 3; who++) {
        thread(k, function* (l) {
          for (let i = 0; i < 3; i++) {
            const n = 10 * who + i;
            yield* preempt(l);
            asked.push(n);
            const call = xcBroadcast(k, priority, (_me, cpu) => void begun.push([n, cpu.index]));
            if (i === 1) {
              yield* xcWait(l, call);
              t.is(begun.filter(([m]) => m === n).length, 3, `seed ${seed}: waited for a call not over`);
              waited++;
            }
          }
        });
      }
      runAll(k);
      t.is(waited, 3, `seed ${seed}`);
      t.deepEqual(
        begun.map(([n]) => n),
        asked.flatMap((n) => [n, n, n]),
        `seed ${seed}`,
      );
      for (const n of asked) {
        const cpus = begun.filter(([m]) => m === n).map(([, cpu]) => cpu);
        t.deepEqual(cpus.sort(), [0, 1, 2], `seed ${seed}`);
      }
      shutdown(k);
    }
  });
}

onEveryKernel(
  'a call of low priority may sleep; the next one begins meanwhile where the first has begun everywhere',
  (t, k) => {
    const log: string[] = [];
    thread(k, function* (l) {
      const slow = xcUnicast(
        k,
        'low',
        function* (me) {
          log.push('slow begins');
          yield* kpause(me, 'xc', 0, 1000);
          log.push('slow ends');
        },
        k.cpus[0] as Cpu,
      );
      const quick = xcUnicast(k, 'low', () => void log.push('quick'), k.cpus[1] as Cpu);
      yield* xcWait(l, quick);
      log.push('waited for quick');
      yield* xcWait(l, slow);
      log.push('waited for slow');
    });
    runAll(k);
    t.deepEqual(log, ['slow begins', 'quick', 'waited for quick', 'slow ends', 'waited for slow']);
  },
  { ncpu: 2 },
);

test('a call of high priority overtakes those of low priority', (t) => {
  const k = bootFifo();
  const log: string[] = [];
  thread(k, function* (l) {
    const low = xcBroadcast(k, 'low', () => void log.push('low'));
    const high = xcBroadcast(k, 'high', () => void log.push('high'));
    yield* xcWait(l, low);
    yield* xcWait(l, high);
  });
  runAll(k);
  t.is(log[0], 'high');
  t.is(log.at(-1), 'low');
});

test('a call of high priority that wants to sleep panics the kernel', (t) => {
  const k = bootFifo();
  inKernel(k, () => xcBroadcast(k, 'high', (l) => kpause(l, 'xc', 0, 1000)));
  t.regex(k.panicstr ?? '', /wants to sleep/);
});

test('soft interrupts make no cross calls', (t) => {
  const k = bootFifo();
  calloutSchedule(k, new Callout(() => void xcBroadcast(k, 'low', () => {})), 10);
  runAll(k);
  t.regex(k.panicstr ?? '', /cross call from a soft interrupt/);
});

test('in a kernel without threads calls of low priority run as soft interrupts', (t) => {
  const k = bootFifo({ threads: false, ncpu: 2 });
  const ran: number[] = [];
  const call = inKernel(k, () =>
    xcBroadcast(k, 'low', (_l, cpu) => {
      t.true(cpuSoftintr(k));
      ran.push(cpu.index);
    }),
  );
  runReady(k);
  t.deepEqual(ran, [0, 1]);
  t.is(
    inKernel(k, (l) => atOnce(xcWait(l, call))),
    undefined,
  );
});
