/**
 * The console as a file: descriptors 0, 1 and 2 of init, and so of every process that inherits them.
 *
 * NetBSD: sys/rump/librump/rumpkern/cons.c.
 */
import { EV_EOF, EVFILT_READ, EVFILT_WRITE } from '../sys/constants/event.ts';
import { FNONBLOCK } from '../sys/constants/fcntl.ts';
import { FIONREAD, FIONWRITE } from '../sys/constants/filio.ts';
import { POLLIN, POLLOUT, POLLRDNORM } from '../sys/constants/poll.ts';
import { S_IFCHR, S_IRUSR, S_IWUSR } from '../sys/constants/stat.ts';
import { EAGAIN, EINVAL, EIO } from '../sys/errno.ts';
import { consoleAsk, consoleRestart } from './cons_host.ts';
import { consoleTty } from './cons_tty.ts';
import { File, type Fileops, FREAD, FWRITE } from './file.ts';
import { Filedesc } from './filedesc.ts';
import { anonStat } from './fstat.ts';
import type { Kernel } from './kernel.ts';
import { type Filterops, knoteAttach, knoteDetach } from './knote.ts';
import type { Lwp } from './lwp.ts';
import type { MaySleep, Soon } from './maysleep.ts';
import { consoleWrite } from './msgbuf.ts';
import type { Selector } from './selinfo.ts';
import { FOREVER, PCATCH, sleepqBlock } from './sleepq.ts';
import { type Uio, uiomove } from './uio.ts';

/** Bytes handed to the console at a time. */
const CHUNK = 4096;

/** Hand one piece over. @throws EIO */
function writePiece(k: Kernel, decoder: InstanceType<typeof TextDecoder>, uio: Uio): void {
  const piece = uio.piece(CHUNK);
  if (consoleWrite(k, decoder.decode(piece, { stream: true })) !== null) {
    throw EIO;
  }
  uio.advance(piece.length);
}

/** Must `l` wait for room? A synchronous caller never does: nobody is told when its call is done. */
function mustWait(l: Lwp): boolean {
  return l.kernel.cons.full && l.ondone !== null;
}

function* writeSleeping(
  l: Lwp,
  decoder: InstanceType<typeof TextDecoder>,
  fp: File,
  uio: Uio,
): MaySleep<void> {
  const k = l.kernel;
  while (uio.resid > 0) {
    while (mustWait(l)) {
      if ((fp.flag & FNONBLOCK) !== 0) {
        throw EAGAIN;
      }
      yield* sleepqBlock(l, k.cons.writers, 'ttyout', PCATCH, FOREVER);
    }
    writePiece(k, decoder, uio);
  }
}

function take(k: Kernel, uio: Uio): void {
  const { cons } = k;
  cons.input = cons.input.subarray(uiomove(cons.input, uio));
}

function* readSleeping(l: Lwp, uio: Uio): MaySleep<void> {
  const k = l.kernel;
  const { cons } = k;
  while (cons.input.length === 0 && !cons.ended) {
    yield* sleepqBlock(l, cons.readers, 'ttyin', PCATCH, FOREVER);
    consoleAsk(k);
  }
  take(k, uio);
}

function consoleOps(k: Kernel): Fileops {
  // One decoder for the device: a character may arrive in two writes.
  const decoder = new TextDecoder();
  const { cons } = k;
  const input: Filterops = {
    detach: knoteDetach,
    event(kn) {
      kn.data = cons.input.length;
      if (cons.ended && kn.data === 0) {
        kn.flags |= EV_EOF;
        return true;
      }
      return kn.data > 0;
    },
  };
  const output: Filterops = { detach: knoteDetach, event: () => !cons.full };
  return {
    name: 'console',
    inherited: true,
    seekable: false,
    read(l, fp, uio): Soon<void> {
      consoleAsk(k);
      if (cons.input.length > 0 || cons.ended || uio.resid === 0) {
        take(k, uio);
        return;
      }
      if ((fp.flag & FNONBLOCK) !== 0) {
        throw EAGAIN;
      }
      return readSleeping(l, uio);
    },
    write(l, fp, uio): Soon<void> {
      while (uio.resid > 0) {
        if (mustWait(l)) {
          return writeSleeping(l, decoder, fp, uio);
        }
        writePiece(k, decoder, uio);
      }
    },
    ioctl(_l, _fp, com, data) {
      switch (com) {
        case FIONREAD:
          return cons.input.length;
        case FIONWRITE:
          return 0;
        default:
          return consoleTty(com, data);
      }
    },
    poll: (_l, _fp, events, selector) => consolePoll(k, events, selector),
    kqfilter(_l, _fp, kn) {
      switch (kn.filter) {
        case EVFILT_READ:
          consoleAsk(k);
          return knoteAttach(kn, cons.rsel, input);
        case EVFILT_WRITE:
          return knoteAttach(kn, cons.wsel, output);
        default:
          throw EINVAL;
      }
    },
    stat: (l) => anonStat(l, S_IFCHR | S_IRUSR | S_IWUSR, 0, CHUNK),
    restart: () => consoleRestart(k),
    close() {},
  };
}

function consolePoll(k: Kernel, events: number, selector: Selector | null): number {
  const { cons } = k;
  let revents = cons.full ? 0 : events & POLLOUT;
  if ((events & (POLLIN | POLLRDNORM)) !== 0) {
    consoleAsk(k);
    if (cons.input.length > 0 || cons.ended) {
      revents |= events & (POLLIN | POLLRDNORM);
    }
  }
  if (revents === 0) {
    selector?.record(cons.rsel, events);
    selector?.record(cons.wsel, events);
  }
  return revents;
}

/** The console, open. */
export function consoleFile(k: Kernel): File {
  return new File(consoleOps(k), FREAD | FWRITE);
}

/** A descriptor table with the console at 0, 1 and 2. */
export function consoleFiledesc(k: Kernel): Filedesc {
  const fdp = new Filedesc();
  const fp = consoleFile(k);
  for (const fd of [0, 1, 2]) {
    fdp.set(fd, fp);
    fp.refcnt = fd + 1;
  }
  return fdp;
}
