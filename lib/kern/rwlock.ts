/**
 * Reader/writer locks held across sleeps. A waiting writer keeps new readers out; leaving hands the lock
 * over: a writer's exit to all waiting readers, or to the next writer when none waits; the last reader's to a
 * writer.
 *
 * NetBSD: sys/kern/kern_rwlock.c, rwlock(9).
 */
import { EBUSY } from '../sys/errno.ts';
import { KASSERT } from './kassert.ts';
import type { Lwp } from './lwp.ts';
import type { MaySleep } from './maysleep.ts';
import { FOREVER, SleepQueue, sleepqBlock, sleepqUnsleep } from './sleepq.ts';

export type RwOp = 'reader' | 'writer';

export class Rwlock {
  #writer: Lwp | null = null;
  #readers = 0;
  readonly #waitingReaders = new SleepQueue();
  readonly #waitingWriters = new SleepQueue();

  *enter(l: Lwp, op: RwOp): MaySleep<void> {
    KASSERT(this.#writer !== l, `${l} locks a rwlock against itself`);
    if (this.#free(op)) {
      this.#take(l, op);
      return;
    }
    yield* sleepqBlock(
      l,
      op === 'reader' ? this.#waitingReaders : this.#waitingWriters,
      'rwlock',
      0,
      FOREVER,
    );
  }

  /** @throws EBUSY */
  tryenter(l: Lwp, op: RwOp): void {
    if (!this.#free(op)) {
      throw EBUSY;
    }
    this.#take(l, op);
  }

  /** The only reader becomes the writer. @throws EBUSY when there are other readers or a waiting writer */
  tryupgrade(l: Lwp): void {
    KASSERT(this.#readers > 0, `${l} upgrades a rwlock nobody reads`);
    if (this.#readers > 1 || this.#waitingWriters.length > 0) {
      throw EBUSY;
    }
    this.#readers = 0;
    this.#writer = l;
  }

  /** The writer becomes a reader; waiting readers come in unless a writer waits. */
  downgrade(l: Lwp): void {
    KASSERT(this.#writer === l, `${l} downgrades a rwlock owned by ${this.#writer ?? 'nobody'}`);
    this.#writer = null;
    this.#readers = 1;
    if (this.#waitingWriters.length === 0) {
      this.#admitReaders();
    }
  }

  exit(l: Lwp): void {
    l.lockCount--;
    if (this.#writer === null) {
      KASSERT(this.#readers > 0, `${l} unlocks a free rwlock`);
      this.#readers--;
    } else {
      KASSERT(this.#writer === l, `${l} unlocks a rwlock owned by ${this.#writer}`);
      this.#writer = null;
      if (this.#waitingReaders.length > 0) {
        this.#admitReaders();
        return;
      }
    }
    const next = this.#waitingWriters.first;
    if (this.#readers === 0 && next !== null) {
      sleepqUnsleep(next, null);
      this.#take(next, 'writer');
    }
  }

  /** Writer: held by `l`. Reader: held by anyone for reading. */
  held(l: Lwp, op: RwOp): boolean {
    return op === 'writer' ? this.#writer === l : this.#readers > 0;
  }

  destroy(): void {
    KASSERT(this.#writer === null && this.#readers === 0, 'rwlock destroyed in use');
  }

  #free(op: RwOp): boolean {
    return (
      this.#writer === null && (op === 'writer' ? this.#readers === 0 : this.#waitingWriters.length === 0)
    );
  }

  #take(l: Lwp, op: RwOp): void {
    l.lockCount++;
    if (op === 'writer') {
      this.#writer = l;
    } else {
      this.#readers++;
    }
  }

  #admitReaders(): void {
    for (let l = this.#waitingReaders.first; l !== null; l = this.#waitingReaders.first) {
      sleepqUnsleep(l, null);
      this.#take(l, 'reader');
    }
  }
}
