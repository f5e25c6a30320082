/**
 * The timeouts that system calls are given.
 *
 * NetBSD: sys/kern/kern_time.c (inittimeleft, gettimeleft, itimespecfix).
 */
import { EINVAL } from '../sys/errno.ts';
import type { Timespec } from '../sys/types.ts';
import type { Kernel } from './kernel.ts';
import { FOREVER } from './sleepq.ts';

/** Longest timeout, nanoseconds: what a host deadline of 64 bits can take. */
const TIMEOUT_MAX_NS = 4e18;

/** Nanoseconds; FOREVER for none. @throws EINVAL negative, or no time */
export function timeoutNsOf(ts: Timespec | null | undefined): number {
  if (ts === null || ts === undefined) {
    return FOREVER;
  }
  const { sec, nsec } = ts;
  if (!Number.isSafeInteger(sec) || sec < 0 || !Number.isInteger(nsec) || nsec < 0 || nsec >= 1e9) {
    throw EINVAL;
  }
  return Math.min(sec * 1e9 + nsec, TIMEOUT_MAX_NS);
}

/** When a timeout that begins now is over, on the host's clock. */
export function deadlineOf(k: Kernel, timeoutNs: number): number {
  return timeoutNs === FOREVER ? FOREVER : k.host.monotonicNs() + timeoutNs;
}

/** What is left until then, not below 0. */
export function leftUntil(k: Kernel, deadlineNs: number): number {
  return deadlineNs === FOREVER ? FOREVER : Math.max(0, deadlineNs - k.host.monotonicNs());
}
