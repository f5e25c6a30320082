/**
 * Time of day and sleeping for a while.
 *
 * The wall clock is the host's plus what settimeofday has added (`kernel.clockSkewNs`); the monotonic clock
 * counts from boot and is never set. Resolution is one nanosecond as told, the host's in fact.
 *
 * NetBSD: sys/kern/kern_time.c; clock_gettime(2), gettimeofday(2), nanosleep(2), clock_nanosleep(2).
 */

import { RUMPUSER_CLOCK_RELWALL } from '../rumpuser/rumpuser.ts';
import {
  CLOCK_MONOTONIC,
  CLOCK_PROCESS_CPUTIME_ID,
  CLOCK_REALTIME,
  CLOCK_THREAD_CPUTIME_ID,
  TIMER_ABSTIME,
} from '../sys/constants/time.ts';
import { EINTR, EINVAL, ERESTART, ESRCH, EWOULDBLOCK } from '../sys/errno.ts';
import type { Timespec, Timeval } from '../sys/types.ts';
import { kauthAuthorize } from './kauth.ts';
import type { Kernel } from './kernel.ts';
import type { Lwp } from './lwp.ts';
import type { MaySleep } from './maysleep.ts';
import { lwpFind, type Proc, procFind } from './proc.ts';
import { timersClockSet } from './ptimer.ts';
import { PCATCH } from './sleepq.ts';
import { kpause, ltsleep, wakeup } from './synch.ts';
import type { Handlers } from './sysent.ts';

const NSEC = 1_000_000_000n;
/** Longest single sleep, nanoseconds: 126 years, what a host deadline of 64 bits can take. */
const SLEEP_MAX_NS = 4e18;

/** Wall-clock nanoseconds since 1970. */
export function nanotime(k: Kernel): bigint {
  const ts = k.host.clockGettime(RUMPUSER_CLOCK_RELWALL);
  return BigInt(ts.sec) * NSEC + BigInt(ts.nsec) + k.clockSkewNs;
}

/** Nanoseconds since boot. */
export function nanouptime(k: Kernel): number {
  return k.host.monotonicNs() - k.bootNs;
}

export function timespecOf(ns: bigint): Timespec {
  const sec = ns / NSEC;
  const nsec = ns - sec * NSEC;
  return nsec < 0n
    ? { sec: Number(sec) - 1, nsec: Number(nsec + NSEC) }
    : { sec: Number(sec), nsec: Number(nsec) };
}

/** @throws EINVAL unless whole seconds with 0 to 999,999,999 nanoseconds */
export function timespecNs(ts: Timespec): bigint {
  if (!Number.isSafeInteger(ts.sec) || !Number.isInteger(ts.nsec) || ts.nsec < 0 || ts.nsec >= 1e9) {
    throw EINVAL;
  }
  return BigInt(ts.sec) * NSEC + BigInt(ts.nsec);
}

/**
 * The same time in nanoseconds; what is no time stays none, for `timespecNs` to find. NetBSD:
 * TIMEVAL_TO_TIMESPEC.
 */
export function timespecOfTimeval({ sec, usec }: Timeval): Timespec {
  return { sec, nsec: Number.isInteger(usec) ? usec * 1000 : Number.NaN };
}

/** NetBSD numbers the CPU clock of process or lwp `n` by adding `n` to the clock's id. */
function cpuClockProc(l: Lwp, clock: number): Proc {
  const pid = clock & 0x3fffffff;
  return pid === 0 ? l.proc : procFind(l.kernel, pid);
}

/** @throws EINVAL no such clock; ESRCH the CPU clock of nobody */
export function clockNs(l: Lwp, clock: number): bigint {
  switch (clock) {
    case CLOCK_REALTIME:
      return nanotime(l.kernel);
    case CLOCK_MONOTONIC:
      return BigInt(nanouptime(l.kernel));
    default:
      if ((clock & CLOCK_PROCESS_CPUTIME_ID) !== 0) {
        return BigInt(cpuClockProc(l, clock).stimeNs);
      }
      if ((clock & CLOCK_THREAD_CPUTIME_ID) !== 0) {
        const lid = clock & 0x3fffffff;
        if (lid !== 0 && lwpFind(l.proc, lid) === null) {
          throw ESRCH;
        }
        return BigInt(l.proc.stimeNs);
      }
      throw EINVAL;
  }
}

