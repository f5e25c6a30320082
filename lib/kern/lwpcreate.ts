/**
 * Making and unmaking lwps.
 *
 * NetBSD: sys/kern/kern_lwp.c (lwp_create, lwp_exit, lwp_free).
 */

import { LSRUN, LSZOMB, LW_WEXIT } from '../sys/constants/lwp.ts';
import { SSTOP } from '../sys/constants/proc.ts';
import { ESRCH } from '../sys/errno.ts';
import { sigisempty } from '../sys/sigset.ts';
import { calloutStop } from './callout.ts';
import { KASSERT } from './kassert.ts';
import type { Kernel } from './kernel.ts';
import { AST_SIGNAL, Lwp } from './lwp.ts';
import { nextlid, type Proc } from './proc.ts';
import { priorityOf } from './runnable.ts';
import { sleepqWakeAll } from './sleepq.ts';

/**
 * A new lwp of `p`, outside the kernel. It does not escape what its process has before it: a stop, a signal.
 * @param handle the host's name for it, when the caller has asked for one already
 * @throws ESRCH the process is exiting; ENOMEM
 */
export function lwpCreate(p: Proc, lid = nextlid(p), handle?: number): Lwp {
  const k: Kernel = p.kernel;
  if (p.exiting) {
    throw ESRCH;
  }
  const l = new Lwp(k, p, lid, handle ?? k.host.lwpCreate(), priorityOf(p));
  l.stat = LSRUN;
  if (p.stat === SSTOP || !sigisempty(p.sigpend)) {
    l.ast = AST_SIGNAL;
  }
  const first = p.lwps;
  l.siblingNext = first;
  if (first !== null) {
    first.siblingPrev = l;
  }
  p.lwps = l;
  p.nlwps++;
  k.nlwps++;
  return l;
}

/** `l` no longer belongs to its process; `lwpFree` follows once it is off the CPU. */
export function lwpUnlink(l: Lwp): void {
  const p = l.proc;
  KASSERT((l.flag & LW_WEXIT) === 0, `lwp ${l.lid} of process ${p.pid} exits twice`);
  l.flag |= LW_WEXIT;
  if (l.siblingPrev === null) {
    p.lwps = l.siblingNext;
  } else {
    l.siblingPrev.siblingNext = l.siblingNext;
  }
  if (l.siblingNext !== null) {
    l.siblingNext.siblingPrev = l.siblingPrev;
  }
  l.siblingNext = null;
  l.siblingPrev = null;
  p.nvcsw += l.nvcsw;
  p.nivcsw += l.nivcsw;
  p.nlwps--;
  l.kernel.nlwps--;
  if (p.lwpq !== null) {
    sleepqWakeAll(p.lwpq);
  }
}

/** Give the host's name of an exited lwp back. It must not be current. */
export function lwpFree(l: Lwp): void {
  KASSERT((l.flag & LW_WEXIT) !== 0, `lwp ${l.lid} freed without exiting`);
  KASSERT(
    l.kernel.curlwp !== l && l.coroutine === null && l.queue === null,
    `lwp ${l.lid} freed while in use`,
  );
  KASSERT(l.stat !== LSZOMB, `lwp ${l.lid} freed twice`);
  if (l.timeout !== null) {
    calloutStop(l.kernel, l.timeout);
  }
  l.stat = LSZOMB;
  l.kernel.host.lwpDestroy(l.handle);
}
