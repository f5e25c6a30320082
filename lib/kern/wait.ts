/**
 * Waiting for children.
 *
 * NetBSD: sys/kern/kern_exit.c (do_sys_waitid, find_stopped_child), wait(2).
 */
import { SSTOP, SZOMB } from '../sys/constants/proc.ts';
import {
  W_CONTCODE,
  WALLOPTS,
  WALLSIG,
  WALTSIG,
  WCONTINUED,
  WEXITED,
  WNOHANG,
  WNOWAIT,
  WTRAPPED,
  WUNTRACED,
} from '../sys/constants/wait.ts';
import { ECHILD, EINVAL } from '../sys/errno.ts';
import { procReap } from './exit.ts';
import type { Lwp } from './lwp.ts';
import type { MaySleep } from './maysleep.ts';
import type { Proc } from './proc.ts';
import { FOREVER, PCATCH, sleepqBlock } from './sleepq.ts';

export interface Waited {
  /** Null when WNOHANG found nobody ready. A reaped one: only its numbers are left. */
  readonly child: Proc | null;
  readonly status: number;
}

/** Which children are meant. */
export type WaitWhom = (child: Proc) => boolean;

/**
 * Wait for a child that has exited or, as the options ask, stopped or continued.
 * @throws ECHILD no such child; EINVAL options; EINTR ERESTART EDEADLK
 */
export function* waitChild(l: Lwp, whom: WaitWhom, options: number): MaySleep<Waited> {
  if ((options & ~WALLOPTS) !== 0 || (options & (WEXITED | WUNTRACED | WCONTINUED | WTRAPPED)) === 0) {
    throw EINVAL;
  }
  const p = l.proc;
  // WALTSIG asks for children that announce their exit with another signal than SIGCHLD: there are none.
  const foreign = (options & (WALTSIG | WALLSIG)) === WALTSIG;
  for (;;) {
    let any = false;
    for (let e = p.children?.first ?? null; e !== null; e = e.next) {
      const child = e.owner;
      if (foreign || !whom(child)) {
        continue;
      }
      any = true;
      const status = ready(child, options);
      if (status !== null) {
        if ((options & WNOWAIT) === 0) {
          collect(child);
        }
        return { child, status };
      }
    }
    if (!any) {
      throw ECHILD;
    }
    if ((options & WNOHANG) !== 0) {
      return { child: null, status: 0 };
    }
    yield* sleepqBlock(l, p.waitQueue(), 'wait', PCATCH, FOREVER);
  }
}

/** The status of a child there is something to tell of, else null. */
function ready(child: Proc, options: number): number | null {
  if (child.stat === SZOMB && (options & WEXITED) !== 0) {
    return child.xstat;
  }
  if (child.stat === SSTOP && (options & WUNTRACED) !== 0 && !child.waited) {
    return child.xstat;
  }
  return child.continued && (options & WCONTINUED) !== 0 ? W_CONTCODE() : null;
}

/** The parent has been told: a zombie goes, a stop or continue is not told again. */
function collect(child: Proc): void {
  if (child.stat === SZOMB) {
    procReap(child);
  } else if (child.stat === SSTOP) {
    child.waited = true;
  } else {
    child.continued = false;
  }
}
