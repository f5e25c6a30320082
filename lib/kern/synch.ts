/**
 * The older sleeping calls: sleep on any object (`ltsleep`, `tsleep`, `wakeup`), for a time (`kpause`), or
 * until the host answers (`hyperwait`).
 *
 * NetBSD: sys/kern/kern_synch.c, sys/rump/librump/rumpkern/ltsleep.c, ltsleep(9), kpause(9).
 */
import type { Errno } from '../sys/errno.ts';
import { EWOULDBLOCK } from '../sys/errno.ts';
import type { Kernel } from './kernel.ts';
import type { Kmutex } from './kmutex.ts';
import type { Lwp } from './lwp.ts';
import type { MaySleep } from './maysleep.ts';
import { FOREVER, SleepQueue, sleepqBlock, sleepqUnsleep, sleepqWakeAll, sleepqWakeOne } from './sleepq.ts';

/**
 * Sleep until `wakeup(chan)`.
 * @param mtx given up while asleep, held again on return; or null
 * @throws EWOULDBLOCK; with PCATCH EINTR ERESTART EDEADLK
 */
export function* ltsleep(
  l: Lwp,
  chan: object,
  flags: number,
  wmesg: string,
  timeoutNs: number,
  mtx: Kmutex | null,
): MaySleep<void> {
  const k = l.kernel;
  let q = k.sleeptab.get(chan);
  if (q === undefined) {
    q = new SleepQueue();
    k.sleeptab.set(chan, q);
  }
  mtx?.exit(l);
  let error: unknown = null;
  try {
    yield* sleepqBlock(l, q, wmesg, flags, timeoutNs);
  } catch (e) {
    error = e;
  }
  if (mtx !== null) {
    yield* mtx.enter(l);
  }
  if (error !== null) {
    throw error;
  }
}

/** Wake everyone who sleeps on `chan`. */
export function wakeup(k: Kernel, chan: object): void {
  const q = k.sleeptab.get(chan);
  if (q !== undefined) {
    sleepqWakeAll(q);
  }
}

/** Wake the longest sleeper on `chan`. */
export function wakeupOne(k: Kernel, chan: object): void {
  const q = k.sleeptab.get(chan);
  if (q !== undefined) {
    sleepqWakeOne(q);
  }
}

/**
 * Sleep for a time and return when it is over.
 * @param flags 0, or PCATCH to let signals end it
 * @throws with PCATCH EINTR ERESTART EDEADLK (never the timeout)
 */
export function* kpause(l: Lwp, wmesg: string, flags: number, timeoutNs: number): MaySleep<void> {
  try {
    yield* sleepqBlock(l, new SleepQueue(), wmesg, flags, timeoutNs);
  } catch (error) {
    if (error !== EWOULDBLOCK) {
      throw error;
    }
  }
}

/**
 * Sleep until the host has done something.
 * @param start begins it, and is given what to call (once, outside any lwp) when it is done: null, or the
 * errno to throw here
 */
export function* hyperwait(
  l: Lwp,
  wmesg: string,
  start: (done: (error: Errno | null) => void) => void,
): MaySleep<void> {
  let finished = false;
  let outcome: Errno | null = null;
  start((error) => {
    finished = true;
    outcome = error;
    if (l.wmesg === wmesg && l.queue !== null) {
      sleepqUnsleep(l, null);
    }
  });
  if (!finished) {
    l.kernel.hyperwaiting++;
    try {
      yield* sleepqBlock(l, new SleepQueue(), wmesg, 0, FOREVER);
    } finally {
      l.kernel.hyperwaiting--;
    }
  }
  if (outcome !== null) {
    throw outcome;
  }
}
