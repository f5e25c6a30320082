/**
 * Adaptive mutexes for what must not change across a sleep. (What no sleep interrupts needs none.)
 *
 * `exit` hands the mutex to the longest waiter, so a stream of newcomers cannot starve it.
 *
 * NetBSD: sys/kern/kern_mutex.c, mutex(9).
 */
import { EBUSY } from '../sys/errno.ts';
import { KASSERT } from './kassert.ts';
import type { Lwp } from './lwp.ts';
import type { MaySleep } from './maysleep.ts';
import { FOREVER, SleepQueue, sleepqBlock, sleepqWakeOne } from './sleepq.ts';

export class Kmutex {
  #owner: Lwp | null = null;
  readonly #waiters = new SleepQueue();
  readonly wmesg: string;

  constructor(wmesg = 'mutex') {
    this.wmesg = wmesg;
  }

  *enter(l: Lwp): MaySleep<void> {
    KASSERT(this.#owner !== l, `${l} locks ${this.wmesg} against itself`);
    if (this.#owner === null) {
      this.#take(l);
      return;
    }
    yield* sleepqBlock(l, this.#waiters, this.wmesg, 0, FOREVER);
    KASSERT(this.#owner === l, `${l} woke without ${this.wmesg}`);
  }

  /** @throws EBUSY */
  tryenter(l: Lwp): void {
    if (this.#owner !== null) {
      throw EBUSY;
    }
    this.#take(l);
  }

  exit(l: Lwp): void {
    KASSERT(this.#owner === l, `${l} unlocks ${this.wmesg} owned by ${this.#owner ?? 'nobody'}`);
    l.lockCount--;
    this.#owner = null;
    const next = sleepqWakeOne(this.#waiters);
    if (next !== null) {
      this.#take(next);
    }
  }

  owned(l: Lwp): boolean {
    return this.#owner === l;
  }

  destroy(): void {
    KASSERT(this.#owner === null && this.#waiters.length === 0, `${this.wmesg} destroyed in use`);
  }

  #take(l: Lwp): void {
    this.#owner = l;
    l.lockCount++;
  }
}
