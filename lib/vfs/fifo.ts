/**
 * FIFOs: pipes that are found by a name.
 *
 * The pipe is made when the FIFO is first opened and goes when it is closed for the last time. An end is open while
 * anybody has it. Who opens one end waits until somebody opens the other; that he has done so counts even if he has
 * gone again before the waiter runs.
 *
 * NetBSD: sys/miscfs/fifofs/fifo_vnops.c, mkfifo(2).
 */

import { type File, FREAD, FWRITE } from '../kern/file.ts';
import type { Knote } from '../kern/knote.ts';
import type { Lwp } from '../kern/lwp.ts';
import type { MaySleep, Soon } from '../kern/maysleep.ts';
import { Pipe, pipeCloseReading, pipeCloseWriting, pipeRestart } from '../kern/pipe.ts';
import { ReadingEnd, WritingEnd } from '../kern/pipe_file.ts';
import type { Selector, Selinfo } from '../kern/selinfo.ts';
import { FOREVER, PCATCH, SleepQueue, sleepqBlock, sleepqWakeAll } from '../kern/sleepq.ts';
import type { Uio } from '../kern/uio.ts';
import { EVFILT_READ, EVFILT_WRITE } from '../sys/constants/event.ts';
import { FNONBLOCK } from '../sys/constants/fcntl.ts';
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../sys/constants/poll.ts';
import { EIO, ENXIO } from '../sys/errno.ts';
import { transferMarked, VnodeFile } from './vn_file.ts';
import type { Vnode } from './vnode.ts';
import { vnodeExtra } from './vnode_extra.ts';

class Fifo {
  readonly pipe: Pipe;
  readonly in: ReadingEnd;
  readonly out: WritingEnd;
  readers = 0;
  writers = 0;
  /** How often each end has been opened. */
  readerOpens = 0;
  writerOpens = 0;
  /** Who waits for the other end. */
  readonly opening = new SleepQueue();

  constructor(l: Lwp) {
    this.pipe = new Pipe(l.kernel);
    this.pipe.reading = false;
    this.pipe.writing = false;
    this.in = new ReadingEnd(this.pipe);
    this.out = new WritingEnd(this.pipe);
  }

  gone(): void {
    sleepqWakeAll(this.opening);
    pipeRestart(this.pipe);
  }

  open(flag: number): void {
    if (this.readers === 0 || (flag & FWRITE) !== 0) {
      // A hang-up is told to whoever reads until there is a writer again, or nobody reads any more.
      this.pipe.hungup = false;
    }
    if ((flag & FREAD) !== 0) {
      this.readers++;
      this.readerOpens++;
      this.pipe.reading = true;
    }
    if ((flag & FWRITE) !== 0) {
      this.writers++;
      this.writerOpens++;
      this.pipe.writing = true;
    }
    sleepqWakeAll(this.opening);
  }

  close(flag: number): void {
    if ((flag & FREAD) !== 0 && --this.readers === 0) {
      pipeCloseReading(this.pipe);
    }
    if ((flag & FWRITE) !== 0 && --this.writers === 0) {
      pipeCloseWriting(this.pipe);
    }
  }
}

/** Open the FIFO `vp`, which the caller keeps a reference to. @throws ENXIO nobody reads; EINTR ERESTART EDEADLK */
export function fifoOpen(l: Lwp, vp: Vnode, flag: number): Soon<FifoFile> {
  const extra = vnodeExtra(vp);
  const fifo = (extra.special as Fifo | null) ?? new Fifo(l);
  if ((flag & (FREAD | FWRITE | FNONBLOCK)) === (FWRITE | FNONBLOCK) && fifo.readers === 0) {
    throw ENXIO;
  }
  extra.special = fifo;
  fifo.open(flag);
  const file = new FifoFile(vp, fifo);
  const alone = (flag & FREAD) === 0 ? fifo.readers === 0 : (flag & FWRITE) === 0 && fifo.writers === 0;
  return alone && (flag & FNONBLOCK) === 0 ? openSleeping(l, vp, fifo, file, flag) : file;
}

