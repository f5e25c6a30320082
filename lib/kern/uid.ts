/**
 * What each user has in use: processes and lwps. Entries live while something refers to them.
 *
 * NetBSD: sys/kern/kern_uidinfo.c.
 */
import { KASSERT } from './kassert.ts';
import type { Kernel } from './kernel.ts';

export interface Uidinfo {
  readonly uid: number;
  proccnt: number;
}

/** The entry of a user. A new one is kept once something counts there. */
export function uidFind(k: Kernel, uid: number): Uidinfo {
  return k.uids.get(uid) ?? { uid, proccnt: 0 };
}

/** Change the number of processes of a user. @returns the new count. NetBSD: chgproccnt. */
export function chgproccnt(k: Kernel, ui: Uidinfo, diff: number): number {
  ui.proccnt += diff;
  KASSERT(ui.proccnt >= 0, `negative process count of uid ${ui.uid}`);
  if (ui.proccnt === 0 && ui.uid !== 0) {
    k.uids.delete(ui.uid);
  } else {
    k.uids.set(ui.uid, ui);
  }
  return ui.proccnt;
}
