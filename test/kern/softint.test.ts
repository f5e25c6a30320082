import test from 'ava';
import { type Cpu, cpuSoftintr, curcpu } from '../../lib/kern/cpu.ts';
import { KernelBug } from '../../lib/kern/kassert.ts';
import { Kmutex } from '../../lib/kern/kmutex.ts';
import type { Lwp } from '../../lib/kern/lwp.ts';
import { pump } from '../../lib/kern/sched.ts';
import { inKernel } from '../../lib/kern/schedule.ts';
import {
  SOFTINT_BIO,
  SOFTINT_CLOCK,
  SOFTINT_NET,
  SOFTINT_SERIAL,
  softintDisestablish,
  softintEstablish,
  softintSchedule,
  softintScheduleCpu,
} from '../../lib/kern/softint.ts';
import { simulatedHost } from '../../lib/rumpuser/sim.ts';
import { onEveryKernel } from './every.ts';
import {
  atOnce,
  bootFifo,
  bootOn,
  newproc,
  rowOf,
  runReady,
  seedCount,
  shutdown,
  sys,
  thread,
} from './support.ts';

onEveryKernel('soft interrupts run highest level first, between lwps, as the soft-interrupt lwp', (t, k) => {
  const order: number[] = [];
  const established = [SOFTINT_CLOCK, SOFTINT_SERIAL, SOFTINT_BIO, SOFTINT_NET].map((level) =>
    softintEstablish(k, level, () => {
      t.is(k.curlwp, k.cpus[0]?.softlwp ?? null);
      t.is(k.host.curlwp[0], k.curlwp?.handle);
      order.push(level);
    }),
  );
  thread(k, function* () {
    for (const si of established) {
      softintSchedule(k, si);
    }
    t.deepEqual(order, []);
  });
  runReady(k);
  t.deepEqual(order, [SOFTINT_SERIAL, SOFTINT_NET, SOFTINT_BIO, SOFTINT_CLOCK]);
  t.is(k.softPending, 0);
});

test('scheduled twice before it runs, it runs once; scheduled by itself, once more', (t) => {
  const k = bootFifo();
  let runs = 0;
  const si = softintEstablish(k, SOFTINT_NET, () => {
    if (++runs === 2) {
      softintSchedule(k, si);
    }
  });
  softintSchedule(k, si);
  softintSchedule(k, si);
  runReady(k);
  t.is(runs, 1);
  softintSchedule(k, si);
  runReady(k);
  t.is(runs, 3);
  t.is(k.cpus[0]?.softint.evcnts[SOFTINT_NET]?.count, 3);
});

test('an error in one panics the kernel, and the others do not run any more', (t) => {
  const k = bootFifo();
  let ran = false;
  softintSchedule(
    k,
    softintEstablish(k, SOFTINT_SERIAL, () => {
      throw new Error('softint broke');
    }),
  );
  softintSchedule(
    k,
    softintEstablish(k, SOFTINT_CLOCK, () => {
      ran = true;
    }),
  );
  runReady(k);
  t.is(k.panicstr, 'softint broke');
  t.false(ran);
});

test('one that keeps a lock panics the kernel', (t) => {
  const k = bootFifo();
  const lock = new Kmutex('kept');
  const si = softintEstablish(k, SOFTINT_NET, () => lock.tryenter(k.curlwp as Lwp));
  inKernel(k, () => softintSchedule(k, si));
  t.regex(k.panicstr ?? '', /soft interrupt leaves locks behind/);
});

test('there are four levels', (t) => {
  const k = bootFifo();
  for (const level of [-1, 4, 1.5, Number.NaN]) {
    t.throws(() => softintEstablish(k, level, () => {}), { instanceOf: KernelBug, message: /level/ });
  }
});

