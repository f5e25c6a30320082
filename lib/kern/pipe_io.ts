/**
 * Moving bytes into a pipe and out of it, and waiting for them.
 *
 * NetBSD: sys/kern/sys_pipe.c (pipe_read, pipe_write, pipe_direct_write).
 */
import { FNONBLOCK } from '../sys/constants/fcntl.ts';
import { PIPE_BUF } from '../sys/constants/limits.ts';
import { EAGAIN, EPIPE, ERESTART, type Errno } from '../sys/errno.ts';
import type { File } from './file.ts';
import type { Lwp } from './lwp.ts';
import type { MaySleep, Soon } from './maysleep.ts';
import {
  allocate,
  arrived,
  endLoan,
  grow,
  type Loan,
  nextReader,
  PIPE_SIZE,
  type Pipe,
  roomMade,
} from './pipe.ts';
import { FOREVER, PCATCH, sleepqBlock } from './sleepq.ts';
import type { Uio } from './uio.ts';

/** @throws EAGAIN EINTR ERESTART EDEADLK EFAULT. Nothing read is the end: nobody can write any more. */
export function pipeRead(l: Lwp, pipe: Pipe, fp: File, uio: Uio): Soon<void> {
  if (uio.resid === 0 || take(pipe, uio)) {
    return;
  }
  if (!pipe.writing) {
    return;
  }
  if ((fp.flag & FNONBLOCK) !== 0) {
    throw EAGAIN;
  }
  return readSleeping(l, pipe, fp, uio);
}

function* readSleeping(l: Lwp, pipe: Pipe, fp: File, uio: Uio): MaySleep<void> {
  const { generation } = pipe;
  for (;;) {
    yield* sleepqBlock(l, pipe.readers, 'piperd', PCATCH, FOREVER);
    if (pipe.generation !== generation) {
      throw ERESTART;
    }
    try {
      if (take(pipe, uio) || !pipe.writing) {
        return;
      }
      if ((fp.flag & FNONBLOCK) !== 0) {
        throw EAGAIN;
      }
    } catch (error) {
      // It was woken for bytes that it leaves to others.
      nextReader(pipe);
      throw error;
    }
  }
}

/** Take what there is. @returns whether there was anything. @throws EFAULT */
function take(pipe: Pipe, uio: Uio): boolean {
  const before = uio.resid;
  try {
    if (pipe.count > 0) {
      takeBuffered(pipe, uio);
    }
    if (pipe.loan !== null && uio.resid > 0) {
      takeLent(pipe, pipe.loan, uio);
    }
  } finally {
    if (uio.resid !== before) {
      pipe.readNs = pipe.kernel.lastClockNs;
      taken(pipe);
    }
  }
  return uio.resid !== before;
}

function takeBuffered(pipe: Pipe, uio: Uio): void {
  const { bytes } = pipe;
  do {
    const n = uio.move(bytes, pipe.out, Math.min(pipe.count, bytes.length - pipe.out));
    pipe.count -= n;
    pipe.out = pipe.count === 0 || pipe.out + n === bytes.length ? 0 : pipe.out + n;
  } while (pipe.count > 0 && uio.resid > 0);
}

/** Copy from the lender's memory. What is wrong with that is the lender's error, not the reader's. */
function takeLent(pipe: Pipe, loan: Loan, uio: Uio): void {
  const from = loan.uio;
  while (from.resid > 0 && uio.resid > 0) {
    let piece: Uint8Array;
    try {
      piece = from.piece(uio.resid);
    } catch (error) {
      endLoan(pipe, error as Errno);
      return;
    }
    from.advance(uio.move(piece, 0, piece.length));
  }
  if (from.resid === 0) {
    endLoan(pipe, null);
  }
}

/** Bytes have left: tell the next reader if there are more, and the next writer if there is room. */
function taken(pipe: Pipe): void {
  nextReader(pipe);
  roomMade(pipe);
}

/**
 * @throws EPIPE EAGAIN ENOMEM EINTR ERESTART EDEADLK EFAULT. What has been moved by then is gone from `uio`.
 */
export function pipeWrite(l: Lwp, pipe: Pipe, fp: File, uio: Uio): Soon<void> {
  if (!pipe.reading) {
    throw EPIPE;
  }
  const { resid } = uio;
  if (resid <= pipe.room) {
    put(pipe, uio, resid);
    return;
  }
  if ((fp.flag & FNONBLOCK) === 0) {
    return writeSleeping(l, pipe, fp, uio);
  }
  if (resid > PIPE_SIZE && pipe.count === 0 && pipe.loan === null) {
    grow(pipe);
  }
  const { room } = pipe;
  if (room === 0 || resid <= PIPE_BUF) {
    throw EAGAIN;
  }
  put(pipe, uio, Math.min(room, resid));
}

function* writeSleeping(l: Lwp, pipe: Pipe, fp: File, uio: Uio): MaySleep<void> {
  try {
    yield* writeAll(l, pipe, fp, uio);
  } finally {
    roomMade(pipe);
  }
}

function* writeAll(l: Lwp, pipe: Pipe, fp: File, uio: Uio): MaySleep<void> {
  const { generation } = pipe;
  for (;;) {
    const { room } = pipe;
    if (pipe.loan === null && uio.resid > PIPE_SIZE) {
      yield* lend(l, pipe, uio);
    } else if (room >= uio.resid || (room > 0 && uio.resid > PIPE_BUF)) {
      put(pipe, uio, Math.min(room, uio.resid));
    }
    if (uio.resid === 0) {
      return;
    }
    if ((fp.flag & FNONBLOCK) !== 0) {
      throw EAGAIN;
    }
    yield* sleepqBlock(l, pipe.writers, 'pipewr', PCATCH, FOREVER);
    if (!pipe.reading) {
      throw EPIPE;
    }
    if (pipe.generation !== generation) {
      throw ERESTART;
    }
  }
}

/** Sleep while readers copy out of the writer's memory. @throws EPIPE ERESTART EINTR EDEADLK EFAULT */
function* lend(l: Lwp, pipe: Pipe, uio: Uio): MaySleep<void> {
  const { generation } = pipe;
  const loan: Loan = { uio, error: null };
  pipe.loan = loan;
  pipe.writtenNs = pipe.kernel.lastClockNs;
  arrived(pipe);
  try {
    yield* sleepqBlock(l, pipe.lender, 'pipewr', PCATCH, FOREVER);
  } finally {
    if (pipe.loan === loan) {
      pipe.loan = null;
    }
  }
  if (loan.error !== null) {
    throw loan.error;
  }
  if (uio.resid > 0 && pipe.generation !== generation) {
    throw ERESTART;
  }
}

/** Put `n` bytes into the buffer; there is room for them. @throws ENOMEM EFAULT */
function put(pipe: Pipe, uio: Uio, n: number): void {
  if (n === 0) {
    return;
  }
  if (pipe.buffer === null) {
    allocate(pipe, pipe.size);
  }
  const { bytes } = pipe;
  const before = pipe.count;
  try {
    for (let left = n; left > 0; ) {
      const end = pipe.out + pipe.count;
      const at = end >= bytes.length ? end - bytes.length : end;
      const moved = uio.move(bytes, at, Math.min(left, bytes.length - at));
      pipe.count += moved;
      left -= moved;
    }
  } finally {
    if (pipe.count !== before) {
      pipe.writtenNs = pipe.kernel.lastClockNs;
      arrived(pipe);
    }
  }
}
