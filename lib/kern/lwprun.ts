/**
 * A piece of work on an lwp of its own: for callers that are neither an lwp nor wait for one.
 *
 * NetBSD: sys/rump/librump/rumpkern/rump.c (rump_syscall by hyp_lwproc_newlwp, hyp_lwproc_release).
 */
import { LSZOMB, LW_WEXIT } from '../sys/constants/lwp.ts';
import type { Lwp } from './lwp.ts';
import { lwpCreate, lwpFree, lwpUnlink } from './lwpcreate.ts';
import type { MaySleep } from './maysleep.ts';
import type { Proc } from './proc.ts';
import { setrunnable } from './runnable.ts';

/**
 * Let a new lwp of `p` run a coroutine; `done` is told how it ended, outside any lwp, when that lwp has gone.
 * @throws ESRCH the process is exiting; ENOMEM
 */
export function lwpRun<T>(
  p: Proc,
  body: (l: Lwp) => MaySleep<T>,
  done: (l: Lwp, value: T | undefined, error: unknown) => void,
): Lwp {
  const l = lwpCreate(p);
  l.coroutine = body(l);
  l.ondone = () => {
    const { value, error } = l;
    l.value = undefined;
    l.error = undefined;
    if (l.stat !== LSZOMB && l.kernel.state !== 'dead') {
      if ((l.flag & LW_WEXIT) === 0) {
        lwpUnlink(l);
      }
      lwpFree(l);
    }
    done(l, value as T | undefined, error);
  };
  setrunnable(l);
  return l;
}
