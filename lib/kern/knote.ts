/**
 * Knotes: what a kqueue has been asked to watch, one for each (filter, ident). A knote hangs on the list of
 * the object that makes it fire; when its filter says that it fires, it goes to the end of its kqueue's
 * queue.
 *
 * Invariants: a knote is on its kqueue's queue if and only if KN_QUEUED; KN_QUEUED implies KN_ACTIVE and not
 * KN_DISABLED. It is on an object's list until KN_DETACHED.
 *
 * NetBSD: sys/kern/kern_event.c, sys/sys/event.h.
 */
import { KN_ACTIVE, KN_DETACHED, KN_DISABLED, KN_QUEUED } from '../sys/constants/event.ts';
import type { Kevent } from '../sys/types.ts';
import type { Callout } from './callout.ts';
import type { File } from './file.ts';
import type { Filedesc } from './filedesc.ts';
import { KASSERT } from './kassert.ts';
import type { Kqueue } from './kqueue.ts';
import { Link, List } from './list.ts';
import type { Proc } from './proc.ts';

/** What decides when a knote fires. */
export interface Filterops {
  /** Take the knote off its object's list. */
  detach(kn: Knote): void;
  /**
   * Does it fire? `hint` says what happened, 0 asks how things are; `data` and `fflags` are brought up to
   * date.
   */
  event(kn: Knote, hint: number): boolean;
  /** It was added again, with new `sfflags` and `sdata`. */
  touch?(kn: Knote, kev: Kevent): void;
}

/** Whatever makes knotes fire has a list of them, made when it is first watched. */
export interface KlistHead {
  klist: List<Knote> | null;
}

export class Knote {
  readonly kq: Kqueue;
  readonly ident: number;
  readonly filter: number;
  flags: number;
  fflags = 0;
  data = 0;
  udata: unknown;
  /** What was asked for; `fflags` and `data` are what came. */
  sfflags: number;
  sdata: number;
  /** KN_* flags. */
  status = KN_DETACHED;
  fop: Filterops | null = null;
  /** The file a descriptor filter watches, the process, the timer. */
  file: File | null = null;
  proc: Proc | null = null;
  callout: Callout | null = null;
  /** EVFILT_USER: it has been triggered. */
  triggered = false;
  readonly link = new Link<Knote>(this);
  head: KlistHead | null = null;
  qnext: Knote | null = null;
  qprev: Knote | null = null;

  constructor(kq: Kqueue, kev: Kevent) {
    this.kq = kq;
    this.ident = kev.ident;
    this.filter = kev.filter;
    this.flags = kev.flags;
    this.udata = kev.udata;
    this.sfflags = kev.fflags;
    this.sdata = kev.data;
  }
}

/** Put a knote on the list of what makes it fire. */
export function knoteAttach(kn: Knote, head: KlistHead, fop: Filterops): void {
  kn.fop = fop;
  kn.head = head;
  kn.status &= ~KN_DETACHED;
  head.klist ??= new List();
  head.klist.insert(kn.link);
}

/** Take it off again. Twice: no-op. */
export function knoteDetach(kn: Knote): void {
  if ((kn.status & KN_DETACHED) === 0) {
    kn.status |= KN_DETACHED;
    kn.head?.klist?.remove(kn.link);
    kn.head = null;
  }
}

/** Something happened to what `head` belongs to. */
export function knote(head: KlistHead, hint: number): void {
  if (head.klist === null) {
    return;
  }
  let next: Link<Knote> | null;
  for (let link = head.klist.first; link !== null; link = next) {
    next = link.next;
    if (link.owner.fop?.event(link.owner, hint) === true) {
      knoteActivate(link.owner);
    }
  }
}

/** It fires. */
export function knoteActivate(kn: Knote): void {
  kn.status |= KN_ACTIVE;
  if ((kn.status & (KN_QUEUED | KN_DISABLED)) === 0) {
    kn.kq.enqueue(kn);
  }
}

/** End a knote: off its object, off its kqueue. */
export function knoteDrop(kn: Knote): void {
  kn.fop?.detach(kn);
  kn.kq.forget(kn);
  if (kn.file !== null) {
    const notes = kn.kq.fdp.knotes?.get(kn.ident);
    KASSERT(notes?.delete(kn) === true, `knote of descriptor ${kn.ident} is not in its table`);
    if (notes.size === 0) {
      kn.kq.fdp.knotes?.delete(kn.ident);
    }
  }
}

/** A descriptor is being closed: nobody watches it any more. */
export function knoteFdclose(fdp: Filedesc, fd: number): void {
  for (const kn of fdp.knotes?.get(fd) ?? []) {
    knoteDrop(kn);
  }
}
