/**
 * Pipes: bytes go in at one end and out at the other, through a ring buffer of the kernel, or, when a
 * sleeping writer has more than fits, straight from the writer's memory into the reader's.
 *
 * A write of at most PIPE_BUF bytes goes in whole. Readers sleep in `piperd`, writers in `pipewr`, each in
 * the order they came; whoever wakes and leaves something behind wakes the next, so that nobody wakes for
 * nothing.
 *
 * Invariants: the loan, while there is one, is what follows the bytes in the buffer, and nothing enters the
 * buffer then. What is in the buffer stays while either end is open: a FIFO may be opened for reading again.
 *
 * NetBSD: sys/kern/sys_pipe.c, pipe(2).
 */
import { PIPE_BUF } from '../sys/constants/limits.ts';
import { POLLIN, POLLOUT, POLLRDNORM } from '../sys/constants/poll.ts';
import { ENOMEM, EPIPE, type Errno } from '../sys/errno.ts';
import type { Kernel } from './kernel.ts';
import { type Kmem, kmemFree, kmemIntrAlloc } from './kmem.ts';
import { Selinfo, selnotify } from './selinfo.ts';
import { SleepQueue, sleepqWakeAll, sleepqWakeOne } from './sleepq.ts';
import type { Uio } from './uio.ts';

/** Size of the buffer, and of one that a write which may not block has made larger. */
export const PIPE_SIZE = 16384;
export const BIG_PIPE_SIZE = 65536;
/** Most pipes with a large buffer at once. */
export const LIMITBIGPIPES = 32;

/** What a sleeping writer offers. */
export interface Loan {
  readonly uio: Uio;
  /** Why it ended before all was taken. */
  error: Errno | null;
}

export class Pipe {
  readonly kernel: Kernel;
  /** Bytes the buffer may hold; the memory is allocated when first written to. */
  size = PIPE_SIZE;
  buffer: Kmem | null = null;
  bytes: Uint8Array = NOTHING;
  /** Bytes in the buffer, and where they begin. */
  count = 0;
  out = 0;
  loan: Loan | null = null;
  /** The ends that are open. */
  reading = true;
  writing = true;
  /** The writing end has been closed. That of a FIFO which has yet to be opened has not. */
  hungup = false;
  readonly readers = new SleepQueue();
  readonly writers = new SleepQueue();
  /** Where the lender sleeps. */
  readonly lender = new SleepQueue();
  /** Who waits for bytes to read, and for room to write. */
  readonly rsel = new Selinfo();
  readonly wsel = new Selinfo();
  /** Calls that slept here before it was raised start again. */
  generation = 0;
  /** Times of last reading, writing and making, on the host's clock. */
  readNs: number;
  writtenNs: number;
  readonly madeNs: number;

  constructor(k: Kernel) {
    this.kernel = k;
    this.madeNs = k.host.monotonicNs();
    this.readNs = this.madeNs;
    this.writtenNs = this.madeNs;
  }

  /** Bytes there are to read. */
  get available(): number {
    return this.count + (this.loan === null ? 0 : this.loan.uio.resid);
  }

  /** Bytes there is room for. */
  get room(): number {
    return this.loan === null ? this.size - this.count : 0;
  }
}

const NOTHING = new Uint8Array(0);

/** The lender has its memory back. */
export function endLoan(pipe: Pipe, error: Errno | null): void {
  if (pipe.loan !== null) {
    pipe.loan.error = error;
    pipe.loan = null;
    sleepqWakeAll(pipe.lender);
  }
}

/** There are bytes: the next reader gets them. */
export function nextReader(pipe: Pipe): void {
  if (pipe.readers.length > 0 && pipe.available > 0) {
    sleepqWakeOne(pipe.readers);
  }
}

/** There is room: the next writer gets it. */
export function roomMade(pipe: Pipe): void {
  if (pipe.room >= PIPE_BUF) {
    if (pipe.writers.length > 0) {
      sleepqWakeOne(pipe.writers);
    }
    selnotify(pipe.wsel, POLLOUT, 0);
  }
}

/** There is something new to read. */
export function arrived(pipe: Pipe): void {
  if (pipe.readers.length > 0) {
    sleepqWakeOne(pipe.readers);
  }
  selnotify(pipe.rsel, POLLIN | POLLRDNORM, 0);
}

/** Get a buffer of `size` bytes, instead of the empty one there may be. @throws ENOMEM */
export function allocate(pipe: Pipe, size: number): void {
  const k = pipe.kernel;
  const buffer = kmemIntrAlloc(k, size);
  release(pipe);
  pipe.buffer = buffer;
  pipe.bytes = buffer.bytes;
  pipe.size = size;
  if (size > PIPE_SIZE) {
    k.nbigpipe++;
  }
}

/** Give the buffer back; it is empty. */
function release(pipe: Pipe): void {
  const k = pipe.kernel;
  if (pipe.buffer !== null) {
    if (pipe.size > PIPE_SIZE) {
      k.nbigpipe--;
    }
    kmemFree(k, pipe.buffer, pipe.size);
  }
  pipe.buffer = null;
  pipe.bytes = NOTHING;
  pipe.count = 0;
  pipe.out = 0;
}

/** Make the empty buffer large, if there may be another such. Without memory it stays as it is. */
export function grow(pipe: Pipe): void {
  if (pipe.size === PIPE_SIZE && pipe.kernel.nbigpipe < LIMITBIGPIPES) {
    try {
      allocate(pipe, BIG_PIPE_SIZE);
    } catch (error) {
      if (error !== ENOMEM) {
        throw error;
      }
    }
  }
}

/** The last descriptor of the reading end is closed: writers learn that nobody reads. */
export function pipeCloseReading(pipe: Pipe): void {
  pipe.reading = false;
  endLoan(pipe, EPIPE);
  if (!pipe.writing) {
    release(pipe);
  }
  sleepqWakeAll(pipe.writers);
  selnotify(pipe.rsel, -1, 0);
  selnotify(pipe.wsel, -1, 0);
}

/** The last of the writing end: readers find the end behind what is left. */
export function pipeCloseWriting(pipe: Pipe): void {
  pipe.writing = false;
  pipe.hungup = true;
  sleepqWakeAll(pipe.readers);
  selnotify(pipe.wsel, -1, 0);
  selnotify(pipe.rsel, -1, 0);
  if (!pipe.reading) {
    release(pipe);
  }
}

/** Everyone who sleeps in the pipe starts over: one of the descriptors they came by is closed. */
export function pipeRestart(pipe: Pipe): void {
  pipe.generation++;
  sleepqWakeAll(pipe.readers);
  sleepqWakeAll(pipe.writers);
  sleepqWakeAll(pipe.lender);
}
