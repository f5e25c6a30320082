/** What holds of a kernel's tables whenever nobody is inside. */
import type { ExecutionContext } from 'ava';
import type { Kernel as Kern } from '../../lib/kern/kernel.ts';
import type { Proc } from '../../lib/kern/proc.ts';
import { SZOMB } from '../../lib/sys/constants/proc.ts';

/** Counts agree with what they count, and every link is held at both ends. */
export function assertWhole(t: ExecutionContext, k: Kern): void {
  t.deepEqual(faults(k), []);
}

/** What is wrong with the tables; nothing, when all is well. */
export function faults(k: Kern): string[] {
  const wrong: string[] = [];
  const check = (ok: boolean, what: string): void => {
    if (!ok) {
      wrong.push(what);
    }
  };
  const procs = [...k.procs.values()];
  let lwps = 0;
  for (const p of procs) {
    const name = `process ${p.pid} (${p.comm})`;
    check(k.procs.get(p.pid) === p, `${name} is not found by its number`);
    check(k.pgrps.get(p.pgrp.id) === p.pgrp, `${name}: its group ${p.pgrp.id} is not in the table`);
    check([...p.pgrp.members].includes(p), `${name} is no member of its group`);
    check(
      p === k.proc0 || (p.parent !== null && k.procs.get(p.parent.pid) === p.parent),
      `${name}: parent gone`,
    );
    check(p === k.proc0 || [...(p.parent?.children ?? [])].includes(p), `${name} is no child of its parent`);
    const found = lwpsOf(p);
    check(found === p.nlwps, `${name} has ${found} lwps and counts ${p.nlwps}`);
    check(found > 0 === p.stat < SZOMB, `${name} in state ${p.stat} has ${found} lwps`);
    check(p.exiting === p.stat >= SZOMB, `${name} has not finished exiting`);
    check(
      p.cred.refcnt === countOf(procs, (q) => q.cred === p.cred),
      `${name}: cred.refcnt ${p.cred.refcnt}`,
    );
    check(
      p.limit.refcnt === countOf(procs, (q) => q.limit === p.limit),
      `${name}: limit.refcnt ${p.limit.refcnt}`,
    );
    lwps += found;
  }
  check(k.nlwps === lwps, `the kernel counts ${k.nlwps} lwps, there are ${lwps}`);
  for (const [id, pg] of k.pgrps) {
    check(pg.id === id && pg.members.size > 0, `group ${id} has ${pg.members.size} members`);
    check(
      k.sessions.get(pg.session.sid) === pg.session,
      `group ${id}: session ${pg.session.sid} is not in the table`,
    );
  }
  for (const [sid, session] of k.sessions) {
    const groups = countOf([...k.pgrps.values()], (pg) => pg.session === session);
    check(
      session.sid === sid && session.count === groups,
      `session ${sid}: ${groups} groups, count ${session.count}`,
    );
  }
  for (const [uid, ui] of k.uids) {
    const found = countOf(procs, (p) => p.uidinfo === ui);
    check(ui.uid === uid && ui.proccnt === found, `uid ${uid}: ${found} processes, count ${ui.proccnt}`);
  }
  check(k.curlwp === null, 'somebody is on the CPU');
  return wrong;
}

function lwpsOf(p: Proc): number {
  let n = 0;
  for (let l = p.lwps; l !== null; l = l.siblingNext) {
    n++;
  }
  return n;
}

function countOf<T>(list: readonly T[], is: (item: T) => boolean): number {
  return list.filter(is).length;
}
