/**
 * Timers of a process that end in a signal: the three old interval timers and those of timer_create.
 *
 * A timer is a callout that re-arms itself. Its deadline is kept apart from the callout's, so that a late
 * expiry does not shift the next: what was missed meanwhile is counted as overrun. One signal of a timer waits
 * at a time, and what expires while it does is counted, too. Timers are freed when the process exits and not
 * inherited by fork.
 *
 * NetBSD: sys/kern/kern_time.c, sys/sys/timevar.h; setitimer(2), timer_create(2), timer_settime(2).
 */
import {
  NSIG,
  SI_TIMER,
  SIGALRM,
  SIGEV_NONE,
  SIGEV_SIGNAL,
  SIGPROF,
  SIGRTMIN,
  SIGVTALRM,
} from '../sys/constants/signal.ts';
import {
  CLOCK_MONOTONIC,
  CLOCK_PROCESS_CPUTIME_ID,
  CLOCK_REALTIME,
  ITIMER_MONOTONIC,
  ITIMER_PROF,
  ITIMER_REAL,
  ITIMER_VIRTUAL,
  TIMER_ABSTIME,
  TIMER_MAX,
  TIMER_MIN,
} from '../sys/constants/time.ts';
import { EAGAIN, EINVAL, ENOTSUP } from '../sys/errno.ts';
import { sigismember } from '../sys/sigset.ts';
import type { Itimerspec, Itimerval, Sigevent, Siginfo, Timespec, Timeval } from '../sys/types.ts';
import { Callout, calloutSchedule, calloutStop } from './callout.ts';
import type { Kernel } from './kernel.ts';
import type { Lwp } from './lwp.ts';
import type { Proc } from './proc.ts';
import { psignal } from './sig.ts';
import { siginfo } from './sigacts.ts';
import type { Handlers } from './sysent.ts';
import { clockNs, timespecNs, timespecOf, timespecOfTimeval } from './times.ts';

/** Most overruns that are told of. */
const DELAYTIMER_MAX = 32;
/** Longest delay a callout is armed with, nanoseconds; a longer one is armed again. */
const DELAY_MAX_NS = 8.64e15;

/** Clocks of ITIMER_PROF and ITIMER_VIRTUAL: what the process has used, and of that outside the kernel. */
const USED = CLOCK_PROCESS_CPUTIME_ID;
const USER = -1;

export class Ptimer {
  readonly proc: Proc;
  readonly clock: number;
  /** The clock `nextNs` is a time of: a relative one must not be stretched when the wall clock is set. */
  by: number;
  /** 0: expires silently. */
  readonly signo: number;
  readonly value: bigint;
  /** Clock time of the next expiry, nanoseconds; 0n while disarmed. */
  nextNs = 0n;
  intervalNs = 0n;
  /** Expiries that the last signal stands for beside its own. */
  overruns = 0;
  /** The last signal sent. */
  sent: Siginfo | null = null;
  readonly callout: Callout;

  constructor(l: Lwp, clock: number, signo: number, value: bigint) {
    this.proc = l.proc;
    this.clock = clock;
    this.by = clock;
    this.signo = signo;
    this.value = value;
    this.callout = new Callout(() => expire(l.proc, this));
  }
}

/** The clock of `timer`, whoever asks. User time stands still: user code does not run here. */
function nowNs(p: Proc, timer: Ptimer): bigint {
  if (timer.by === USED) {
    return BigInt(p.stimeNs);
  }
  if (timer.by === USER) {
    return 0n;
  }
  return clockNs(p.kernel.lwp0, timer.by);
}

function arm(p: Proc, timer: Ptimer): void {
  if (timer.clock === USED || timer.clock === USER) {
    // Whoever charges the process looks (`timersCharged`).
    return;
  }
  const delay = timer.nextNs - nowNs(p, timer);
  calloutSchedule(p.kernel, timer.callout, Math.min(Number(delay), DELAY_MAX_NS));
}

