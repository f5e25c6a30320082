/**
 * Kernel threads: lwps of process 0 whose coroutine is theirs for life.
 *
 * NetBSD: sys/kern/kern_kthread.c, kthread(9).
 */

import { LW_SYSTEM } from '../sys/constants/lwp.ts';
import { ENOTSUP, type Errno } from '../sys/errno.ts';
import type { Cpu } from './cpu.ts';
import type { Kernel } from './kernel.ts';
import { LW_BOUND, type Lwp } from './lwp.ts';
import { lwpCreate, lwpFree, lwpUnlink } from './lwpcreate.ts';
import type { LwpBody } from './maysleep.ts';
import { panicFrom } from './panic.ts';
import { setrunnable } from './runnable.ts';
import { PRI_KTHREAD } from './runq.ts';
import { settle } from './sched.ts';

export interface KthreadOptions {
  readonly priority?: number;
  /** Runs on this CPU only. */
  readonly cpu?: Cpu;
}

/**
 * Start a kernel thread; it runs when the scheduler gets to it and exits when `body` returns.
 * @throws ENOTSUP the kernel was booted without threads
 */
export function kthreadCreate(
  k: Kernel,
  name: string,
  body: LwpBody<void>,
  options: KthreadOptions = {},
): Lwp {
  if (!k.params.threads) {
    throw ENOTSUP;
  }
  const l = lwpCreate(k.proc0);
  l.flag |= LW_SYSTEM;
  l.name = name;
  l.priority = options.priority ?? PRI_KTHREAD;
  if (options.cpu !== undefined) {
    l.cpu = options.cpu;
    l.flag |= LW_BOUND;
  }
  l.coroutine = body(l);
  l.ondone = kthreadExit;
  setrunnable(l);
  if (k.curlwp === null) {
    settle(k);
  }
  return l;
}

function kthreadExit(l: Lwp): void {
  if (l.error !== undefined) {
    panicFrom(l.kernel, new Error(`kernel thread ${l.name} failed: ${(l.error as Errno).code}`), l);
    return;
  }
  lwpUnlink(l);
  lwpFree(l);
}
