/**
 * Condition variables. The caller holds `mtx`, checks its condition, waits; the mutex is given up while
 * asleep and held again on return, also when the wait ends with an error.
 *
 * Since code between two `yield*` is atomic, a condition that only such code changes needs no mutex: then
 * `mtx` is null.
 *
 * NetBSD: sys/kern/kern_condvar.c, condvar(9).
 */

import type { Kmutex } from './kmutex.ts';
import type { Lwp } from './lwp.ts';
import type { MaySleep } from './maysleep.ts';
import { FOREVER, PCATCH, SleepQueue, sleepqBlock, sleepqWakeAll, sleepqWakeOne } from './sleepq.ts';

export class Condvar {
  readonly #queue = new SleepQueue();
  readonly wmesg: string;

  /** @param wmesg what `ps` shows of those who wait */
  constructor(wmesg: string) {
    this.wmesg = wmesg;
  }

  /** Wait until woken; signals do not end it. */
  wait(l: Lwp, mtx: Kmutex | null): MaySleep<void> {
    return this.#wait(l, mtx, 0, FOREVER);
  }

  /** @throws EINTR ERESTART EDEADLK */
  waitSig(l: Lwp, mtx: Kmutex | null): MaySleep<void> {
    return this.#wait(l, mtx, PCATCH, FOREVER);
  }

  /** @param timeoutNs relative. @throws EWOULDBLOCK */
  timedwait(l: Lwp, mtx: Kmutex | null, timeoutNs: number): MaySleep<void> {
    return this.#wait(l, mtx, 0, timeoutNs);
  }

  /** @param timeoutNs relative. @throws EWOULDBLOCK EINTR ERESTART EDEADLK */
  timedwaitSig(l: Lwp, mtx: Kmutex | null, timeoutNs: number): MaySleep<void> {
    return this.#wait(l, mtx, PCATCH, timeoutNs);
  }

  /** Wake one waiter, the longest. */
  signal(): void {
    sleepqWakeOne(this.#queue);
  }

  broadcast(): void {
    sleepqWakeAll(this.#queue);
  }

  get hasWaiters(): boolean {
    return this.#queue.length > 0;
  }

  *#wait(l: Lwp, mtx: Kmutex | null, flags: number, timeoutNs: number): MaySleep<void> {
    if (mtx === null) {
      return yield* sleepqBlock(l, this.#queue, this.wmesg, flags, timeoutNs);
    }
    mtx.exit(l);
    let error: unknown = null;
    try {
      yield* sleepqBlock(l, this.#queue, this.wmesg, flags, timeoutNs);
    } catch (e) {
      error = e;
    }
    yield* mtx.enter(l);
    if (error !== null) {
      throw error;
    }
  }
}
