/**
 * The scheduler: who runs next, what happens when nobody can, and the two ways to drive it.
 *
 * One lwp runs at a time; it runs until it sleeps or leaves. `drive` runs lwps until a given one has left (a
 * synchronous caller waits for it); `pump` runs all that can run (asynchronous callers, once a turn). Both
 * run due callouts and soft interrupts between lwps, and neither is entered while an lwp is current: the
 * kernel is not re-entrant.
 *
 * NetBSD: sys/rump/librump/rumpkern/scheduler.c, sys/kern/kern_synch.c (mi_switch).
 */

import { LSONPROC, LSRUN, LSSLEEP, LW_SINTR, LW_WEXIT } from '../sys/constants/lwp.ts';
import { EDEADLK, Errno, ESRCH } from '../sys/errno.ts';
import { calloutSoftclock } from './callout.ts';
import type { Cpu } from './cpu.ts';
import { giantEnter, giantExit } from './giant.ts';
import { KASSERT } from './kassert.ts';
import type { Kernel } from './kernel.ts';
import { LW_ABANDONED, LW_UPCALL, type Lwp } from './lwp.ts';
import { lwpFree, lwpUnlink } from './lwpcreate.ts';
import { type MaySleep, SLEEPING } from './maysleep.ts';
import { KernelDead, panicFrom } from './panic.ts';
import { setrunnable, unrunnable } from './runnable.ts';
import { clockRead, STRETCHES_PER_SAMPLE, sampleBegin, sampleEnd } from './sample.ts';
import { sleepqUnsleep } from './sleepq.ts';
import { softintRun } from './softint.ts';
import { describeSleepers } from './wchan.ts';

/** Dispatches between two looks at the clock, and in one pump before the host's event loop gets a turn. */
const DISPATCHES_PER_CLOCK = 64;
const DISPATCHES_PER_PUMP = 16384;
/** A deadline this close at a pump counts as delivered: asking once more costs less than losing it. */
const ARM_SLACK_NS = 1_000_000;
/** How far into a run queue a simulated host may reach for the next lwp. */
const PICK_MAX = 64;

function pick(k: Kernel): Lwp | null {
  if (k.runnable === 0) {
    return null;
  }
  const { cpus, schedPick } = k;
  let at = schedPick === null ? k.nextCpu : schedPick(cpus.length);
  for (let i = 0; i < cpus.length; i++) {
    const cpu = cpus[at] as Cpu;
    at = at + 1 === cpus.length ? 0 : at + 1;
    const q = cpu.runqueue.best();
    if (q !== null) {
      k.nextCpu = at;
      cpu.nswtch++;
      const l = (schedPick === null ? q.first : q.at(schedPick(Math.min(q.length, PICK_MAX)))) as Lwp;
      unrunnable(l);
      return l;
    }
  }
  KASSERT(false, `${k.runnable} runnable lwps are on no run queue`);
}

/** Run `l` until it sleeps, yields or is done. */
export function resume(k: Kernel, l: Lwp): void {
  const { coroutine } = l;
  KASSERT(coroutine !== null && k.curlwp === null, 'cannot resume the lwp');
  l.stat = LSONPROC;
  k.host.curlwpSet(l.handle);
  k.curlwp = l;
  let done = true;
  try {
    const step = coroutine.next();
    if (step.done === true) {
      l.value = step.value;
    } else {
      done = false;
    }
  } catch (error) {
    l.error = error;
  }
  k.host.curlwpClear(l.handle);
  k.curlwp = null;
  if (done) {
    leave(k, l);
  } else if (l.stat === LSONPROC) {
    panicFrom(k, new Error(`${l} gave up the CPU outside a sleeping primitive`), l);
  }
}

/** The coroutine of `l` has ended: tell whoever started it. */
function leave(k: Kernel, l: Lwp): void {
  l.coroutine = null;
  l.stat = LSRUN;
  if (l.error !== undefined && !(l.error instanceof Errno)) {
    panicFrom(k, l.error, l);
    return;
  }
  if (l.lockCount !== 0) {
    panicFrom(k, new Error(`${l} leaves the kernel holding ${l.lockCount} locks`), l);
    return;
  }
  const { ondone } = l;
  l.ondone = null;
  if ((l.flag & LW_WEXIT) !== 0) {
    lwpFree(l);
  }
  ondone?.(l);
}

/** Let others of the same or a higher priority run first. */
export function* preempt(l: Lwp): MaySleep<void> {
  l.nivcsw++;
  setrunnable(l);
  yield SLEEPING;
}

/**
 * Leave the kernel for a while without ending the call: `fn` runs as user code of `l`, which may make system
 * calls as `l`. What it throws is kept in `l.thrown`.
 */
export function* usermode(l: Lwp, fn: () => void): MaySleep<void> {
  l.kernel.upcalls.push({ l, fn });
  l.stat = LSRUN;
  yield SLEEPING;
}

/**
 * Run the user code that lwps have left the kernel for. No lwp is current, and to the kernel theirs are
 * outside.
 */
function upcallsRun(k: Kernel): void {
  for (let upcall = k.upcalls.shift(); upcall !== undefined; upcall = k.upcalls.shift()) {
    const { l, fn } = upcall;
    const { coroutine, ondone } = l;
    l.coroutine = null;
    l.ondone = null;
    l.flag |= LW_UPCALL;
    giantExit(k);
    try {
      fn();
    } catch (error) {
      l.thrown = { error };
    }
    giantEnter(k);
    l.flag &= ~LW_UPCALL;
    const goOn = (): void => {
      if (k.state === 'dead' || (l.flag & LW_WEXIT) !== 0) {
        // It ended its process, or the kernel: the call it was made in has nobody to return to.
        l.error = k.state === 'dead' ? new KernelDead(`kernel is dead (${k.deadReason})`) : ESRCH;
        ondone?.(l);
        return;
      }
      l.value = undefined;
      l.error = undefined;
      l.coroutine = coroutine;
      l.ondone = ondone;
      setrunnable(l);
    };
    if (l.coroutine === null) {
      goOn();
    } else {
      // A call it made was given up on and left asleep. The one it was made in goes on when that has ended.
      l.flag &= ~LW_ABANDONED;
      l.ondone = goOn;
    }
  }
}

