/**
 * Waiting for children, and the status word they leave.
 *
 * NetBSD: sys/sys/wait.h, wait(2).
 */

// Options. The first four digits are for callers, the upper ones for the kernel.
export const WNOHANG = 0x00000001;
export const WUNTRACED = 0x00000002;
export const WSTOPPED = WUNTRACED;
export const WALTSIG = 0x00000004;
export const WALLSIG = 0x00000008;
export const WCONTINUED = 0x00000010;
export const WEXITED = 0x00000020;
export const WTRAPPED = 0x00000040;
export const __WCLONE = WALTSIG;
export const __WALL = WALLSIG;
export const WNOWAIT = 0x00010000;
export const WNOZOMBIE = 0x00020000;
export const WOPTSCHECKED = 0x00040000;

// The `pid` argument of wait4(2).
export const WAIT_ANY = -1;
export const WAIT_MYPGRP = 0;

// Bits of the status word.
export const _WSTOPPED = 0o177;
export const _WCONTINUED = 0xffff;
export const WCOREFLAG = 0o200;

/** Options that a caller may set; the rest is EINVAL. */
export const WALLOPTS = WNOWAIT | WEXITED | WUNTRACED | WNOHANG | WALTSIG | WALLSIG | WTRAPPED | WCONTINUED;

const statusOf = (status: number): number => status & 0o177;

export const WIFSTOPPED = (status: number): boolean =>
  statusOf(status) === _WSTOPPED && !WIFCONTINUED(status);
export const WIFCONTINUED = (status: number): boolean => status === _WCONTINUED;
export const WIFSIGNALED = (status: number): boolean =>
  statusOf(status) !== _WSTOPPED && statusOf(status) !== 0;
export const WIFEXITED = (status: number): boolean => statusOf(status) === 0;
export const WSTOPSIG = (status: number): number => (status >>> 8) & 0xff;
export const WTERMSIG = (status: number): number => statusOf(status);
/** Exit status, 0 to 255. */
export const WEXITSTATUS = (status: number): number => (status >>> 8) & 0xff;
export const WCOREDUMP = (status: number): boolean => (status & WCOREFLAG) !== 0;

export const W_EXITCODE = (exitStatus: number, signo: number): number => (exitStatus << 8) | signo;
export const W_STOPCODE = (signo: number): number => (signo << 8) | _WSTOPPED;
export const W_CONTCODE = (): number => _WCONTINUED;
