/**
 * Making an lwp runnable: who may be on a run queue, and on whose.
 *
 * NetBSD: sys/kern/kern_synch.c (setrunnable), sys/kern/kern_runq.c (sched_takecpu).
 */

import { NZERO } from '../sys/constants/limits.ts';
import { LSRUN } from '../sys/constants/lwp.ts';
import type { Cpu } from './cpu.ts';
import { KASSERT } from './kassert.ts';
import type { Kernel } from './kernel.ts';
import { LW_BOUND, type Lwp } from './lwp.ts';
import type { Proc } from './proc.ts';
import { PRI_USER } from './runq.ts';

/** Put `l` on a run queue. */
export function setrunnable(l: Lwp): void {
  const k = l.kernel;
  KASSERT(l.coroutine !== null, 'the lwp has nothing to run');
  l.stat = LSRUN;
  takecpu(k, l).runqueue.enqueue(l);
  k.runnable++;
}

/** The CPU for `l`: its own when bound or when nobody waits there, else the least busy. */
function takecpu(k: Kernel, l: Lwp): Cpu {
  let best = l.cpu ?? (k.cpus[0] as Cpu);
  if ((l.flag & LW_BOUND) === 0 && best.runqueue.count > 0) {
    for (const cpu of k.cpus) {
      if (cpu.runqueue.count < best.runqueue.count) {
        best = cpu;
      }
    }
  }
  l.cpu = best;
  return best;
}

/** Take `l` off its run queue. */
export function unrunnable(l: Lwp): void {
  KASSERT(l.cpu !== null, 'the lwp has no CPU');
  l.cpu.runqueue.remove(l);
  l.kernel.runnable--;
}

/** Where a process of this niceness stands among the time-sharing priorities: nicer is lower. */
export function priorityOf(p: Proc): number {
  return PRI_USER - (p.nice - NZERO);
}

/** Change the priority of an lwp wherever it is. NetBSD: lwp_changepri. */
export function lwpChangepri(l: Lwp, priority: number): void {
  if (l.stat === LSRUN && l.queue !== null) {
    unrunnable(l);
    l.priority = priority;
    setrunnable(l);
  } else {
    l.priority = priority;
  }
}
