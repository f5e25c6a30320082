/**
 * System calls on signals, except kill(2), which is with the other calls on processes.
 *
 * NetBSD: sys/kern/{sys_sig,kern_sig}.c; sigaction(2), sigprocmask(2), sigsuspend(2), sigtimedwait(2),
 * sigqueueinfo(2), _lwp_kill(2).
 */
import {
  MINSIGSTKSZ,
  NSIG,
  SA_ALLBITS,
  SA_NOCLDWAIT,
  SI_USER,
  SIG_BLOCK,
  SIG_DFL,
  SIG_IGN,
  SIG_SETMASK,
  SIG_UNBLOCK,
  SIGCHLD,
  SIGKILL,
  SIGSTOP,
  SS_ALLBITS,
  SS_DISABLE,
} from '../sys/constants/signal.ts';
import { EAGAIN, ECANCELED, EINTR, EINVAL, ENOMEM, ERESTART, ESRCH, EWOULDBLOCK } from '../sys/errno.ts';
import { SIGSET_EMPTY, sigandset, sigfirst, sigminusset, sigplusset } from '../sys/sigset.ts';
import type { Sigaction, Sigaltstack, Siginfo, Sigset, Timespec } from '../sys/types.ts';
import { AST_SIGNAL, type Lwp } from './lwp.ts';
import type { MaySleep } from './maysleep.ts';
import { lwpFind } from './proc.ts';
import { lwpSignal, sigmaskChanged } from './sig.ts';
import { SIGCANTMASK, sigactionOf, sigactionSet, sigtake, sigwaiting } from './sigacts.ts';
import { FOREVER, PCATCH, SleepQueue, sleepqBlock } from './sleepq.ts';
import type { Handlers } from './sysent.ts';
import { kill1 } from './sysproc.ts';
import { timespecNs } from './times.ts';
import { remoteOf } from './vmspace.ts';

/** @throws EINVAL no signal has that number */
function checkSigno(signo: number): void {
  if (signo < 1 || signo >= NSIG) {
    throw EINVAL;
  }
}

/** A set as the kernel keeps it. @throws EINVAL */
function checkSet(set: Sigset): Sigset {
  if (
    !Array.isArray(set) ||
    set.length !== 4 ||
    !set.every((word) => Number.isInteger(word) && word >= 0 && word <= 0xffffffff)
  ) {
    throw EINVAL;
  }
  return set;
}

/** @throws EINVAL */
function checkAction(l: Lwp, action: Sigaction): Sigaction {
  const { handler, mask = SIGSET_EMPTY, flags = 0 } = action;
  if (
    (typeof handler !== 'function' &&
      handler !== SIG_DFL &&
      handler !== SIG_IGN &&
      // An address, of a foreign caller.
      (typeof handler !== 'bigint' || remoteOf(l) === null)) ||
    !Number.isInteger(flags) ||
    (flags & ~SA_ALLBITS) !== 0
  ) {
    throw EINVAL;
  }
  return Object.freeze({ handler, mask: sigminusset(checkSet(mask), SIGCANTMASK), flags });
}

function sigaction(l: Lwp, signo: number, action?: Sigaction | null): Sigaction {
  checkSigno(signo);
  const p = l.proc;
  const before = sigactionOf(p, signo);
  if (action !== null && action !== undefined) {
    const next = checkAction(l, action);
    if (signo === SIGKILL || signo === SIGSTOP) {
      throw EINVAL;
    }
    sigactionSet(p, signo, next);
    if (signo === SIGCHLD) {
      p.nocldwait = (next.flags & SA_NOCLDWAIT) !== 0 || next.handler === SIG_IGN;
    }
  }
  return before;
}

function sigprocmask(l: Lwp, how: number, set?: Sigset | null): Sigset {
  const { sigctx } = l;
  const before = sigctx.mask;
  if (set === null || set === undefined) {
    return before;
  }
  const wanted = checkSet(set);
  switch (how) {
    case SIG_BLOCK:
      sigctx.mask = sigminusset(sigplusset(before, wanted), SIGCANTMASK);
      break;
    case SIG_UNBLOCK:
      sigctx.mask = sigminusset(before, wanted);
      break;
    case SIG_SETMASK:
      sigctx.mask = sigminusset(wanted, SIGCANTMASK);
      break;
    default:
      throw EINVAL;
  }
  sigmaskChanged(l);
  return before;
}

/**
 * Block `set` instead of what the lwp blocks, until it has next been at the user boundary and taken what came
 * meanwhile. It is sent by there.
 * @throws EINVAL. NetBSD: sigsuspendsetup, sigsuspendteardown
 */
