/**
 * Filters of kqueue: what each watches. Files bring their own (`Fileops.kqfilter`); here are the others.
 *
 * NetBSD: sys/kern/kern_event.c (filt_*), kqueue(2).
 */
import {
  EV_CLEAR,
  EV_EOF,
  EV_FLAG1,
  EV_ONESHOT,
  EVFILT_PROC,
  EVFILT_READ,
  EVFILT_SIGNAL,
  EVFILT_TIMER,
  EVFILT_USER,
  EVFILT_VNODE,
  EVFILT_WRITE,
  NOTE_CHILD,
  NOTE_EXIT,
  NOTE_FFAND,
  NOTE_FFCOPY,
  NOTE_FFCTRLMASK,
  NOTE_FFLAGSMASK,
  NOTE_FFOR,
  NOTE_FORK,
  NOTE_PCTRLMASK,
  NOTE_PDATAMASK,
  NOTE_SIGNAL,
  NOTE_TRACK,
  NOTE_TRACKERR,
  NOTE_TRIGGER,
} from '../sys/constants/event.ts';
import { NSIG } from '../sys/constants/signal.ts';
import { EINVAL } from '../sys/errno.ts';
import { timerAttach } from './filt_timer.ts';
import { kauthAuthorize } from './kauth.ts';
import { type Filterops, Knote, knote, knoteActivate, knoteAttach, knoteDetach } from './knote.ts';
import type { Lwp } from './lwp.ts';
import { type Proc, procFind } from './proc.ts';

const ATTACH: ReadonlyMap<number, (l: Lwp, kn: Knote) => void> = new Map([
  [EVFILT_READ, fileAttach],
  [EVFILT_WRITE, fileAttach],
  [EVFILT_VNODE, fileAttach],
  [EVFILT_PROC, procAttach],
  [EVFILT_SIGNAL, signalAttach],
  [EVFILT_TIMER, timerAttach],
  [EVFILT_USER, userAttach],
]);

/** Put a new knote to its work. @throws EINVAL no such filter; what the filter has against it */
export function filterAttach(l: Lwp, kn: Knote): void {
  const attach = ATTACH.get(kn.filter);
  if (attach === undefined) {
    throw EINVAL;
  }
  attach(l, kn);
}

function fileAttach(l: Lwp, kn: Knote): void {
  const fp = kn.kq.fdp.get(kn.ident);
  fp.ops.kqfilter(l, fp, kn);
  kn.file = fp;
}

// ---- signals: sent, whether blocked, ignored or caught ---------------------------------------------------

const signalOps: Filterops = {
  detach: knoteDetach,
  event(kn, hint) {
    if ((hint & NOTE_SIGNAL) !== 0 && (hint & ~NOTE_SIGNAL) === kn.ident) {
      kn.data++;
    }
    return kn.data !== 0;
  },
};

function signalAttach(l: Lwp, kn: Knote): void {
  if (kn.ident < 1 || kn.ident >= NSIG) {
    throw EINVAL;
  }
  kn.flags |= EV_CLEAR;
  knoteAttach(kn, l.proc, signalOps);
}

// ---- processes -------------------------------------------------------------------------------------------

const procOps: Filterops = {
  detach: knoteDetach,
  event(kn, hint) {
    const what = (hint & NOTE_PCTRLMASK) >>> 0;
    if ((kn.sfflags & what) !== 0) {
      kn.fflags = (kn.fflags | what) >>> 0;
    }
    if (what === NOTE_EXIT) {
      kn.data = kn.proc?.xstat ?? 0;
      kn.flags |= EV_EOF | EV_ONESHOT;
      return true;
    }
    if (what === NOTE_FORK && (kn.sfflags & NOTE_TRACK) !== 0) {
      track(kn, hint & NOTE_PDATAMASK);
    }
    return kn.fflags !== 0;
  },
};

/** @throws ESRCH; EACCES EPERM it is not the caller's to watch */
function procAttach(l: Lwp, kn: Knote): void {
  const p = procFind(l.kernel, kn.ident);
  kauthAuthorize(l.kernel, l.cred, { scope: 'process', action: 'kevent_filter', proc: p });
  watchProc(kn, p);
}

function watchProc(kn: Knote, p: Proc): void {
  kn.proc = p;
  kn.flags |= EV_CLEAR;
  knoteAttach(kn, p, procOps);
}

/** The process forked: its child is watched like it, or the event says that it could not be. */
function track(kn: Knote, pid: number): void {
  const { kq, proc } = kn;
  const child = proc?.kernel.procs.get(pid);
  if (child === undefined || kq.find(EVFILT_PROC, pid) !== undefined) {
    kn.fflags |= NOTE_TRACKERR;
    return;
  }
  const note = new Knote(kq, {
    ident: pid,
    filter: EVFILT_PROC,
    flags: kn.flags | EV_FLAG1,
    fflags: kn.sfflags,
    data: kn.sdata,
    udata: kn.udata,
  });
  note.data = kn.ident;
  note.fflags = NOTE_CHILD;
  watchProc(note, child);
  kq.insert(note);
  knoteActivate(note);
}

/**
 * Something happened to a process: NOTE_EXIT, NOTE_EXEC, NOTE_FORK with the child's number, NOTE_SIGNAL with
 * its own.
 */
export function knoteProc(p: Proc, hint: number): void {
  if (p.klist === null) {
    return;
  }
  knote(p, hint);
  if (hint === NOTE_EXIT) {
    for (const kn of p.klist) {
      knoteDetach(kn);
    }
  }
}

// ---- what a program triggers itself (since NetBSD 10) ----------------------------------------------------

const userOps: Filterops = {
  // It is on no list.
  detach() {},
  event(kn) {
    if (kn.triggered) {
      kn.fflags = kn.sfflags;
      kn.data = kn.sdata;
    }
    return kn.triggered;
  },
  touch(kn, kev) {
    kn.sfflags = userFlags(kn.sfflags, kev.fflags);
    kn.sdata = kev.data;
    kn.triggered ||= (kev.fflags & NOTE_TRIGGER) !== 0;
    if ((kev.flags & EV_CLEAR) !== 0) {
      kn.triggered = false;
      kn.data = 0;
      kn.fflags = 0;
    }
  },
};

function userAttach(_l: Lwp, kn: Knote): void {
  kn.triggered = (kn.sfflags & NOTE_TRIGGER) !== 0;
  kn.sfflags &= NOTE_FFLAGSMASK;
  kn.fop = userOps;
}

/** The flags of the knote after a change: ignored, and-ed, or-ed or copied, as NOTE_FF* says. */
function userFlags(before: number, change: number): number {
  const flags = change & NOTE_FFLAGSMASK;
  switch ((change & NOTE_FFCTRLMASK) >>> 0) {
    case NOTE_FFAND:
      return before & flags;
    case NOTE_FFOR:
      return before | flags;
    case NOTE_FFCOPY:
      return flags;
    default:
      return before;
  }
}
