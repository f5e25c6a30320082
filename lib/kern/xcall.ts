/**
 * Cross calls: a function run on another CPU, or on every one.
 *
 * A call of low priority runs in a thread of the CPU and may sleep for a while; one of high priority runs as
 * a soft interrupt. Calls of one priority are taken up one after the other: none begins before the one before
 * it has begun on every CPU it is for. Asking never sleeps; waiting does.
 *
 * NetBSD: sys/kern/subr_xcall.c, xcall(9).
 */
import { PRI_XCALL } from '../sys/constants/param.ts';
import { type Cpu, cpuSoftintr } from './cpu.ts';
import { type Evcnt, evcntAttachDynamic } from './evcnt.ts';
import { KASSERT } from './kassert.ts';
import type { Kernel } from './kernel.ts';
import type { Lwp } from './lwp.ts';
import { isMaySleep, type MaySleep, type Soon } from './maysleep.ts';
import { FOREVER, SleepQueue, sleepqBlock, sleepqWakeAll } from './sleepq.ts';
import { SOFTINT_SERIAL, type Softint, softintEstablish, softintScheduleCpu } from './softint.ts';
import {
  Work,
  type Workqueue,
  WQ_PERCPU,
  WQ_SOFTINT,
  workqueueCreate,
  workqueueEnqueue,
} from './workqueue.ts';

/** `high`: a soft interrupt, where nothing may sleep. */
export type XcPriority = 'low' | 'high';
/** What to run; `l` is the thread or the soft-interrupt lwp of `cpu`. */
export type XcFunction = (l: Lwp, cpu: Cpu) => Soon<void>;

/** A call, to be waited for. */
export class Xcall {
  readonly fn: XcFunction;
  readonly cpus: readonly Cpu[];
  /** CPUs it has not begun on, and those it has not ended on. */
  toBegin: number;
  toEnd: number;
  readonly waiters: SleepQueue = new SleepQueue();

  constructor(fn: XcFunction, cpus: readonly Cpu[]) {
    this.fn = fn;
    this.cpus = cpus;
    this.toBegin = cpus.length;
    this.toEnd = cpus.length;
  }
}

/** The calls of one priority: the first is being taken up. */
interface Lane {
  readonly calls: Xcall[];
  /** Have the call run once on `cpu`. */
  readonly send: (cpu: Cpu, call: Xcall) => void;
}

/** The calls of a kernel. Its lanes are made by the first call: most kernels never make one. */
export class XcallState {
  readonly unicast: Evcnt;
  readonly broadcast: Evcnt;
  low: Lane | null = null;
  high: Lane | null = null;

  constructor(k: Kernel) {
    this.unicast = evcntAttachDynamic(k, 'misc', null, 'crosscall', 'unicast');
    this.broadcast = evcntAttachDynamic(k, 'misc', null, 'crosscall', 'broadcast');
  }
}

export function xcallInit(k: Kernel): void {
  k.xcall = new XcallState(k);
}

/** Run `fn` on every CPU. @throws ENOMEM no threads for the first call of low priority */
export function xcBroadcast(k: Kernel, priority: XcPriority, fn: XcFunction): Xcall {
  k.xcall.broadcast.count++;
  return ask(k, priority, new Xcall(fn, k.cpus));
}

/** Run `fn` on `cpu`. @throws as xcBroadcast */
export function xcUnicast(k: Kernel, priority: XcPriority, fn: XcFunction, cpu: Cpu): Xcall {
  k.xcall.unicast.count++;
  return ask(k, priority, new Xcall(fn, [cpu]));
}

/** Wait until the call has ended on every CPU it is for. */
export function* xcWait(l: Lwp, call: Xcall): MaySleep<void> {
  while (call.toEnd > 0) {
    yield* sleepqBlock(l, call.waiters, 'xcall', 0, FOREVER);
  }
}

function ask(k: Kernel, priority: XcPriority, call: Xcall): Xcall {
  KASSERT(!cpuSoftintr(k), 'cross call from a soft interrupt');
  const lane = priority === 'low' ? lowLane(k) : highLane(k);
  lane.calls.push(call);
  if (lane.calls.length === 1) {
    takeUp(lane);
  }
  return call;
}

function takeUp(lane: Lane): void {
  const [call] = lane.calls;
  if (call !== undefined) {
    for (const cpu of call.cpus) {
      lane.send(cpu, call);
    }
  }
}

/** `call` begins on one CPU. Once it has on all, the next one is taken up. */
function begun(lane: Lane, call: Xcall): void {
  if (--call.toBegin === 0) {
    lane.calls.shift();
    takeUp(lane);
  }
}

function ended(call: Xcall): void {
  if (--call.toEnd === 0) {
    sleepqWakeAll(call.waiters);
  }
}

class XcWork extends Work {
  readonly call: Xcall;
  readonly cpu: Cpu;

  constructor(call: Xcall, cpu: Cpu) {
    super();
    this.call = call;
    this.cpu = cpu;
  }
}

/** Threads, or where there are none, soft interrupts. */
function lowLane(k: Kernel): Lane {
  if (k.xcall.low === null) {
    const wq: Workqueue<XcWork> = workqueueCreate(k, 'xcall', run, PRI_XCALL, WQ_PERCPU | WQ_SOFTINT);
    const lane: Lane = {
      calls: [],
      send: (cpu, call) => workqueueEnqueue(wq, new XcWork(call, cpu), cpu),
    };
    function* run(l: Lwp, { call, cpu }: XcWork): MaySleep<void> {
      begun(lane, call);
      const answer = call.fn(l, cpu);
      if (isMaySleep(answer)) {
        yield* answer;
      }
      ended(call);
    }
    k.xcall.low = lane;
  }
  return k.xcall.low;
}

function highLane(k: Kernel): Lane {
  if (k.xcall.high === null) {
    /** By CPU index: what to run there. */
    const queues = k.cpus.map((): Xcall[] => []);
    const softints: readonly Softint[] = k.cpus.map((cpu) =>
      softintEstablish(k, SOFTINT_SERIAL, () => {
        const queue = queues[cpu.index] as Xcall[];
        for (let call = queue.shift(); call !== undefined; call = queue.shift()) {
          begun(lane, call);
          KASSERT(!isMaySleep(call.fn(k.curlwp as Lwp, cpu)), 'cross call of high priority wants to sleep');
          ended(call);
        }
      }),
    );
    const lane: Lane = {
      calls: [],
      send: (cpu, call) => {
        (queues[cpu.index] as Xcall[]).push(call);
        softintScheduleCpu(k, softints[cpu.index] as Softint, cpu);
      },
    };
    k.xcall.high = lane;
  }
  return k.xcall.high;
}