function expire(p: Proc, timer: Ptimer): void {
  const now = nowNs(p, timer);
  if (now < timer.nextNs) {
    arm(p, timer);
    return;
  }
  let missed = 0n;
  if (timer.intervalNs > 0n) {
    missed = (now - timer.nextNs) / timer.intervalNs;
    timer.nextNs += (missed + 1n) * timer.intervalNs;
    arm(p, timer);
  } else {
    timer.nextNs = 0n;
  }
  if (timer.signo !== 0) {
    notify(p, timer, Number(missed));
  }
}

/** @param missed how often it should have expired before */
function notify(p: Proc, timer: Ptimer, missed: number): void {
  if (waits(p, timer)) {
    timer.overruns += missed + 1;
    return;
  }
  const { signo, value } = timer;
  timer.overruns = missed;
  timer.sent = siginfo(signo, { code: SI_TIMER, value });
  psignal(p, signo, timer.sent);
}

/** Does its last signal wait to be taken, or one that another could not be told from? */
function waits(p: Proc, { signo, sent }: Ptimer): boolean {
  if (signo < SIGRTMIN) {
    return sigismember(p.sigpend, signo);
  }
  return sent !== null && p.siginfo?.get(signo)?.includes(sent) === true;
}

function left(p: Proc, timer: Ptimer | undefined): { value: bigint; interval: bigint } {
  if (timer === undefined || timer.nextNs === 0n) {
    return { value: 0n, interval: timer?.intervalNs ?? 0n };
  }
  const value = timer.nextNs - nowNs(p, timer);
  // Due but not yet expired is not the same as disarmed.
  return { value: value > 0n ? value : 1n, interval: timer.intervalNs };
}

function settime(
  p: Proc,
  timer: Ptimer,
  valueNs: bigint,
  intervalNs: bigint,
  absolute: 'absolute' | 'relative',
): void {
  calloutStop(p.kernel, timer.callout);
  timer.intervalNs = intervalNs;
  timer.by = timer.clock === CLOCK_REALTIME && absolute === 'relative' ? CLOCK_MONOTONIC : timer.clock;
  timer.nextNs = valueNs === 0n ? 0n : absolute === 'absolute' ? valueNs : nowNs(p, timer) + valueNs;
  if (timer.nextNs !== 0n) {
    arm(p, timer);
  }
}

/** The wall clock has been set: timers that wait for a time of it are due earlier or later. */
export function timersClockSet(k: Kernel): void {
  for (const p of k.procs.values()) {
    for (const timer of p.timers?.values() ?? []) {
      if (timer.by === CLOCK_REALTIME && timer.nextNs !== 0n) {
        arm(p, timer);
      }
    }
  }
}

/** Disarm and forget all timers of a process that exits. */
export function timersFree(p: Proc): void {
  for (const timer of p.timers?.values() ?? []) {
    calloutStop(p.kernel, timer.callout);
  }
  p.timers = null;
}

function timerOf(l: Lwp, id: number): Ptimer {
  const timer = id >= TIMER_MIN ? l.proc.timers?.get(id) : undefined;
  if (timer === undefined) {
    throw EINVAL;
  }
  return timer;
}

function timeval(ns: bigint): Timeval {
  const { sec, nsec } = timespecOf(ns);
  return { sec, usec: Math.ceil(nsec / 1000) };
}

/** A time to wait. @throws EINVAL not a time, or negative */
function durationNs(ts: Timespec): bigint {
  const ns = timespecNs(ts);
  if (ns < 0n) {
    throw EINVAL;
  }
  return ns;
}

function timevalNs(tv: Timeval): bigint {
  return durationNs(timespecOfTimeval(tv));
}

/** Which clock an interval timer goes by, and what it sends. */
const ITIMERS: ReadonlyMap<number, readonly [clock: number, signo: number]> = new Map([
  // Relative times are measured on the monotonic clock whatever the timer: setting the wall clock must not
  // stretch them.
  [ITIMER_REAL, [CLOCK_MONOTONIC, SIGALRM]],
  [ITIMER_VIRTUAL, [USER, SIGVTALRM]],
  [ITIMER_PROF, [USED, SIGPROF]],
  [ITIMER_MONOTONIC, [CLOCK_MONOTONIC, SIGALRM]],
]);

