/**
 * Waiting for descriptors: select, pselect, poll, pollts.
 *
 * A caller looks at all its descriptors; when none is ready it is recorded with each of them, and sleeps
 * until one of the events it wants comes to one of them. Then it looks again.
 *
 * NetBSD: sys/kern/sys_select.c, select(2), poll(2).
 */
import { POLLERR, POLLHUP, POLLNVAL, POLLOUT, POLLRDBAND, POLLRDNORM } from '../sys/constants/poll.ts';
import { EBADF, EINTR, EINVAL, ERESTART, EWOULDBLOCK } from '../sys/errno.ts';
import type { FdSet, Pollfd, Sigset } from '../sys/types.ts';
import { AST_SIGNAL, type Lwp } from './lwp.ts';
import { isMaySleep, type MaySleep, type Soon } from './maysleep.ts';
import { Selector } from './selinfo.ts';
import { sigdeliverable } from './sigacts.ts';
import { sigsuspendSetup } from './sigsys.ts';
import { FOREVER, PCATCH, sleepqBlock } from './sleepq.ts';
import type { Handlers } from './sysent.ts';
import { deadlineOf, leftUntil, timeoutNsOf } from './timeout.ts';

/** What may come back from poll unasked. */
const UNASKED = POLLERR | POLLHUP | POLLNVAL;

/** Look at every descriptor; what is not ready is recorded with `selector`. @returns how many are ready */
function scan(l: Lwp, fds: readonly Pollfd[], unasked: number, selector: Selector | null): number {
  const { fd: fdp } = l.proc;
  let ready = 0;
  for (const entry of fds) {
    entry.revents = 0;
    if (entry.fd < 0) {
      continue;
    }
    if (fdp.has(entry.fd)) {
      const fp = fdp.get(entry.fd);
      const wanted = entry.events | unasked;
      entry.revents = fp.ops.poll(l, fp, wanted, selector) & wanted;
    } else {
      entry.revents = POLLNVAL;
    }
    if (entry.revents !== 0) {
      ready++;
    }
  }
  return ready;
}

/** @returns how many are ready, 0 after the timeout. @throws EINTR EDEADLK */
function waitFor(l: Lwp, fds: readonly Pollfd[], unasked: number, timeoutNs: number): Soon<number> {
  const ready = scan(l, fds, unasked, null);
  return ready > 0 || timeoutNs === 0 ? ready : sleeping(l, fds, unasked, timeoutNs);
}

function* sleeping(l: Lwp, fds: readonly Pollfd[], unasked: number, timeoutNs: number): MaySleep<number> {
  const k = l.kernel;
  const deadlineNs = deadlineOf(k, timeoutNs);
  const selector = new Selector();
  try {
    for (;;) {
      const ready = scan(l, fds, unasked, selector);
      if (ready > 0) {
        return ready;
      }
      yield* sleepqBlock(l, selector.queue, 'select', PCATCH, leftUntil(k, deadlineNs));
      selector.release();
    }
  } catch (error) {
    if (error === EWOULDBLOCK) {
      return 0;
    }
    // The call is never made again by itself: its timeout would begin anew.
    throw error === ERESTART ? EINTR : error;
  } finally {
    selector.release();
  }
}

/** Do `wait` with `mask` blocked instead of what the lwp blocks. @throws EINVAL the mask */
function masked(l: Lwp, mask: Sigset | null | undefined, wait: () => Soon<number>): Soon<number> {
  if (mask === null || mask === undefined) {
    return wait();
  }
  sigsuspendSetup(l, mask);
  // The old mask comes back at the user boundary.
  l.ast |= AST_SIGNAL;
  const waiting = wait();
  return isMaySleep(waiting) ? maskedSleeping(l, waiting) : waiting;
}

function* maskedSleeping(l: Lwp, waiting: MaySleep<number>): MaySleep<number> {
  try {
    if (sigdeliverable(l) !== 0) {
      throw EINTR;
    }
    l.ast &= ~AST_SIGNAL;
    return yield* waiting;
  } finally {
    l.ast |= AST_SIGNAL;
  }
}

// ---- poll ------------------------------------------------------------------------------------------------

