/** Deferred work: callouts, soft interrupts, workqueues, cross calls. */
import { boot } from '../lib/api/index.ts';
import { Callout, calloutSchedule, calloutStop } from '../lib/kern/callout.ts';
import type { Cpu } from '../lib/kern/cpu.ts';
import type { Kernel as Kern } from '../lib/kern/kernel.ts';
import { PRI_KTHREAD } from '../lib/kern/runq.ts';
import { pump } from '../lib/kern/sched.ts';
import { SOFTINT_NET, softintEstablish, softintScheduleCpu } from '../lib/kern/softint.ts';
import { Work, type Workqueue, workqueueCreate, workqueueEnqueue } from '../lib/kern/workqueue.ts';
import { xcBroadcast } from '../lib/kern/xcall.ts';
import type { BenchRow } from './bench.ts';

/** Operations in one timed call. */
const OPS = 1000;
/** Callouts of others that are pending meanwhile. */
const PENDING = 100_000;
/** All of them are due within that time, an hour from now. */
const SPREAD_NS = 60e9;
const HOUR_NS = 3600e9;

function scene(options?: { ncpu: number }) {
  const kernel = boot(options);
  const k: Kern = kernel.newproc().lwp.kernel;
  return { k, teardown: () => kernel[Symbol.dispose]() };
}

/** Arm `OPS` callouts, then cancel them, the oldest first: what sleeps with a timeout do that are woken. */
function armCancel(pending: number) {
  const { k, teardown } = scene();
  for (let i = 0; i < pending; i++) {
    calloutSchedule(k, new Callout(() => {}), HOUR_NS + ((i * 7919) % pending) * (SPREAD_NS / pending));
  }
  const callouts = Array.from({ length: OPS }, () => new Callout(() => {}));
  return {
    fn: () => {
      for (const c of callouts) {
        calloutSchedule(k, c, 30e9);
      }
      for (const c of callouts) {
        calloutStop(k, c);
      }
    },
    ops: OPS,
    teardown,
  };
}

function armFire() {
  const { k, teardown } = scene();
  let fired = 0;
  const callouts = Array.from({ length: OPS }, () => new Callout(() => fired++));
  return {
    fn: () => {
      fired = 0;
      for (const c of callouts) {
        calloutSchedule(k, c, 0);
      }
      while (fired < OPS) {
        pump(k);
      }
    },
    ops: OPS,
    teardown,
  };
}

function enqueueRun() {
  const { k, teardown } = scene();
  let done = 0;
  const wq: Workqueue<Work> = workqueueCreate(k, 'bench', () => void done++, PRI_KTHREAD);
  const works = Array.from({ length: OPS }, () => new Work());
  return {
    fn: () => {
      done = 0;
      for (const work of works) {
        workqueueEnqueue(wq, work);
      }
      while (done < OPS) {
        pump(k);
      }
    },
    ops: OPS,
    teardown,
  };
}

/** The thread goes to sleep between any two pieces of work, and is woken by the next. */
function enqueueSwitch() {
  const { k, teardown } = scene();
  let done = 0;
  const wq: Workqueue<Work> = workqueueCreate(k, 'bench', () => void done++, PRI_KTHREAD);
  const work = new Work();
  return {
    fn: () => {
      done = 0;
      while (done < OPS) {
        workqueueEnqueue(wq, work);
        pump(k);
      }
    },
    ops: OPS,
    teardown,
  };
}

function softints() {
  const { k, teardown } = scene();
  const established = Array.from({ length: OPS }, () => softintEstablish(k, SOFTINT_NET, () => {}));
  const cpu = k.cpus[0] as Cpu;
  return {
    fn: () => {
      for (const si of established) {
        softintScheduleCpu(k, si, cpu);
      }
      pump(k);
    },
    ops: OPS,
    teardown,
  };
}

function crossCalls(priority: 'low' | 'high') {
  const { k, teardown } = scene({ ncpu: 2 });
  return {
    fn: () => {
      let last = xcBroadcast(k, priority, () => {});
      for (let i = 1; i < OPS; i++) {
        last = xcBroadcast(k, priority, () => {});
      }
      while (last.toEnd > 0) {
        pump(k);
      }
    },
    ops: OPS,
    teardown,
  };
}

export const rows: readonly BenchRow[] = [
  { name: 'callout, arm + cancel', target: { ns: 1000 }, setup: () => armCancel(0) },
  {
    name: 'callout, arm + cancel, 100,000 others pending',
    target: { ns: 1000 },
    setup: () => armCancel(PENDING),
  },
  { name: 'callout, arm + fire', target: { ns: 1000 }, setup: armFire },
  { name: 'workqueue, enqueue + run', target: { ns: 200 }, setup: enqueueRun },
  { name: 'workqueue, enqueue + wake + run', target: { ns: 1000 }, setup: enqueueSwitch },
  { name: 'softint, schedule + run', target: { ns: 200 }, setup: softints },
  { name: 'xcall broadcast to 2 CPUs, low priority', setup: () => crossCalls('low') },
  { name: 'xcall broadcast to 2 CPUs, high priority', setup: () => crossCalls('high') },
];
