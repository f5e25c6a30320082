/**
 * What an id of wait6(2) and of processor sets names.
 *
 * NetBSD: sys/sys/idtype.h.
 */

// Who: the caller itself, everyone, one of a kind.
export const P_MYID = -1;
export const P_ALL = 0;
export const P_PID = 1;
export const P_LWPID = 2;
export const P_PPID = 3;
export const P_PGID = 4;
export const P_SID = 5;
export const P_CID = 6;
export const P_UID = 7;
export const P_GID = 8;
export const P_TASKID = 9;
export const P_PROJID = 10;
export const P_POOLID = 11;
export const P_ZONEID = 12;
export const P_CTID = 13;
export const P_CPUID = 14;
export const P_PSETID = 15;
