/**
 * kqueue.
 *
 * NetBSD: sys/sys/event.h, kqueue(2).
 */

// Filters.
export const EVFILT_READ = 0;
export const EVFILT_WRITE = 1;
export const EVFILT_AIO = 2;
export const EVFILT_VNODE = 3;
export const EVFILT_PROC = 4;
export const EVFILT_SIGNAL = 5;
export const EVFILT_TIMER = 6;
export const EVFILT_SYSCOUNT = 7;
/** Since NetBSD 10. */
export const EVFILT_USER = 8;

// Actions and flags; EV_EOF and EV_ERROR come back.
export const EV_ADD = 0x0001;
export const EV_DELETE = 0x0002;
export const EV_ENABLE = 0x0004;
export const EV_DISABLE = 0x0008;
export const EV_ONESHOT = 0x0010;
export const EV_CLEAR = 0x0020;
export const EV_RECEIPT = 0x0040;
export const EV_DISPATCH = 0x0080;
export const EV_SYSFLAGS = 0xf000;
export const EV_FLAG1 = 0x2000;
export const EV_EOF = 0x8000;
export const EV_ERROR = 0x4000;

// Filter flags.
export const NOTE_SUBMIT = 0x01000000;
export const NOTE_LOWAT = 0x0001;
export const NOTE_DELETE = 0x0001;
export const NOTE_WRITE = 0x0002;
export const NOTE_EXTEND = 0x0004;
export const NOTE_ATTRIB = 0x0008;
export const NOTE_LINK = 0x0010;
export const NOTE_RENAME = 0x0020;
export const NOTE_REVOKE = 0x0040;
export const NOTE_EXIT = 0x80000000;
export const NOTE_FORK = 0x40000000;
export const NOTE_EXEC = 0x20000000;
export const NOTE_PCTRLMASK = 0xf0000000;
export const NOTE_PDATAMASK = 0x000fffff;
export const NOTE_TRACK = 0x00000001;
export const NOTE_TRACKERR = 0x00000002;
export const NOTE_CHILD = 0x00000004;
export const NOTE_SIGNAL = 0x08000000;

// Filter flags since NetBSD 10: the unit of a timer's `data` (milliseconds when there is none), and
// EVFILT_USER.
export const NOTE_MSECONDS = 0x00000000;
export const NOTE_SECONDS = 0x00000001;
export const NOTE_USECONDS = 0x00000002;
export const NOTE_NSECONDS = 0x00000003;
export const NOTE_ABSTIME = 0x00000010;
export const NOTE_FFNOP = 0x00000000;
export const NOTE_FFAND = 0x40000000;
export const NOTE_FFOR = 0x80000000;
export const NOTE_FFCOPY = 0xc0000000;
export const NOTE_FFCTRLMASK = 0xc0000000;
export const NOTE_FFLAGSMASK = 0x00ffffff;
export const NOTE_TRIGGER = 0x01000000;

// State of a knote in the kernel.
export const KN_ACTIVE = 0x01;
export const KN_QUEUED = 0x02;
export const KN_DISABLED = 0x04;
export const KN_DETACHED = 0x08;
export const KN_MARKER = 0x10;
export const KN_BUSY = 0x20;
