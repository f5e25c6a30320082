/**
 * Scheduling.
 *
 * NetBSD: sys/sys/sched.h, sched(3).
 */

// Policies.
export const SCHED_NONE = -1;
export const SCHED_OTHER = 0;
export const SCHED_FIFO = 1;
export const SCHED_RR = 2;

// Where CPU time went: indexes of sysctl kern.cp_time.
export const CP_USER = 0;
export const CP_NICE = 1;
export const CP_SYS = 2;
export const CP_INTR = 3;
export const CP_IDLE = 4;
export const CPUSTATES = 5;

// State of a virtual CPU.
export const SPCF_SEENRR = 0x0001;
export const SPCF_SHOULDYIELD = 0x0002;
export const SPCF_OFFLINE = 0x0004;
export const SPCF_RUNNING = 0x0008;
export const SPCF_NOINTR = 0x0010;
export const SPCF_SWITCHCLEAR = SPCF_SEENRR | SPCF_SHOULDYIELD;

// Flags of __clone(2).
export const CLONE_CSIGNAL = 0x000000ff;
export const CLONE_VM = 0x00000100;
export const CLONE_FS = 0x00000200;
export const CLONE_FILES = 0x00000400;
export const CLONE_SIGHAND = 0x00000800;
export const CLONE_PID = 0x00001000;
export const CLONE_PTRACE = 0x00002000;
export const CLONE_VFORK = 0x00004000;
