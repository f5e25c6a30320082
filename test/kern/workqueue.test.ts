import test from 'ava';
import { Callout, calloutSchedule } from '../../lib/kern/callout.ts';
import { type Cpu, cpuSoftintr, curcpu } from '../../lib/kern/cpu.ts';
import { KernelBug } from '../../lib/kern/kassert.ts';
import type { Kernel } from '../../lib/kern/kernel.ts';
import { Kmutex } from '../../lib/kern/kmutex.ts';
import { PRI_KTHREAD } from '../../lib/kern/runq.ts';
import { pump } from '../../lib/kern/sched.ts';
import { inKernel } from '../../lib/kern/schedule.ts';
import { kpause } from '../../lib/kern/synch.ts';
import {
  Work,
  type Workqueue,
  WQ_MPSAFE,
  WQ_PERCPU,
  WQ_SOFTINT,
  workqueueCreate,
  workqueueDestroy,
  workqueueEnqueue,
  workqueueWait,
} from '../../lib/kern/workqueue.ts';
import { simulatedHost } from '../../lib/rumpuser/sim.ts';
import { ENOTSUP } from '../../lib/sys/errno.ts';
import { onEveryKernel } from './every.ts';
import { bootFifo, bootOn, runAll, runReady, seedCount, shutdown, thread, throwsErrno } from './support.ts';

class Item extends Work {
  readonly n: number;

  constructor(n: number) {
    super();
    this.n = n;
  }
}

onEveryKernel('work is done by a thread, in the order it was put in, and may sleep', (t, k) => {
  const log: string[] = [];
  const lwps = k.nlwps;
  const wq: Workqueue<Item> = workqueueCreate(
    k,
    'testwq',
    function* (l, item) {
      t.is(k.curlwp, l);
      t.is(l.name, 'testwq');
      t.is(l.priority, PRI_KTHREAD + 3);
      log.push(`begin ${item.n}`);
      yield* kpause(l, 'work', 0, 1000 - item.n);
      log.push(`end ${item.n}`);
    },
    PRI_KTHREAD + 3,
    WQ_MPSAFE,
  );
  inKernel(k, () => {
    for (let n = 0; n < 3; n++) {
      workqueueEnqueue(wq, new Item(n));
    }
  });
  t.deepEqual(log, []);
  runAll(k);
  t.deepEqual(log, ['begin 0', 'end 0', 'begin 1', 'end 1', 'begin 2', 'end 2']);
  thread(k, (l) => workqueueDestroy(l, wq));
  runReady(k);
  t.is(k.nlwps, lwps);
});

onEveryKernel(
  'with WQ_PERCPU every CPU has a thread, and work is done where it was put in',
  (t, k) => {
    const done: [number, number | undefined][] = [];
    const wq: Workqueue<Item> = workqueueCreate(
      k,
      'percpu',
      (l, { n }) => {
        t.is(l.name, `percpu/${n}`);
        done.push([n, l.cpu?.index]);
      },
      PRI_KTHREAD,
      WQ_PERCPU,
    );
    thread(k, function* () {
      for (const cpu of k.cpus) {
        workqueueEnqueue(wq, new Item(cpu.index), cpu);
      }
    });
    thread(
      k,
      function* () {
        t.is(curcpu(k), k.cpus[2] as Cpu);
        workqueueEnqueue(wq, new Item(2));
      },
      { cpu: k.cpus[2] as Cpu },
    );
    runAll(k);
    t.deepEqual(done.sort(), [
      [0, 0],
      [1, 1],
      [2, 2],
      [2, 2],
    ]);
  },
  { ncpu: 3 },
);

