/**
 * Intrusive FIFO of lwps. An lwp is on at most one queue at a time (a run queue while LSRUN, a sleep queue
 * while LSSLEEP), so its links live in the lwp and every operation is O(1) and allocates nothing.
 *
 * NetBSD: sys/sys/queue.h (TAILQ).
 */
import { KASSERT } from './kassert.ts';
import type { Lwp } from './lwp.ts';

export class LwpQueue {
  first: Lwp | null = null;
  last: Lwp | null = null;
  length = 0;

  insertTail(l: Lwp): void {
    KASSERT(l.queue === null, 'the lwp is on a queue already');
    l.queue = this;
    l.queuePrev = this.last;
    if (this.last === null) {
      this.first = l;
    } else {
      this.last.queueNext = l;
    }
    this.last = l;
    this.length++;
  }

  insertHead(l: Lwp): void {
    KASSERT(l.queue === null, 'the lwp is on a queue already');
    l.queue = this;
    l.queueNext = this.first;
    if (this.first === null) {
      this.last = l;
    } else {
      this.first.queuePrev = l;
    }
    this.first = l;
    this.length++;
  }

  remove(l: Lwp): void {
    KASSERT(l.queue === this, 'the lwp is not on this queue');
    if (l.queuePrev === null) {
      this.first = l.queueNext;
    } else {
      l.queuePrev.queueNext = l.queueNext;
    }
    if (l.queueNext === null) {
      this.last = l.queuePrev;
    } else {
      l.queueNext.queuePrev = l.queuePrev;
    }
    l.queueNext = null;
    l.queuePrev = null;
    l.queue = null;
    this.length--;
  }

  /** The lwp `n` places behind the first. */
  at(n: number): Lwp | null {
    let l = this.first;
    for (let i = 0; i < n && l !== null; i++) {
      l = l.queueNext;
    }
    return l;
  }
}
