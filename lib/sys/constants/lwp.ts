/**
 * States and flags of lwps.
 *
 * NetBSD: sys/sys/lwp.h.
 */

// `lwp.flag`: under the lock of its run queue or sleep queue.
export const LW_IDLE = 0x00000001;
export const LW_LWPCTL = 0x00000002;
export const LW_SINTR = 0x00000080;
export const LW_SYSTEM = 0x00000200;
export const LW_WSUSPEND = 0x00020000;
export const LW_BATCH = 0x00040000;
export const LW_WCORE = 0x00080000;
export const LW_WEXIT = 0x00100000;
export const LW_PENDSIG = 0x01000000;
export const LW_CANCELLED = 0x02000000;
export const LW_WREBOOT = 0x08000000;
export const LW_UNPARKED = 0x10000000;
export const LW_RUMP_CLEAR = 0x40000000;
export const LW_RUMP_QEXIT = 0x80000000;

// `lwp.pflag`: touched by the lwp alone.
export const LP_KTRACTIVE = 0x00000001;
export const LP_KTRCSW = 0x00000002;
export const LP_KTRCSWUSER = 0x00000004;
export const LP_PIDLID = 0x00000008;
export const LP_OWEUPC = 0x00000010;
export const LP_MPSAFE = 0x00000020;
export const LP_INTR = 0x00000040;
export const LP_SYSCTLWRITE = 0x00000080;
export const LP_MUSTJOIN = 0x00000100;
export const LP_VFORKWAIT = 0x00000200;
export const LP_TIMEINTR = 0x00010000;
export const LP_RUNNING = 0x20000000;
export const LP_BOUND = 0x80000000;

// `lwp.prflag`: under the lock of its process.
export const LPR_DETACHED = 0x00800000;
export const LPR_CRMOD = 0x00000100;

// `lwp.stat`.
export const LSIDL = 1;
export const LSRUN = 2;
export const LSSLEEP = 3;
export const LSSTOP = 4;
export const LSZOMB = 5;
export const LSDEAD = 6;
export const LSONPROC = 7;
export const LSSUSPENDED = 8;

// Flags of _lwp_create(2) and of the kernel making an lwp.
export const LWP_DETACHED = 0x00000040;
export const LWP_SUSPENDED = 0x00000080;
export const LWP_PIDLID = 0x40000000;
export const LWP_VFORK = 0x80000000;

/** What an lwp must look at before it returns to its caller. */
export const LW_USERRET = LW_WEXIT | LW_PENDSIG | LW_WREBOOT | LW_WSUSPEND | LW_WCORE | LW_LWPCTL;