/** @throws EINVAL what is no pollfd */
function checkPollfds(fds: readonly Pollfd[]): void {
  for (const { fd, events } of fds) {
    if ((fd | 0) !== fd || (events | 0) !== events) {
      throw EINVAL;
    }
  }
}

// ---- select ----------------------------------------------------------------------------------------------

/** What each set asks for, as events of poll. NetBSD: sel_flag */
const READING = POLLRDNORM | POLLHUP | POLLERR;
const WRITING = POLLOUT | POLLHUP | POLLERR;
const EXCEPTIONAL = POLLRDBAND;

/** The descriptors below `nd` in `set`, as entries of poll. @throws EINVAL what is no descriptor */
function entries(set: FdSet | null | undefined, nd: number, events: number): Pollfd[] {
  const fds: Pollfd[] = [];
  for (const fd of set ?? []) {
    if (!Number.isInteger(fd) || fd < 0) {
      throw EINVAL;
    }
    if (fd < nd) {
      fds.push({ fd, events, revents: 0 });
    }
  }
  return fds;
}

/** Leave in `set` what is ready. */
function keep(set: FdSet | null | undefined, fds: readonly Pollfd[]): void {
  set?.clear();
  for (const { fd, revents } of fds) {
    if (revents !== 0) {
      set?.add(fd);
    }
  }
}

interface Sets {
  readonly reading: FdSet | null | undefined;
  readonly writing: FdSet | null | undefined;
  readonly exceptional: FdSet | null | undefined;
}

/**
 * @returns how many descriptors are left in the sets, each set counted. @throws EINVAL EBADF EINTR EDEADLK
 */
function selectSets(l: Lwp, nd: number, sets: Sets, timeoutNs: number): Soon<number> {
  if (nd < 0) {
    throw EINVAL;
  }
  const lists = [
    entries(sets.reading, nd, READING),
    entries(sets.writing, nd, WRITING),
    entries(sets.exceptional, nd, EXCEPTIONAL),
  ] as const;
  const waiting = waitFor(l, lists.flat(), POLLNVAL, timeoutNs);
  return isMaySleep(waiting) ? selectSleeping(sets, lists, waiting) : selected(sets, lists, waiting);
}

type Lists = readonly [readonly Pollfd[], readonly Pollfd[], readonly Pollfd[]];

function* selectSleeping(sets: Sets, lists: Lists, waiting: MaySleep<number>): MaySleep<number> {
  return selected(sets, lists, yield* waiting);
}

/** @throws EBADF one of the descriptors is not open; then the sets are as they were */
function selected(sets: Sets, lists: Lists, ready: number): number {
  for (const list of lists) {
    if (list.some(({ revents }) => (revents & POLLNVAL) !== 0)) {
      throw EBADF;
    }
  }
  const [reading, writing, exceptional] = lists;
  keep(sets.reading, reading);
  keep(sets.writing, writing);
  keep(sets.exceptional, exceptional);
  return ready;
}

export const selectHandlers: Handlers<'select' | 'pselect' | 'poll' | 'pollts'> = {
  select(l, nd, reading, writing, exceptional, tv) {
    const timeoutNs = timeoutNsOf(
      tv === null || tv === undefined ? null : { sec: tv.sec, nsec: tv.usec * 1000 },
    );
    return selectSets(l, nd, { reading, writing, exceptional }, timeoutNs);
  },
  pselect(l, nd, reading, writing, exceptional, ts, mask) {
    const timeoutNs = timeoutNsOf(ts);
    return masked(l, mask, () => selectSets(l, nd, { reading, writing, exceptional }, timeoutNs));
  },
  /** `timeout` in milliseconds; -1 (INFTIM) waits for ever. @throws EINVAL it is below that */
  poll(l, fds, timeout) {
    checkPollfds(fds);
    if (timeout < -1) {
      throw EINVAL;
    }
    return waitFor(l, fds, UNASKED, timeout < 0 ? FOREVER : timeout * 1e6);
  },
  pollts(l, fds, ts, mask) {
    checkPollfds(fds);
    const timeoutNs = timeoutNsOf(ts);
    return masked(l, mask, () => waitFor(l, fds, UNASKED, timeoutNs));
  },
};
