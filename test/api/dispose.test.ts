/** Twice, too late, and after the end. */
import test from 'ava';
import { boot, KernelDead, SysError } from '../../lib/api/index.ts';
import { insideOf, turn } from '../conformance/harness.ts';
import { faults } from '../conformance/invariants.ts';
import { HOSTS, onEveryHost } from './support.ts';

const GONE = { instanceOf: SysError, code: 'ESRCH' };

onEveryHost('a process after its end', async (t, bootOne) => {
  const kernel = bootOne();
  const proc = kernel.newproc();
  const lwp = proc.newlwp();
  proc.exit(2);
  t.throws(() => proc.exit(), GONE);
  t.throws(() => proc.fork(), GONE);
  t.throws(() => proc.newlwp(), GONE);
  t.throws(() => proc.kill(9), GONE);
  t.throws(() => proc.sys.getpid(), GONE);
  t.throws(() => lwp.sys.getpid(), GONE);
  t.throws(() => kernel.proc(proc.pid), GONE);
  await t.throwsAsync(proc.promises.getpid(), GONE);
  await t.throwsAsync(lwp.promises.getpid(), GONE);
  proc[Symbol.dispose]();
  proc[Symbol.dispose]();
  lwp.exit();
  lwp[Symbol.dispose]();
  t.false(proc.alive);
  t.is(proc.status, 2 << 8);
  t.is(typeof proc.pid, 'number');
  t.is(typeof lwp.lid, 'number');
  t.is(proc.comm, 'node');
  t.deepEqual(faults(insideOf(kernel)), []);
});

onEveryHost('a handle stays with its process when the number is given to another', (t, bootOne) => {
  const kernel = bootOne();
  const parent = kernel.newproc();
  const first = parent.fork();
  first.exit(1);
  parent.sys.wait4(first.pid, 0);
  let second = parent.fork();
  while (second.pid !== first.pid) {
    second.exit();
    parent.sys.wait4(second.pid, 0);
    second = parent.fork();
  }
  t.not(kernel.proc(first.pid), first);
  t.is(kernel.proc(first.pid), second);
  t.throws(() => first.sys.getpid(), GONE);
  t.throws(() => first.kill(9), GONE);
  t.true(second.alive);
});

onEveryHost('an lwp after its end', async (t, bootOne) => {
  const kernel = bootOne();
  const proc = kernel.newproc();
  const lwp = proc.newlwp();
  lwp.exit();
  lwp.exit();
  lwp[Symbol.dispose]();
  t.throws(() => lwp.sys.getpid(), GONE);
  t.throws(() => lwp.sys._lwp_exit(), GONE);
  t.is(await lwp.promises.getpid(), proc.pid, 'a promise takes an lwp of its own');
  t.is(kernel.ps().find((p) => p.pid === proc.pid)?.nlwps, 1);
});

onEveryHost('an exit that races with other calls of the process', async (t, bootOne) => {
  const kernel = bootOne();
  const proc = kernel.newproc();
  const calls = [
    proc.promises.getpid(),
    proc.promises.exit(1),
    proc.promises.exit(2),
    proc.promises.fork(),
    proc.promises.nanosleep({ sec: 5, nsec: 0 }),
    proc.promises.kill(proc.pid, 9),
  ];
  for (const end of await Promise.allSettled(calls)) {
    t.true(end.status === 'fulfilled' || end.reason.code === 'ESRCH');
  }
  await turn();
  t.false(proc.alive);
  t.deepEqual(faults(insideOf(kernel)), []);
});

onEveryHost('processes and lwps of a kernel that has gone', (t, bootOne) => {
  const kernel = bootOne();
  const proc = kernel.newproc();
  const lwp = proc.newlwp();
  kernel.halt();
  lwp.exit();
  lwp[Symbol.dispose]();
  proc[Symbol.dispose]();
  t.throws(() => lwp.sys.getpid(), { instanceOf: KernelDead });
  t.throws(() => proc.exit(), { instanceOf: KernelDead });
});

onEveryHost('what was made is given back: processes, lwps, callouts', async (t, bootOne) => {
  const kernel = bootOne();
  const round = async () => {
    const proc = kernel.newproc({ uid: 5, groups: [1] });
    const child = proc.fork();
    const lwp = proc.newlwp();
    await proc.promises.nanosleep({ sec: 0, nsec: 1 });
    const sleep = child.promises.nanosleep({ sec: 1000, nsec: 0 }).catch(() => undefined);
    lwp.sys.setuid(5);
    child.exit();
    await sleep;
    proc.sys.wait4(-1, 0);
    proc.exit();
  };
  await round();
  const { procs, lwps, callouts } = kernel.stats();
  const users = insideOf(kernel).uids.size;
  for (let i = 0; i < 200; i++) {
    await round();
  }
  const after = kernel.stats();
  t.deepEqual([after.procs, after.lwps, after.callouts], [procs, lwps, callouts]);
  t.is(insideOf(kernel).uids.size, users);
});

for (const [name, make] of Object.entries(HOSTS)) {
  test(`${name}: every name of an lwp goes back to the host, once`, async (t) => {
    const host = make();
    const names = new Set<number>();
    const { lwpCreate, lwpDestroy } = host;
    host.lwpCreate = () => {
      const handle = lwpCreate.call(host);
      names.add(handle);
      return handle;
    };
    host.lwpDestroy = (handle) => {
      t.true(names.delete(handle), `${handle} given back twice`);
      lwpDestroy.call(host, handle);
    };
    const kernel = boot({ host, console: () => {} });
    const booted = names.size;
    for (let i = 0; i < 20; i++) {
      const proc = kernel.newproc();
      proc.newlwp().sys._lwp_exit();
      const asleep = proc.promises.nanosleep({ sec: 9, nsec: 0 }).catch(() => undefined);
      await proc.promises.getpid();
      t.throws(() => proc.fork().sys.kill(0, 99), { code: 'EINVAL' });
      proc.kill('SIGKILL');
      await asleep;
    }
    kernel.proc(kernel.newproc().sys.fork()).sys._lwp_exit();
    const living = kernel.ps().reduce((sum, { nlwps }) => sum + nlwps, 0);
    t.is(names.size, living, 'the living have theirs, and nobody else has');
    t.true(living > booted);
    const pending = kernel.newproc().promises.nanosleep({ sec: 9, nsec: 0 });
    kernel.halt();
    await t.throwsAsync(pending, { instanceOf: KernelDead });
    t.is(names.size, 0);
  });
}
