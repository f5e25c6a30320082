/**
 * Coming into the kernel and going out again, other than by a system call: for the API's own entries, and for
 * host code that is not an lwp itself.
 *
 * Outside the kernel a host thread may have an lwp of its own (`kernel.hostlwp`, see lwproc.ts). Who has none
 * borrows lwp0's neighbour in init: an implicit context, as the rump kernel gives to threads that never asked
 * for one.
 *
 * NetBSD: sys/rump/librump/rumpkern/scheduler.c (rump_schedule, rump_unschedule).
 */

import type { Hyperup } from '../rumpuser/rumpuser.ts';
import { LSONPROC, LSRUN } from '../sys/constants/lwp.ts';
import { Errno } from '../sys/errno.ts';
import { giantEnter, giantExit } from './giant.ts';
import { KASSERT } from './kassert.ts';
import type { Kernel } from './kernel.ts';
import type { Lwp } from './lwp.ts';
import { lwpCurlwp } from './lwproc.ts';
import { panicFrom } from './panic.ts';
import { settle } from './sched.ts';
import { enterable } from './syscall.ts';

/** Enter the kernel. @returns the lwp that is now current */
export function schedule(k: Kernel): Lwp {
  KASSERT(k.curlwp === null, 'schedule from inside the kernel');
  const l = lwpCurlwp(k) ?? k.implicit;
  giantEnter(k);
  k.host.curlwpSet(l.handle);
  k.curlwp = l;
  l.stat = LSONPROC;
  return l;
}

/** Leave the kernel. */
export function unschedule(k: Kernel): void {
  const l = k.curlwp;
  KASSERT(l !== null, 'unschedule outside the kernel');
  k.host.curlwpClear(l.handle);
  l.stat = LSRUN;
  k.curlwp = null;
  giantExit(k);
}

/**
 * What the host calls around a hypercall that may block: the CPU is given up and taken back, by the same lwp.
 * While it is away nobody of this isolate runs, but other host threads may have the giant lock. The thread's
 * curlwp stays what it is: a lock that is waited for will be owned by it.
 */
export function hyperup(k: Kernel): Hyperup {
  let away: Lwp | null = null;
  return {
    unschedule() {
      away = k.curlwp;
      aside(k, away, () => giantExit(k));
      k.curlwp = null;
    },
    schedule() {
      aside(k, away, () => giantEnter(k));
      k.curlwp = away;
      away = null;
    },
  };
}

/** Do something with the giant lock, whose owner is not `l`. */
function aside(k: Kernel, l: Lwp | null, change: () => void): void {
  if (l === null || !k.giantShared) {
    change();
    return;
  }
  k.host.curlwpClear(l.handle);
  change();
  k.host.curlwpSet(l.handle);
}

/**
 * Run `fn` inside the kernel, as the host thread's lwp. @throws what `fn` throws when it is an errno;
 * KernelDead
 */
export function inKernel<T>(k: Kernel, fn: (l: Lwp) => T): T {
  enterable(k);
  const l = schedule(k);
  let bug: unknown = null;
  try {
    return fn(l);
  } catch (error) {
    if (!(error instanceof Errno)) {
      bug = error;
    }
    throw error;
  } finally {
    unschedule(k);
    if (bug !== null) {
      panicFrom(k, bug, l);
    }
    settle(k);
  }
}