function* openSleeping(l: Lwp, vp: Vnode, fifo: Fifo, file: FifoFile, flag: number): MaySleep<FifoFile> {
  const other = (flag & FREAD) === 0 ? 'readerOpens' : 'writerOpens';
  const before = fifo[other];
  try {
    while (fifo[other] === before) {
      yield* sleepqBlock(l, fifo.opening, (flag & FREAD) === 0 ? 'fifow' : 'fifor', PCATCH, FOREVER);
      if (vp.type === 'VBAD') {
        throw ENXIO;
      }
    }
    return file;
  } catch (error) {
    fifoClose(vp, fifo, flag);
    throw error;
  }
}

function fifoClose(vp: Vnode, fifo: Fifo, flag: number): void {
  fifo.close(flag);
  if (fifo.readers + fifo.writers === 0 && vp.extra !== null) {
    vp.extra.special = null;
  }
}

export class FifoFile extends VnodeFile {
  override readonly name = 'fifo';
  override readonly seekable = false;
  readonly #fifo: Fifo;

  constructor(vp: Vnode, fifo: Fifo) {
    super(vp);
    this.#fifo = fifo;
  }

  /** @throws EIO the FIFO has been taken away */
  #alive(): void {
    if (this.vp.type === 'VBAD') {
      throw EIO;
    }
  }

  override read(l: Lwp, fp: File, uio: Uio): Soon<void> {
    this.#alive();
    return transferMarked(this.vp, uio, uio.resid, this.#fifo.in.read(l, fp, uio));
  }

  override write(l: Lwp, fp: File, uio: Uio): Soon<void> {
    this.#alive();
    return transferMarked(this.vp, uio, uio.resid, this.#fifo.out.write(l, fp, uio));
  }

  override ioctl(l: Lwp, fp: File, com: number): number {
    return this.#fifo.in.ioctl(l, fp, com);
  }

  override poll(l: Lwp, fp: File, events: number, selector: Selector | null): number {
    const { in: reading, out: writing } = this.#fifo;
    const wanted = events & (POLLIN | POLLRDNORM);
    const forWriting = events & (POLLOUT | POLLWRNORM);
    let revents = 0;
    if ((fp.flag & FREAD) !== 0) {
      revents |= reading.poll(l, fp, wanted, selector);
    }
    if ((fp.flag & FWRITE) !== 0) {
      revents |= writing.poll(l, fp, forWriting, revents === 0 ? selector : null);
    }
    return revents;
  }

  override kqfilter(l: Lwp, fp: File, kn: Knote): void {
    if (kn.filter === EVFILT_READ && (fp.flag & FREAD) !== 0) {
      this.#fifo.in.kqfilter(l, fp, kn);
    } else if (kn.filter === EVFILT_WRITE && (fp.flag & FWRITE) !== 0) {
      this.#fifo.out.kqfilter(l, fp, kn);
    } else if (kn.filter === EVFILT_READ || kn.filter === EVFILT_WRITE) {
      // What it is not open for. Each end knows that of the other's filter.
      const { in: reading, out: writing } = this.#fifo;
      (kn.filter === EVFILT_READ ? writing : reading).kqfilter(l, fp, kn);
    } else {
      super.kqfilter(l, fp, kn);
    }
  }

  /** One for both ends: readers are told of bytes, writers of room. */
  selinfo(): Selinfo {
    return this.#fifo.readers > 0 ? this.#fifo.in.selinfo() : this.#fifo.out.selinfo();
  }

  override restart(): void {
    pipeRestart(this.#fifo.pipe);
  }

  override close(l: Lwp, fp: File): Soon<void> {
    fifoClose(this.vp, this.#fifo, fp.flag);
    return super.close(l, fp);
  }
}
