/**
 * Signals: posting, default actions, job-control stops, and what happens at the user boundary.
 *
 * A signal that needs the process to act is put in `proc.sigpend` and announced in `lwp.ast`; an lwp takes it
 * when it next is at the user boundary (`userret`). A process whose lwps are all outside the kernel lends one
 * of them for that. Stops that nobody blocks, and continues, take effect when posted: they need nobody to
 * act.
 *
 * NetBSD: sys/kern/kern_sig.c.
 */
import { NOTE_SIGNAL } from '../sys/constants/event.ts';
import { LSSLEEP, LW_SINTR, LW_SYSTEM, LW_WEXIT } from '../sys/constants/lwp.ts';
import { PK_SYSTEM, SACTIVE, SSTOP } from '../sys/constants/proc.ts';
import {
  CLD_CONTINUED,
  CLD_STOPPED,
  SA_NOCLDSTOP,
  SA_NODEFER,
  SA_RESETHAND,
  SIG_DFL,
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  SIGNALS,
  SIGSTOP,
} from '../sys/constants/signal.ts';
import { W_EXITCODE, W_STOPCODE, WSTOPSIG } from '../sys/constants/wait.ts';
import { ESRCH } from '../sys/errno.ts';
import {
  sigaddset,
  sigdelset,
  sigfirst,
  sigisempty,
  sigismember,
  sigminusset,
  sigplusset,
} from '../sys/sigset.ts';
import type { Sigaction, Siginfo } from '../sys/types.ts';
import { exit1, lwpExit } from './exit.ts';
import { knoteProc } from './filt.ts';
import { AST_EXIT, AST_SIGNAL, LW_LENT, LW_UPCALL, type Lwp } from './lwp.ts';
import type { MaySleep } from './maysleep.ts';
import { printf } from './msgbuf.ts';
import type { Proc } from './proc.ts';
import { setrunnable } from './runnable.ts';
import { settle, usermode } from './sched.ts';
import {
  SIGCANTMASK,
  sigactionOf,
  sigactionSet,
  sigcaught,
  sigdeliverable,
  sigforget,
  sigignored,
  siginfo,
  sigput,
  sigtake,
} from './sigacts.ts';
import { sigmodelled } from './sigmodel.ts';
import { FOREVER, SleepQueue, sleepqBlock, sleepqInterrupt, sleepqUnsleep, sleepqWakeAll } from './sleepq.ts';
import { trace } from './trace.ts';
import { remoteOf } from './vmspace.ts';

/** Send a signal, 1 to 63, to a process. Zombies and system processes take none. */
export function psignal(p: Proc, signo: number, info: Siginfo = siginfo(signo)): void {
  if (!p.alive || p.exiting || (p.flag & PK_SYSTEM) !== 0 || p === p.kernel.initproc) {
    return;
  }
  knoteProc(p, NOTE_SIGNAL | signo);
  trace(p.kernel, p, 0, { type: 'signal', signo, what: 'posted' });
  const action = SIGNALS[signo]?.action;
  if (action === 'continue' || signo === SIGKILL) {
    resumeProc(p, signo === SIGCONT);
  }
  if (action === 'stop') {
    sigforget(p, SIGCONT);
  }
  if (waited(p, info) || sigignored(p, signo) || sigmodelled(p, info)) {
    return;
  }
  if (action === 'stop' && !sigcaught(p, signo) && !blockedByAll(p, signo)) {
    if (signo === SIGSTOP || p.pgrp.jobc > 0) {
      stopProc(p, signo);
    }
    return;
  }
  if (sigput(p, info)) {
    p.nsignals++;
    announce(p, signo);
  }
}

/** Send a signal to one lwp of a process. NetBSD: lwp-directed kpsignal2. */
export function lwpSignal(l: Lwp, signo: number): void {
  if (SIGNALS[signo]?.action === 'stop' || SIGNALS[signo]?.action === 'continue' || signo === SIGKILL) {
    psignal(l.proc, signo);
    return;
  }
  if (!sigignored(l.proc, signo) && !sigmodelled(l.proc, siginfo(signo))) {
    l.sigctx.pending = sigaddset(l.sigctx.pending, signo);
    l.proc.nsignals++;
    interrupt(l);
  }
}

