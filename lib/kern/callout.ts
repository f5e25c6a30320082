/**
 * Callouts: functions the kernel calls at a time, in soft-interrupt context (they cannot sleep).
 *
 * A callout is pending while armed, expired once its function has been called and until it is armed or
 * stopped again, and invoking from that call until it is acknowledged or armed again. As no lwp runs while a
 * function does, nobody ever sees a function half done. Where its work goes on after it has returned, in a
 * workqueue say, the callout is made `acked`: the run lasts until `calloutAck`, and `calloutHalt` waits for
 * that.
 *
 * A callout marked `housekeeping` serves the kernel itself; it does not count when the scheduler asks whether
 * anything could ever wake a synchronous caller.
 *
 * NetBSD: sys/kern/kern_timeout.c, callout(9). Times are nanoseconds, not ticks.
 */
import { HZ } from '../sys/constants/param.ts';
import type { Cpu } from './cpu.ts';
import { evcntAttachDynamic } from './evcnt.ts';
import { KASSERT } from './kassert.ts';
import type { Kernel } from './kernel.ts';
import type { Kmutex } from './kmutex.ts';
import type { Lwp } from './lwp.ts';
import type { MaySleep } from './maysleep.ts';
import { FOREVER, SleepQueue, sleepqBlock, sleepqWakeAll } from './sleepq.ts';

export type CalloutKind = 'wakes' | 'housekeeping';
/** When a run is over: when the function has returned, or when `calloutAck` says so. */
export type CalloutRun = 'whole' | 'acked';

const FIRED = 1;
const INVOKING = 2;
const DESTROYED = 4;

/** A callout that is called later than this counts as late. */
const LATE_NS = 1e9 / HZ;

export class Callout {
  readonly kind: CalloutKind;
  readonly run: CalloutRun;
  fn: () => void;
  /** Host monotonic time it fires, nanoseconds. */
  deadlineNs = 0;
  /** Arming order, so that equal deadlines fire in the order they were armed. */
  seq = 0;
  /** Place in the heap, -1 while not pending. */
  place = -1;
  flags = 0;
  /** Who waits in `calloutHalt`. */
  halters: SleepQueue | null = null;

  constructor(fn: () => void, kind: CalloutKind = 'wakes', run: CalloutRun = 'whole') {
    this.fn = fn;
    this.kind = kind;
    this.run = run;
  }

  /** Armed and not called yet. */
  get pending(): boolean {
    return this.place >= 0;
  }

  /** Its function has been called since it was last armed or stopped. */
  get expired(): boolean {
    return (this.flags & FIRED) !== 0;
  }

  get active(): boolean {
    return this.pending || this.expired;
  }

  /** Its function has been called, and nobody has acknowledged that. */
  get invoking(): boolean {
    return (this.flags & INVOKING) !== 0;
  }
}

/** Give the callouts their counters. */
export function calloutInit(k: Kernel): void {
  k.calloutLate = evcntAttachDynamic(k, 'misc', null, 'callout', 'late/0');
  k.calloutWait = evcntAttachDynamic(k, 'misc', null, 'callout', 'wait/0');
}

/** Does its work go on, though its function has returned? */
function underWay(c: Callout): boolean {
  return c.run === 'acked' && (c.flags & INVOKING) !== 0;
}

/**
 * Call the function in `delayNs`, at the earliest at the next clock: one that arms itself again must not be
 * due in the same one. A pending callout is moved. One that is `acked` is not armed before its last run has
 * been acknowledged.
 */
export function calloutSchedule(k: Kernel, c: Callout, delayNs: number): void {
  KASSERT(!Number.isNaN(delayNs), 'callout delay is not a number');
  KASSERT((c.flags & DESTROYED) === 0 && !underWay(c), 'callout armed after its end, or within its run');
  if (c.place >= 0) {
    k.callouts.remove(c);
  }
  c.flags = 0;
  c.deadlineNs = k.host.monotonicNs() + Math.max(1, delayNs);
  k.callouts.insert(c);
}

/** The same with another function. */
export function calloutReset(k: Kernel, c: Callout, delayNs: number, fn: () => void): void {
  calloutSetfunc(c, fn);
  calloutSchedule(k, c, delayNs);
}

/** Another function, from the next call on. */
export function calloutSetfunc(c: Callout, fn: () => void): void {
  c.fn = fn;
}

/**
 * Disarm, without waiting for a run.
 * @returns whether it has expired: then this comes too late for the last call
 */
export function calloutStop(k: Kernel, c: Callout): boolean {
  if (c.place >= 0) {
    k.callouts.remove(c);
  }
  const expired = (c.flags & FIRED) !== 0;
  c.flags &= ~FIRED;
  return expired;
}

/**
 * Disarm, and wait until a run is over. Whoever has to acknowledge that run does so before halting it.
 * @param interlock given up while asleep and held again on return; null when nothing is to be given up
 * @returns whether it has expired
 */
export function* calloutHalt(l: Lwp, c: Callout, interlock: Kmutex | null): MaySleep<boolean> {
  const k = l.kernel;
  let expired = calloutStop(k, c);
  while (underWay(c)) {
    k.calloutWait.count++;
    c.halters ??= new SleepQueue();
    interlock?.exit(l);
    yield* sleepqBlock(l, c.halters, 'callout', 0, FOREVER);
    if (interlock !== null) {
      yield* interlock.enter(l);
    }
    // Whoever acknowledged the run may have armed the callout again before this lwp got here.
    expired = calloutStop(k, c) || expired;
  }
  return expired;
}

/** The handler has taken note of being called; the run of an `acked` callout is over. */
export function calloutAck(c: Callout): void {
  c.flags &= ~INVOKING;
  if (c.halters !== null) {
    sleepqWakeAll(c.halters);
  }
}

/** The end of a callout. It is neither pending nor in a run. */
export function calloutDestroy(c: Callout): void {
  KASSERT((c.flags & DESTROYED) === 0, 'callout destroyed twice');
  KASSERT(c.place < 0, 'callout destroyed while pending');
  KASSERT(!underWay(c), 'callout destroyed within its run');
  c.flags = DESTROYED;
}

/**
 * Call what is due at `nowNs`; `context` calls a function as the soft-interrupt lwp of a CPU. NetBSD:
 * callout_softclock.
 */
export function calloutSoftclock(
  k: Kernel,
  nowNs: number,
  context: (k: Kernel, cpu: Cpu, fn: () => void) => void,
): void {
  for (let c = k.callouts.popDue(nowNs); c !== null; c = k.callouts.popDue(nowNs)) {
    c.flags = FIRED | INVOKING;
    if (nowNs - c.deadlineNs >= LATE_NS) {
      k.calloutLate.count++;
    }
    context(k, k.cpus[0] as Cpu, c.fn);
  }
}
