/**
 * Clocks and interval timers.
 *
 * NetBSD: sys/sys/time.h, clock_gettime(2), timer_settime(2), setitimer(2).
 */

// Clocks. The two CPU-time clocks carry the id of a process or lwp in their low bits, 0 for the caller.
export const CLOCK_REALTIME = 0;
export const CLOCK_VIRTUAL = 1;
export const CLOCK_PROF = 2;
export const CLOCK_MONOTONIC = 3;
export const CLOCK_THREAD_CPUTIME_ID = 0x80000000 | 0;
export const CLOCK_PROCESS_CPUTIME_ID = 0x40000000;

// Flags of timers and sleeps.
export const TIMER_RELTIME = 0x0;
export const TIMER_ABSTIME = 0x1;

// Interval timers.
export const ITIMER_REAL = 0;
export const ITIMER_VIRTUAL = 1;
export const ITIMER_PROF = 2;
export const ITIMER_MONOTONIC = 3;

/** Timers of a process by number: below TIMER_MIN the four above, from there those of timer_create(2). */
export const TIMER_MIN = 4;
export const TIMER_MAX = 36;
