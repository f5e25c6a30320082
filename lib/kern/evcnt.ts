/**
 * Event counters: numbers subsystems keep and `vmstat -e` lists.
 *
 * NetBSD: sys/kern/subr_evcnt.c, evcnt(9).
 */
import { KASSERT } from './kassert.ts';
import type { Kernel } from './kernel.ts';

export interface Evcnt {
  readonly type: 'misc' | 'intr' | 'trap';
  readonly group: string;
  readonly name: string;
  count: number;
}

export function evcntAttach(k: Kernel, type: Evcnt['type'], group: string, name: string): Evcnt {
  const ev: Evcnt = { type, group, name, count: 0 };
  k.evcnts.push(ev);
  return ev;
}

export function evcntDetach(k: Kernel, ev: Evcnt): void {
  const at = k.evcnts.indexOf(ev);
  KASSERT(at >= 0, `event counter ${ev.group} ${ev.name} is not attached`);
  k.evcnts.splice(at, 1);
}
