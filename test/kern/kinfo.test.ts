import test from 'ava';
import {
  type KinfoLwp,
  type KinfoProc,
  kinfoDecode,
  kinfoEncode,
  procActiveLwp,
} from '../../lib/kern/kinfo.ts';
import type { Lwp } from '../../lib/kern/lwp.ts';
import { lwpCreate } from '../../lib/kern/lwpcreate.ts';
import { inKernel } from '../../lib/kern/schedule.ts';
import { syscallAsync } from '../../lib/kern/syscall.ts';
import { dosysctl } from '../../lib/kern/sysctl_call.ts';
import { KINFO_LWP, KINFO_PROC2 } from '../../lib/kern/sysctl_kinfo.ts';
import { sysctlnodeRequest } from '../../lib/kern/sysctl_node.ts';
import { LSRUN, LSSLEEP } from '../../lib/sys/constants/lwp.ts';
import { SSTOP, SZOMB } from '../../lib/sys/constants/proc.ts';
import { SIGSTOP, SIGUSR1 } from '../../lib/sys/constants/signal.ts';
import {
  CTL_KERN,
  CTL_QUERY,
  EPROC_SLEADER,
  KERN_LWP,
  KERN_PROC_ALL,
  KERN_PROC_GID,
  KERN_PROC_PGRP,
  KERN_PROC_PID,
  KERN_PROC_RGID,
  KERN_PROC_RUID,
  KERN_PROC_SESSION,
  KERN_PROC_TTY,
  KERN_PROC_UID,
  KERN_PROC2,
  P_SUGID,
} from '../../lib/sys/constants/sysctl.ts';
import { EINVAL, ENOMEM, ESRCH } from '../../lib/sys/errno.ts';
import { sigset } from '../../lib/sys/sigset.ts';
import { syscallByCall } from '../../lib/sys/syscalls.ts';
import { bootSim, byName, call, newproc } from './sysctl_support.ts';

const SIZE = KINFO_PROC2.size;
const MANY = 1000;

/** The child of a fork of `l`. */
function forked(l: Lwp): Lwp {
  return l.kernel.procs.get(call(l, 'fork') as number)?.lwps as Lwp;
}

/** What ps(1) does: ask for the length, then for the processes. */
function ps(l: Lwp, op: number = KERN_PROC_ALL, arg = 0): KinfoProc[] {
  const room = call(l, 'sysctl', [CTL_KERN, KERN_PROC2, op, arg, SIZE, 0]) as number;
  const buf = new Uint8Array(room);
  const used = call(l, 'sysctl', [CTL_KERN, KERN_PROC2, op, arg, SIZE, room / SIZE], buf) as number;
  return Array.from({ length: used / SIZE }, (_, i) => kinfoDecode(buf.subarray(i * SIZE)));
}

function psOne(l: Lwp, pid: number): KinfoProc {
  const [info] = ps(l, KERN_PROC_PID, pid);
  return info as KinfoProc;
}

/** Let `l` begin a sleep of an hour: it has done so when another's short one is over. */
function sleepLong(l: Lwp, other: Lwp): void {
  syscallAsync(l, syscallByCall('nanosleep'), [{ sec: 3600, nsec: 0 }], () => {});
  call(other, 'nanosleep', { sec: 0, nsec: 1000 });
}

test('the structures have the sizes and offsets of NetBSD 7.99.34 on amd64', (t) => {
  t.is(KINFO_PROC2.size, 680);
  t.is(KINFO_LWP.size, 128);
  const at = (field: Partial<KinfoProc>): number => KINFO_PROC2.encode(field).findIndex((byte) => byte !== 0);
  t.is(at({ eflag: 1 }), 104);
  t.is(at({ pid: 1 }), 116);
  t.is(at({ groups: [1] }), 152);
  t.is(at({ uticks: 1 }), 256);
  t.is(at({ stat: 1 }), 360);
  t.is(at({ comm: 'a' }), 368);
  t.is(at({ wmesg: 'a' }), 392);
  t.is(at({ login: 'a' }), 408);
  t.is(at({ uvalid: 1 }), 448);
  t.is(at({ nlwps: 1 }), 616);
  t.is(at({ ename: 'a' }), 648);
  t.is(at({ vm_msize: 1 }), 672);
});

test('ids, groups, names and family of a process', (t) => {
  const k = bootSim();
  const l = newproc(k, { uid: 1000, gid: 100, groups: [5, 6], comm: 'a-name-longer-than-sixteen' });
  const info = psOne(l, l.proc.pid);
  t.like(info, {
    pid: l.proc.pid,
    ppid: 1,
    pgid: 1,
    sid: 1,
    tpgid: -1,
    tdev: -1,
    uid: 1000,
    ruid: 1000,
    svuid: 1000,
    gid: 100,
    rgid: 100,
    svgid: 100,
    ngroups: 2,
    comm: 'a-name-longer-th',
    login: 'rumphobo',
    ename: 'netbsd-rump',
    nice: 20,
    nlwps: 1,
  });
  t.deepEqual(info.groups, [5, 6]);
  t.is(info.eflag & EPROC_SLEADER, 0);
});