/** Run callouts that are due and pending soft interrupts. */
export function clockint(k: Kernel): void {
  k.sinceClock = 0;
  const now = clockRead(k);
  k.lastClockNs = now;
  calloutSoftclock(k, now, softcontext);
  softintRun(k, softcontext);
}

/** Call `fn` as the soft-interrupt lwp of `cpu`: curlwp is exact there too, and it cannot sleep. */
function softcontext(k: Kernel, cpu: Cpu, fn: () => void): void {
  const l = cpu.softlwp ?? k.lwp0;
  k.host.curlwpSet(l.handle);
  k.curlwp = l;
  try {
    fn();
    KASSERT(l.lockCount === 0, 'soft interrupt leaves locks behind');
  } catch (error) {
    panicFrom(k, error, l);
  }
  k.host.curlwpClear(l.handle);
  k.curlwp = null;
}

/** Run one lwp. @returns false when none is runnable */
function dispatch(k: Kernel): boolean {
  if (k.softPending > 0) {
    softintRun(k, softcontext);
  }
  const l = pick(k);
  if (l === null) {
    return false;
  }
  const beganNs = ++k.stretches % STRETCHES_PER_SAMPLE === 0 ? sampleBegin(k) : -1;
  resume(k, l);
  if (beganNs >= 0) {
    sampleEnd(l.proc, beganNs, 1);
  }
  if (k.upcalls.length > 0) {
    upcallsRun(k);
  }
  if (++k.sinceClock >= DISPATCHES_PER_CLOCK) {
    clockint(k);
  }
  return true;
}

/**
 * Run lwps until `l` has left the kernel. Waits in the host while nobody is runnable; when nothing could ever
 * wake `l`, its sleep ends with EDEADLK (see `abandon` for the sleeps that cannot be ended).
 * @returns false when `l` was left asleep
 */
export function drive(k: Kernel, l: Lwp): boolean {
  // Nobody who is dead has a coroutine: kernelDie has answered them all.
  while (l.coroutine !== null) {
    if (dispatch(k)) {
      continue;
    }
    clockint(k);
    if (k.runnable > 0 || l.coroutine === null) {
      continue;
    }
    if (k.callouts.waking === 0 && !k.host.busy()) {
      if (!abandon(k, l)) {
        return false;
      }
      continue;
    }
    giantExit(k);
    k.host.idle(k.callouts.nextNs);
    giantEnter(k);
    k.host.reap();
  }
  return true;
}

/**
 * Nothing can wake `l`, for which a synchronous caller waits. A sleep that may be interrupted ends with
 * EDEADLK, and so does waiting at the user boundary to be continued: a call that has not begun must not be
 * made later. Any other sleep keeps its lwp (its code does not expect to come back empty-handed): the caller
 * alone is told.
 */
function abandon(k: Kernel, l: Lwp): boolean {
  KASSERT(l.stat === LSSLEEP, `${l} is not asleep`);
  l.deadlock = describeSleepers(k);
  if ((l.flag & LW_SINTR) !== 0 || (l.queue !== null && l.queue === l.proc.stopq)) {
    sleepqUnsleep(l, EDEADLK);
    return true;
  }
  l.flag |= LW_ABANDONED;
  l.ondone = abandonedExit;
  return false;
}

/**
 * An abandoned lwp has woken after all and left: nobody waits for it, so it goes. A dead kernel's goes with
 * the kernel.
 */
function abandonedExit(l: Lwp): void {
  if ((l.flag & LW_WEXIT) === 0 && l.kernel.state !== 'dead') {
    lwpUnlink(l);
    lwpFree(l);
  }
}

/**
 * Run everything that can run, then tell the host when to call again. The host calls this outside any lwp.
 */
export function pump(k: Kernel): void {
  k.pumpAsked = false;
  if (k.state === 'dead') {
    return;
  }
  KASSERT(k.curlwp === null, 'pump inside the kernel');
  giantEnter(k);
  k.host.reap();
  clockint(k);
  if (k.armedNs < k.lastClockNs + ARM_SLACK_NS) {
    k.armedNs = Number.POSITIVE_INFINITY;
  }
  for (let n = 0; n < DISPATCHES_PER_PUMP && dispatch(k); n++) {
    if (k.runnable === 0) {
      clockint(k);
    }
  }
  giantExit(k);
  settle(k);
}

/**
 * On the way out of the kernel: soft interrupts run, and whoever can still run, or has a time to run at, gets
 * a pump.
 */
export function settle(k: Kernel): void {
  if (k.softPending > 0) {
    giantEnter(k);
    softintRun(k, softcontext);
    giantExit(k);
  }
  if (k.state === 'dead') {
    return;
  }
  if (k.runnable > 0) {
    if (!k.pumpAsked) {
      k.pumpAsked = true;
      k.host.defer();
    }
    return;
  }
  const next = k.callouts.waking > 0 ? k.callouts.nextNs : Number.POSITIVE_INFINITY;
  if (next !== k.armedNs) {
    k.armedNs = next;
    k.host.arm(next);
  }
}