onEveryKernel(
  'it runs on the CPU it is scheduled on, once for each',
  (t, k) => {
    const [first, second] = k.cpus as [Cpu, Cpu];
    const ran: (number | undefined)[] = [];
    const si = softintEstablish(k, SOFTINT_NET, () => {
      t.is(k.curlwp, curcpu(k).softlwp);
      t.true(cpuSoftintr(k));
      ran.push(curcpu(k).index);
    });
    thread(
      k,
      function* () {
        t.false(cpuSoftintr(k));
        softintSchedule(k, si);
        softintSchedule(k, si);
        softintScheduleCpu(k, si, second);
        softintScheduleCpu(k, si, first);
      },
      { cpu: second },
    );
    runReady(k);
    t.deepEqual(ran.sort(), [0, 1]);
    t.is(si.pending, 0);
  },
  { ncpu: 2 },
);

onEveryKernel(
  'it runs before the next lwp does',
  (t, k) => {
    const order: string[] = [];
    const si = softintEstablish(k, SOFTINT_CLOCK, () => order.push('softint'));
    for (const name of ['one', 'two']) {
      thread(k, function* () {
        order.push(name);
        softintSchedule(k, si);
      });
    }
    pump(k);
    t.deepEqual(order, ['one', 'softint', 'two', 'softint']);
  },
  { ncpu: 1 },
);

onEveryKernel('what an entry has scheduled runs on the way out of the kernel', (t, k) => {
  let ran = 0;
  const si = softintEstablish(k, SOFTINT_NET, () => {
    t.is(k.curlwp, k.cpus[0]?.softlwp ?? null);
    ran++;
  });
  inKernel(k, () => {
    softintSchedule(k, si);
    t.is(ran, 0);
  });
  t.is(ran, 1);
  t.is(k.host.curlwp[0], 0);
});

onEveryKernel('what a system call has scheduled runs before it returns', (t, k) => {
  let ran = 0;
  const l = newproc(k);
  const si = softintEstablish(k, SOFTINT_NET, () => ran++);
  const { number } = rowOf('getpid');
  k.sysent[number] = () => softintSchedule(k, si);
  sys(l, 'getpid');
  t.is(ran, 1);
});

test('a handler of a higher level that another one schedules goes first', (t) => {
  const k = bootFifo();
  const order: string[] = [];
  const serial = softintEstablish(k, SOFTINT_SERIAL, () => order.push('serial'));
  const net = softintEstablish(k, SOFTINT_NET, () => {
    order.push('net');
    softintSchedule(k, serial);
  });
  const other = softintEstablish(k, SOFTINT_NET, () => order.push('other'));
  inKernel(k, () => {
    softintSchedule(k, net);
    softintSchedule(k, other);
  });
  t.deepEqual(order, ['net', 'serial', 'other']);
});

onEveryKernel(
  'taking a handler back waits for the runs it is asked for',
  (t, k) => {
    const order: string[] = [];
    const si = softintEstablish(k, SOFTINT_BIO, () => order.push('ran'));
    thread(k, function* (l) {
      for (const cpu of k.cpus) {
        softintScheduleCpu(k, si, cpu);
      }
      yield* softintDisestablish(l, si);
      order.push('gone');
      t.throws(() => softintSchedule(k, si), {
        instanceOf: KernelBug,
        message: /after it was disestablished/,
      });
      t.throws(() => atOnce(softintDisestablish(l, si)), { instanceOf: KernelBug, message: /twice/ });
    });
    runReady(k);
    t.deepEqual(order, ['ran', 'ran', 'gone']);
  },
  { ncpu: 2 },
);

test('whichever CPU the seed lets go first, each runs its own in order of level', (t) => {
  const firsts = new Set<string>();
  for (let seed = 1; seed <= seedCount(20); seed++) {
    const k = bootOn(simulatedHost({ seed }), { ncpu: 2 });
    const order: string[] = [];
    for (const level of [SOFTINT_CLOCK, SOFTINT_NET]) {
      const si = softintEstablish(k, level, () => order.push(`${curcpu(k).index}${level}`));
      for (const cpu of k.cpus) {
        softintScheduleCpu(k, si, cpu);
      }
    }
    runReady(k);
    for (const cpu of ['0', '1']) {
      t.deepEqual(
        order.filter((one) => one.startsWith(cpu)),
        [`${cpu}${SOFTINT_NET}`, `${cpu}${SOFTINT_CLOCK}`],
        `seed ${seed}`,
      );
    }
    firsts.add(order[0] as string);
    shutdown(k);
  }
  t.is(firsts.size, 2);
});
