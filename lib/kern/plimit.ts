/**
 * Resource limits, shared between processes until one of them changes its own.
 *
 * NetBSD: sys/kern/kern_resource.c (lim_copy, lim_free), sys/sys/resourcevar.h.
 */
import { KASSERT } from './kassert.ts';

/** How many resources there are: RLIMIT_CPU 0 to RLIMIT_NTHR 11. */
export const RLIM_NLIMITS = 12;

/** Soft and hard limit of each resource, indexed by RLIMIT_*; `Infinity` for none. */
export interface Plimit {
  refcnt: number;
  readonly cur: Float64Array;
  readonly max: Float64Array;
}

export function limAlloc(): Plimit {
  return {
    refcnt: 1,
    cur: new Float64Array(RLIM_NLIMITS).fill(Number.POSITIVE_INFINITY),
    max: new Float64Array(RLIM_NLIMITS).fill(Number.POSITIVE_INFINITY),
  };
}

export function limHold(lim: Plimit): Plimit {
  lim.refcnt++;
  return lim;
}

export function limFree(lim: Plimit): void {
  KASSERT(lim.refcnt > 0, 'limits freed twice');
  lim.refcnt--;
}

/** A private copy of `lim`, or `lim` itself when nobody shares it. */
export function limPrivatise(lim: Plimit): Plimit {
  if (lim.refcnt === 1) {
    return lim;
  }
  limFree(lim);
  return { refcnt: 1, cur: lim.cur.slice(), max: lim.max.slice() };
}
