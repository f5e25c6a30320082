/**
 * The advisory locks on one vnode.
 *
 * `held` is sorted by start; locks of one owner do not overlap. Who has to wait sleeps on its own entry of `waiting`,
 * which says for what, so that a circle of processes each waiting for the next is found before the last one joins it.
 * Whenever locks go, those who waited try again, in the order they came.
 *
 * NetBSD: sys/kern/vfs_lockf.c (lf_advlock), flock(2).
 */

import type { Lwp } from '../kern/lwp.ts';
import type { MaySleep, Soon } from '../kern/maysleep.ts';
import { FOREVER, PCATCH, SleepQueue, sleepqBlock, sleepqWakeAll } from '../kern/sleepq.ts';
import { EAGAIN, EDEADLK, ENOENT } from '../sys/errno.ts';

export interface Lock {
  /** A process (`posix`) or an open file (`flock`). */
  readonly owner: object;
  readonly kind: 'posix' | 'flock';
  readonly write: boolean;
  /** Bytes; the end is exclusive. */
  readonly start: number;
  readonly end: number;
}

interface Waiter {
  readonly lock: Lock;
  readonly queue: SleepQueue;
}

/** What somebody waits for. */
export interface Want {
  readonly lockf: Lockf;
  readonly lock: Lock;
}

export class Lockf {
  /** What each owner waits for, over all vnodes of the kernel. */
  readonly #wants: Map<object, Want>;
  #held: Lock[] = [];
  readonly #waiting: Waiter[] = [];
  #gone = false;

  constructor(wants: Map<object, Want>) {
    this.#wants = wants;
  }

  /** A lock of somebody else that `lock` cannot share the range with. */
  blocking(lock: Lock): Lock | null {
    return (
      this.#held.find(
        (other) =>
          other.owner !== lock.owner &&
          other.start < lock.end &&
          lock.start < other.end &&
          (other.write || lock.write),
      ) ?? null
    );
  }

  /** @throws EAGAIN it is held (`try`); EDEADLK the wait would never end; EINTR ERESTART */
  lock(l: Lwp, lock: Lock, how: 'try' | 'wait'): Soon<void> {
    const other = this.blocking(lock);
    if (other === null) {
      this.#put(lock);
      return;
    }
    if (how === 'try') {
      throw EAGAIN;
    }
    return this.#wait(l, lock);
  }

  *#wait(l: Lwp, lock: Lock): MaySleep<void> {
    if (lock.kind === 'flock') {
      // Two who share a file and both want it alone would wait for each other: what they have goes first.
      this.unlock(lock);
    }
    for (let other = this.blocking(lock); other !== null; other = this.blocking(lock)) {
      if (lock.kind === 'posix' && this.#circle(lock.owner, lock)) {
        throw EDEADLK;
      }
      const waiter: Waiter = { lock, queue: new SleepQueue() };
      this.#waiting.push(waiter);
      this.#wants.set(lock.owner, { lockf: this, lock });
      try {
        yield* sleepqBlock(l, waiter.queue, 'lockf', PCATCH, FOREVER);
      } finally {
        this.#wants.delete(lock.owner);
        const at = this.#waiting.indexOf(waiter);
        if (at >= 0) {
          this.#waiting.splice(at, 1);
        }
      }
      if (this.#gone) {
        throw ENOENT;
      }
    }
    this.#put(lock);
  }

  /** Does who holds what is wanted wait, directly or not, for `owner`? */
  #circle(owner: object, wanted: Lock): boolean {
    let step: Want | undefined = { lockf: this, lock: wanted };
    const seen = new Set<object>();
    while (step !== undefined) {
      const holder: Lock | null = step.lockf.blocking(step.lock);
      if (holder === null || seen.has(holder.owner)) {
        return false;
      }
      if (holder.owner === owner) {
        return true;
      }
      seen.add(holder.owner);
      step = this.#wants.get(holder.owner);
    }
    return false;
  }

  /** Give the range up, whatever was held in it. */
  unlock(range: Lock): void {
    if (this.#held.some((lock) => lock.owner === range.owner)) {
      this.#cut(range);
      this.#wake();
    }
  }

  /** The vnode goes. */
  gone(): void {
    this.#gone = true;
    this.#held = [];
    this.#wake();
  }

  #wake(): void {
    for (const { queue } of [...this.#waiting]) {
      sleepqWakeAll(queue);
    }
  }

  #put(lock: Lock): void {
    const downgrades = this.#held.some((other) => other.owner === lock.owner && other.write && !lock.write);
    this.#cut(lock);
    let at = this.#held.findIndex((other) => other.start > lock.start);
    at = at < 0 ? this.#held.length : at;
    this.#held.splice(at, 0, lock);
    this.#merge();
    if (downgrades) {
      this.#wake();
    }
  }

  /** Take `range` out of what its owner holds. */
  #cut(range: Lock): void {
    this.#held = this.#held.flatMap((lock) => {
      if (lock.owner !== range.owner || lock.start >= range.end || range.start >= lock.end) {
        return [lock];
      }
      const rest: Lock[] = [];
      if (lock.start < range.start) {
        rest.push({ ...lock, end: range.start });
      }
      if (range.end < lock.end) {
        rest.push({ ...lock, start: range.end });
      }
      return rest;
    });
    this.#held.sort((a, b) => a.start - b.start);
  }

  /** Neighbours of one owner and kind are one lock. */
  #merge(): void {
    const merged: Lock[] = [];
    for (const lock of this.#held) {
      const at = merged.findIndex(
        (other) => other.owner === lock.owner && other.write === lock.write && other.end === lock.start,
      );
      if (at < 0) {
        merged.push(lock);
      } else {
        merged[at] = { ...(merged[at] as Lock), end: lock.end };
      }
    }
    this.#held = merged;
  }
}
