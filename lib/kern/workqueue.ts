/**
 * Workqueues: work put off to a kernel thread, where it may sleep.
 *
 * Work is done one piece at a time, in the order it was put in; a queue made with WQ_PERCPU has a thread on
 * every CPU and keeps the order of each. A piece of work is on a queue at most once, and may be put in again
 * as soon as its turn has come.
 *
 * NetBSD: sys/kern/subr_workqueue.c, workqueue(9).
 */

import { ENOTSUP } from '../sys/errno.ts';
import { Condvar } from './condvar.ts';
import { type Cpu, curcpu } from './cpu.ts';
import { KASSERT } from './kassert.ts';
import type { Kernel } from './kernel.ts';
import { kthreadCreate } from './kthread.ts';
import type { Lwp } from './lwp.ts';
import { isMaySleep, type MaySleep, type Soon } from './maysleep.ts';
import { preempt } from './sched.ts';
import {
  SOFTINT_CLOCK,
  type Softint,
  softintDisestablish,
  softintEstablish,
  softintScheduleCpu,
} from './softint.ts';

/** The function needs no big lock. It never does here: who runs kernel code holds the giant lock. */
export const WQ_MPSAFE = 0x01;
/** A thread and a queue for every CPU. */
export const WQ_PERCPU = 0x02;
/**
 * In a kernel without threads work is done in soft interrupts, where it may not sleep. Without this there is
 * no queue there.
 */
export const WQ_SOFTINT = 0x100;

/** A piece of work; those who put work off extend it by what is to be done. */
export class Work {
  /** On a queue, waiting for its turn? */
  queued = false;
  workNext: Work | null = null;
  /** Where it was put in last, and as which. */
  workQueue: WorkFifo | null = null;
  workSeq = 0;
}

/** The queue of one thread. */
class WorkFifo {
  readonly cpu: Cpu | null;
  first: Work | null = null;
  last: Work | null = null;
  /** Pieces put in, and pieces done, ever: the difference is not done yet. */
  enqueued = 0;
  finished = 0;
  /** The thread: null in a kernel without, and after its end. */
  worker: Lwp | null = null;
  softint: Softint | null = null;
  exiting = false;
  /** The thread waits here for work, others for its completion. */
  readonly work: Condvar;
  readonly done: Condvar;

  constructor(cpu: Cpu | null, name: string) {
    this.cpu = cpu;
    this.work = new Condvar(name);
    this.done = new Condvar(name);
  }
}

export class Workqueue<W extends Work> {
  readonly kernel: Kernel;
  readonly name: string;
  readonly fn: (l: Lwp, work: W) => Soon<void>;
  readonly flags: number;
  /** One, or by CPU index. */
  readonly fifos: readonly WorkFifo[];

  constructor(kernel: Kernel, name: string, fn: (l: Lwp, work: W) => Soon<void>, flags: number) {
    this.kernel = kernel;
    this.name = name;
    this.fn = fn;
    this.flags = flags;
    const percpu = (flags & WQ_PERCPU) !== 0;
    this.fifos = (percpu ? kernel.cpus : [null]).map((cpu) => new WorkFifo(cpu, name));
  }
}

/**
 * @param fn does a piece of work; the piece is its own again, and may be put in once more
 * @param priority of the threads
 * @param flags WQ_*
 * @throws ENOTSUP the kernel was booted without threads; ENOMEM
 */
export function workqueueCreate<W extends Work>(
  k: Kernel,
  name: string,
  fn: (l: Lwp, work: W) => Soon<void>,
  priority: number,
  flags = 0,
): Workqueue<W> {
  if (!k.params.threads && (flags & WQ_SOFTINT) === 0) {
    throw ENOTSUP;
  }
  const wq = new Workqueue(k, name, fn, flags);
  for (const q of wq.fifos) {
    if (k.params.threads) {
      const { cpu } = q;
      const full = cpu === null ? name : `${name}/${cpu.index}`;
      const options = cpu === null ? { priority } : { priority, cpu };
      q.worker = kthreadCreate(k, full, (l) => worker(l, wq, q), options);
    } else {
      q.softint = softintEstablish(k, SOFTINT_CLOCK, () => softWorker(wq, q));
    }
  }
  return wq;
}

