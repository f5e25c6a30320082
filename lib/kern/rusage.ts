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

/**
 * What a process (null: nobody), or its waited-for children, have used. There is no user time: user code does
 * not run here.
 */
export function rusageOf(p: Proc | null, who: 'self' | 'children'): Rusage {
  const ru = rusageNone();
  if (p === null) {
    return ru;
  }
  if (who === 'children') {
    ru.stime = timevalOf(p.childStimeNs);
    return ru;
  }
  ru.stime = timevalOf(p.stimeNs);
  ru.nsignals = p.nsignals;
  ru.nvcsw = p.nvcsw;
  ru.nivcsw = p.nivcsw;
  for (let l = p.lwps; l !== null; l = l.siblingNext) {
    ru.nvcsw += l.nvcsw;
    ru.nivcsw += l.nivcsw;
  }
  return ru;
}

function timevalOf(ns: number): Timeval {
  const usec = Math.floor(ns / 1000);
  return { sec: Math.floor(usec / 1_000_000), usec: usec % 1_000_000 };
}
