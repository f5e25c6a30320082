/**
 * Waiting for one of several objects: each object has a `Selinfo` that knows who waits for which of its
 * events, and tells those whose events have come, and no others.
 *
 * NetBSD: sys/kern/sys_select.c (selrecord, selnotify), sys/sys/selinfo.h, selrecord(9).
 */
import { type KlistHead, knote } from './knote.ts';
import { Link, List } from './list.ts';
import { SleepQueue, sleepqWakeAll } from './sleepq.ts';

/** One who waits, for one of the objects it waits for. */
export interface Selection {
  readonly selector: Selector;
  readonly events: number;
}

export class Selinfo implements KlistHead {
  /** Made when somebody first waits. */
  selections: List<Selection> | null = null;
  klist: KlistHead['klist'] = null;
  /** Who is sent SIGIO, if O_ASYNC is set (sigio.ts). */
  owner = 0;
  async = false;
  sigio: (() => void) | null = null;
}

/** A call of select or poll that waits. */
export class Selector {
  readonly queue = new SleepQueue();
  readonly #links: Link<Selection>[] = [];

  /** Be told when one of `events` comes to what `sip` belongs to. */
  record(sip: Selinfo, events: number): void {
    const link = new Link<Selection>({ selector: this, events });
    sip.selections ??= new List();
    sip.selections.insert(link);
    this.#links.push(link);
  }

  /** Wait for nothing any more. */
  release(): void {
    for (const link of this.#links) {
      link.list?.remove(link);
    }
    this.#links.length = 0;
  }
}

/** `events` have come: whoever waits for one of them wakes, and knotes look whether they fire. */
export function selnotify(sip: Selinfo, events: number, hint: number): void {
  if (sip.selections !== null) {
    for (let link = sip.selections.first; link !== null; link = link.next) {
      if ((link.owner.events & events) !== 0) {
        sleepqWakeAll(link.owner.selector.queue);
      }
    }
  }
  knote(sip, hint);
  sip.sigio?.();
}
