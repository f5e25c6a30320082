/**
 * The kqueue: knotes by (filter, ident), and a queue of those that fire.
 *
 * NetBSD: sys/kern/kern_event.c (kqueue_scan, kqueue_register), kqueue(2).
 */
import {
  EV_ADD,
  EV_CLEAR,
  EV_DELETE,
  EV_DISABLE,
  EV_DISPATCH,
  EV_ENABLE,
  EV_ONESHOT,
  EVFILT_READ,
  EVFILT_VNODE,
  EVFILT_WRITE,
  KN_ACTIVE,
  KN_DISABLED,
  KN_QUEUED,
} from '../sys/constants/event.ts';
import { POLLIN, POLLRDNORM } from '../sys/constants/poll.ts';
import { EINVAL, ENOENT } from '../sys/errno.ts';
import type { Kevent } from '../sys/types.ts';
import type { Filedesc } from './filedesc.ts';
import { filterAttach } from './filt.ts';
import { KASSERT } from './kassert.ts';
import { Knote, knoteActivate, knoteDrop } from './knote.ts';
import type { Lwp } from './lwp.ts';
import { Selinfo, selnotify } from './selinfo.ts';
import { SleepQueue, sleepqWakeOne } from './sleepq.ts';

/** Filters whose ident is a descriptor. */
const FD_FILTERS: ReadonlySet<number> = new Set([EVFILT_READ, EVFILT_WRITE, EVFILT_VNODE]);

export class Kqueue {
  /** The table its descriptor idents mean. */
  readonly fdp: Filedesc;
  /** Who sleeps in kevent. */
  readonly sleepers = new SleepQueue();
  /** Who watches this kqueue: poll, or another kqueue. */
  readonly sel = new Selinfo();
  /** Calls that slept here before it was raised start again. */
  generation = 0;
  /** Knotes queued. */
  count = 0;
  /** Knotes by filter, then ident. */
  readonly #knotes = new Map<number, Map<number, Knote>>();
  #first: Knote | null = null;
  #last: Knote | null = null;

  constructor(fdp: Filedesc) {
    this.fdp = fdp;
  }

  find(filter: number, ident: number): Knote | undefined {
    return this.#knotes.get(filter)?.get(ident);
  }

  insert(kn: Knote): void {
    let byIdent = this.#knotes.get(kn.filter);
    if (byIdent === undefined) {
      byIdent = new Map();
      this.#knotes.set(kn.filter, byIdent);
    }
    byIdent.set(kn.ident, kn);
    if (FD_FILTERS.has(kn.filter)) {
      this.fdp.knotes ??= new Map();
      const notes = this.fdp.knotes.get(kn.ident);
      if (notes === undefined) {
        this.fdp.knotes.set(kn.ident, new Set([kn]));
      } else {
        notes.add(kn);
      }
    }
  }

  /** A knote goes. Only `knoteDrop` calls this. */
  forget(kn: Knote): void {
    if ((kn.status & KN_QUEUED) !== 0) {
      this.#dequeue(kn);
    }
    this.#knotes.get(kn.filter)?.delete(kn.ident);
  }

  /** End every knote. */
  clear(): void {
    for (const byIdent of this.#knotes.values()) {
      for (const kn of byIdent.values()) {
        knoteDrop(kn);
      }
    }
  }

  /** The knotes, for those who look from outside. */
  *[Symbol.iterator](): IterableIterator<Knote> {
    for (const byIdent of this.#knotes.values()) {
      yield* byIdent.values();
    }
  }

  /** A knote fires: whoever waits for events is told. */
  enqueue(kn: Knote): void {
    this.#append(kn);
    sleepqWakeOne(this.sleepers);
    selnotify(this.sel, POLLIN | POLLRDNORM, 0);
  }

  /** A knote does not fire for now, whatever it was. */
  disable(kn: Knote): void {
    kn.status |= KN_DISABLED;
    if ((kn.status & KN_QUEUED) !== 0) {
      this.#dequeue(kn);
    }
  }

  /** Is there an event to collect? Knotes whose reason has passed leave the queue. */
  ready(): boolean {
    for (let kn = this.#first; kn !== null; kn = this.#first) {
      if (holds(kn)) {
        return true;
      }
      this.#dequeue(kn);
      kn.status &= ~KN_ACTIVE;
    }
    return false;
  }

  /** Take at most `max` events, the longest waiting first. */
  collect(max: number): Kevent[] {
    const events: Kevent[] = [];
    for (let left = this.count; left > 0 && events.length < max; left--) {
      const kn = this.#first;
      KASSERT(kn !== null, 'kqueue counts knotes it has not');
      this.#dequeue(kn);
      if (!holds(kn)) {
        kn.status &= ~KN_ACTIVE;
        continue;
      }
      events.push(eventOf(kn));
      this.#told(kn);
    }
    return events;
  }

