/**
 * States and flags of processes.
 *
 * NetBSD: sys/sys/proc.h.
 */

// `proc.stat`.
export const SIDL = 1;
export const SACTIVE = 2;
export const SDYING = 3;
export const SSTOP = 4;
export const SZOMB = 5;
export const SDEAD = 6;

// `proc.flag`.
export const PK_ADVLOCK = 0x00000001;
export const PK_SYSTEM = 0x00000002;
export const PK_SYSVSEM = 0x00000004;
export const PK_SUGID = 0x00000100;
export const PK_EXEC = 0x00004000;
export const PK_NOCLDWAIT = 0x00020000;
export const PK_32 = 0x00040000;
export const PK_CLDSIGIGN = 0x00080000;
export const PK_MARKER = 0x80000000;

// `proc.sflag`.
export const PS_NOCLDSTOP = 0x00000008;
export const PS_RUMP_LWPEXIT = 0x00000400;
export const PS_WCORE = 0x00001000;
export const PS_WEXIT = 0x00002000;
export const PS_STOPFORK = 0x00800000;
export const PS_STOPEXEC = 0x01000000;
export const PS_STOPEXIT = 0x02000000;
export const PS_NOTIFYSTOP = 0x10000000;
export const PS_COREDUMP = 0x20000000;
export const PS_CONTINUED = 0x40000000;
export const PS_STOPPING = 0x80000000;

// `proc.slflag`: tracing.
export const PSL_TRACEFORK = 0x00000001;
export const PSL_TRACED = 0x00000800;
export const PSL_FSTRACE = 0x00010000;
export const PSL_CHTRACED = 0x00400000;
export const PSL_SYSCALL = 0x04000000;
export const PSL_SYSCALLEMU = 0x08000000;

// `proc.stflag`: profiling.
export const PST_PROFIL = 0x00000020;

// `proc.lflag`: session, parent, process group.
export const PL_CONTROLT = 0x00000002;
export const PL_PPWAIT = 0x00000010;
export const PL_SIGCOMPAT = 0x00000200;
export const PL_ORPHANPG = 0x20000000;

// Session flag, process ids, flags of fork1.
export const S_LOGIN_SET = 1;
export const PID_MAX = 30000;
export const NO_PGID = -1;
export const FORK_PPWAIT = 0x0001;
export const FORK_SHAREVM = 0x0002;
export const FORK_SHARECWD = 0x0004;
export const FORK_SHAREFILES = 0x0008;
export const FORK_SHARESIGS = 0x0010;
export const FORK_NOWAIT = 0x0020;
export const FORK_CLEANFILES = 0x0040;
export const FORK_SYSTEM = 0x0080;