/**
 * Set the wall clock. Who waits for a time of it looks anew how long that is. @throws EPERM; EINVAL before 1970.
 * NetBSD: settime1.
 */
function settime(l: Lwp, ns: bigint): void {
  if (ns < 0n) {
    throw EINVAL;
  }
  const k = l.kernel;
  kauthAuthorize(k, l.cred, { scope: 'system', action: 'time_system' });
  const now = nanotime(k);
  if (ns < now) {
    kauthAuthorize(k, l.cred, { scope: 'system', action: 'settime_backwards' });
  }
  k.clockSkewNs += ns - now;
  if (ns !== now) {
    timersClockSet(k);
    wakeup(k, k.boottime);
  }
}

/** Sleep for a while, or until the wall clock is set if that is the one to go `by`. @throws EINTR EDEADLK */
function* nap(l: Lwp, by: number, forNs: number): MaySleep<void> {
  if (by !== CLOCK_REALTIME) {
    yield* kpause(l, 'nanoslp', PCATCH, forNs);
    return;
  }
  try {
    yield* ltsleep(l, l.kernel.boottime, PCATCH, 'nanoslp', forNs, null);
  } catch (error) {
    if (error !== EWOULDBLOCK) {
      throw error;
    }
  }
}

/**
 * Sleep, relative or until a time of `clock`. A time in the past is over at once. `left` is filled after a
 * relative sleep: with zero, or what was left when a signal ended it. Unknown flags count for nothing, as in
 * NetBSD.
 * @throws EINVAL EINTR EDEADLK
 */
function* nanosleep1(
  l: Lwp,
  clock: number,
  flags: number,
  rqtp: Timespec,
  left: Timespec | null,
): MaySleep<void> {
  if (clock !== CLOCK_REALTIME && clock !== CLOCK_MONOTONIC) {
    throw EINVAL;
  }
  const request = timespecNs(rqtp);
  const absolute = (flags & TIMER_ABSTIME) !== 0;
  // A relative sleep is measured on the monotonic clock: setting the wall clock must not stretch it.
  const by = absolute ? clock : CLOCK_MONOTONIC;
  const until = absolute ? request : clockNs(l, by) + request;
  try {
    let last = -1n;
    for (let now = clockNs(l, by); now < until && now !== last; now = clockNs(l, by)) {
      yield* nap(l, by, Math.min(Number(until - now), SLEEP_MAX_NS));
      // After 104 days a number no longer counts every nanosecond: a clock that did not move cannot move
      // further.
      last = now;
    }
  } catch (error) {
    // Sleeping again for the whole time would be wrong: nanosleep is never restarted.
    throw error === ERESTART ? EINTR : error;
  } finally {
    if (left !== null && !absolute) {
      const ns = until - clockNs(l, by);
      Object.assign(left, timespecOf(ns > 0n ? ns : 0n));
    }
  }
}

export const timeHandlers: Handlers<
  | 'gettimeofday'
  | 'settimeofday'
  | 'clock_gettime'
  | 'clock_settime'
  | 'clock_getres'
  | 'nanosleep'
  | 'clock_nanosleep'
> = {
  gettimeofday: (l) => {
    const { sec, nsec } = timespecOf(nanotime(l.kernel));
    return { sec, usec: Math.floor(nsec / 1000) };
  },
  settimeofday: (l, tv) => {
    if (tv !== null && tv !== undefined) {
      settime(l, timespecNs(timespecOfTimeval(tv)));
    }
  },
  clock_gettime: (l, clock) => timespecOf(clockNs(l, clock)),
  clock_settime: (l, clock, ts) => {
    if (clock !== CLOCK_REALTIME) {
      throw EINVAL;
    }
    settime(l, timespecNs(ts));
  },
  clock_getres: (_l, clock) => {
    if (clock !== CLOCK_REALTIME && clock !== CLOCK_MONOTONIC) {
      throw EINVAL;
    }
    return { sec: 0, nsec: 1 };
  },
  nanosleep: (l, rqtp, rmtp) => nanosleep1(l, CLOCK_MONOTONIC, 0, rqtp, rmtp ?? null),
  clock_nanosleep: (l, clock, flags, rqtp, rmtp) => nanosleep1(l, clock, flags, rqtp, rmtp ?? null),
};
