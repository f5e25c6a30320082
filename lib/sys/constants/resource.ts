/**
 * Priorities, resource usage, resource limits.
 *
 * NetBSD: sys/sys/resource.h, getpriority(2), getrusage(2), getrlimit(2).
 */

// Nice values, and whose.
export const PRIO_MIN = -20;
export const PRIO_MAX = 20;
export const PRIO_PROCESS = 0;
export const PRIO_PGRP = 1;
export const PRIO_USER = 2;

// getrusage(2).
export const RUSAGE_SELF = 0;
export const RUSAGE_CHILDREN = -1;

// Limits: CPU in seconds, sizes in bytes, the rest counts.
export const RLIMIT_CPU = 0;
export const RLIMIT_FSIZE = 1;
export const RLIMIT_DATA = 2;
export const RLIMIT_STACK = 3;
export const RLIMIT_CORE = 4;
export const RLIMIT_RSS = 5;
export const RLIMIT_MEMLOCK = 6;
export const RLIMIT_NPROC = 7;
export const RLIMIT_NOFILE = 8;
export const RLIMIT_SBSIZE = 9;
export const RLIMIT_AS = 10;
export const RLIMIT_VMEM = RLIMIT_AS;
export const RLIMIT_NTHR = 11;
export const RLIM_NLIMITS = 12;

/** No limit. In a foreign caller's memory it is 2^63 - 1: RLIM_INFINITY_ABI. */
export const RLIM_INFINITY = Infinity;
export const RLIM_SAVED_MAX = RLIM_INFINITY;
export const RLIM_SAVED_CUR = RLIM_INFINITY;
export const RLIM_INFINITY_ABI = (1n << 63n) - 1n;

/** Names of the limits by number, as `sysctl proc.curproc.rlimit` spells them. */
export const RLIMIT_NAMES = Object.freeze([
  'cputime',
  'filesize',
  'datasize',
  'stacksize',
  'coredumpsize',
  'memoryuse',
  'memorylocked',
  'maxproc',
  'descriptors',
  'sbsize',
  'vmemoryuse',
  'maxlwp',
] as const);