onEveryKernel('waiting is for work that is queued or being done', (t, k) => {
  const log: string[] = [];
  const items = [new Item(0), new Item(1)] as const;
  const wq: Workqueue<Item> = workqueueCreate(
    k,
    'testwq',
    function* (l, { n }) {
      yield* kpause(l, 'work', 0, 1000);
      log.push(`done ${n}`);
      // From the queue's own thread this cannot wait.
      yield* workqueueWait(l, wq, items[n] as Item);
    },
    PRI_KTHREAD,
  );
  thread(k, function* (l) {
    yield* workqueueWait(l, wq, items[0]);
    log.push('nothing to wait for');
    workqueueEnqueue(wq, items[0]);
    workqueueEnqueue(wq, items[1]);
    yield* workqueueWait(l, wq, items[0]);
    log.push('waited for 0');
    yield* kpause(l, 'nap', 0, 500);
    t.false(items[1].queued);
    yield* workqueueWait(l, wq, items[1]);
    log.push('waited for 1');
    yield* workqueueWait(l, wq, items[1]);
  });
  runAll(k);
  t.deepEqual(log, ['nothing to wait for', 'done 0', 'waited for 0', 'done 1', 'waited for 1']);
});

test('work may put itself in again, and who waits waits for the turns asked for before only', (t) => {
  const k = bootFifo();
  let turns = 0;
  const wq: Workqueue<Item> = workqueueCreate(
    k,
    'again',
    (_l, item) => {
      turns++;
      workqueueEnqueue(wq, item);
    },
    PRI_KTHREAD,
  );
  const item = new Item(0);
  let waited = 0;
  thread(
    k,
    function* (l) {
      workqueueEnqueue(wq, item);
      yield* workqueueWait(l, wq, item);
      waited = turns;
    },
    { priority: PRI_KTHREAD },
  );
  pump(k);
  t.is(waited, 1);
  t.true(turns > 1);
  shutdown(k);
});

onEveryKernel('callouts put work in', (t, k) => {
  const done: number[] = [];
  const wq: Workqueue<Item> = workqueueCreate(
    k,
    'testwq',
    (l, { n }) => {
      t.false(cpuSoftintr(k));
      t.is(k.curlwp, l);
      done.push(n);
    },
    PRI_KTHREAD,
  );
  for (const n of [3, 1, 2]) {
    calloutSchedule(k, new Callout(() => workqueueEnqueue(wq, new Item(n))), n * 1e6);
  }
  runAll(k);
  t.deepEqual(done, [1, 2, 3]);
});

function doing(k: Kernel): Workqueue<Item> {
  return workqueueCreate(k, 'testwq', () => {}, PRI_KTHREAD);
}

test('misuse is a bug', (t) => {
  const k = bootFifo({ ncpu: 1 });
  const wq = doing(k);
  const other = doing(k);
  const item = new Item(0);
  thread(k, function* (l) {
    const bug = (message: RegExp, fn: () => unknown) => t.throws(fn, { instanceOf: KernelBug, message });
    workqueueEnqueue(wq, item);
    bug(/twice/, () => workqueueEnqueue(wq, item));
    bug(/no queue for each CPU/, () => workqueueEnqueue(wq, new Item(1), k.cpus[0]));
    bug(/was not put into/, () => workqueueWait(l, other, item).next());
    bug(/with work in it/, () => workqueueDestroy(l, wq).next());
    yield* workqueueWait(l, wq, item);
    yield* workqueueDestroy(l, wq);
    bug(/after its end/, () => workqueueEnqueue(wq, item));
    bug(/destroyed twice/, () => workqueueDestroy(l, wq).next());
  });
  runAll(k);
  t.is(k.panicstr, null);
});

test('destroying waits for work being done', (t) => {
  const k = bootFifo();
  const log: string[] = [];
  const wq: Workqueue<Item> = workqueueCreate(
    k,
    'testwq',
    function* (l) {
      yield* kpause(l, 'work', 0, 1000);
      log.push('done');
    },
    PRI_KTHREAD,
  );
  thread(k, function* (l) {
    workqueueEnqueue(wq, new Item(0));
    yield* kpause(l, 'nap', 0, 500);
    yield* workqueueDestroy(l, wq);
    log.push('gone');
  });
  runAll(k);
  t.deepEqual(log, ['done', 'gone']);
});

