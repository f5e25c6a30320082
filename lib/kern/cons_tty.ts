/**
 * What the console says to whoever asks whether it is a terminal: that it is one, as terminals are by default. There is
 * no line discipline, and nothing can be set.
 *
 * NetBSD: sys/rump/librump/rumpkern/cons.c (rumpcons_ioctl), isatty(3).
 */
import {
  TERMIOS_SIZE,
  TIOCGETA,
  TTYDEF_CFLAG,
  TTYDEF_IFLAG,
  TTYDEF_LFLAG,
  TTYDEF_OFLAG,
  TTYDEF_SPEED,
  TTYDEFCHARS,
} from '../sys/constants/ttycom.ts';
import { EFAULT, ENOTTY } from '../sys/errno.ts';

/** Fill a `struct termios` of 44 bytes. @returns 0. @throws ENOTTY another command; EFAULT no room */
export function consoleTty(com: number, data: unknown): number {
  if (com !== TIOCGETA) {
    throw ENOTTY;
  }
  if (!(data instanceof Uint8Array) || data.length < TERMIOS_SIZE) {
    throw EFAULT;
  }
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  for (const [i, flags] of [TTYDEF_IFLAG, TTYDEF_OFLAG, TTYDEF_CFLAG, TTYDEF_LFLAG].entries()) {
    view.setUint32(4 * i, flags, true);
  }
  data.set(TTYDEFCHARS, 16);
  view.setInt32(36, TTYDEF_SPEED, true);
  view.setInt32(40, TTYDEF_SPEED, true);
  return 0;
}
