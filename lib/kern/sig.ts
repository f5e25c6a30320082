/**
 * Signals: posting, default actions, job-control stops, and what happens at the user boundary.
 *
 * A signal that needs the process to act is put in `proc.sigpend` and announced in `lwp.ast`; an lwp takes it when it next
 * is at the user boundary (`userret`). A process whose lwps are all outside the kernel lends one of them for that.
 * Stops and continues take effect when posted: they need nobody to act.
 *
 * NetBSD: sys/kern/kern_sig.c.
 */
import { LSSLEEP, LW_SINTR } from '../sys/constants/lwp.ts';
import { PK_SYSTEM, SACTIVE, SSTOP } from '../sys/constants/proc.ts';
import { SIGCHLD, SIGCONT, SIGKILL, SIGNALS, SIGSTOP } from '../sys/constants/signal.ts';
import { W_EXITCODE, W_STOPCODE } from '../sys/constants/wait.ts';
import { ESRCH } from '../sys/errno.ts';
import { sigaddset, sigdelset, sigfirst, sigisempty } from '../sys/sigset.ts';
import { exit1, lwpExit } from './exit.ts';
import { AST_EXIT, AST_SIGNAL, LW_LENT, type Lwp } from './lwp.ts';
import type { MaySleep } from './maysleep.ts';
import type { Proc } from './proc.ts';
import { setrunnable } from './runnable.ts';
import { settle } from './sched.ts';
import { FOREVER, SleepQueue, sleepqBlock, sleepqInterrupt, sleepqWakeAll } from './sleepq.ts';

/** Send a signal, 1 to 63, to a process. Zombies and system processes take none. */
export function psignal(p: Proc, signo: number): void {
  const action = SIGNALS[signo]?.action;
  if (!p.alive || p.exiting || (p.flag & PK_SYSTEM) !== 0 || p === p.kernel.initproc) {
    return;
  }
  if (action === 'continue' || signo === SIGKILL) {
    resumeProc(p, signo === SIGCONT);
  }
  switch (action) {
    case 'stop':
      if (signo === SIGSTOP || p.pgrp.jobc > 0) {
        stopProc(p, signo);
      }
      return;
    case 'terminate':
    case 'core':
      p.sigpend = sigaddset(p.sigpend, signo);
      p.nsignals++;
      announce(p);
      return;
    default:
      return;
  }
}

/** Make somebody of `p` come to the user boundary and look. Who sleeps uninterruptibly may be long in coming. */
function announce(p: Proc): void {
  let idle: Lwp | null = null;
  let coming = false;
  for (let l = p.lwps; l !== null; l = l.siblingNext) {
    l.ast |= AST_SIGNAL;
    if (l.coroutine === null && l.kernel.curlwp !== l) {
      idle = l;
    } else if (l.stat !== LSSLEEP || (l.flag & LW_SINTR) !== 0) {
      coming = true;
      sleepqInterrupt(l);
    }
  }
  if (!coming && idle !== null && p.stat !== SSTOP) {
    lend(idle);
  }
}

/** Run an lwp that is outside the kernel just to take what is pending. */
function lend(l: Lwp): void {
  l.coroutine = boundary(l);
  l.flag |= LW_LENT;
  setrunnable(l);
  if (l.kernel.curlwp === null) {
    settle(l.kernel);
  }
}

function* boundary(l: Lwp): MaySleep<void> {
  try {
    yield* userret(l);
  } catch (error) {
    // The process exited, which is what this lwp was lent for.
    if (error !== ESRCH) {
      throw error;
    }
  }
  l.flag &= ~LW_LENT;
}

function stopProc(p: Proc, signo: number): void {
  p.sigpend = sigdelset(p.sigpend, SIGCONT);
  if (p.stat === SSTOP) {
    return;
  }
  p.stat = SSTOP;
  p.xstat = W_STOPCODE(signo);
  p.waited = false;
  p.continued = false;
  for (let l = p.lwps; l !== null; l = l.siblingNext) {
    l.ast |= AST_SIGNAL;
  }
  tellParent(p);
}

function resumeProc(p: Proc, tell: boolean): void {
  if (p.stat !== SSTOP) {
    return;
  }
  p.stat = SACTIVE;
  p.xstat = 0;
  p.continued = tell;
  if (p.stopq !== null) {
    sleepqWakeAll(p.stopq);
  }
  if (!sigisempty(p.sigpend)) {
    announce(p);
  }
  if (tell) {
    tellParent(p);
  }
}

/** The state of `p` changed: its parent may be waiting for that. */
export function tellParent(p: Proc): void {
  const { parent } = p;
  if (parent === null) {
    return;
  }
  psignal(parent, SIGCHLD);
  if (parent.waitq !== null) {
    sleepqWakeAll(parent.waitq);
  }
}

/**
 * What every lwp does on its way back to user mode: exit if its process does, stay while the process is stopped,
 * take pending signals.
 * @throws ESRCH the lwp is no more: there is nobody to return to
 */
export function* userret(l: Lwp): MaySleep<void> {
  const p = l.proc;
  for (;;) {
    if ((l.ast & AST_EXIT) !== 0) {
      lwpExit(l);
      throw ESRCH;
    }
    if (p.stat === SSTOP) {
      p.stopq ??= new SleepQueue();
      yield* sleepqBlock(l, p.stopq, 'stop', 0, FOREVER);
      continue;
    }
    const signo = sigfirst(p.sigpend);
    if (signo === 0) {
      l.ast = 0;
      return;
    }
    p.sigpend = sigdelset(p.sigpend, signo);
    yield* sigexit(l, signo);
    throw ESRCH;
  }
}

/** The default action of a fatal signal. No core is written, and the status does not claim one. */
function sigexit(l: Lwp, signo: number): MaySleep<void> {
  return exit1(l, W_EXITCODE(0, signo));
}