test('a kernel without threads has queues only where soft interrupts will do', (t) => {
  const k = bootFifo({ threads: false });
  throwsErrno(t, ENOTSUP, () => doing(k));
  const done: number[] = [];
  const wq: Workqueue<Item> = workqueueCreate(
    k,
    'testwq',
    (_l, { n }) => {
      t.true(cpuSoftintr(k));
      done.push(n);
    },
    PRI_KTHREAD,
    WQ_SOFTINT,
  );
  inKernel(k, (l) => {
    for (const n of [1, 2, 3]) {
      workqueueEnqueue(wq, new Item(n));
    }
    t.is(
      workqueueDestroyFails(() => workqueueDestroy(l, wq).next()),
      'testwq is destroyed with work in it',
    );
  });
  t.deepEqual(done, [1, 2, 3]);
  t.true(inKernel(k, (l) => workqueueDestroy(l, wq).next().done));
  t.throws(() => workqueueEnqueue(wq, new Item(4)), { instanceOf: KernelBug, message: /after its end/ });
});

function workqueueDestroyFails(fn: () => unknown): string {
  try {
    fn();
  } catch (error) {
    return (error as Error).message.replace(/^.*failed: /, '');
  }
  return '';
}

test('work that sleeps where soft interrupts do it panics the kernel', (t) => {
  const k = bootFifo({ threads: false });
  const wq: Workqueue<Item> = workqueueCreate(
    k,
    'testwq',
    (l) => kpause(l, 'work', 0, 1000),
    PRI_KTHREAD,
    WQ_SOFTINT,
  );
  inKernel(k, () => workqueueEnqueue(wq, new Item(0)));
  t.regex(k.panicstr ?? '', /sleeps while not running|sleeps in a kernel without threads/);
});

test('work that keeps a lock panics the kernel', (t) => {
  const k = bootFifo();
  const lock = new Kmutex('kept');
  const wq: Workqueue<Item> = workqueueCreate(k, 'testwq', (l) => lock.tryenter(l), PRI_KTHREAD);
  inKernel(k, () => workqueueEnqueue(wq, new Item(0)));
  runReady(k);
  t.regex(k.panicstr ?? '', /work leaves locks behind/);
});

test('from any seed each CPU does its work in order, and nothing is lost or done twice', (t) => {
  for (let seed = 1; seed <= seedCount(30); seed++) {
    const k = bootOn(simulatedHost({ seed }), { ncpu: 3 });
    const done: number[][] = k.cpus.map(() => []);
    const wq: Workqueue<Item> = workqueueCreate(
      k,
      'testwq',
      function* (l, { n }) {
        if (n % 3 === 0) {
          yield* kpause(l, 'work', 0, 1 + (n % 5));
        }
        (done[(l.cpu as Cpu).index] as number[]).push(n);
      },
      PRI_KTHREAD,
      WQ_PERCPU,
    );
    let waited = 0;
    for (let who = 0; who < 4; who++) {
      thread(k, function* (l) {
        for (let i = 0; i < 5; i++) {
          const item = new Item(100 * who + i);
          workqueueEnqueue(wq, item, k.cpus[i % 3] as Cpu);
          yield* kpause(l, 'nap', 0, 1 + ((who + i) % 4));
          yield* workqueueWait(l, wq, item);
          t.true((done[i % 3] as number[]).includes(item.n), `seed ${seed}: waited for work not done`);
          waited++;
        }
      });
    }
    runAll(k);
    t.is(waited, 20, `seed ${seed}`);
    t.is(new Set(done.flat()).size, 20, `seed ${seed}`);
    t.is(done.flat().length, 20, `seed ${seed}`);
    for (const one of done) {
      for (let who = 0; who < 4; who++) {
        const mine = one.filter((n) => Math.floor(n / 100) === who);
        t.deepEqual(
          mine,
          [...mine].sort((a, b) => a - b),
          `seed ${seed}`,
        );
      }
    }
    shutdown(k);
  }
});
