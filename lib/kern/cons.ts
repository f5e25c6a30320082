/**
 * The console as a file: descriptors 0, 1 and 2 of init, and so of every process that inherits them.
 *
 * NetBSD: sys/rump/librump/rumpkern/cons.c.
 */
import { EIO } from '../sys/errno.ts';
import { File, type Fileops, FREAD, FWRITE } from './file.ts';
import { Filedesc } from './filedesc.ts';
import type { Kernel } from './kernel.ts';
import { consoleWrite } from './msgbuf.ts';
import type { Uio } from './uio.ts';

/** Bytes handed to the console at a time. */
const CHUNK = 4096;

function consoleOps(k: Kernel): Fileops {
  // One decoder for the device: a character may arrive in two writes.
  const decoder = new TextDecoder();
  return {
    name: 'console',
    // There is no keyboard: reading finds the end at once.
    *read() {},
    *write(_l, _fp, uio: Uio) {
      while (uio.resid > 0) {
        const piece = uio.piece(CHUNK);
        if (consoleWrite(k, decoder.decode(piece, { stream: true })) !== null) {
          throw EIO;
        }
        uio.advance(piece.length);
      }
    },
    close() {},
  };
}

/** A descriptor table with the console at 0, 1 and 2. */
export function consoleFiledesc(k: Kernel): Filedesc {
  const fdp = new Filedesc();
  const fp = new File(consoleOps(k), FREAD | FWRITE);
  for (const fd of [0, 1, 2]) {
    fdp.set(fd, fp);
    fp.refcnt = fd + 1;
  }
  return fdp;
}
