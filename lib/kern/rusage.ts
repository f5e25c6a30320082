/**
 * Resources used.
 *
 * NetBSD: sys/kern/kern_resource.c (calcru), getrusage(2).
 */
import type { Rusage, Timeval } from '../sys/types.ts';
import type { Proc } from './proc.ts';

function rusageNone(): Rusage {
  return {
    utime: { sec: 0, usec: 0 },
    stime: { sec: 0, usec: 0 },
    maxrss: 0,
    ixrss: 0,
    idrss: 0,
    isrss: 0,
    minflt: 0,
    majflt: 0,
    nswap: 0,
    inblock: 0,
    oublock: 0,
    msgsnd: 0,
    msgrcv: 0,
    nsignals: 0,
    nvcsw: 0,
    nivcsw: 0,
  };
}

/** What is counted, beside time. */
export interface UsageCounts {
  nsignals: number;
  nvcsw: number;
  nivcsw: number;
}

/** What the lwps of `p`, those that are gone included, have been counted. */
function countsOf(p: Proc): UsageCounts {
  const { nsignals } = p;
  let { nvcsw, nivcsw } = p;
  for (let l = p.lwps; l !== null; l = l.siblingNext) {
    nvcsw += l.nvcsw;
    nivcsw += l.nivcsw;
  }
  return { nsignals, nvcsw, nivcsw };
}

function add(sum: UsageCounts, counts: UsageCounts): void {
  sum.nsignals += counts.nsignals;
  sum.nvcsw += counts.nvcsw;
  sum.nivcsw += counts.nivcsw;
}

/** A child has been waited for: what it and its own children have used is of its parent's children. */
export function rusageReap(parent: Proc, child: Proc): void {
  parent.childStimeNs += child.stimeNs + child.childStimeNs;
  parent.childCounts ??= { nsignals: 0, nvcsw: 0, nivcsw: 0 };
  add(parent.childCounts, countsOf(child));
  if (child.childCounts !== null) {
    add(parent.childCounts, child.childCounts);
  }
}

/**
 * What a process (null: nobody), or its waited-for children, have used. There is no user time: user code does
 * not run here.
 */
export function rusageOf(p: Proc | null, who: 'self' | 'children'): Rusage {
  if (p === null) {
    return rusageNone();
  }
  const [ns, counts] = who === 'children' ? [p.childStimeNs, p.childCounts] : [p.stimeNs, countsOf(p)];
  return { ...rusageNone(), ...counts, stime: timevalOf(ns) };
}

function timevalOf(ns: number): Timeval {
  const usec = Math.floor(ns / 1000);
  return { sec: Math.floor(usec / 1_000_000), usec: usec % 1_000_000 };
}
