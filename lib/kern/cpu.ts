/**
 * Virtual CPUs. There are `RUMP_NCPU` of them; each has a run queue, the lwp it runs, and a soft-interrupt context.
 * Only one lwp runs at a time in an isolate; CPUs decide who is next and give per-CPU data its places.
 *
 * NetBSD: sys/rump/librump/rumpkern/scheduler.c, sys/sys/cpu_data.h.
 */
import type { Lwp } from './lwp.ts';
import { Runqueue } from './runq.ts';

export class Cpu {
  readonly index: number;
  readonly runqueue: Runqueue = new Runqueue();
  /** The context soft interrupts and callouts run in. */
  softlwp: Lwp | null = null;
  /** Dispatches and soft interrupts on this CPU. */
  nswtch = 0;
  nsoft = 0;

  constructor(index: number) {
    this.index = index;
  }
}
