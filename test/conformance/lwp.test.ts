/**
 * Lwps: several in one process, and many calls at once.
 *
 * NetBSD: sys/kern/{sys_lwp,kern_lwp}.c; _lwp_self(2), _lwp_exit(2), sched_yield(3).
 */
import { W_EXITCODE } from '../../lib/sys/constants/wait.ts';
import { conformance, fails, now, turn } from './harness.ts';

conformance('_lwp_self: ids are never 0 and differ within a process', async (t, { newproc, face, call }) => {
  const proc = newproc();
  const others = [proc.newlwp(), proc.newlwp()];
  const ids = [proc.sys._lwp_self(), ...others.map((l) => l.sys._lwp_self())];
  t.is(new Set(ids).size, 3);
  t.true(ids.every((lid) => lid > 0));
  t.deepEqual(
    others.map((l) => l.lid),
    ids.slice(1),
  );
  const own = await call(proc)._lwp_self();
  t.is(own === ids[0], face === 'sync', 'a promise is an lwp of its own');
});

conformance('_lwp_exit: the lwp goes, the process stays', async (t, { newproc, kernel, call }) => {
  const proc = newproc();
  const second = proc.newlwp();
  const nlwps = () => kernel.ps().find((p) => p.pid === proc.pid)?.nlwps;
  t.is(nlwps(), 2);
  second.sys._lwp_exit();
  t.is(nlwps(), 1);
  t.throws(() => second.sys.getpid(), { code: 'ESRCH' });
  t.is(await call(proc).getpid(), proc.pid);
});

conformance(
  '_lwp_exit: when the last lwp goes, the process exits with status 0',
  async (t, { newproc, call }) => {
    const parent = newproc();
    const proc = parent.fork();
    proc.sys._lwp_exit();
    t.false(proc.alive);
    t.is((await call(parent).wait4(proc.pid, 0)).status, W_EXITCODE(0, 0));
  },
);

conformance('LwpHandle.exit: as _lwp_exit, and once', async (t, { newproc, kernel, call }) => {
  const parent = newproc();
  const proc = parent.fork();
  {
    using second = proc.newlwp();
    t.is(await call(second).getppid(), parent.pid);
  }
  t.is(kernel.ps().find((p) => p.pid === proc.pid)?.nlwps, 1);
  const last = proc.newlwp();
  proc.sys._lwp_exit();
  t.true(proc.alive);
  last.exit();
  last.exit();
  t.false(proc.alive, 'its last lwp has gone');
  t.is((await call(parent).wait4(proc.pid, 0)).pid, proc.pid);
});

conformance(
  'a process whose lwps have all gone exits when its last pending call ends',
  async (t, { newproc, call }) => {
    const parent = newproc();
    const proc = parent.fork();
    const child = proc.fork();
    const wait = proc.promises.wait4(-1, 0);
    t.is(await now(wait), 'pending');
    proc.sys._lwp_exit();
    t.true(proc.alive);
    child.exit(1);
    t.is((await wait).pid, child.pid);
    await turn();
    t.false(proc.alive);
    t.is((await call(parent).wait4(proc.pid, 0)).pid, proc.pid);
  },
);

conformance('sched_yield: returns, and lets the others run first', async (t, { newproc, call }) => {
  const [one, two] = [newproc(), newproc()];
  await call(one).sched_yield();
  const order: string[] = [];
  const other = two.promises.getpid().then(() => order.push('other'));
  await call(one).sched_yield();
  order.push('yielder');
  await other;
  t.deepEqual([...order].sort(), ['other', 'yielder']);
});

conformance('many calls at once on one process', async (t, { newproc, kernel }) => {
  const proc = newproc();
  const before = kernel.stats();
  const pids = await Promise.all(Array.from({ length: 1000 }, () => proc.promises.getpid()));
  t.true(pids.every((pid) => pid === proc.pid));
  const lids = await Promise.all(Array.from({ length: 1000 }, () => proc.promises._lwp_self()));
  t.is(new Set(lids).size, 1000);
  t.is(kernel.stats().lwps, before.lwps, 'every call has given its lwp back');
});

conformance('many sleeps at once on one process', async (t, { newproc, kernel }) => {
  const proc = newproc();
  const before = kernel.stats();
  await Promise.all(
    Array.from({ length: 1000 }, (_, i) => proc.promises.nanosleep({ sec: 0, nsec: (i % 7) * 1_000_000 })),
  );
  t.is(kernel.stats().lwps, before.lwps);
  t.is(kernel.stats().callouts, before.callouts);
});

conformance('one lwp makes one call at a time', async (t, { newproc }) => {
  const proc = newproc();
  const second = proc.newlwp();
  const child = proc.fork();
  const wait = proc.promises.wait4(-1, 0);
  await turn();
  t.is(second.sys.getpid(), proc.pid, 'others make theirs meanwhile');
  t.is(proc.sys.getpid(), proc.pid);
  child.exit();
  await wait;
});

conformance('an lwp of a process that has exited makes no calls', async (t, { newproc, call }) => {
  const proc = newproc();
  const second = proc.newlwp();
  await call(proc).exit(0);
  await fails(t, 'ESRCH', call(second).getpid());
  second.exit();
  t.throws(() => proc.newlwp(), { code: 'ESRCH' });
});
