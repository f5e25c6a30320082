/**
 * A synchronous call that nothing could ever wake fails instead of hanging its host thread.
 */
import type { Kernel as Kern } from '../../lib/kern/kernel.ts';
import type { Lwp } from '../../lib/kern/lwp.ts';
import type { MaySleep } from '../../lib/kern/maysleep.ts';
import { FOREVER, PCATCH, SleepQueue, sleepqBlock, sleepqWakeAll } from '../../lib/kern/sleepq.ts';
import { SIGCONT, SIGSTOP } from '../../lib/sys/constants/signal.ts';
import { syscallByCall } from '../../lib/sys/syscalls.ts';
import { conformance, fails, now, turn } from './harness.ts';

/** Replace a call by one that sleeps. @returns where it sleeps */
function plantSleep(kern: Kern, flags: number, then: () => void = () => {}): SleepQueue {
  const q = new SleepQueue();
  kern.sysent[syscallByCall('sched_yield').number] = function* (l: Lwp): MaySleep<void> {
    yield* sleepqBlock(l, q, 'planted', flags, FOREVER);
    then();
  };
  return q;
}

conformance('EDEADLK names who sleeps on what', async (t, { newproc }) => {
  const proc = newproc({ comm: 'waiter' });
  const child = proc.fork();
  const wait = proc.promises.wait4(-1, 0);
  await turn();
  const error = t.throws(() => proc.sys.wait4(child.pid, 0), { code: 'EDEADLK' });
  t.regex(
    error.message,
    new RegExp(`${proc.pid}\\.\\d+ \\(waiter\\) wait, ${proc.pid}\\.\\d+ \\(waiter\\) wait`),
  );
  child.exit();
  t.is((await wait).pid, child.pid, 'the other call goes on waiting');
});

conformance('EDEADLK: the process goes on, and can be woken next time', async (t, { newproc }) => {
  const proc = newproc();
  const child = proc.fork();
  for (let i = 0; i < 3; i++) {
    t.throws(() => proc.sys.wait4(-1, 0), { code: 'EDEADLK' });
  }
  child.exit(1);
  t.is(proc.sys.wait4(-1, 0).pid, child.pid);
});

conformance('no EDEADLK while somebody who sleeps will be woken by time', async (t, { newproc, kernel }) => {
  const proc = newproc();
  const child = proc.fork();
  void child.promises.nanosleep({ sec: 0, nsec: 2_000_000 }).then(() => child.exit(4));
  const timer = newproc();
  const slept = timer.promises.nanosleep({ sec: 0, nsec: 1_000_000 });
  t.throws(
    () => proc.sys.wait4(-1, 0),
    { code: 'EDEADLK' },
    'the child exits when its promise is looked at, not before',
  );
  await slept;
  while (child.alive) {
    await turn();
  }
  t.is(proc.sys.wait4(-1, 0).pid, child.pid);
  t.true(kernel.running);
});

conformance('a synchronous wait lets the calls of others run', async (t, { newproc }) => {
  const proc = newproc();
  const child = proc.fork();
  const exit = child.promises.exit(6);
  t.is(proc.sys.wait4(-1, 0).status, 6 << 8);
  await exit;
});

conformance(
  'EDEADLK: a sleep that may not be interrupted keeps its lwp; the process takes another',
  async (t, world) => {
    const { newproc, kern, kernel } = world;
    let finished = 0;
    const q = plantSleep(kern, 0, () => {
      finished++;
    });
    const proc = newproc();
    const lid = proc.sys._lwp_self();
    t.throws(() => proc.sys.sched_yield(), { code: 'EDEADLK', message: /planted/ });
    t.is(kernel.ps().find((p) => p.pid === proc.pid)?.nlwps, 2);
    t.not(proc.sys._lwp_self(), lid);
    sleepqWakeAll(q);
    await turn();
    newproc().sys.sched_yield.length;
    await newproc().promises.getpid();
    t.is(finished, 1, 'woken after all, it finishes what it did');
    t.is(kernel.ps().find((p) => p.pid === proc.pid)?.nlwps, 1);
  },
);

conformance('EDEADLK: an interruptible sleep is ended', async (t, { newproc, kern, kernel }) => {
  let finished = 0;
  plantSleep(kern, PCATCH, () => {
    finished++;
  });
  const proc = newproc();
  const lid = proc.sys._lwp_self();
  t.throws(() => proc.sys.sched_yield(), { code: 'EDEADLK', message: /planted/ });
  t.is(finished, 0);
  t.is(proc.sys._lwp_self(), lid);
  t.is(kernel.ps().find((p) => p.pid === proc.pid)?.nlwps, 1);
});

conformance(
  'a promise that nothing can wake stays pending, and goes with its process',
  async (t, { newproc, call }) => {
    const proc = newproc();
    proc.fork();
    const wait = proc.promises.wait4(-1, 0);
    t.is(await now(wait), 'pending');
    await call(proc).exit(0);
    await fails(t, 'ESRCH', wait);
  },
);

conformance(
  'a synchronous call of a stopped process is EDEADLK, unless somebody continues it',
  async (t, { newproc }) => {
    const [proc, other] = [newproc(), newproc()];
    proc.kill('SIGSTOP');
    t.throws(() => proc.sys.getpid(), { code: 'EDEADLK', message: /stop/ });
    const go = other.promises.kill(proc.pid, 19);
    t.is(proc.sys.getpid(), proc.pid);
    await go;
  },
);

conformance(
  'a call of a stopped process that nothing can continue fails, and is not made later',
  async (t, world) => {
    const { newproc, kernel } = world;
    const [proc, other] = [newproc(), newproc()];
    other.sys.kill(proc.pid, SIGSTOP);
    const procs = kernel.ps().length;
    t.throws(() => proc.sys.fork(), { code: 'EDEADLK', message: /stop/ });
    other.sys.kill(proc.pid, SIGCONT);
    await turn();
    t.is(kernel.ps().length, procs);
    t.is(proc.sys.getpid(), proc.pid);
  },
);
