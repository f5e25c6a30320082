/** What holds of a kernel's tables whenever nobody is inside. */
import type { ExecutionContext } from 'ava';
import { qualifies } from '../../lib/kern/jobc.ts';
import type { Kernel as Kern } from '../../lib/kern/kernel.ts';
import type { Pgrp, Proc } from '../../lib/kern/proc.ts';
import { SZOMB } from '../../lib/sys/constants/proc.ts';

/** Counts agree with what they count, and every link is held at both ends. */
export function assertWhole(t: ExecutionContext, k: Kern): void {
  t.deepEqual(faults(k), []);
}

/** What is wrong with the tables; nothing, when all is well. */
export function faults(k: Kern): string[] {
  const wrong: string[] = [];
  const check = (ok: boolean, what: () => string): void => {
    if (!ok) {
      wrong.push(what());
    }
  };
  const procs = [...k.procs.values()];
  checkProcs(k, procs, check);
  checkGroups(k, check);
  const users = counted(procs, (p) => p.uidinfo);
  for (const [uid, ui] of k.uids) {
    const found = users.get(ui) ?? 0;
    check(
      ui.uid === uid && ui.proccnt === found,
      () => `uid ${uid} counts ${ui.proccnt} of ${found} processes`,
    );
  }
  check(k.curlwp === null, () => 'somebody is on the CPU');
  return wrong;
}

type Check = (ok: boolean, what: () => string) => void;

function checkProcs(k: Kern, procs: readonly Proc[], check: Check): void {
  const creds = counted(procs, (p) => p.cred);
  const limits = counted(procs, (p) => p.limit);
  const tables = counted(
    procs.filter((p) => p.stat !== SZOMB),
    (p) => p.fd,
  );
  const members = new Set(
    procs.flatMap(({ pgrp }) => (pgrp.members.first?.owner.pgrp === pgrp ? [pgrp] : [])),
  );
  const listed = new Set([...members].flatMap((pg) => [...pg.members]));
  const children = new Map(procs.map((p) => [p, new Set(p.children ?? [])]));
  let lwps = 0;
  for (const p of procs) {
    const says = (what: string) => () => `process ${p.pid} (${p.comm}) ${what}`;
    const found = lwpsOf(p);
    lwps += found;
    check(k.procs.get(p.pid) === p, says('is not found by its number'));
    check(k.pgrps.get(p.pgrp.id) === p.pgrp && listed.has(p), says(`is no member of group ${p.pgrp.id}`));
    check(
      p === k.proc0 || (p.parent !== null && children.get(p.parent)?.has(p) === true),
      says('has no parent'),
    );
    check(found === p.nlwps, says(`has ${found} lwps and counts ${p.nlwps}`));
    check(found > 0 === p.stat < SZOMB, says(`is in state ${p.stat} with ${found} lwps`));
    check(p.exiting === p.stat >= SZOMB, says('has not finished exiting'));
    check(p.cred.refcnt === creds.get(p.cred), says(`shares a credential counted ${p.cred.refcnt}`));
    check(p.limit.refcnt === limits.get(p.limit), says(`shares limits counted ${p.limit.refcnt}`));
    check(
      p.stat === SZOMB || p.fd.refcnt === tables.get(p.fd),
      says(`shares descriptors counted ${p.fd.refcnt}`),
    );
  }
  check(k.nlwps === lwps, () => `the kernel counts ${k.nlwps} of ${lwps} lwps`);
}

function checkGroups(k: Kern, check: Check): void {
  const groups = counted([...k.pgrps.values()], (pg) => pg.session);
  for (const [id, pg] of k.pgrps) {
    const watched = watchedOf(pg);
    check(pg.id === id && pg.members.size > 0, () => `group ${id} has ${pg.members.size} members`);
    check(pg.jobc === watched, () => `group ${id} counts ${pg.jobc} of ${watched} members looked after`);
    check(
      k.sessions.get(pg.session.sid) === pg.session,
      () => `group ${id} is in a session that is not in the table`,
    );
  }
  for (const [sid, session] of k.sessions) {
    const found = groups.get(session) ?? 0;
    check(
      session.sid === sid && session.count === found,
      () => `session ${sid} counts ${session.count} of ${found} groups`,
    );
  }
}

function watchedOf(pg: Pgrp): number {
  let n = 0;
  for (const p of pg.members) {
    if (p.stat !== SZOMB && qualifies(p.parent, pg)) {
      n++;
    }
  }
  return n;
}

function lwpsOf(p: Proc): number {
  let n = 0;
  for (let l = p.lwps; l !== null; l = l.siblingNext) {
    n++;
  }
  return n;
}

function counted<T, K>(items: readonly T[], key: (item: T) => K): Map<K, number> {
  const counts = new Map<K, number>();
  for (const item of items) {
    counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  }
  return counts;
}
