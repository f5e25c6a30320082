/**
 * The two ends of a pipe as files, and the system calls that make them.
 *
 * NetBSD: sys/kern/sys_pipe.c (pipe_ioctl, pipe_poll, pipe_stat, pipe_kqfilter, pipe1), pipe(2).
 */
import { EV_EOF, EVFILT_READ, EVFILT_WRITE } from '../sys/constants/event.ts';
import { O_CLOEXEC, O_NONBLOCK, O_NOSIGPIPE } from '../sys/constants/fcntl.ts';
import { FIONREAD, FIONSPACE, FIONWRITE } from '../sys/constants/filio.ts';
import { PIPE_BUF } from '../sys/constants/limits.ts';
import { POLLHUP, POLLIN, POLLOUT, POLLRDNORM } from '../sys/constants/poll.ts';
import { S_IFIFO, S_IRUSR, S_IWUSR } from '../sys/constants/stat.ts';
import { EBADF, EINVAL, ENOTTY } from '../sys/errno.ts';
import type { Stat } from '../sys/types.ts';
import { File, type Fileops, FREAD, FWRITE } from './file.ts';
import { fdLimit } from './filedesc.ts';
import { anonStat, wallTime } from './fstat.ts';
import { type Filterops, type Knote, knoteAttach, knoteDetach } from './knote.ts';
import type { Lwp } from './lwp.ts';
import type { Soon } from './maysleep.ts';
import { Pipe, pipeCloseReading, pipeCloseWriting, pipeRestart } from './pipe.ts';
import { pipeRead, pipeWrite } from './pipe_io.ts';
import type { Selector, Selinfo } from './selinfo.ts';
import type { Handlers } from './sysent.ts';
import type { Uio } from './uio.ts';

/** What both ends have in common. */
abstract class PipeEnd implements Fileops {
  readonly name = 'pipe';
  readonly inherited = true;
  readonly seekable = false;
  readonly pipe: Pipe;

  constructor(pipe: Pipe) {
    this.pipe = pipe;
  }

  abstract read(l: Lwp, fp: File, uio: Uio): Soon<void>;
  abstract write(l: Lwp, fp: File, uio: Uio): Soon<void>;
  abstract poll(l: Lwp, fp: File, events: number, selector: Selector | null): number;
  abstract kqfilter(l: Lwp, fp: File, kn: Knote): void;
  abstract close(): void;

  ioctl(_l: Lwp, _fp: File, com: number): number {
    switch (com) {
      case FIONREAD:
      case FIONWRITE:
        return this.pipe.available;
      case FIONSPACE:
        return this.pipe.room;
      default:
        throw ENOTTY;
    }
  }

  stat(l: Lwp): Stat {
    const { pipe } = this;
    const k = l.kernel;
    return {
      ...anonStat(l, S_IFIFO | S_IRUSR | S_IWUSR, pipe.available, pipe.size),
      atim: wallTime(k, pipe.readNs),
      mtim: wallTime(k, pipe.writtenNs),
      ctim: wallTime(k, pipe.madeNs),
      birthtim: wallTime(k, pipe.madeNs),
    };
  }

  restart(): void {
    pipeRestart(this.pipe);
  }
}

export class ReadingEnd extends PipeEnd {
  read(l: Lwp, fp: File, uio: Uio): Soon<void> {
    return pipeRead(l, this.pipe, fp, uio);
  }

  write(): never {
    throw EBADF;
  }

  selinfo(): Selinfo {
    return this.pipe.rsel;
  }

  poll(_l: Lwp, _fp: File, events: number, selector: Selector | null): number {
    const { pipe } = this;
    let revents = pipe.hungup ? POLLHUP : 0;
    if (pipe.available > 0 || pipe.hungup) {
      revents |= events & (POLLIN | POLLRDNORM);
    }
    if (revents === 0) {
      selector?.record(pipe.rsel, events);
    }
    return revents;
  }

  kqfilter(_l: Lwp, _fp: File, kn: Knote): void {
    knoteAttach(kn, this.pipe.rsel, kn.filter === EVFILT_READ ? readable(this.pipe) : never(kn));
  }

  close(): void {
    pipeCloseReading(this.pipe);
  }
}

export class WritingEnd extends PipeEnd {
  read(): never {
    throw EBADF;
  }

  selinfo(): Selinfo {
    return this.pipe.wsel;
  }

  write(l: Lwp, fp: File, uio: Uio): Soon<void> {
    return pipeWrite(l, this.pipe, fp, uio);
  }

  poll(_l: Lwp, _fp: File, events: number, selector: Selector | null): number {
    const { pipe } = this;
    if (!pipe.reading) {
      // What has hung up cannot be written to: never both.
      return POLLHUP;
    }
    const revents = pipe.room >= PIPE_BUF ? events & POLLOUT : 0;
    if (revents === 0) {
      selector?.record(pipe.wsel, events);
    }
    return revents;
  }

  kqfilter(_l: Lwp, _fp: File, kn: Knote): void {
    knoteAttach(kn, this.pipe.wsel, kn.filter === EVFILT_WRITE ? writable(this.pipe) : never(kn));
  }

  close(): void {
    pipeCloseWriting(this.pipe);
  }
}

/** The other end is closed, or, of a FIFO, open again. */
function ended(kn: Knote, closed: boolean): void {
  kn.flags = closed ? kn.flags | EV_EOF : kn.flags & ~EV_EOF;
}

function readable(pipe: Pipe): Filterops {
  return {
    detach: knoteDetach,
    event(kn) {
      kn.data = pipe.available;
      ended(kn, pipe.hungup);
      return kn.data > 0 || pipe.hungup;
    },
  };
}

function writable(pipe: Pipe): Filterops {
  return {
    detach: knoteDetach,
    event(kn) {
      kn.data = pipe.reading ? pipe.room : 0;
      ended(kn, !pipe.reading);
      return kn.data >= PIPE_BUF || !pipe.reading;
    },
  };
}

const NEVER: Filterops = { detach: knoteDetach, event: () => false };

/** The end that cannot be written to never gets room, the one that cannot be read from never bytes. @throws EINVAL */
function never(kn: Knote): Filterops {
  if (kn.filter !== EVFILT_READ && kn.filter !== EVFILT_WRITE) {
    throw EINVAL;
  }
  return NEVER;
}

/** @throws EINVAL flags; EMFILE */
function pipe2(l: Lwp, flags: number): [number, number] {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK | O_NOSIGPIPE)) !== 0) {
    throw EINVAL;
  }
  const { fd: fdp } = l.proc;
  const cloexec = (flags & O_CLOEXEC) === 0 ? 'keep' : 'cloexec';
  const stays = flags & (O_NONBLOCK | O_NOSIGPIPE);
  // Both numbers first, so that there is nothing to undo when there is one only.
  const r = fdp.lowestFree(0, fdLimit(l));
  const w = fdp.lowestFree(r + 1, fdLimit(l));
  const pipe = new Pipe(l.kernel);
  fdp.set(r, new File(new ReadingEnd(pipe), FREAD | stays), cloexec);
  fdp.set(w, new File(new WritingEnd(pipe), FWRITE | stays), cloexec);
  return [r, w];
}

export const pipeHandlers: Handlers<'pipe' | 'pipe2'> = {
  pipe: (l) => pipe2(l, 0),
  pipe2,
};
