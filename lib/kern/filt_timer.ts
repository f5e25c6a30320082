/**
 * EVFILT_TIMER: fires every so often, or once; `data` counts how often since it was last collected.
 *
 * NetBSD: sys/kern/kern_event.c (filt_timer*), kqueue(2). Units and absolute times are those of NetBSD 10.
 */
import {
  EV_ADD,
  EV_CLEAR,
  EV_ONESHOT,
  NOTE_ABSTIME,
  NOTE_MSECONDS,
  NOTE_NSECONDS,
  NOTE_SECONDS,
  NOTE_USECONDS,
} from '../sys/constants/event.ts';
import { EINVAL, ENOMEM } from '../sys/errno.ts';
import type { Kevent } from '../sys/types.ts';
import { Callout, calloutSchedule, calloutStop } from './callout.ts';
import { KASSERT } from './kassert.ts';
import type { Kernel } from './kernel.ts';
import { type Filterops, type Knote, knoteActivate } from './knote.ts';
import type { Lwp } from './lwp.ts';
import { nanotime } from './times.ts';

/** Most timers of one kernel. */
const CALLOUT_MAX = 4096;
/** Shortest and longest period. */
const PERIOD_MIN_NS = 1000;
const PERIOD_MAX_NS = Number.MAX_SAFE_INTEGER;

const NS_PER_UNIT: ReadonlyMap<number, number> = new Map([
  [NOTE_MSECONDS, 1e6],
  [NOTE_SECONDS, 1e9],
  [NOTE_USECONDS, 1e3],
  [NOTE_NSECONDS, 1],
]);

/** Nanoseconds until it fires, and between firings. @throws EINVAL unit, or a time before now */
function periodOf(k: Kernel, fflags: number, data: number): number {
  const unit = NS_PER_UNIT.get(fflags & ~NOTE_ABSTIME);
  if (unit === undefined || data < 0) {
    throw EINVAL;
  }
  const ns = (fflags & NOTE_ABSTIME) === 0 ? data * unit : Number(BigInt(data) * BigInt(unit) - nanotime(k));
  return Math.min(Math.max(ns, PERIOD_MIN_NS), PERIOD_MAX_NS);
}

/** @throws EINVAL; ENOMEM too many timers */
export function timerAttach(l: Lwp, kn: Knote): void {
  const k = l.kernel;
  const periodNs = periodOf(k, kn.sfflags, kn.sdata);
  if (k.nkqtimers >= CALLOUT_MAX) {
    throw ENOMEM;
  }
  k.nkqtimers++;
  kn.flags |= EV_CLEAR;
  kn.proc = l.proc;
  kn.fop = timerOps;
  start(k, kn, periodNs);
}

function start(k: Kernel, kn: Knote, periodNs: number): void {
  const once = (kn.flags & EV_ONESHOT) !== 0 || (kn.sfflags & NOTE_ABSTIME) !== 0;
  const startNs = k.host.monotonicNs();
  let told = 0;
  const callout = new Callout(() => {
    // Counted from the start, so that a late call loses none and periods do not drift.
    const elapsed = once ? 1 : Math.max(told + 1, Math.floor((k.host.monotonicNs() - startNs) / periodNs));
    kn.data += elapsed - told;
    told = elapsed;
    knoteActivate(kn);
    if (!once) {
      calloutSchedule(k, callout, startNs + (told + 1) * periodNs - k.host.monotonicNs());
    }
  });
  kn.callout = callout;
  calloutSchedule(k, callout, periodNs);
}

const timerOps: Filterops = {
  detach(kn) {
    KASSERT(kn.callout !== null && kn.proc !== null, 'timer knote without a timer');
    const k = kn.proc.kernel;
    calloutStop(k, kn.callout);
    k.nkqtimers--;
  },
  event: (kn) => kn.data !== 0,
  /** Added again: it starts anew. */
  touch(kn: Knote, kev: Kevent) {
    if ((kev.flags & EV_ADD) === 0) {
      return;
    }
    KASSERT(kn.callout !== null && kn.proc !== null, 'timer knote without a timer');
    const k = kn.proc.kernel;
    const periodNs = periodOf(k, kev.fflags, kev.data);
    calloutStop(k, kn.callout);
    kn.sfflags = kev.fflags;
    kn.sdata = kev.data;
    kn.flags = kev.flags | EV_CLEAR;
    kn.data = 0;
    start(k, kn, periodNs);
  },
};