/** @throws EINVAL no such timer */
function itimer(which: number): readonly [clock: number, signo: number] {
  const found = ITIMERS.get(which);
  if (found === undefined) {
    throw EINVAL;
  }
  return found;
}

/** The process has been charged for time: timers that go by it may be due. */
export function timersCharged(p: Proc): void {
  const timer = p.timers?.get(ITIMER_PROF);
  if (timer !== undefined && timer.nextNs !== 0n && nowNs(p, timer) >= timer.nextNs) {
    expire(p, timer);
  }
}

function getitimer(l: Lwp, which: number): Itimerval {
  itimer(which);
  const { value, interval } = left(l.proc, l.proc.timers?.get(which));
  return { value: timeval(value), interval: timeval(interval) };
}

function setitimer(l: Lwp, which: number, itv?: Itimerval | null): Itimerval {
  const p = l.proc;
  const before = getitimer(l, which);
  if (itv === null || itv === undefined) {
    return before;
  }
  const value = timevalNs(field(itv.value));
  const interval = timevalNs(field(itv.interval));
  p.timers ??= new Map();
  let timer = p.timers.get(which);
  if (timer === undefined) {
    const [clock, signo] = itimer(which);
    timer = new Ptimer(l, clock, signo, 0n);
    p.timers.set(which, timer);
  }
  settime(p, timer, value, interval, 'relative');
  return before;
}

/** A structure within a structure. @throws EINVAL it is missing */
function field<T>(value: T | null | undefined): T {
  if (typeof value !== 'object' || value === null) {
    throw EINVAL;
  }
  return value;
}

/** @throws EINVAL clock or event; ENOTSUP a clock of used time; EAGAIN too many */
function timerCreate(l: Lwp, clock: number, event?: Sigevent | null): number {
  if (clock !== CLOCK_REALTIME && clock !== CLOCK_MONOTONIC) {
    clockNs(l, clock);
    throw ENOTSUP;
  }
  let signo = SIGALRM;
  if (event !== null && event !== undefined) {
    if (event.notify !== SIGEV_NONE && event.notify !== SIGEV_SIGNAL) {
      throw EINVAL;
    }
    signo = event.notify === SIGEV_NONE ? 0 : event.signo;
    if (event.notify === SIGEV_SIGNAL && (!Number.isInteger(signo) || signo < 1 || signo >= NSIG)) {
      throw EINVAL;
    }
  }
  const p = l.proc;
  p.timers ??= new Map();
  for (let id = TIMER_MIN; id < TIMER_MAX; id++) {
    if (!p.timers.has(id)) {
      const value = typeof event?.value === 'bigint' ? event.value : BigInt(id);
      p.timers.set(id, new Ptimer(l, clock, signo, value));
      return id;
    }
  }
  throw EAGAIN;
}

function specOf({ value, interval }: { value: bigint; interval: bigint }): Itimerspec {
  return { value: timespecOf(value), interval: timespecOf(interval) };
}

function timerSettime(l: Lwp, id: number, flags: number, spec: Itimerspec): Itimerspec {
  const timer = timerOf(l, id);
  const value = durationNs(field<Timespec>(spec.value));
  const interval = durationNs(field<Timespec>(spec.interval));
  const before = specOf(left(l.proc, timer));
  settime(l.proc, timer, value, interval, (flags & TIMER_ABSTIME) === 0 ? 'relative' : 'absolute');
  return before;
}

export const timerHandlers: Handlers<
  | 'getitimer'
  | 'setitimer'
  | 'timer_create'
  | 'timer_delete'
  | 'timer_settime'
  | 'timer_gettime'
  | 'timer_getoverrun'
> = {
  getitimer,
  setitimer,
  timer_create: timerCreate,
  timer_delete: (l, id) => {
    calloutStop(l.kernel, timerOf(l, id).callout);
    l.proc.timers?.delete(id);
  },
  timer_settime: timerSettime,
  timer_gettime: (l, id) => specOf(left(l.proc, timerOf(l, id))),
  timer_getoverrun: (l, id) => Math.min(timerOf(l, id).overruns, DELAYTIMER_MAX),
};
