/**
 * Sleep queues: the one place where an lwp stops running inside the kernel.
 *
 * An lwp asleep is on exactly one sleep queue. Its sleep ends once, by the first of: a wake-up of the queue;
 * its timeout (EWOULDBLOCK); a signal or an exit when it sleeps with PCATCH (EINTR, ERESTART); the scheduler
 * finding out that nothing could ever wake it (EDEADLK, PCATCH sleeps only). Whoever ends the sleep takes the
 * lwp off the queue, says why in `sleepError`, and makes it runnable; the lwp throws that when it runs again.
 *
 * NetBSD: sys/kern/kern_sleepq.c, sleepq(9).
 */

import { LSONPROC, LSSLEEP, LW_SINTR } from '../sys/constants/lwp.ts';
import { EINTR, ERESTART, type Errno, EWOULDBLOCK } from '../sys/errno.ts';
import { Callout, calloutSchedule, calloutStop } from './callout.ts';
import { KASSERT } from './kassert.ts';
import { AST_EXIT, AST_SIGNAL, type Lwp } from './lwp.ts';
import { type MaySleep, SLEEPING } from './maysleep.ts';
import { LwpQueue } from './queue.ts';
import { setrunnable } from './runnable.ts';
import { sigrestarts } from './sigacts.ts';
import { trace } from './trace.ts';

/** Sleep flag: signals end the sleep. */
export const PCATCH = 0x100;
/** No timeout. */
export const FOREVER = Number.POSITIVE_INFINITY;

export class SleepQueue extends LwpQueue {
  readonly sleeps = true;
}

/**
 * Sleep on `q` until woken.
 * @param wmesg what `ps` shows, as NetBSD spells it
 * @param flags 0 or PCATCH
 * @param timeoutNs relative nanoseconds, FOREVER for none; 0 or less still sleeps until the next clock
 * @throws EWOULDBLOCK on timeout; with PCATCH EINTR, ERESTART, EDEADLK
 */
export function* sleepqBlock(
  l: Lwp,
  q: SleepQueue,
  wmesg: string,
  flags: number,
  timeoutNs: number,
): MaySleep<void> {
  const k = l.kernel;
  KASSERT(k.curlwp === l && l.stat === LSONPROC, 'an lwp sleeps while not running');
  KASSERT(!Number.isNaN(timeoutNs), 'sleep timeout is not a number');
  if ((flags & PCATCH) !== 0) {
    const interrupted = interruption(l);
    if (interrupted !== null) {
      throw interrupted;
    }
    l.flag |= LW_SINTR;
  }
  l.wmesg = wmesg;
  l.stat = LSSLEEP;
  l.nvcsw++;
  q.insertTail(l);
  if (k.trace !== null) {
    trace(k, l.proc, l.lid, { type: 'sleep', wmesg, timeoutNs: timeoutNs === FOREVER ? null : timeoutNs });
  }
  if (timeoutNs !== FOREVER) {
    l.timeout ??= new Callout(() => sleepqUnsleep(l, EWOULDBLOCK));
    calloutSchedule(k, l.timeout, timeoutNs);
  }
  yield SLEEPING;
  KASSERT(k.curlwp === l, 'an lwp is resumed while not current');
  const error = l.sleepError;
  if (error !== null) {
    l.sleepError = null;
    throw error;
  }
}

/** EINTR or ERESTART when something waits for `l` at the user boundary, else null. */
function interruption(l: Lwp): Errno | null {
  if ((l.ast & AST_EXIT) !== 0) {
    return EINTR;
  }
  if ((l.ast & AST_SIGNAL) === 0) {
    return null;
  }
  return sigrestarts(l) ? ERESTART : EINTR;
}

/** Take a sleeping lwp off its queue and make it runnable; `error` is thrown at its sleep unless null. */
export function sleepqUnsleep(l: Lwp, error: Errno | null): void {
  KASSERT(l.stat === LSSLEEP && l.queue !== null, 'the lwp is not asleep');
  l.queue.remove(l);
  if (l.kernel.trace !== null) {
    traceWakeup(l, error);
  }
  l.wmesg = '';
  l.flag &= ~LW_SINTR;
  l.sleepError = error;
  if (l.timeout?.pending) {
    calloutStop(l.kernel, l.timeout);
  }
  setrunnable(l);
}

function traceWakeup(l: Lwp, error: Errno | null): void {
  const { kernel, proc, lid, wmesg } = l;
  const { curlwp } = kernel;
  const by = curlwp === null ? null : `${curlwp.proc.pid}.${curlwp.lid}`;
  trace(kernel, proc, lid, { type: 'wakeup', wmesg, by, code: error?.code ?? null });
}

/** Wake the longest sleeper. @returns it, or null when nobody sleeps. */
export function sleepqWakeOne(q: SleepQueue): Lwp | null {
  const l = q.first;
  if (l !== null) {
    sleepqUnsleep(l, null);
  }
  return l;
}

/** Wake everyone, in the order they fell asleep. */
export function sleepqWakeAll(q: SleepQueue): void {
  while (q.first !== null) {
    sleepqUnsleep(q.first, null);
  }
}

/**
 * End a PCATCH sleep because of what `l.ast` says. Other sleeps and waking lwps are left alone: they will
 * look.
 */
export function sleepqInterrupt(l: Lwp): void {
  if (l.stat === LSSLEEP && (l.flag & LW_SINTR) !== 0) {
    const error = interruption(l);
    KASSERT(error !== null, 'interrupt without a reason');
    sleepqUnsleep(l, error);
  }
}
