/**
 * A CPU's run queue: one FIFO for each priority and a bitmap of the non-empty ones, so that finding the best
 * lwp is a few `clz32`. FIFOs are made when a priority is first used: most kernels use five of the 224.
 *
 * NetBSD: sys/kern/kern_runq.c, sched_4bsd.
 */
import { KASSERT } from './kassert.ts';
import type { Lwp } from './lwp.ts';
import { LwpQueue } from './queue.ts';

/**
 * Priorities, higher runs first: time-sharing, kernel sleeps, kernel threads, user real time, soft
 * interrupts.
 */
export const PRI_USER = 43;
export const PRI_KERNEL = 64;
export const PRI_KTHREAD = 96;
export const PRI_USER_RT = 128;
export const PRI_SOFTINT = 192;
export const PRI_COUNT = 224;

const WORDS = PRI_COUNT / 32;

export class Runqueue {
  count = 0;
  readonly #queues: (LwpQueue | undefined)[] = [];
  readonly #bitmap = new Int32Array(WORDS);

  enqueue(l: Lwp): void {
    const pri = l.priority;
    KASSERT(pri >= 0 && pri < PRI_COUNT, 'priority out of range');
    let q = this.#queues[pri];
    if (q === undefined) {
      q = new LwpQueue();
      this.#queues[pri] = q;
    }
    q.insertTail(l);
    this.#bitmap[pri >> 5] = (this.#bitmap[pri >> 5] as number) | (1 << (pri & 31));
    this.count++;
  }

  remove(l: Lwp): void {
    const pri = l.priority;
    const q = this.#queues[pri];
    KASSERT(q !== undefined && l.queue === q, 'the lwp is not on run queue of its priority');
    q.remove(l);
    if (q.length === 0) {
      this.#bitmap[pri >> 5] = (this.#bitmap[pri >> 5] as number) & ~(1 << (pri & 31));
    }
    this.count--;
  }

  /** The FIFO of the highest priority that has anyone, or null. */
  best(): LwpQueue | null {
    for (let w = WORDS - 1; w >= 0; w--) {
      const bits = this.#bitmap[w] as number;
      if (bits !== 0) {
        return this.#queues[(w << 5) + 31 - Math.clz32(bits)] as LwpQueue;
      }
    }
    return null;
  }
}