/**
 * Put `work` in. For code inside the kernel, soft interrupts and callouts too, and for completions of host
 * I/O.
 * @param cpu with WQ_PERCPU: where to do it, by default here
 */
export function workqueueEnqueue<W extends Work>(wq: Workqueue<W>, work: W, cpu: Cpu | null = null): void {
  const q = fifoOf(wq, cpu);
  KASSERT(!work.queued, 'work is put into a queue twice');
  KASSERT(!q.exiting, 'work is put into a queue after its end');
  work.queued = true;
  work.workQueue = q;
  work.workSeq = ++q.enqueued;
  if (q.last === null) {
    q.first = work;
  } else {
    q.last.workNext = work;
  }
  q.last = work;
  if (q.softint === null) {
    q.work.signal();
  } else {
    softintScheduleCpu(wq.kernel, q.softint, q.cpu ?? curcpu(wq.kernel));
  }
}

/**
 * Wait until `work` has been done as often as it has been put in. From the queue's own thread: returns at
 * once.
 */
export function* workqueueWait<W extends Work>(l: Lwp, wq: Workqueue<W>, work: W): MaySleep<void> {
  const q = work.workQueue;
  if (q === null || q.worker === l) {
    return;
  }
  KASSERT(wq.fifos.includes(q), `work was not put into ${wq.name}`);
  const seq = work.workSeq;
  while (q.finished < seq) {
    yield* q.done.wait(l, null);
  }
}

/** The end of a queue. It is empty and nobody puts work in any more; work being done is waited for. */
export function* workqueueDestroy<W extends Work>(l: Lwp, wq: Workqueue<W>): MaySleep<void> {
  for (const q of wq.fifos) {
    KASSERT(q.first === null, `${wq.name} is destroyed with work in it`);
    KASSERT(!q.exiting, `${wq.name} is destroyed twice`);
    KASSERT(q.worker !== l, `${wq.name} is destroyed by its own thread`);
    q.exiting = true;
    q.work.signal();
    while (q.worker !== null) {
      yield* q.done.wait(l, null);
    }
    if (q.softint !== null) {
      yield* softintDisestablish(l, q.softint);
    }
  }
}

function fifoOf<W extends Work>(wq: Workqueue<W>, cpu: Cpu | null): WorkFifo {
  const percpu = (wq.flags & WQ_PERCPU) !== 0;
  KASSERT(percpu || cpu === null, 'the workqueue has no queue for each CPU');
  return wq.fifos[percpu ? (cpu ?? curcpu(wq.kernel)).index : 0] as WorkFifo;
}

/** Take all that is there: what comes meanwhile has to wait for others to have had a turn. */
function takeAll(q: WorkFifo): Work | null {
  const { first } = q;
  q.first = null;
  q.last = null;
  return first;
}

/**
 * Its turn has come: from here on it is its owner's, who may put it in again or forget it.
 * @returns the one behind it
 */
function release(work: Work): Work | null {
  const { workNext } = work;
  work.workNext = null;
  work.queued = false;
  return workNext;
}

function finished(q: WorkFifo): void {
  q.finished++;
  if (q.done.hasWaiters) {
    q.done.broadcast();
  }
}

function* worker<W extends Work>(l: Lwp, wq: Workqueue<W>, q: WorkFifo): MaySleep<void> {
  for (;;) {
    while (q.first === null && !q.exiting) {
      yield* q.work.wait(l, null);
    }
    if (q.first === null) {
      q.worker = null;
      q.done.broadcast();
      return;
    }
    for (let work = takeAll(q); work !== null; ) {
      const next = release(work);
      const answer = wq.fn(l, work as W);
      if (isMaySleep(answer)) {
        yield* answer;
      }
      KASSERT(l.lockCount === 0, 'work leaves locks behind');
      finished(q);
      work = next;
    }
    if (q.first !== null) {
      yield* preempt(l);
    }
  }
}

function softWorker<W extends Work>(wq: Workqueue<W>, q: WorkFifo): void {
  const l = wq.kernel.curlwp as Lwp;
  for (let work = takeAll(q); work !== null; ) {
    const next = release(work);
    const answer = wq.fn(l, work as W);
    if (isMaySleep(answer)) {
      KASSERT(answer.next().done === true, `work of ${wq.name} sleeps in a kernel without threads`);
    }
    finished(q);
    work = next;
  }
}
