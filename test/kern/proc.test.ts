import test from 'ava';
import { fork1 } from '../../lib/kern/fork.ts';
import { qualifies } from '../../lib/kern/jobc.ts';
import type { Kernel } from '../../lib/kern/kernel.ts';
import type { Lwp } from '../../lib/kern/lwp.ts';
import { isPgleader, isSessionLeader, pgrpFind, pidAlloc, procFind } from '../../lib/kern/proc.ts';
import { PID_MAX } from '../../lib/sys/constants/proc.ts';
import { EAGAIN, EPERM, ESRCH } from '../../lib/sys/errno.ts';
import { bootFifo, newproc, onlyLwp, sys, throwsErrno } from './support.ts';

/** A child of `l`, by its first lwp. */
function child(l: Lwp): Lwp {
  return onlyLwp(l.kernel, sys(l, 'fork') as number);
}

/** `l` exits and is waited for by `parent`. */
function gone(parent: Lwp, l: Lwp): void {
  const { pid } = l.proc;
  sys(l, 'exit', 0);
  sys(parent, 'wait4', pid, 0);
}

function ids(k: Kernel): { procs: number[]; groups: number[]; sessions: number[] } {
  const sorted = (numbers: Iterable<number>) => [...numbers].sort((a, b) => a - b);
  return {
    procs: sorted([...k.procs.values()].map((p) => p.pid)),
    groups: sorted(k.pgrps.keys()),
    sessions: sorted(k.sessions.keys()),
  };
}

test('after boot there are process 0 and init, each leading a group', (t) => {
  const k = bootFifo();
  t.deepEqual(ids(k), { procs: [0, 1], groups: [0, 1], sessions: [0, 1] });
  t.is(k.proc0.pgrp.session.login, 'rumphobo');
  t.true(isSessionLeader(k.proc0));
  t.true(isPgleader(k.initproc));
  t.is(k.initproc.parent, k.proc0);
});

test('pids go up, wrap past the highest, and skip what is in use', (t) => {
  const k = bootFifo();
  t.is(pidAlloc(k), 2);
  t.is(pidAlloc(k), 3);
  k.nextpid = PID_MAX - 1;
  t.is(pidAlloc(k), PID_MAX);
  t.is(pidAlloc(k), 2);
  const l = newproc(k);
  t.is(l.proc.pid, 3);
  k.nextpid = 2;
  t.is(pidAlloc(k), 4);
});

test('a pid is not given out while a zombie, a group or a session has that number', (t) => {
  const k = bootFifo();
  const parent = newproc(k);
  const leader = child(parent);
  const { pid } = leader.proc;
  sys(leader, 'setsid');
  const member = child(leader);
  sys(leader, 'exit', 0);
  const again = () => {
    k.nextpid = pid - 1;
    return pidAlloc(k);
  };
  t.not(again(), pid, 'a zombie');
  sys(parent, 'wait4', pid, 0);
  t.false(k.procs.has(pid));
  t.not(again(), pid, 'a group');
  sys(member, 'setpgid', 0, 0);
  t.false(k.pgrps.has(pid));
  t.not(again(), pid, 'a session');
  sys(member, 'exit', 0);
  t.is(again(), pid);
});

test('when all numbers are taken, fork fails and nothing has happened', (t) => {
  const k = bootFifo();
  const l = newproc(k);
  const count = l.proc.uidinfo.proccnt;
  Object.defineProperty(k.procs, 'has', { value: () => true });
  throwsErrno(t, EAGAIN, () => sys(l, 'fork'));
  t.is(l.proc.uidinfo.proccnt, count);
  t.is(k.procs.size, 3);
});

test('zombies are not found, the living are', (t) => {
  const k = bootFifo();
  const parent = newproc(k);
  const l = child(parent);
  t.is(procFind(k, l.proc.pid), l.proc);
  sys(l, 'exit', 0);
  throwsErrno(t, ESRCH, () => procFind(k, l.proc.pid));
  throwsErrno(t, ESRCH, () => procFind(k, 12_345));
  throwsErrno(t, ESRCH, () => pgrpFind(k, 12_345));
});

