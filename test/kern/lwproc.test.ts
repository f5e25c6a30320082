import test from 'ava';
import type { Lwp } from '../../lib/kern/lwp.ts';
import { lwpCreate, lwpFree, lwpUnlink } from '../../lib/kern/lwpcreate.ts';
import {
  lwpAlloc,
  lwpAllocAndSwitch,
  lwpCurlwp,
  lwpRelease,
  lwprocNewlwp,
  lwprocReleaselwp,
  lwprocRfork,
  lwpSwitch,
  newprocSwitch,
  RUMP_RFCFDG,
  RUMP_RFFDG,
  setVmspace,
} from '../../lib/kern/lwproc.ts';
import { LID_MAX, nextlid } from '../../lib/kern/proc.ts';
import { inKernel } from '../../lib/kern/schedule.ts';
import { psignal } from '../../lib/kern/sig.ts';
import { kpause } from '../../lib/kern/synch.ts';
import { LSZOMB, LW_WEXIT } from '../../lib/sys/constants/lwp.ts';
import { PID_MAX, SDEAD } from '../../lib/sys/constants/proc.ts';
import { SIGKILL } from '../../lib/sys/constants/signal.ts';
import { EEXIST, EINVAL, ENOMEM } from '../../lib/sys/errno.ts';
import { onEveryKernel } from './every.ts';
import {
  bootFifo,
  bootOn,
  countLwps,
  fifoHost,
  newproc,
  runReady,
  start,
  sys,
  throwsErrno,
} from './support.ts';

onEveryKernel('the host thread has no lwp until it gets one, and acts as init meanwhile', (t, k) => {
  t.is(lwpCurlwp(k), null);
  t.is(
    inKernel(k, (l) => l.proc),
    k.initproc,
  );
  const l = newprocSwitch(k);
  t.is(lwpCurlwp(k), l);
  t.is(
    inKernel(k, (me) => me),
    l,
  );
  t.is(sys(l, 'getpid'), l.proc.pid);
  t.is(l.proc.parent, k.initproc);
});

onEveryKernel('a released lwp is nobody at once, and freed at the switch away from it', (t, k) => {
  const [procs, lwps] = [k.procs.size, k.nlwps];
  const l = newprocSwitch(k);
  const p = l.proc;
  const { pid } = p;
  lwpRelease(k);
  t.is(lwpCurlwp(k), null);
  t.not(l.flag & LW_WEXIT, 0);
  t.not(l.stat, LSZOMB);
  t.is(
    inKernel(k, (me) => me.proc),
    k.initproc,
  );
  t.is(p.stat, SDEAD);
  t.false(k.procs.has(pid));
  lwpSwitch(k, null);
  t.is(l.stat, LSZOMB);
  t.is(k.procs.size, procs);
  t.is(k.nlwps, lwps);
});

test('releasing one of several lwps leaves the process', (t) => {
  const k = bootFifo();
  const first = newprocSwitch(k);
  const second = lwprocNewlwp(k, first.proc.pid);
  t.is(lwpCurlwp(k), second);
  t.not(second.lid, first.lid);
  lwprocReleaselwp(k);
  t.is(lwpCurlwp(k), null);
  t.is(first.proc.nlwps, 1);
  lwpSwitch(k, first);
  lwprocReleaselwp(k);
  t.is(first.proc.stat, SDEAD);
});

test('the children of a released process belong to init, and so does nobody else', (t) => {
  const k = bootFifo();
  const parent = newprocSwitch(k);
  const child = lwprocRfork(k, RUMP_RFFDG);
  t.is(child.proc.parent, parent.proc);
  lwpSwitch(k, parent);
  lwprocReleaselwp(k);
  t.is(child.proc.parent, k.initproc);
  t.true(child.proc.alive);
});

test('rfork shares descriptors, copies them or starts with none; both at once is EINVAL', (t) => {
  const k = bootFifo();
  lwpSwitch(k, newproc(k));
  const parent = lwpCurlwp(k) as Lwp;
  const open = (l: Lwp) => [0, 1, 2, 3].filter((fd) => l.proc.fd.has(fd));
  t.deepEqual(open(parent), [0, 1, 2]);
  const shared = lwprocRfork(k, 0);
  t.is(shared.proc.fd, parent.proc.fd);
  lwpSwitch(k, parent);
  const copied = lwprocRfork(k, RUMP_RFFDG);
  t.not(copied.proc.fd, parent.proc.fd);
  t.deepEqual(open(copied), [0, 1, 2]);
  lwpSwitch(k, parent);
  const cleared = lwprocRfork(k, RUMP_RFCFDG);
  t.deepEqual(open(cleared), []);
  lwpSwitch(k, parent);
  throwsErrno(t, EINVAL, () => lwprocRfork(k, RUMP_RFFDG | RUMP_RFCFDG));
  throwsErrno(t, EINVAL, () => lwprocRfork(k, 4));
  t.is(lwpCurlwp(k), parent);
});

test('releasing without an lwp panics, twice too', (t) => {
  const k = bootFifo();
  t.throws(() => lwpRelease(k), { message: /release of an lwp by a thread that has none/ });
  newprocSwitch(k);
  lwpRelease(k);
  t.throws(() => lwpRelease(k), { message: /release of an lwp by a thread that has none/ });
});