  /** An event has been handed out. */
  #told(kn: Knote): void {
    if ((kn.flags & EV_ONESHOT) !== 0) {
      knoteDrop(kn);
      return;
    }
    if ((kn.flags & (EV_CLEAR | EV_DISPATCH)) === 0) {
      // It fires as long as its reason lasts.
      this.#append(kn);
      return;
    }
    kn.status &= ~KN_ACTIVE;
    if ((kn.flags & EV_CLEAR) !== 0) {
      kn.data = 0;
      kn.fflags = 0;
      kn.triggered = false;
    }
    if ((kn.flags & EV_DISPATCH) !== 0) {
      kn.status |= KN_DISABLED;
    }
  }

  #append(kn: Knote): void {
    kn.status |= KN_QUEUED;
    kn.qprev = this.#last;
    if (this.#last === null) {
      this.#first = kn;
    } else {
      this.#last.qnext = kn;
    }
    this.#last = kn;
    this.count++;
  }

  #dequeue(kn: Knote): void {
    KASSERT((kn.status & KN_QUEUED) !== 0, 'knote is not on the queue');
    if (kn.qprev === null) {
      this.#first = kn.qnext;
    } else {
      kn.qprev.qnext = kn.qnext;
    }
    if (kn.qnext === null) {
      this.#last = kn.qprev;
    } else {
      kn.qnext.qprev = kn.qprev;
    }
    kn.qnext = null;
    kn.qprev = null;
    kn.status &= ~KN_QUEUED;
    this.count--;
  }
}

/** Does a queued knote still fire? One that fires once has fired. */
function holds(kn: Knote): boolean {
  return (kn.flags & EV_ONESHOT) !== 0 || kn.fop?.event(kn, 0) === true;
}

function eventOf(kn: Knote): Kevent {
  return {
    ident: kn.ident,
    filter: kn.filter,
    flags: kn.flags,
    fflags: kn.fflags,
    data: kn.data,
    udata: kn.udata,
  };
}

/**
 * Make one change.
 * @throws EINVAL the filter, or what it is asked; ENOENT; EBADF; ESRCH; EACCES EPERM; ENOMEM too many timers
 */
export function kqueueRegister(l: Lwp, kq: Kqueue, change: Kevent): void {
  const kev = checked(change);
  if (FD_FILTERS.has(kev.filter)) {
    kq.fdp.get(kev.ident);
  }
  let kn = kq.find(kev.filter, kev.ident);
  if (kn === undefined) {
    if ((kev.flags & EV_ADD) === 0) {
      throw ENOENT;
    }
    kn = new Knote(kq, kev);
    filterAttach(l, kn);
    kq.insert(kn);
  } else if ((kev.flags & EV_DELETE) === 0) {
    modify(kn, kev);
  } else {
    knoteDrop(kn);
    return;
  }
  if ((kev.flags & EV_DISABLE) !== 0) {
    kq.disable(kn);
  } else if ((kev.flags & EV_ENABLE) !== 0) {
    kn.status &= ~KN_DISABLED;
  }
  if ((kn.status & KN_ACTIVE) !== 0 || kn.fop?.event(kn, 0) === true) {
    knoteActivate(kn);
  }
}

/** A knote that has fired stays so: its reason is asked again when it is collected. */
function modify(kn: Knote, kev: Kevent): void {
  if (kn.fop?.touch !== undefined) {
    kn.fop.touch(kn, kev);
  } else if ((kev.flags & EV_ADD) !== 0) {
    kn.sfflags = kev.fflags;
    kn.sdata = kev.data;
  }
  if ((kev.flags & EV_ADD) !== 0) {
    kn.udata = kev.udata;
  }
}

/**
 * A change with flags as unsigned numbers: what JavaScript's operators make of the highest bit is negative.
 * @throws EINVAL
 */
function checked(kev: Kevent): Kevent {
  const { ident, filter, flags, fflags, data } = kev;
  if (
    !Number.isSafeInteger(ident) ||
    !Number.isInteger(filter) ||
    !Number.isInteger(flags) ||
    !Number.isInteger(fflags) ||
    !Number.isSafeInteger(data) ||
    flags < 0 ||
    flags > 0xffff ||
    fflags < -0x80000000 ||
    fflags > 0xffffffff
  ) {
    throw EINVAL;
  }
  return fflags < 0 ? { ...kev, fflags: fflags >>> 0 } : kev;
}