test('groups and sessions come with their first member and go with their last', (t) => {
  const k = bootFifo();
  const before = ids(k);
  const shell = newproc(k);
  const s = sys(shell, 'setsid') as number;
  const [a, b] = [child(shell), child(shell)];
  sys(a, 'setpgid', 0, 0);
  sys(shell, 'setpgid', b.proc.pid, a.proc.pid);
  t.is(b.proc.pgrp, a.proc.pgrp);
  t.is(a.proc.pgrp.session.sid, s);
  t.is(a.proc.pgrp.session.count, 2);
  t.deepEqual(ids(k).groups, [0, 1, s, a.proc.pid]);
  gone(shell, a);
  t.true(k.pgrps.has(a.proc.pid), 'b is still a member');
  gone(shell, b);
  t.false(k.pgrps.has(a.proc.pid));
  t.is(shell.proc.pgrp.session.count, 1);
  gone(onlyLwp(k, 1), shell);
  t.deepEqual(ids(k), before);
});

test('a session leader cannot start another session, nor can a group leader', (t) => {
  const k = bootFifo();
  const l = newproc(k);
  sys(l, 'setsid');
  throwsErrno(t, EPERM, () => sys(l, 'setsid'));
  const m = child(l);
  sys(m, 'setpgid', 0, 0);
  throwsErrno(t, EPERM, () => sys(m, 'setsid'));
});

test('a group has somebody to look after it while a member has a parent outside, in the session', (t) => {
  const k = bootFifo();
  const shell = newproc(k);
  sys(shell, 'setsid');
  const job = child(shell);
  t.is(job.proc.pgrp.jobc, 0);
  sys(job, 'setpgid', 0, 0);
  t.true(qualifies(shell.proc, job.proc.pgrp));
  t.is(job.proc.pgrp.jobc, 1);
  const worker = child(job);
  t.is(worker.proc.pgrp.jobc, 1, 'the parent of the worker is in its own group');
  sys(worker, 'setpgid', 0, 0);
  t.is(worker.proc.pgrp.jobc, 1);
  sys(job, 'exit', 0);
  t.is(worker.proc.pgrp.jobc, 0);
  t.is(worker.proc.parent, k.initproc);
});

test('what a child shares with its parent is counted, and given back when it has been waited for', (t) => {
  const k = bootFifo();
  const parent = newproc(k);
  const { cred, limit, vmspace, uidinfo, fd } = parent.proc;
  const counts = () => [cred.refcnt, limit.refcnt, vmspace.refcnt, uidinfo.proccnt, fd.get(0).refcnt];
  const before = counts();
  const l = child(parent);
  t.deepEqual(
    counts(),
    before.map((n, i) => n + (i === 4 ? 3 : 1)),
  );
  sys(l, 'exit', 0);
  t.is(fd.get(0).refcnt, before[4] as number, 'descriptors go at once');
  t.is(cred.refcnt, (before[0] as number) + 1, 'a zombie still has its identity');
  sys(parent, 'wait4', l.proc.pid, 0);
  t.deepEqual(counts(), before);
});

test('an identity that changes is copied when shared, and changed in place when not', (t) => {
  const k = bootFifo();
  const parent = newproc(k);
  const l = child(parent);
  const shared = l.cred;
  sys(l, 'seteuid', 5);
  t.not(l.cred, shared);
  t.is(parent.cred, shared);
  t.is(shared.euid, 0);
  const own = l.cred;
  sys(l, 'seteuid', 0);
  t.is(l.cred, own);
});

test('a user counts while it has processes, by real id', (t) => {
  const k = bootFifo();
  const parent = newproc(k);
  const l = child(parent);
  t.false(k.uids.has(1000));
  sys(l, 'setuid', 1000);
  t.is(k.uids.get(1000)?.proccnt, 1);
  const grandchild = child(l);
  t.is(k.uids.get(1000)?.proccnt, 2);
  gone(l, grandchild);
  gone(parent, l);
  t.false(k.uids.has(1000));
});

test("a child starts with its parent's name, group, niceness and limits, and none of its signals", (t) => {
  const k = bootFifo();
  const parent = fork1(k.initproc, { files: 'copy', comm: 'parent' });
  sys(parent, 'setpriority', 0, 0, 7);
  const l = child(parent);
  t.is(l.proc.comm, 'parent');
  t.is(l.proc.pgrp, parent.proc.pgrp);
  t.is(l.proc.nice, parent.proc.nice);
  t.is(l.proc.limit, parent.proc.limit);
  t.is(l.ast, 0);
});
