/**
 * What holds in a kernel between any two dispatches. Each rule is computed anew from the tables, not read
 * from counters.
 */
import { qualifies } from '../../lib/kern/jobc.ts';
import type { Kernel } from '../../lib/kern/kernel.ts';
import type { Lwp } from '../../lib/kern/lwp.ts';
import type { Pgrp, Proc } from '../../lib/kern/proc.ts';
import { SleepQueue } from '../../lib/kern/sleepq.ts';
import { LSRUN, LSSLEEP } from '../../lib/sys/constants/lwp.ts';
import { SACTIVE, SSTOP, SZOMB } from '../../lib/sys/constants/proc.ts';

type Expect = (holds: boolean, otherwise: () => string) => void;

function count<T>(counts: Map<T, number>, what: T): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

function lwpsOf(p: Proc): Lwp[] {
  const all: Lwp[] = [];
  for (let l = p.lwps; l !== null; l = l.siblingNext) {
    all.push(l);
  }
  return all;
}

/** An lwp is in exactly one of the places lwp.ts lists. @returns whether it is on a run queue */
function checkLwp(l: Lwp, expect: Expect): boolean {
  const asleep = l.queue instanceof SleepQueue;
  if (l.coroutine === null) {
    expect(l.queue === null, () => `${l} is outside the kernel and on a queue`);
  } else {
    expect(l.queue !== null, () => `${l} is in the kernel and on no queue`);
    expect(asleep === (l.stat === LSSLEEP), () => `${l} has state ${l.stat} on the wrong queue`);
    expect(asleep || l.stat === LSRUN, () => `${l} is ready in state ${l.stat}`);
  }
  expect(
    asleep === (l.wmesg !== ''),
    () => `${l} is ${asleep ? 'asleep without' : 'awake with'} a wait message`,
  );
  expect(asleep || l.timeout?.pending !== true, () => `${l} is awake and has a timeout`);
  return l.coroutine !== null && !asleep;
}

function checkProc(k: Kernel, p: Proc, lwps: readonly Lwp[], expect: Expect): void {
  const alive = p.stat === SACTIVE || p.stat === SSTOP;
  expect(alive || p.stat === SZOMB, () => `process ${p.pid} is in state ${p.stat} between two dispatches`);
  expect(alive === p.nlwps > 0, () => `process ${p.pid} has ${p.nlwps} lwps in state ${p.stat}`);
  expect(p.nlwps === lwps.length, () => `process ${p.pid} miscounts its lwps`);
  expect(
    lwps.length < 2 || new Set(lwps.map((l) => l.lid)).size === p.nlwps,
    () => `two lwps of ${p.pid} have one number`,
  );
  expect(k.procs.get(p.pid) === p, () => `process ${p.pid} is not found by its number`);
  expect(k.pgrps.get(p.pgrp.id) === p.pgrp, () => `process ${p.pid} is in a group that is not there`);
  expect(p.pgmember.list === p.pgrp.members, () => `process ${p.pid} is not a member of its group`);
  expect(
    k.sessions.get(p.pgrp.session.sid) === p.pgrp.session,
    () => `process ${p.pid} is in a session that is not there`,
  );
  const { parent } = p;
  expect(p === k.proc0 || parent !== null, () => `process ${p.pid} has no parent`);
  if (parent !== null) {
    expect(k.procs.get(parent.pid) === parent, () => `the parent of ${p.pid} is gone`);
    expect(parent.stat !== SZOMB, () => `the parent of ${p.pid} is a zombie`);
    expect(p.sibling.list === parent.children, () => `process ${p.pid} is not a child of its parent`);
  }
  expect(p.uidinfo.uid === p.cred.uid, () => `process ${p.pid} counts for another user`);
  expect(!(p.nozombie && p.stat === SZOMB), () => `process ${p.pid} is a zombie nobody will wait for`);
}

function checkPgrp(k: Kernel, pg: Pgrp, expect: Expect): void {
  expect(pg.members.size > 0, () => `group ${pg.id} is empty`);
  for (const id of [pg.id, pg.session.sid]) {
    const named = k.procs.get(id);
    expect(
      named === undefined || named.pgrp.session === pg.session,
      () => `process ${id} has the number of a group or session that is not its own`,
    );
  }
  let jobc = 0;
  for (const m of pg.members) {
    if (m.stat !== SZOMB && qualifies(m.parent, pg)) {
      jobc++;
    }
  }
  expect(jobc === pg.jobc, () => `group ${pg.id} counts ${pg.jobc} for job control, not ${jobc}`);
  expect(k.sessions.get(pg.session.sid) === pg.session, () => `the session of group ${pg.id} is gone`);
}

/** Every counted reference is somebody's. */
function checkReferences(k: Kernel, procs: readonly Proc[], expect: Expect): void {
  const refs = new Map<{ refcnt: number }, number>();
  const users = new Map<{ proccnt: number }, number>();
  const sessions = new Map<{ count: number }, number>();
  for (const p of procs) {
    for (const shared of [p.cred, p.limit, p.vmspace]) {
      count(refs, shared);
    }
    if (p.stat !== SZOMB) {
      count(refs, p.fd);
    }
    count(users, p.uidinfo);
  }
  for (const fdp of new Set(procs.filter((p) => p.stat !== SZOMB).map((p) => p.fd))) {
    for (let fd = 0; fd < 32; fd++) {
      if (fdp.has(fd)) {
        count(refs, fdp.get(fd));
      }
    }
  }
  for (const pg of k.pgrps.values()) {
    count(sessions, pg.session);
  }
  for (const [shared, n] of refs) {
    expect(
      shared.refcnt === n,
      () => `${shared.constructor.name} has ${n} references and counts ${shared.refcnt}`,
    );
  }
  for (const [user, n] of users) {
    expect(user.proccnt === n, () => `a user has ${n} processes and counts ${user.proccnt}`);
  }
  for (const [session, n] of sessions) {
    expect(session.count === n, () => `a session has ${n} groups and counts ${session.count}`);
  }
}

/** Check everything; `expect` is told of each rule whether it holds. */
export function checkKernel(k: Kernel, expect: Expect): void {
  const procs = [...k.procs.values()];
  let lwps = 0;
  let ready = 0;
  let timeouts = 0;
  for (const p of procs) {
    const mine = lwpsOf(p);
    checkProc(k, p, mine, expect);
    for (const l of mine) {
      lwps++;
      ready += checkLwp(l, expect) ? 1 : 0;
      timeouts += l.timeout?.pending === true ? 1 : 0;
    }
  }
  for (const pg of k.pgrps.values()) {
    checkPgrp(k, pg, expect);
  }
  checkReferences(k, procs, expect);
  expect(k.nlwps === lwps, () => `the kernel counts ${k.nlwps} lwps, not ${lwps}`);
  expect(k.runnable === ready, () => `the kernel counts ${k.runnable} ready lwps, not ${ready}`);
  const queued = k.cpus.reduce((sum, cpu) => sum + cpu.runqueue.count, 0);
  expect(k.runnable === queued, () => `${queued} lwps are on run queues, not ${k.runnable}`);
  expect(
    k.callouts.waking >= timeouts,
    () => `${timeouts} sleeps have timeouts, and ${k.callouts.waking} callouts wake`,
  );
  expect(k.curlwp === null && k.host.curlwp[0] === 0, () => 'an lwp is current between two dispatches');
}
