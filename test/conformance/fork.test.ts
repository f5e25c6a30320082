/**
 * The beginning and the end of processes.
 *
 * NetBSD: sys/kern/{kern_fork,kern_exit,kern_proc}.c; fork(2), vfork(2), _exit(2), getpid(2).
 */
import { PID_MAX } from '../../lib/sys/constants/proc.ts';
import { RLIMIT_NPROC } from '../../lib/sys/constants/resource.ts';
import { WEXITSTATUS, WIFEXITED } from '../../lib/sys/constants/wait.ts';
import { conformance, fails, turn } from './harness.ts';

conformance(
  'fork: the child has a number of its own and knows its parent',
  async (t, { kernel, newproc, call }) => {
    const parent = newproc();
    t.is(await call(parent).getpid(), parent.pid);
    t.is(await call(parent).getppid(), 1);
    const pid = await call(parent).fork();
    t.not(pid, parent.pid);
    const child = kernel.proc(pid);
    t.is(await call(child).getpid(), pid);
    t.is(await call(child).getppid(), parent.pid);
  },
);

conformance('fork: the child inherits name, priority and limits', async (t, { kernel, newproc, call }) => {
  const parent = newproc({ comm: 'heir' });
  await call(parent).setpriority(0, 0, 7);
  await call(parent).setrlimit(0, { cur: 5, max: 6 });
  const child = parent.fork();
  t.is(child.comm, 'heir');
  t.is(await call(child).getpriority(0, 0), 7);
  t.deepEqual(await call(child).getrlimit(0), { cur: 5, max: 6 });
  await call(child).setrlimit(0, { cur: 1, max: 1 });
  t.deepEqual(await call(parent).getrlimit(0), { cur: 5, max: 6 });
  t.is(kernel.ps().filter((p) => p.comm === 'heir').length, 2);
});

conformance('vfork: makes a child, as fork does', async (t, { kernel, newproc, call }) => {
  const parent = newproc();
  const child = kernel.proc(await call(parent).vfork());
  t.is(await call(child).getppid(), parent.pid);
  child.exit(2);
  t.is(WEXITSTATUS((await call(parent).wait4(child.pid, 0)).status), 2);
});

conformance('exit: the low eight bits reach the parent', async (t, { newproc, call }) => {
  const parent = newproc();
  for (const [given, seen] of [
    [0, 0],
    [1, 1],
    [255, 255],
    [256, 0],
    [511, 255],
    [-1, 255],
  ] as const) {
    const child = parent.fork();
    await call(child).exit(given);
    const { pid, status } = await call(parent).wait4(-1, 0);
    t.is(pid, child.pid);
    t.true(WIFEXITED(status));
    t.is(WEXITSTATUS(status), seen);
  }
});

conformance(
  'exit: a process that has exited makes no more calls, and says so',
  async (t, { newproc, call }) => {
    const proc = newproc();
    await call(proc).exit(3);
    const error = await fails(t, 'ESRCH', call(proc).getpid());
    t.regex(error.message, new RegExp(`process ${proc.pid} has exited`));
    await fails(t, 'ESRCH', call(proc).exit(0));
    await fails(t, 'ESRCH', call(proc).fork());
    t.false(proc.alive);
  },
);

conformance(
  'a zombie keeps its number, and is seen as one, until it is waited for',
  async (t, { kernel, newproc, call }) => {
    const parent = newproc();
    const child = parent.fork();
    child.exit(1);
    const state = () => kernel.ps().find((p) => p.pid === child.pid)?.state;
    t.is(state(), 'zombie');
    t.is(kernel.ps().find((p) => p.pid === child.pid)?.nlwps, 0);
    await call(parent).wait4(child.pid, 0);
    t.is(state(), undefined);
    await fails(t, 'ECHILD', call(parent).wait4(child.pid, 0));
  },
);

conformance(
  'children of a process that exits become children of init, which waits for them',
  async (t, { kernel, newproc, call }) => {
    const parent = newproc();
    const child = parent.fork();
    const grandchild = child.fork();
    const zombie = child.fork();
    zombie.exit();
    child.exit();
    t.is(await call(grandchild).getppid(), 1);
    t.is(
      kernel.ps().find((p) => p.pid === zombie.pid),
      undefined,
      'init has waited for it',
    );
    grandchild.exit();
    t.is(
      kernel.ps().find((p) => p.pid === grandchild.pid),
      undefined,
    );
    t.is((await call(parent).wait4(-1, 0)).pid, child.pid);
    await fails(t, 'ECHILD', call(parent).wait4(-1, 0));
  },
);