test('switching to a released lwp, or to one that runs elsewhere, panics', (t) => {
  const k = bootFifo();
  const released = newprocSwitch(k);
  lwprocReleaselwp(k);
  t.throws(() => lwpSwitch(k, released), { message: /which is released/ });
  const busy = newproc(k);
  start(busy, (l) => kpause(l, 'nap', 0, 1000));
  runReady(k);
  t.throws(() => lwpSwitch(k, busy), { message: /which is running elsewhere/ });
  t.is(lwpCurlwp(k), null);
});

test('lwp_alloc makes an lwp of process 0, or a new process of that number', (t) => {
  const k = bootFifo();
  const kernel = lwpAlloc(k, 0, 0);
  t.is(kernel.proc, k.proc0);
  const l = lwpAllocAndSwitch(k, 777, 5);
  t.is(l.proc.pid, 777);
  t.is(l.lid, 5);
  t.is(lwpCurlwp(k), l);
  throwsErrno(t, EEXIST, () => lwpAlloc(k, 777, 0));
  throwsErrno(t, EEXIST, () => lwpAlloc(k, 1, 0));
  throwsErrno(t, EEXIST, () => lwpAlloc(k, 0, kernel.lid));
  for (const pid of [-1, 1.5, Number.NaN, PID_MAX + 1]) {
    throwsErrno(t, EINVAL, () => lwpAlloc(k, pid, 0));
  }
  for (const lid of [-1, 1.5, Number.NaN, LID_MAX + 1]) {
    throwsErrno(t, EINVAL, () => lwpAlloc(k, 0, lid));
  }
});

test('a number some session still has is not given to a process', (t) => {
  const k = bootFifo();
  const leader = newproc(k);
  const { pid } = leader.proc;
  sys(leader, 'setsid');
  const child = k.procs.get(sys(leader, 'fork') as number)?.lwps as Lwp;
  sys(child, 'setpgid', 0, 0);
  sys(leader, 'exit', 0);
  sys(k.initproc.lwps as Lwp, 'wait4', pid, 0);
  t.false(k.procs.has(pid));
  t.true(k.sessions.has(pid));
  throwsErrno(t, EEXIST, () => lwpAlloc(k, pid, 0));
});

test('lwp ids are never 0 and never taken, past the end of the numbers and beside chosen ones', (t) => {
  const k = bootFifo();
  const chosen = lwpAllocAndSwitch(k, 50, 2);
  const p = chosen.proc;
  const lids = [chosen.lid, ...Array.from({ length: 4 }, () => lwpCreate(p).lid)];
  t.is(new Set(lids).size, 5);
  p.nlwpid = LID_MAX - 1;
  t.is(lwpCreate(p).lid, LID_MAX);
  const wrapped = Array.from({ length: 4 }, () => lwpCreate(p).lid);
  t.is(new Set([...lids, ...wrapped, LID_MAX, 0]).size, 11);
  t.true(wrapped.every((lid) => lid > 0 && lid < 20));
  t.not(nextlid(p), 0);
});

test('the lwp of a host thread may be killed: the switch away from it is still in order', (t) => {
  const k = bootFifo();
  const l = newprocSwitch(k);
  psignal(l.proc, SIGKILL);
  runReady(k);
  t.is(lwpCurlwp(k), null);
  t.is(
    inKernel(k, (me) => me.proc),
    k.initproc,
  );
  lwpSwitch(k, null);
  t.is(k.hostlwp, null);
  t.is(k.state, 'running');
});

test('freeing an lwp that has not exited, or twice, is a bug', (t) => {
  const k = bootFifo();
  const l = lwpCreate(k.proc0);
  t.throws(() => lwpFree(l), { message: /freed without exiting/ });
  lwpUnlink(l);
  t.throws(() => lwpUnlink(l), { message: /exits twice/ });
  lwpFree(l);
  t.throws(() => lwpFree(l), { message: /freed twice/ });
});

test('another memory is counted', (t) => {
  const k = bootFifo();
  const l = newprocSwitch(k);
  const old = l.proc.vmspace;
  const { refcnt } = old;
  const remote = { kind: 'remote' as const, refcnt: 1 };
  setVmspace(k, remote);
  t.is(l.proc.vmspace, remote);
  t.is(remote.refcnt, 2);
  t.is(old.refcnt, refcnt - 1);
  lwprocReleaselwp(k);
  t.is(remote.refcnt, 1);
  t.throws(() => setVmspace(k, old), { message: /without an lwp/ });
});

test('when the host has no more lwps, fork fails and leaves nothing behind', (t) => {
  const host = fifoHost();
  const k = bootOn(host);
  const l = newproc(k);
  const before = { procs: k.procs.size, lwps: k.nlwps, cred: l.cred.refcnt, count: l.proc.uidinfo.proccnt };
  Object.defineProperty(host, 'lwpCreate', {
    value: () => {
      throw ENOMEM;
    },
  });
  throwsErrno(t, ENOMEM, () => sys(l, 'fork'));
  throwsErrno(t, ENOMEM, () => newprocSwitch(k));
  t.deepEqual(
    { procs: k.procs.size, lwps: k.nlwps, cred: l.cred.refcnt, count: l.proc.uidinfo.proccnt },
    before,
  );
  t.is(l.proc.children?.size ?? 0, 0);
  t.is(countLwps(k.initproc), 1);
});