function blocks(l: Lwp, signo: number): boolean {
  return sigismember(l.sigctx.mask, signo);
}

function blockedByAll(p: Proc, signo: number): boolean {
  for (let l = p.lwps; l !== null; l = l.siblingNext) {
    if (!blocks(l, signo)) {
      return false;
    }
  }
  return true;
}

/** Give a signal to an lwp that waits for it in sigtimedwait. @returns whether one did */
function waited(p: Proc, info: Siginfo): boolean {
  for (let l = p.lwps; l !== null; l = l.siblingNext) {
    const { sigctx } = l;
    if (sigctx.wait !== null && sigismember(sigctx.wait, info.signo) && l.stat === LSSLEEP) {
      sigctx.wait = null;
      sigctx.got = info;
      sleepqUnsleep(l, null);
      return true;
    }
  }
  return false;
}

/**
 * How soon an lwp would take a signal: asleep and interruptible, on the CPU, outside the kernel, on its way,
 * or who knows when.
 */
function readiness(l: Lwp): number {
  if (l.kernel.curlwp === l) {
    return 3;
  }
  if (l.coroutine === null && (l.flag & LW_UPCALL) === 0) {
    return 2;
  }
  if (l.stat === LSSLEEP) {
    return (l.flag & LW_SINTR) === 0 ? 0 : 4;
  }
  return 1;
}

/**
 * Make the readiest lwp of `p` that does not block it come to the user boundary and look. What ends the
 * process concerns everyone who is inside the kernel.
 */
function announce(p: Proc, signo: number): void {
  let best: Lwp | null = null;
  for (let l = p.lwps; l !== null; l = l.siblingNext) {
    if (!blocks(l, signo) && (best === null || readiness(l) > readiness(best))) {
      best = l;
    }
  }
  if (best === null) {
    return;
  }
  interrupt(best);
  if (!sigcaught(p, signo)) {
    for (let l = p.lwps; l !== null; l = l.siblingNext) {
      if (l !== best && !blocks(l, signo) && (l.coroutine !== null || l.kernel.curlwp === l)) {
        interrupt(l);
      }
    }
  }
}