test('a change of ids, nice, session and login shows', (t) => {
  const k = bootSim();
  const l = newproc(k, { uid: 0 });
  call(l, 'setsid');
  call(l, 'setlogin', 'charlie');
  call(l, 'setpriority', 0, 0, 5);
  call(l, 'setegid', 7);
  call(l, 'seteuid', 1000);
  const { pid } = l.proc;
  const info = psOne(l, pid);
  t.like(info, {
    uid: 1000,
    ruid: 0,
    svuid: 0,
    gid: 7,
    rgid: 0,
    nice: 25,
    login: 'charlie',
    sid: pid,
    pgid: pid,
  });
  t.not(info.eflag & EPROC_SLEADER, 0);
  t.not(info.flag & P_SUGID, 0);
});

test('the structure comes back as it was encoded', (t) => {
  const k = bootSim();
  const l = newproc(k, { uid: 4_294_967_294, gid: 100, groups: [1, 2, 3] });
  for (const p of [l.proc, k.proc0, k.initproc]) {
    const bytes = kinfoEncode(p);
    const info = kinfoDecode(bytes);
    t.deepEqual(KINFO_PROC2.encode(info), bytes);
    t.is(info.uid, p.cred.euid);
  }
  t.throws(() => kinfoDecode(new Uint8Array(SIZE - 1)), { any: true, is: EINVAL });
});

test('each way to select finds its processes and no others', (t) => {
  const k = bootSim();
  const a = newproc(k, { uid: 1000, gid: 100 });
  call(a, 'setsid');
  const b = forked(a);
  const c = newproc(k, { uid: 0, gid: 200 });
  call(c, 'seteuid', 2000);
  const pids = (op: number, arg: number): number[] => ps(a, op, arg).map((info) => info.pid);
  const [pa, pb, pc] = [a.proc.pid, b.proc.pid, c.proc.pid];
  t.deepEqual(pids(KERN_PROC_ALL, 0), [0, 1, pa, pb, pc]);
  t.deepEqual(pids(KERN_PROC_PID, pb), [pb]);
  t.deepEqual(pids(KERN_PROC_PID, 4711), []);
  t.deepEqual(pids(KERN_PROC_PGRP, pa), [pa, pb]);
  t.deepEqual(pids(KERN_PROC_SESSION, pa), [pa, pb]);
  t.deepEqual(pids(KERN_PROC_UID, 1000), [pa, pb]);
  t.deepEqual(pids(KERN_PROC_UID, 2000), [pc]);
  t.deepEqual(pids(KERN_PROC_RUID, 0), [0, 1, pc]);
  t.deepEqual(pids(KERN_PROC_GID, 100), [pa, pb]);
  t.deepEqual(pids(KERN_PROC_RGID, 200), [pc]);
  t.deepEqual(pids(KERN_PROC_TTY, -1), pids(KERN_PROC_ALL, 0));
  t.deepEqual(pids(KERN_PROC_TTY, 3), []);
});

test('operands that make no sense', (t) => {
  const l = newproc(bootSim(), { uid: 0 });
  const bad = (...tail: number[]): void => {
    t.throws(
      () => call(l, 'sysctl', [CTL_KERN, KERN_PROC2, ...tail]),
      { any: true, is: EINVAL },
      tail.join('.'),
    );
  };
  bad();
  bad(KERN_PROC_ALL, 0, SIZE);
  bad(KERN_PROC_ALL, 0, SIZE, 1, 1);
  bad(99, 0, SIZE, 1);
  bad(KERN_PROC_ALL, 0, 0, 1);
  bad(KERN_PROC_ALL, 0, -1, 1);
  t.is(call(l, 'sysctl', [CTL_KERN, KERN_PROC2, CTL_QUERY], null, sysctlnodeRequest()), 0);
});

test('room for fewer processes than there are: whole ones, their length, ENOMEM', (t) => {
  const k = bootSim();
  const request = (
    bytes: number,
    size: number,
    count: number,
  ): { oldlen: number; error: unknown; buf: Uint8Array } => {
    const buf = new Uint8Array(bytes).fill(0xee);
    const mib = [CTL_KERN, KERN_PROC2, KERN_PROC_ALL, 0, size, count];
    return { ...inKernel(k, (l) => dosysctl(l, mib, buf, null)), buf };
  };
  newproc(k, { uid: 1 });
  const all = 3;
  t.like(request(all * SIZE, SIZE, MANY), { oldlen: all * SIZE, error: null });
  t.like(request(all * SIZE - 1, SIZE, MANY), { oldlen: 2 * SIZE, error: ENOMEM });
  t.like(request(all * SIZE, SIZE, 1), { oldlen: SIZE, error: ENOMEM });
  t.like(request(0, SIZE, MANY), { oldlen: 0, error: ENOMEM });
  const wide = request(all * (SIZE + 8), SIZE + 8, MANY);
  t.is(wide.oldlen, all * (SIZE + 8));
  t.is(kinfoDecode(wide.buf.subarray(SIZE + 8)).pid, 1);
  t.deepEqual(wide.buf.subarray(SIZE, SIZE + 8), new Uint8Array(8).fill(0xee), "the gap is the caller's");
  const narrow = request(all * 120, 120, MANY);
  t.is(narrow.oldlen, all * 120);
  t.is(
    new DataView(narrow.buf.buffer).getInt32(120 + 116, true),
    1,
    'a shorter structure is cut, not refused',
  );
});

