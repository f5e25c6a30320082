/**
 * Limits, priorities and usage of processes.
 *
 * NetBSD: sys/kern/kern_resource.c; getrlimit(2), getpriority(2), getrusage(2).
 */

import { NZERO } from '../sys/constants/limits.ts';
import {
  PRIO_MAX,
  PRIO_MIN,
  PRIO_PGRP,
  PRIO_PROCESS,
  PRIO_USER,
  RLIM_NLIMITS,
  RUSAGE_CHILDREN,
  RUSAGE_SELF,
} from '../sys/constants/resource.ts';
import { EACCES, EINVAL, EPERM, ESRCH } from '../sys/errno.ts';
import type { Rlimit } from '../sys/types.ts';
import { kauthAllows, kauthAuthorize } from './kauth.ts';
import type { Lwp } from './lwp.ts';
import { limPrivatise } from './plimit.ts';
import { type Proc, pgrpFind, procFind } from './proc.ts';
import { lwpChangepri, priorityOf } from './runnable.ts';
import { rusageOf } from './rusage.ts';
import type { Handlers } from './sysent.ts';

/** @throws EINVAL no such resource */
function checkResource(which: number): void {
  if (which < 0 || which >= RLIM_NLIMITS) {
    throw EINVAL;
  }
}

function isLimit(value: number): boolean {
  return value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && value >= 0);
}

function setrlimit(l: Lwp, which: number, lim: Rlimit): void {
  checkResource(which);
  setrlimitOf(l, l.proc, which, lim);
}

/**
 * Change a limit of `p`. @throws EINVAL; EPERM raising the hard limit without privilege, or somebody else's
 * process. NetBSD: dosetrlimit.
 */
export function setrlimitOf(l: Lwp, p: Proc, which: number, lim: Rlimit): void {
  if (!isLimit(lim.cur) || !isLimit(lim.max) || lim.cur > lim.max) {
    throw EINVAL;
  }
  if (p !== l.proc) {
    kauthAuthorize(l.kernel, l.cred, { scope: 'process', action: 'rlimit', proc: p });
  }
  const hard = p.limit.max[which] as number;
  if (
    lim.max > hard &&
    !kauthAllows(l.kernel, l.cred, { scope: 'process', action: 'rlimit_raise', proc: p })
  ) {
    throw EPERM;
  }
  p.limit = limPrivatise(p.limit);
  p.limit.cur[which] = lim.cur;
  p.limit.max[which] = lim.max;
}

/** The processes `which` and `who` mean. @throws ESRCH none; EINVAL */
function targets(l: Lwp, which: number, who: number): Proc[] {
  const k = l.kernel;
  switch (which) {
    case PRIO_PROCESS:
      return [who === 0 ? l.proc : procFind(k, who)];
    case PRIO_PGRP:
      return [...(who === 0 ? l.proc.pgrp : pgrpFind(k, who)).members];
    case PRIO_USER: {
      const uid = who === 0 ? l.cred.euid : who;
      const found = [...k.procs.values()].filter((p) => p.alive && p.cred.euid === uid);
      if (found.length === 0) {
        throw ESRCH;
      }
      return found;
    }
    default:
      throw EINVAL;
  }
}

/**
 * @throws EPERM somebody else's process; EACCES the same when the real user is root, and a better priority
 * without privilege. NetBSD: donice.
 */
function renice(l: Lwp, p: Proc, nice: number): void {
  const k = l.kernel;
  if (!kauthAllows(k, l.cred, { scope: 'process', action: 'nice', proc: p })) {
    throw l.cred.uid === 0 ? EACCES : EPERM;
  }
  const value = Math.max(PRIO_MIN, Math.min(PRIO_MAX, nice)) + NZERO;
  if (value < p.nice && !kauthAllows(k, l.cred, { scope: 'process', action: 'nice_raise', proc: p })) {
    throw EACCES;
  }
  p.nice = value;
  for (let m = p.lwps; m !== null; m = m.siblingNext) {
    lwpChangepri(m, priorityOf(p));
  }
}

export const resourceHandlers: Handlers<
  'getrlimit' | 'setrlimit' | 'getrusage' | 'getpriority' | 'setpriority'
> = {
  getrlimit: (l, which) => {
    checkResource(which);
    const { cur, max } = l.proc.limit;
    return { cur: cur[which] as number, max: max[which] as number };
  },
  setrlimit,
  getrusage: (l, who) => {
    if (who !== RUSAGE_SELF && who !== RUSAGE_CHILDREN) {
      throw EINVAL;
    }
    return rusageOf(l.proc, who === RUSAGE_SELF ? 'self' : 'children');
  },
  getpriority: (l, which, who) => Math.min(...targets(l, which, who).map((p) => p.nice)) - NZERO,
  setpriority: (l, which, who, prio) => {
    for (const p of targets(l, which, who)) {
      renice(l, p, prio);
    }
  },
};
