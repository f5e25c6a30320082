/**
 * What a process does with signals: which it catches, ignores, blocks, and which wait to be taken.
 *
 * Actions belong to the process and are copied by fork; the mask belongs to the lwp (`Sigctx`). Asynchronous
 * calls borrow an lwp each but act for one thread of their program, so they share that thread's context.
 *
 * NetBSD: sys/kern/kern_sig.c (siginit, sigactsinit), sys/sys/signalvar.h.
 */
import {
  SA_RESTART,
  SIG_DFL,
  SIG_IGN,
  SIGKILL,
  SIGNALS,
  SIGRTMIN,
  SIGSTOP,
  SS_DISABLE,
} from '../sys/constants/signal.ts';
import {
  SIGSET_EMPTY,
  sigaddset,
  sigandset,
  sigdelset,
  sigfirst,
  sigismember,
  sigminusset,
  sigplusset,
  sigset,
} from '../sys/sigset.ts';
import type { Sigaction, Sigaltstack, Siginfo, Sigset } from '../sys/types.ts';
import type { Lwp } from './lwp.ts';
import type { Proc } from './proc.ts';

/** Signals that cannot be blocked, caught or ignored. */
export const SIGCANTMASK: Sigset = sigset(SIGKILL, SIGSTOP);
/** Most instances of one real-time signal that wait at once. */
const SIGQUEUE_MAX = 128;

/** Signal state of one thread. */
export class Sigctx {
  mask: Sigset = SIGSET_EMPTY;
  /** Sent to this thread alone. */
  pending: Sigset = SIGSET_EMPTY;
  /** The mask to go back to when sigsuspend has ended. */
  saved: Sigset | null = null;
  /** What sigtimedwait waits for, and what it got. */
  wait: Sigset | null = null;
  got: Siginfo | null = null;
  altstack: Readonly<Sigaltstack> = NO_ALTSTACK;
}

const NO_ALTSTACK: Readonly<Sigaltstack> = Object.freeze({ sp: 0n, size: 0, flags: SS_DISABLE });

const DEFAULT: Sigaction = Object.freeze({ handler: SIG_DFL, mask: SIGSET_EMPTY, flags: SA_RESTART });

/** The action of a process for a signal. */
export function sigactionOf(p: Proc, signo: number): Sigaction {
  return p.sigacts?.[signo] ?? DEFAULT;
}

/** Give a signal another action; pending instances of one that is now ignored are forgotten. */
export function sigactionSet(p: Proc, signo: number, action: Sigaction): void {
  // Copied at every change: fork shares the array.
  const acts = p.sigacts === null ? [] : p.sigacts.slice();
  acts[signo] = action;
  p.sigacts = acts;
  if (sigignored(p, signo)) {
    sigforget(p, signo);
  }
}

/** Is there a function to call? */
export function sigcaught(p: Proc, signo: number): boolean {
  const { handler } = sigactionOf(p, signo);
  return handler !== SIG_DFL && handler !== SIG_IGN;
}

/** Does nothing come of it? A continue does something even when it is ignored: see `psignal`. */
export function sigignored(p: Proc, signo: number): boolean {
  const { handler } = sigactionOf(p, signo);
  if (handler === SIG_IGN) {
    return true;
  }
  const action = SIGNALS[signo]?.action;
  return handler === SIG_DFL && (action === 'ignore' || action === 'continue');
}

// ---- pending
// ------------------------------------------------------------------------------------------------

/**
 * Note a signal for the process. One instance waits, of real-time signals many. @returns false when it waited
 * already
 */
export function sigput(p: Proc, info: Siginfo): boolean {
  const { signo } = info;
  const again = sigismember(p.sigpend, signo);
  if (again && signo < SIGRTMIN) {
    return false;
  }
  p.sigpend = sigaddset(p.sigpend, signo);
  p.siginfo ??= new Map();
  const queue = p.siginfo.get(signo);
  if (queue === undefined) {
    p.siginfo.set(signo, [info]);
  } else if (queue.length < SIGQUEUE_MAX) {
    queue.push(info);
  }
  return true;
}

/** Would another instance of a real-time signal be lost? */
export function sigfull(p: Proc, signo: number): boolean {
  return (p.siginfo?.get(signo)?.length ?? 0) >= SIGQUEUE_MAX;
}

/** Forget every pending instance of a signal. */
export function sigforget(p: Proc, signo: number): void {
  p.sigpend = sigdelset(p.sigpend, signo);
  p.siginfo?.delete(signo);
  for (let l = p.lwps; l !== null; l = l.siblingNext) {
    l.sigctx.pending = sigdelset(l.sigctx.pending, signo);
  }
}

/** What waits for `l` and is in `set`. */
export function sigwaiting(l: Lwp, set: Sigset): Sigset {
  return sigandset(sigplusset(l.proc.sigpend, l.sigctx.pending), set);
}

/** What `l` would take now: the lowest signal that waits and is not blocked; 0 for none. */
export function sigdeliverable(l: Lwp): number {
  return sigfirst(sigminusset(sigplusset(l.proc.sigpend, l.sigctx.pending), l.sigctx.mask));
}

/** Take one pending instance of `signo`. */
export function sigtake(l: Lwp, signo: number): Siginfo {
  const p = l.proc;
  const { sigctx } = l;
  if (sigismember(sigctx.pending, signo)) {
    sigctx.pending = sigdelset(sigctx.pending, signo);
    return siginfo(signo);
  }
  const queue = p.siginfo?.get(signo);
  const info = queue?.shift() ?? siginfo(signo);
  if (queue === undefined || queue.length === 0) {
    p.sigpend = sigdelset(p.sigpend, signo);
    p.siginfo?.delete(signo);
  }
  return info;
}

export function siginfo(signo: number, more?: Partial<Siginfo>): Siginfo {
  return { signo, code: 0, errno: 0, ...more };
}

/** Is a call that this signal interrupts made again? */
export function sigrestarts(l: Lwp): boolean {
  const signo = sigdeliverable(l);
  return signo === 0 || (sigactionOf(l.proc, signo).flags & SA_RESTART) !== 0;
}