test('a sleeping process tells what it sleeps on', (t) => {
  const k = bootSim();
  const l = newproc(k, { uid: 0 });
  const other = newproc(k, { uid: 0 });
  t.like(psOne(other, l.proc.pid), { stat: LSRUN, wmesg: '', nrlwps: 1 });
  sleepLong(l, other);
  t.like(psOne(other, l.proc.pid), { stat: LSSLEEP, wmesg: 'nanoslp', nlwps: 1, nrlwps: 0, nvcsw: 1 });
});

test('a process of several lwps is shown by its most active one', (t) => {
  const k = bootSim();
  const first = newproc(k, { uid: 0 });
  const other = newproc(k, { uid: 0 });
  sleepLong(first, other);
  const second = inKernel(k, () => lwpCreate(first.proc));
  // The second is outside the kernel: the one that sleeps says more.
  t.like(psOne(other, first.proc.pid), { stat: LSSLEEP, wmesg: 'nanoslp', nlwps: 2, nrlwps: 1 });
  t.is(procActiveLwp(first.proc), first);
  sleepLong(second, other);
  t.like(psOne(other, first.proc.pid), { stat: LSSLEEP, wmesg: 'nanoslp', nlwps: 2, nrlwps: 0 });
  t.is(procActiveLwp(first.proc), first.proc.lwps, 'the first of equals');
  const name = [CTL_KERN, KERN_LWP, first.proc.pid, KINFO_LWP.size, MANY];
  const buf = new Uint8Array(call(other, 'sysctl', name) as number);
  t.is(call(other, 'sysctl', name, buf), 2 * KINFO_LWP.size);
  const lids = [0, 1].map((i) => KINFO_LWP.decode(buf.subarray(i * KINFO_LWP.size)).lid);
  t.deepEqual(lids.sort(), [first.lid, second.lid]);
  t.throws(() => call(other, 'sysctl', [CTL_KERN, KERN_LWP, 4711, KINFO_LWP.size, 1]), {
    any: true,
    is: ESRCH,
  });
});

test('a zombie keeps its exit status and has nothing else left', (t) => {
  const k = bootSim();
  const l = newproc(k, { uid: 1000, gid: 100 });
  const child = forked(l);
  call(child, 'exit', 3);
  const info = psOne(l, child.proc.pid);
  t.like(info, {
    ppid: l.proc.pid,
    uid: 1000,
    stat: SZOMB,
    realstat: SZOMB,
    xstat: 3 << 8,
    nlwps: 0,
    uvalid: 0,
  });
  t.deepEqual(info.start, { sec: 0, usec: 0 });
  call(l, 'wait4', child.proc.pid, 0);
  t.is(psOne(l, child.proc.pid), undefined as never);
});

test('signals that wait, and a stop', (t) => {
  const k = bootSim();
  const l = newproc(k, { uid: 1000, gid: 100 });
  const target = forked(l);
  call(l, 'kill', target.proc.pid, SIGSTOP);
  t.is(psOne(l, target.proc.pid).realstat, SSTOP);
  call(l, 'kill', target.proc.pid, SIGUSR1);
  t.deepEqual(psOne(l, target.proc.pid).siglist, [...sigset(SIGUSR1)]);
});

test('the start of a process is on the clock of the time of day', (t) => {
  const k = bootSim();
  const l = newproc(k, { uid: 0 });
  call(l, 'nanosleep', { sec: 10, nsec: 0 });
  const late = newproc(k, { uid: 0 });
  const { sec } = psOne(l, l.proc.pid).start;
  t.is(psOne(l, late.proc.pid).start.sec, sec + 10);
  t.is(psOne(l, l.proc.pid).swtime, 10);
  const now = call(l, 'clock_gettime', 0) as { sec: number; nsec: number };
  t.is(now.sec, sec + 10);
  call(l, 'clock_settime', 0, { sec: now.sec + 1000, nsec: now.nsec });
  t.is(psOne(l, l.proc.pid).start.sec, sec + 1000, 'an age does not change when the clock is set');
});

test('by name: objects, the same as by number', (t) => {
  const k = bootSim();
  const l = newproc(k, { uid: 1000, gid: 100 });
  const procs = byName(k, 'kern.proc2') as KinfoProc[];
  t.deepEqual(
    procs.map((p) => [p.pid, p.comm]),
    ps(l).map((p) => [p.pid, p.comm]),
  );
  const lwps = byName(k, 'kern.lwp') as KinfoLwp[];
  t.is(lwps.length, k.nlwps);
  t.true(lwps.some((m) => m.pid === 0 && m.name === 'softint/0'));
});
