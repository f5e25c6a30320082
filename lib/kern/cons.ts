/**
 * The console as a file: descriptors 0, 1 and 2 of init, and so of every process that inherits them.
 *
 * NetBSD: sys/rump/librump/rumpkern/cons.c.
 */
import { EVFILT_READ, EVFILT_WRITE } from '../sys/constants/event.ts';
import { FIONREAD, FIONWRITE } from '../sys/constants/filio.ts';
import { POLLIN, POLLOUT, POLLRDNORM } from '../sys/constants/poll.ts';
import { S_IFCHR, S_IRUSR, S_IWUSR } from '../sys/constants/stat.ts';
import { EINVAL, EIO, ENOTTY } from '../sys/errno.ts';
import { File, type Fileops, FREAD, FWRITE } from './file.ts';
import { Filedesc } from './filedesc.ts';
import { anonStat } from './fstat.ts';
import type { Kernel } from './kernel.ts';
import { type Filterops, type KlistHead, knoteAttach, knoteDetach } from './knote.ts';
import { consoleWrite } from './msgbuf.ts';
import type { Uio } from './uio.ts';

/** Bytes handed to the console at a time. */
const CHUNK = 4096;

function consoleOps(k: Kernel): Fileops {
  // One decoder for the device: a character may arrive in two writes.
  const decoder = new TextDecoder();
  const watchers: KlistHead = { klist: null };
  return {
    name: 'console',
    inherited: true,
    seekable: false,
    // There is no keyboard: reading finds the end at once.
    read() {},
    write(_l, _fp, uio: Uio) {
      while (uio.resid > 0) {
        const piece = uio.piece(CHUNK);
        if (consoleWrite(k, decoder.decode(piece, { stream: true })) !== null) {
          throw EIO;
        }
        uio.advance(piece.length);
      }
    },
    ioctl(_l, _fp, com) {
      if (com !== FIONREAD && com !== FIONWRITE) {
        throw ENOTTY;
      }
      return 0;
    },
    // Neither reading nor writing ever waits.
    poll: (_l, _fp, events) => events & (POLLIN | POLLRDNORM | POLLOUT),
    kqfilter(_l, _fp, kn) {
      if (kn.filter !== EVFILT_READ && kn.filter !== EVFILT_WRITE) {
        throw EINVAL;
      }
      knoteAttach(kn, watchers, alwaysOps);
    },
    stat: (l) => anonStat(l, S_IFCHR | S_IRUSR | S_IWUSR, 0, CHUNK),
    restart() {},
    close() {},
  };
}

/** NetBSD: seltrue_filtops. */
const alwaysOps: Filterops = { detach: knoteDetach, event: () => true };

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
