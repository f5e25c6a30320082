/**
 * Job control: which process groups have somebody to look after them.
 *
 * A group counts its members whose parent is in another group of the same session: a shell, usually, that can
 * continue what is stopped. When the last of them goes the group is orphaned, and what is stopped in it is
 * hung up, since nobody would ever continue it. Init looks after nobody, though the processes that the host
 * makes share its session.
 *
 * NetBSD: sys/kern/kern_proc.c (fixjobc, orphanpg).
 */
import { SSTOP, SZOMB } from '../sys/constants/proc.ts';
import { SIGCONT, SIGHUP } from '../sys/constants/signal.ts';
import { KASSERT } from './kassert.ts';
import { type Pgrp, type Proc, pgrpEnter } from './proc.ts';
import { psignal } from './sig.ts';

/** Would `p`, as a member of `pg` and a child of `parent`, keep `pg` from being orphaned? */
export function qualifies(parent: Proc | null, pg: Pgrp): boolean {
  return (
    parent !== null &&
    parent !== parent.kernel.initproc &&
    parent.pgrp !== pg &&
    parent.pgrp.session === pg.session
  );
}

/**
 * `p` becomes or ceases to be a member of `pg`: that concerns the counts of `pg` and of its children's
 * groups.
 */
export function fixjobc(p: Proc, pg: Pgrp, change: 'enter' | 'leave'): void {
  if (qualifies(p.parent, pg)) {
    count(pg, change);
  }
  if (p === p.kernel.initproc) {
    return;
  }
  for (let e = p.children?.first ?? null; e !== null; e = e.next) {
    const child = e.owner;
    if (child.stat !== SZOMB && child.pgrp !== pg && child.pgrp.session === pg.session) {
      count(child.pgrp, change);
    }
  }
}

function count(pg: Pgrp, change: 'enter' | 'leave'): void {
  if (change === 'enter') {
    pg.jobc++;
    return;
  }
  KASSERT(pg.jobc > 0, `group ${pg.id} is orphaned twice`);
  if (--pg.jobc === 0) {
    orphanPgrp(pg);
  }
}

function orphanPgrp(pg: Pgrp): void {
  for (const p of pg.members) {
    if (p.stat === SSTOP) {
      psignal(p, SIGHUP);
      psignal(p, SIGCONT);
    }
  }
}

/** Move `p` to another group. It enters before it leaves: a move that changes nothing orphans no group. */
export function pgrpMove(p: Proc, pg: Pgrp): void {
  if (p.pgrp !== pg) {
    fixjobc(p, pg, 'enter');
    fixjobc(p, p.pgrp, 'leave');
    pgrpEnter(p, pg);
  }
}
