/**
 * Who has used how much time, by sampling: one stretch of kernel code of so many is timed, and stands for all
 * of them. A stretch is what an lwp does from when it is resumed until it sleeps or leaves, or a synchronous
 * call that never sleeps. What a program does between its calls is no stretch and is not charged.
 *
 * A sample that happened to be a long one stands for no more time than has passed since the one before it.
 *
 * Virtual time stands still while code runs, so here is also where the kernel notices that nothing but code
 * runs (`clockRead`): then the host is told, and its time moves as if each stretch had taken a microsecond.
 *
 * NetBSD: sys/kern/kern_clock.c (statclock), sys/kern/kern_resource.c (calcru).
 */
import { RLIMIT_CPU } from '../sys/constants/resource.ts';
import { SIGKILL, SIGXCPU } from '../sys/constants/signal.ts';
import type { Kernel } from './kernel.ts';
import { limPrivatise } from './plimit.ts';
import type { Proc } from './proc.ts';
import { timersCharged } from './ptimer.ts';
import { psignal } from './sig.ts';

const NSEC = 1e9;
/** Seconds between two signals that time is up. */
const GRACE_SEC = 5;

/** A prime: no pattern in what a program calls keeps out of its way. */
export const STRETCHES_PER_SAMPLE = 61;
/** What a stretch takes by virtual time, once so many of them have taken none. */
const STRETCH_NS = 1000;
const STRETCHES_STILL = 1024;

export function sampleBegin(k: Kernel): number {
  return k.host.monotonicNs();
}

/**
 * The stretch that began at `beganNs` is over, and `p` has run it. `counted`: stretches it stands for that the
 * caller has not counted.
 */
export function sampleEnd(p: Proc, beganNs: number, counted: number): void {
  const k = p.kernel;
  k.stretches += counted - 1;
  const now = k.host.monotonicNs();
  p.stimeNs += Math.min((now - beganNs) * STRETCHES_PER_SAMPLE, now - k.sampledNs);
  k.sampledNs = now;
  if (p.timers !== null) {
    timersCharged(p);
  }
  if (p.stimeNs >= (p.limit.cur[RLIMIT_CPU] as number) * NSEC) {
    overrun(p);
  }
}

/** `p` has used more than it may: it is told, again after a while, and killed when it has used up all. */
function overrun(p: Proc): void {
  const max = p.limit.max[RLIMIT_CPU] as number;
  if (p.stimeNs >= max * NSEC) {
    psignal(p, SIGKILL);
    return;
  }
  psignal(p, SIGXCPU);
  p.limit = limPrivatise(p.limit);
  p.limit.cur[RLIMIT_CPU] = Math.min(max, Math.floor(p.stimeNs / NSEC) + GRACE_SEC);
}

/** The host's monotonic clock, moved on when it has stood still for long while there was work. */
export function clockRead(k: Kernel): number {
  const { host } = k;
  const now = host.monotonicNs();
  if (host.worked === undefined) {
    return now;
  }
  if (now !== k.lastClockNs) {
    k.stretchesMoved = k.stretches;
    return now;
  }
  const stretches = k.stretches - k.stretchesMoved;
  if (stretches < STRETCHES_STILL) {
    return now;
  }
  k.stretchesMoved = k.stretches;
  host.worked(stretches * STRETCH_NS);
  return host.monotonicNs();
}
