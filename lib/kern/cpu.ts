/**
 * Virtual CPUs. There are `RUMP_NCPU` of them; each has a run queue, the lwp it runs, and a soft-interrupt
 * context. Only one lwp runs at a time in an isolate; CPUs decide who is next and give per-CPU data its
 * places.
 *
 * NetBSD: sys/rump/librump/rumpkern/scheduler.c, sys/sys/cpu_data.h.
 */
import type { Kernel } from './kernel.ts';
import type { Lwp } from './lwp.ts';
import { Runqueue } from './runq.ts';
import { SoftintCpu } from './softint.ts';

export class Cpu {
  readonly index: number;
  readonly runqueue: Runqueue = new Runqueue();
  /** The context soft interrupts and callouts run in. */
  softlwp: Lwp | null = null;
  readonly softint: SoftintCpu = new SoftintCpu();
  /** Dispatches on this CPU. */
  nswtch = 0;

  constructor(index: number) {
    this.index = index;
  }
}

/** The CPU whose code runs; the first for host code. NetBSD: curcpu(). */
export function curcpu(k: Kernel): Cpu {
  return k.curlwp?.cpu ?? (k.cpus[0] as Cpu);
}

/** In a soft interrupt or a callout, where nothing may sleep? NetBSD: cpu_softintr_p(9). */
export function cpuSoftintr(k: Kernel): boolean {
  const { curlwp } = k;
  return curlwp !== null && curlwp.cpu !== null && curlwp.cpu.softlwp === curlwp;
}
