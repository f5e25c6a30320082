/**
 * ioctl(2) commands of every file. A command says how long its parameter is and which way it goes; a local
 * caller passes a number in and gets what is read as the result.
 *
 * NetBSD: sys/sys/{filio,ioccom}.h.
 */

export const IOC_VOID = 0x20000000;
export const IOC_OUT = 0x40000000;
export const IOC_IN = 0x80000000;
export const IOC_INOUT = 0xc0000000;

/** Close on exec, or not. */
export const FIOCLEX = 0x20006601;
export const FIONCLEX = 0x20006602;
/** Bytes there are to read. */
export const FIONREAD = 0x4004667f;
/** Not to block; to be told by SIGIO. A number: 0 is off. */
export const FIONBIO = 0x8004667e;
export const FIOASYNC = 0x8004667d;
/** Who is told: a process, or a group as a negative number. */
export const FIOSETOWN = 0x8004667c;
export const FIOGETOWN = 0x4004667b;
/** Bytes written and not yet taken, and room for more. */
export const FIONWRITE = 0x40046679;
export const FIONSPACE = 0x40046678;