/** Make `l` come to the user boundary. */
function interrupt(l: Lwp): void {
  l.ast |= AST_SIGNAL;
  if (l.coroutine !== null) {
    sleepqInterrupt(l);
  } else if (
    l.kernel.curlwp !== l &&
    (l.flag & (LW_UPCALL | LW_SYSTEM | LW_WEXIT)) === 0 &&
    l.proc.stat !== SSTOP
  ) {
    lend(l);
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
  if (l.thrown !== null) {
    const { error } = l.thrown;
    l.thrown = null;
    printf(
      l.kernel,
      `pid ${l.proc.pid}: signal handler threw: ${error instanceof Error ? error.message : String(error)}\n`,
    );
  }
}

function stopProc(p: Proc, signo: number): void {
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
  tellParent(p, CLD_STOPPED);
}

function resumeProc(p: Proc, tell: boolean): void {
  for (const [signo, info] of SIGNALS.entries()) {
    if (info?.action === 'stop') {
      sigforget(p, signo);
    }
  }
  if (p.stat !== SSTOP) {
    return;
  }
  p.stat = SACTIVE;
  p.xstat = 0;
  p.continued = tell;
  if (p.stopq !== null) {
    sleepqWakeAll(p.stopq);
  }
  for (let l = p.lwps; l !== null; l = l.siblingNext) {
    if (sigdeliverable(l) !== 0) {
      interrupt(l);
    }
  }
  if (tell) {
    tellParent(p, CLD_CONTINUED);
  }
}

/** The state of `p` changed: its parent may be waiting for that. @param code CLD_* */
export function tellParent(p: Proc, code: number): void {
  const { parent } = p;
  if (parent === null) {
    return;
  }
  const quiet = code === CLD_STOPPED || code === CLD_CONTINUED;
  if (!quiet || (sigactionOf(parent, SIGCHLD).flags & SA_NOCLDSTOP) === 0) {
    const status = quiet ? (code === CLD_STOPPED ? WSTOPSIG(p.xstat) : SIGCONT) : p.xstat;
    psignal(parent, SIGCHLD, siginfo(SIGCHLD, { code, pid: p.pid, uid: p.cred.uid, status }));
  }
  if (parent.waitq !== null) {
    sleepqWakeAll(parent.waitq);
  }
}

/**
 * What every lwp does on its way back to user mode: exit if its process does, stay while the process is
 * stopped, take the signals it does not block.
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
    const signo = p.kernel.params.sigmodel === 'raise' ? sigdeliverable(l) : 0;
    if (signo === 0) {
      l.ast = 0;
      sigrestore(l);
      return;
    }
    yield* postsig(l, sigtake(l, signo));
  }
}

/** A mask that sigsuspend set for its sleep alone goes. */
function sigrestore(l: Lwp): void {
  const { sigctx } = l;
  if (sigctx.saved !== null) {
    sigctx.mask = sigctx.saved;
    sigctx.saved = null;
    if (sigdeliverable(l) !== 0) {
      l.ast |= AST_SIGNAL;
    }
  }
}

/** Act on a signal that has been taken. @throws ESRCH it ended the process. NetBSD: postsig. */
function* postsig(l: Lwp, info: Siginfo): MaySleep<void> {
  const p = l.proc;
  const { signo } = info;
  trace(l.kernel, p, l.lid, { type: 'signal', signo, what: 'taken' });
  if (sigcaught(p, signo)) {
    yield* sendsig(l, info, sigactionOf(p, signo));
    return;
  }
  if (sigignored(p, signo)) {
    return;
  }
  if (SIGNALS[signo]?.action === 'stop') {
    if (signo === SIGSTOP || p.pgrp.jobc > 0) {
      stopProc(p, signo);
    }
    return;
  }
  if (signo !== SIGKILL && p.vmspace.kind === 'remote') {
    // The program is its own host's: what the signal does to it is decided there.
    remoteOf(l)?.raise(info, 'default');
    return;
  }
  // The default action: no core is written, and the status does not claim one.
  yield* exit1(l, W_EXITCODE(0, signo));
  throw ESRCH;
}

/**
 * Call a handler, as user code, with the signals blocked that its action says. NetBSD: sendsig, sigreturn.
 */
function* sendsig(l: Lwp, info: Siginfo, action: Sigaction): MaySleep<void> {
  const p = l.proc;
  const { sigctx } = l;
  const { handler } = action;
  if ((action.flags & SA_RESETHAND) !== 0) {
    sigactionSet(p, info.signo, { ...action, handler: SIG_DFL });
  }
  if (typeof handler === 'bigint') {
    // Code of a foreign caller: it runs it itself.
    remoteOf(l)?.raise(info, 'handler');
    return;
  }
  if (typeof handler !== 'function') {
    return;
  }
  const before = sigctx.saved ?? sigctx.mask;
  sigctx.saved = null;
  const self = (action.flags & SA_NODEFER) === 0 ? sigaddset(action.mask, info.signo) : action.mask;
  sigctx.mask = sigminusset(sigplusset(sigctx.mask, self), SIGCANTMASK);
  yield* usermode(l, () => handler(info.signo, info));
  sigctx.mask = before;
  if (!sigisempty(l.sigctx.pending)) {
    l.ast |= AST_SIGNAL;
  }
}

/**
 * The mask of `l` has changed: what it blocked before may now be due, and what was meant for it may be
 * another's.
 */
export function sigmaskChanged(l: Lwp): void {
  if (sigdeliverable(l) !== 0) {
    l.ast |= AST_SIGNAL;
  }
  sigretarget(l.proc);
}

/** Whoever was chosen for the pending signals of `p` may not take them any more: choose again. */
export function sigretarget(p: Proc): void {
  for (let set = p.sigpend, signo = sigfirst(set); signo !== 0; signo = sigfirst(set)) {
    set = sigdelset(set, signo);
    announce(p, signo);
  }
}