export function sigsuspendSetup(l: Lwp, set: Sigset): void {
  const { sigctx } = l;
  const wanted = sigminusset(checkSet(set), SIGCANTMASK);
  sigctx.saved = sigctx.mask;
  sigctx.mask = wanted;
  sigmaskChanged(l);
}

/** Sleep with another mask until a signal has been taken. @throws EINTR always */
function* sigsuspend(l: Lwp, set: Sigset): MaySleep<void> {
  sigsuspendSetup(l, set);
  try {
    for (;;) {
      yield* sleepqBlock(l, new SleepQueue(), 'pause', PCATCH, FOREVER);
    }
  } catch (error) {
    throw error === ERESTART ? EINTR : error;
  } finally {
    // The mask goes back at the user boundary, when the handler has run; have it come by there.
    l.ast |= AST_SIGNAL;
  }
}

/**
 * Take a signal of `set`, waiting for one. @throws EAGAIN after `timeout`; EINTR another signal came; EINVAL
 */
function* sigtimedwait(
  l: Lwp,
  set: Sigset,
  timeout?: Timespec | null,
): MaySleep<{ signo: number; info: Siginfo }> {
  const wanted = sigminusset(checkSet(set), SIGCANTMASK);
  const limit = timeout === null || timeout === undefined ? FOREVER : Number(timespecNs(timeout));
  const { sigctx } = l;
  const due = sigfirst(sigwaiting(l, wanted));
  if (due !== 0) {
    const info = sigtake(l, due);
    return { signo: due, info };
  }
  if (limit === 0) {
    throw EAGAIN;
  }
  sigctx.wait = wanted;
  try {
    yield* sleepqBlock(l, new SleepQueue(), 'sigwait', PCATCH, limit);
  } catch (error) {
    throw error === EWOULDBLOCK ? EAGAIN : error === ERESTART ? EINTR : error;
  } finally {
    sigctx.wait = null;
  }
  const info = sigctx.got;
  sigctx.got = null;
  if (info === null) {
    throw ECANCELED;
  }
  return { signo: info.signo, info };
}

/** @throws ESRCH EPERM EINVAL EAGAIN */
function sigqueueinfo(l: Lwp, pid: number, info: Siginfo): void {
  const { value } = info;
  kill1(l, pid, {
    signo: info.signo,
    code: Number.isInteger(info.code) && info.code <= 0 ? info.code : SI_USER,
    errno: 0,
    pid: l.proc.pid,
    uid: l.cred.uid,
    ...(typeof value === 'bigint' ? { value } : {}),
  });
}

/**
 * The alternate signal stack of the calling thread: kept and returned. Handlers of local callers are functions and need
 * none. @throws EINVAL flags; ENOMEM smaller than MINSIGSTKSZ
 */
function sigaltstack(l: Lwp, nss?: Sigaltstack | null): Sigaltstack {
  const before = l.sigctx.altstack;
  if (nss !== null && nss !== undefined) {
    const { sp, size, flags } = nss;
    if (typeof sp !== 'bigint' || !Number.isInteger(flags) || (flags & ~SS_ALLBITS) !== 0) {
      throw EINVAL;
    }
    const disabled = (flags & SS_DISABLE) !== 0;
    if (!disabled && !(size >= MINSIGSTKSZ)) {
      throw ENOMEM;
    }
    l.sigctx.altstack = Object.freeze(
      disabled ? { sp: 0n, size: 0, flags: SS_DISABLE } : { sp, size, flags: 0 },
    );
  }
  return { ...before };
}

export const sigHandlers: Handlers<
  | 'sigaltstack'
  | 'sigaction'
  | 'sigprocmask'
  | 'sigpending'
  | 'sigsuspend'
  | 'sigtimedwait'
  | 'sigqueueinfo'
  | '_lwp_kill'
> = {
  sigaction,
  sigaltstack,
  sigprocmask,
  sigpending: (l) => sigandset(sigplusset(l.proc.sigpend, l.sigctx.pending), l.sigctx.mask),
  sigsuspend,
  sigtimedwait,
  sigqueueinfo,
  _lwp_kill: (l, lid, signo) => {
    if (signo < 0 || signo >= NSIG) {
      throw EINVAL;
    }
    const target = lwpFind(l.proc, lid);
    if (target === null) {
      throw ESRCH;
    }
    if (signo !== 0) {
      lwpSignal(target, signo);
    }
  },
};
