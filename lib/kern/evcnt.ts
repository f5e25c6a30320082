/**
 * Event counters: numbers subsystems keep and `vmstat -e` lists. A counter is counted up by its owner, with
 * `count++`.
 *
 * NetBSD: sys/kern/subr_evcnt.c, evcnt(9).
 */
import { KASSERT } from './kassert.ts';
import type { Kernel } from './kernel.ts';
import { Link, type List } from './list.ts';
import { nanouptime } from './times.ts';

/** `intr`: what `vmstat -i` lists; `trap`: the processor's; `misc`: anything else. */
export type EvcntType = 'misc' | 'intr' | 'trap';

/** Most characters of a group or a name, and a NUL. */
export const EVCNT_STRING_MAX = 255;

/** A counter as its owner makes it: static ones are made whole before they are attached. */
export class Evcnt {
  readonly type: EvcntType;
  /** The counter this one is a part of. */
  readonly parent: Evcnt | null;
  readonly group: string;
  readonly name: string;
  count = 0;
  readonly link: Link<Evcnt> = new Link<Evcnt>(this);

  constructor(type: EvcntType, parent: Evcnt | null, group: string, name: string) {
    this.type = type;
    this.parent = parent;
    this.group = group;
    this.name = name;
  }
}

/** One line of `vmstat -e`. */
export interface EvcntLine {
  readonly type: EvcntType;
  readonly group: string;
  readonly name: string;
  readonly total: number;
  /** Whole events a second since boot. */
  readonly rate: number;
}

function nameable(text: string): boolean {
  return text.length > 0 && text.length < EVCNT_STRING_MAX;
}

/** List a counter that its owner has made. */
export function evcntAttachStatic(k: Kernel, ev: Evcnt): void {
  KASSERT(nameable(ev.group), `event counter group "${ev.group}"`);
  KASSERT(nameable(ev.name), `event counter name "${ev.name}"`);
  k.evcnts.insert(ev.link);
}

/** Make a counter and list it. */
export function evcntAttachDynamic(
  k: Kernel,
  type: EvcntType,
  parent: Evcnt | null,
  group: string,
  name: string,
): Evcnt {
  const ev = new Evcnt(type, parent, group, name);
  evcntAttachStatic(k, ev);
  return ev;
}

/** Take a counter off the list. What counts may go on counting. */
export function evcntDetach(k: Kernel, ev: Evcnt): void {
  k.evcnts.remove(ev.link);
}

/** The counters in the order they were attached. NetBSD: vmstat(1), -e and -ev. */
export function evcntLines(k: Kernel, which: 'nonzero' | 'all'): EvcntLine[] {
  const seconds = nanouptime(k) / 1e9;
  const all: List<Evcnt> = k.evcnts;
  const lines: EvcntLine[] = [];
  for (const { type, group, name, count } of all) {
    if (count > 0 || which === 'all') {
      lines.push({ type, group, name, total: count, rate: seconds > 0 ? Math.floor(count / seconds) : 0 });
    }
  }
  return lines;
}
