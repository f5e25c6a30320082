/**
 * System calls about processes: making, ending, waiting for and signalling them.
 *
 * NetBSD: sys/kern/{kern_fork,kern_exit,kern_sig,sys_lwp}.c; fork(2), exit(2), wait(2), kill(2),
 * _lwp_exit(2), sched_yield(3).
 */
import { P_ALL, P_GID, P_PGID, P_PID, P_SID, P_UID } from '../sys/constants/idtype.ts';
import { PK_SYSTEM } from '../sys/constants/proc.ts';
import {
  CLD_CONTINUED,
  CLD_EXITED,
  CLD_KILLED,
  CLD_STOPPED,
  NSIG,
  SI_QUEUE,
  SI_USER,
  SIGCHLD,
  SIGCONT,
} from '../sys/constants/signal.ts';
import {
  W_EXITCODE,
  WAIT_ANY,
  WAIT_MYPGRP,
  WEXITED,
  WEXITSTATUS,
  WIFCONTINUED,
  WIFEXITED,
  WIFSTOPPED,
  WSTOPSIG,
  WTERMSIG,
  WTRAPPED,
} from '../sys/constants/wait.ts';
import { EAGAIN, EINVAL, EPERM, ESRCH } from '../sys/errno.ts';
import type { Siginfo } from '../sys/types.ts';
import { exit1, lwpExit } from './exit.ts';
import { fork1 } from './fork.ts';
import { kauthAllows } from './kauth.ts';
import type { Lwp } from './lwp.ts';
import { type Proc, pgrpFind } from './proc.ts';
import { rusageOf } from './rusage.ts';
import { preempt } from './sched.ts';
import { psignal } from './sig.ts';
import { sigfull, siginfo } from './sigacts.ts';
import type { Handlers } from './sysent.ts';
import { type WaitWhom, waitChild } from './wait.ts';

/** May `l` send `signo` to `p`? A continue may go to anyone of one's own session. */
function cansignal(l: Lwp, p: Proc, signo: number): boolean {
  if (signo === SIGCONT && p.pgrp.session === l.proc.pgrp.session) {
    return true;
  }
  return kauthAllows(l.kernel, l.cred, { scope: 'process', action: 'signal', proc: p, signo });
}

/** 0 is no signal, but all is asked as if it were. */
function post(p: Proc, info: Siginfo): void {
  if (info.signo !== 0) {
    psignal(p, info.signo, info);
  }
}

/**
 * Signal a set of processes: those it may not are passed over. @throws EPERM it may signal none; ESRCH there is none
 */
function killMany(l: Lwp, procs: Iterable<Proc>, info: Siginfo): void {
  const meant = [...procs].filter((p) => (p.flag & PK_SYSTEM) === 0 && p !== l.kernel.initproc);
  const allowed = meant.filter((p) => cansignal(l, p, info.signo));
  if (allowed.length === 0) {
    throw meant.length === 0 ? ESRCH : EPERM;
  }
  for (const p of allowed) {
    post(p, info);
  }
}

/**
 * Signal whom `pid` of kill(2) means: one, a group, everyone. @throws EINVAL ESRCH EPERM; EAGAIN what is queued for one
 * would be lost. NetBSD: kill1
 */
export function kill1(l: Lwp, pid: number, info: Siginfo): void {
  const k = l.kernel;
  const { signo } = info;
  if (!Number.isInteger(signo) || signo < 0 || signo >= NSIG) {
    throw EINVAL;
  }
  if (pid > 0) {
    const p = k.procs.get(pid);
    if (p === undefined) {
      throw ESRCH;
    }
    if (!p.alive) {
      // Anyone may signal a zombie, to no effect: its number is still its own.
      return;
    }
    if (!cansignal(l, p, signo)) {
      throw EPERM;
    }
    if (info.code === SI_QUEUE && sigfull(p, signo)) {
      throw EAGAIN;
    }
    post(p, info);
  } else if (pid === -1) {
    killMany(
      l,
      [...k.procs.values()].filter((p) => p.alive && p !== l.proc),
      info,
    );
  } else {
    killMany(l, (pid === 0 ? l.proc.pgrp : pgrpFind(k, -pid)).members, info);
  }
}