conformance(
  'exit: takes every lwp of the process along, also those asleep',
  async (t, { kernel, newproc, call }) => {
    const parent = newproc();
    const proc = parent.fork();
    proc.fork();
    const sleeps = [1, 2, 3].map(() => proc.promises.wait4(-1, 0));
    proc.newlwp();
    await turn();
    t.is(kernel.ps().find((p) => p.pid === proc.pid)?.nlwps, 5);
    await call(proc).exit(9);
    for (const sleep of sleeps) {
      await fails(t, 'ESRCH', sleep);
    }
    t.is(WEXITSTATUS((await call(parent).wait4(proc.pid, 0)).status), 9);
  },
);

conformance('fork: numbers wrap around, are never 0 or 1 and never in use', async (t, world) => {
  const { newproc, kern } = world;
  const parent = newproc();
  const child = parent.fork();
  const leader = parent.fork();
  leader.sys.setpgid(0, 0);
  const member = parent.fork();
  member.sys.setpgid(0, leader.pid);
  const session = parent.fork();
  session.sys.setsid();
  const heir = session.fork();
  heir.sys.setpgid(0, 0);
  const zombie = parent.fork();
  zombie.exit();
  leader.exit();
  session.exit();
  parent.sys.wait4(leader.pid, 0);
  parent.sys.wait4(session.pid, 0);
  const taken = new Set([
    1,
    parent.pid,
    child.pid,
    leader.pid,
    member.pid,
    session.pid,
    heir.pid,
    zombie.pid,
  ]);
  const seen = new Set<number>();
  let bad = 0;
  for (let i = 0; i < PID_MAX + 1000; i++) {
    const pid = parent.sys.fork();
    if (pid < 2 || pid > PID_MAX || taken.has(pid)) {
      bad++;
    }
    seen.add(pid);
    world.kernel.proc(pid).exit();
    parent.sys.wait4(pid, 0);
  }
  t.is(bad, 0);
  t.is(seen.size, PID_MAX - taken.size, 'every free number was given');
  t.is(kern.sessions.get(session.pid)?.count, 1);
});

conformance(
  'fork: EAGAIN when every number is taken, and again when one is free',
  async (t, { kernel, newproc, call }) => {
    const parent = newproc();
    const room = PID_MAX - 1 - kernel.ps().filter((p) => p.pid > 1).length;
    let last = 0;
    for (let i = 0; i < room; i++) {
      last = parent.sys.fork();
    }
    await fails(t, 'EAGAIN', call(parent).fork());
    t.throws(() => newproc(), { code: 'EAGAIN' });
    kernel.proc(last).exit();
    await fails(t, 'EAGAIN', call(parent).fork());
    await call(parent).wait4(last, 0);
    t.is(await call(parent).fork(), last);
  },
);

conformance(
  'RLIMIT_NPROC: counts the processes of the real user, in all its sessions',
  async (t, { newproc, call }) => {
    const [one, two] = [newproc({ uid: 100 }), newproc({ uid: 100 })];
    newproc({ uid: 101 });
    await call(one).setrlimit(RLIMIT_NPROC, { cur: 3, max: 3 });
    const child = one.fork();
    await fails(t, 'EAGAIN', call(one).fork());
    const others = await call(two).fork();
    t.true(others > 0, 'the limit is that of the process that forks');
    child.exit();
    await fails(t, 'EAGAIN', call(one).fork());
    await call(one).wait4(child.pid, 0);
    await fails(t, 'EAGAIN', call(one).fork());
  },
);

conformance(
  'RLIMIT_NPROC: a zombie counts until it is waited for; a change of the real user moves the count',
  async (t, { newproc, call }) => {
    const root = newproc();
    await call(root).setrlimit(RLIMIT_NPROC, { cur: 2, max: 2 });
    const one = root.fork();
    const two = root.fork();
    await call(one).setuid(100);
    await call(two).setuid(100);
    await fails(t, 'EAGAIN', call(one).fork());
    two.exit();
    await fails(t, 'EAGAIN', call(one).fork());
    await call(root).wait4(two.pid, 0);
    t.true((await call(one).fork()) > 0);
  },
);

conformance('RLIMIT_NPROC: does not bind the superuser', async (t, { newproc, call }) => {
  const root = newproc();
  await call(root).setrlimit(RLIMIT_NPROC, { cur: 0, max: 0 });
  t.true((await call(root).fork()) > 0);
});
