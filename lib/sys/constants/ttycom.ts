/**
 * ioctl(2) commands of terminals, and what a terminal is like when nobody has set anything.
 *
 * NetBSD: sys/sys/{ttycom,termios,ttydefaults}.h, tty(4).
 */

/** Get what the terminal is set to: a `struct termios`. What tells isatty(3) that it is one. */
export const TIOCGETA = 0x402c7413;
/** Bytes of it: four words of flags, twenty characters, two speeds. */
export const TERMIOS_SIZE = 44;

/** BRKINT, ICRNL, IXON, IXANY, IMAXBEL. */
export const TTYDEF_IFLAG = 0x2b02;
/** OPOST, ONLCR, OXTABS. */
export const TTYDEF_OFLAG = 0x7;
/** CS8, CREAD, HUPCL. */
export const TTYDEF_CFLAG = 0x4b00;
/** ECHO, ECHOE, ECHOKE, ECHOCTL, ICANON, ISIG, IEXTEN. */
export const TTYDEF_LFLAG = 0x5cb;
export const TTYDEF_SPEED = 9600;
/**
 * EOF, EOL, EOL2, ERASE, WERASE, KILL, REPRINT, a spare, INTR, QUIT, SUSP, DSUSP, START, STOP, LNEXT, DISCARD, MIN,
 * TIME, STATUS, a spare.
 */
export const TTYDEFCHARS: readonly number[] = [
  0x04, 0xff, 0xff, 0x7f, 0x17, 0x15, 0x12, 0xff, 0x03, 0x1c, 0x1a, 0x19, 0x11, 0x13, 0x16, 0x0f, 1, 0, 0x14,
  0xff,
];
