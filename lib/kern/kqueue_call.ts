/**
 * System calls on kqueues, and the kqueue as a file.
 *
 * NetBSD: sys/kern/kern_event.c (kqueue1, kevent1, kqueueops), kqueue(2).
 */
import { EV_ERROR, EV_RECEIPT, EVFILT_READ } from '../sys/constants/event.ts';
import { O_CLOEXEC, O_NONBLOCK, O_NOSIGPIPE } from '../sys/constants/fcntl.ts';
import { POLLIN, POLLRDNORM } from '../sys/constants/poll.ts';
import { S_IFIFO } from '../sys/constants/stat.ts';
import { EBADF, EINTR, EINVAL, ENXIO, ERESTART, Errno, EWOULDBLOCK } from '../sys/errno.ts';
import type { Kevent, Timespec } from '../sys/types.ts';
import { File, type Fileops, FREAD, FWRITE, fileSleep, noIoctl } from './file.ts';
import { fdInstall } from './filedesc.ts';
import { anonStat } from './fstat.ts';
import { type Filterops, type Knote, knoteAttach, knoteDetach } from './knote.ts';
import { Kqueue, kqueueRegister } from './kqueue.ts';
import type { Lwp } from './lwp.ts';
import type { MaySleep, Soon } from './maysleep.ts';
import type { Selector } from './selinfo.ts';
import { PCATCH, sleepqBlock, sleepqWakeAll, sleepqWakeOne } from './sleepq.ts';
import type { Handlers } from './sysent.ts';
import { deadlineOf, leftUntil, timeoutNsOf } from './timeout.ts';

/** Most kqueues that watch each other in a row. */
const NEST_MAX = 8;

class KqueueFile implements Fileops {
  readonly name = 'kqueue';
  readonly inherited = false;
  readonly seekable = false;
  readonly kq: Kqueue;

  constructor(kq: Kqueue) {
    this.kq = kq;
  }

  read(): never {
    throw ENXIO;
  }

  write(): never {
    throw ENXIO;
  }

  ioctl = noIoctl;

  poll(_l: Lwp, _fp: File, events: number, selector: Selector | null): number {
    const wanted = events & (POLLIN | POLLRDNORM);
    if (wanted !== 0 && this.kq.ready()) {
      return wanted;
    }
    selector?.record(this.kq.sel, wanted);
    return 0;
  }

  /**
   * @throws EINVAL another filter than EVFILT_READ; kqueues that would watch each other, or too many in a
   * row
   */
  kqfilter(_l: Lwp, _fp: File, kn: Knote): void {
    if (kn.filter !== EVFILT_READ || above(kn.kq) + below(this.kq, kn.kq) > NEST_MAX) {
      throw EINVAL;
    }
    knoteAttach(kn, this.kq.sel, readable(this.kq));
  }

  stat(l: Lwp) {
    return anonStat(l, S_IFIFO, this.kq.count, 0);
  }

  restart(): void {
    this.kq.generation++;
    sleepqWakeAll(this.kq.sleepers);
  }

  close(): void {
    this.kq.clear();
  }
}

function readable(kq: Kqueue): Filterops {
  return {
    detach: knoteDetach,
    event(kn) {
      const ready = kq.ready();
      kn.data = kq.count;
      return ready;
    },
  };
}

/** How many kqueues there are from `kq` up to one that nobody watches, the longest way. */
function above(kq: Kqueue): number {
  let levels = 0;
  for (const kn of kq.sel.klist ?? []) {
    levels = Math.max(levels, above(kn.kq));
  }
  return levels + 1;
}

/** How many from `kq` down to one that watches no kqueue. @throws EINVAL when `watcher` is among them */
function below(kq: Kqueue, watcher: Kqueue): number {
  if (kq === watcher) {
    throw EINVAL;
  }
  let levels = 0;
  for (const kn of kq) {
    if (kn.file?.ops instanceof KqueueFile) {
      levels = Math.max(levels, below(kn.file.ops.kq, watcher));
    }
  }
  return levels + 1;
}

/** @throws EINVAL flags; EMFILE */
function kqueue1(l: Lwp, flags: number): number {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK | O_NOSIGPIPE)) !== 0) {
    throw EINVAL;
  }
  const ops = new KqueueFile(new Kqueue(l.proc.fd));
  const fp = new File(ops, FREAD | FWRITE | (flags & (O_NONBLOCK | O_NOSIGPIPE)));
  return fdInstall(l, fp, (flags & O_CLOEXEC) === 0 ? 'keep' : 'cloexec');
}

/**
 * Make the changes in order. What fails, and what is asked to report, is an event; without room for it, it
 * ends the call.
 */
function change(l: Lwp, kq: Kqueue, changes: readonly Kevent[], max: number): Kevent[] {
  const events: Kevent[] = [];
  for (const kev of changes) {
    let errno = 0;
    try {
      kqueueRegister(l, kq, kev);
    } catch (error) {
      if (!(error instanceof Errno) || events.length === max) {
        throw error;
      }
      errno = error.errno;
    }
    if (errno !== 0 || ((kev.flags & EV_RECEIPT) !== 0 && events.length < max)) {
      events.push({ ...kev, flags: EV_ERROR, data: errno });
    }
  }
  return events;
}

/** @param timeout null waits for ever. @throws EBADF EINVAL EINTR; what a change throws */
function kevent(
  l: Lwp,
  fd: number,
  changes: readonly Kevent[] | null | undefined,
  nevents: number,
  timeout?: Timespec | null,
): Soon<Kevent[]> {
  const fp = l.proc.fd.get(fd);
  if (!(fp.ops instanceof KqueueFile)) {
    throw EBADF;
  }
  const timeoutNs = timeoutNsOf(timeout);
  const { kq } = fp.ops;
  if (changes !== null && changes !== undefined && changes.length > 0) {
    const reports = change(l, kq, changes, nevents);
    if (reports.length > 0) {
      return reports;
    }
  }
  if (nevents === 0) {
    return [];
  }
  if (kq.count > 0) {
    const events = kq.collect(nevents);
    if (events.length > 0) {
      return leave(kq, events);
    }
  }
  return timeoutNs === 0 ? [] : fileSleep(l, fp, scan(l, kq, nevents, timeoutNs));
}

function* scan(l: Lwp, kq: Kqueue, max: number, timeoutNs: number): MaySleep<Kevent[]> {
  const k = l.kernel;
  const { generation } = kq;
  const deadlineNs = deadlineOf(k, timeoutNs);
  for (;;) {
    try {
      yield* sleepqBlock(l, kq.sleepers, 'kqueue', PCATCH, leftUntil(k, deadlineNs));
    } catch (error) {
      if (error !== EWOULDBLOCK) {
        // The call is never made again by itself: its timeout would begin anew.
        throw error === ERESTART ? EINTR : error;
      }
      return leave(kq, kq.collect(max));
    }
    if (kq.generation !== generation) {
      throw ERESTART;
    }
    const events = kq.collect(max);
    if (events.length > 0) {
      return leave(kq, events);
    }
  }
}

/** Whoever leaves events behind wakes the next who wants some. */
function leave(kq: Kqueue, events: Kevent[]): Kevent[] {
  if (kq.count > 0) {
    sleepqWakeOne(kq.sleepers);
  }
  return events;
}

export const kqueueHandlers: Handlers<'kqueue' | 'kqueue1' | 'kevent'> = {
  kqueue: (l) => kqueue1(l, 0),
  kqueue1,
  kevent,
};