/** A child whose lwp blocks what `l` blocks. */
function fork(l: Lwp): number {
  const child = fork1(l.proc, { files: 'copy' });
  child.sigctx.mask = l.sigctx.mask;
  return child.proc.pid;
}

/** The children the `pid` of wait4(2) means. */
function whomByPid(l: Lwp, pid: number): WaitWhom {
  if (pid === WAIT_ANY) {
    return () => true;
  }
  const pgid = pid === WAIT_MYPGRP ? l.proc.pgrp.id : -pid;
  return pid > 0 ? (child) => child.pid === pid : (child) => child.pgrp.id === pgid;
}

/** The children `idtype` and `id` of wait6(2) mean; none, for what has no meaning here. */
function whomById(l: Lwp, idtype: number, id: number): WaitWhom {
  if (id === WAIT_MYPGRP && (idtype === P_PID || idtype === P_PGID)) {
    return whomByPid(l, WAIT_MYPGRP);
  }
  switch (idtype) {
    case P_ALL:
      return () => true;
    case P_PID:
      return (child) => child.pid === id;
    case P_PGID:
      return (child) => child.pgrp.id === id;
    case P_SID:
      return (child) => child.pgrp.session.sid === id;
    case P_UID:
      return (child) => child.cred.euid === id;
    case P_GID:
      return (child) => child.cred.egid === id;
    default:
      return () => false;
  }
}

/** What SIGCHLD would say of `child`; all zeros when there is none. */
function siginfoOf(child: Proc | null, status: number): Siginfo {
  if (child === null) {
    return { signo: 0, code: 0, errno: 0, pid: 0, uid: 0, status: 0, utime: 0, stime: 0 };
  }
  const info: Siginfo = {
    signo: SIGCHLD,
    code: 0,
    errno: 0,
    pid: child.pid,
    uid: child.cred.euid,
    utime: 0,
    stime: Math.floor(child.stimeNs / 1e9),
  };
  if (WIFCONTINUED(status)) {
    return { ...info, code: CLD_CONTINUED, status: SIGCONT };
  }
  if (WIFSTOPPED(status)) {
    return { ...info, code: CLD_STOPPED, status: WSTOPSIG(status) };
  }
  return WIFEXITED(status)
    ? { ...info, code: CLD_EXITED, status: WEXITSTATUS(status) }
    : { ...info, code: CLD_KILLED, status: WTERMSIG(status) };
}

export const procHandlers: Handlers<
  'fork' | 'vfork' | 'exit' | 'wait4' | 'wait6' | 'kill' | '_lwp_exit' | 'sched_yield'
> = {
  fork,
  vfork: fork,
  *exit(l, status) {
    yield* exit1(l, W_EXITCODE(status & 0xff, 0));
  },
  *wait4(l, pid, options) {
    const { child, status } = yield* waitChild(l, whomByPid(l, pid), options | WEXITED | WTRAPPED);
    return { pid: child?.pid ?? 0, status, rusage: rusageOf(child, 'self') };
  },
  *wait6(l, idtype, id, options) {
    const { child, status } = yield* waitChild(l, whomById(l, idtype, id), options);
    return {
      pid: child?.pid ?? 0,
      status,
      wru: { self: rusageOf(child, 'self'), children: rusageOf(child, 'children') },
      info: siginfoOf(child, status),
    };
  },
  kill: (l, pid, signo) => kill1(l, pid, siginfo(signo, { code: SI_USER, pid: l.proc.pid, uid: l.cred.uid })),
  *_lwp_exit(l) {
    if (l.proc.nlwps === 1) {
      yield* exit1(l, 0);
    } else {
      lwpExit(l);
    }
  },
  *sched_yield(l) {
    yield* preempt(l);
  },
};
