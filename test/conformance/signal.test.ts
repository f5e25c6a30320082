/**
 * Sending signals, and what they do to a process that catches none.
 *
 * NetBSD: sys/kern/{sys_sig,kern_sig}.c; kill(2), signal(7).
 */
import type { Proc } from '../../lib/api/index.ts';
import {
  NSIG,
  SIGCHLD,
  SIGCONT,
  SIGHUP,
  SIGINFO,
  SIGIO,
  SIGKILL,
  SIGNALS,
  SIGSTOP,
  SIGTERM,
  SIGURG,
  SIGUSR1,
  SIGWINCH,
} from '../../lib/sys/constants/signal.ts';
import { WIFSIGNALED, WTERMSIG } from '../../lib/sys/constants/wait.ts';
import { conformance, fails, now, turn, type World } from './harness.ts';

function stateOf({ kernel }: World, proc: Proc): string {
  return kernel.ps().find((p) => p.pid === proc.pid)?.state ?? 'gone';
}

conformance('kill: every signal does by default what signal(7) says', async (t, world) => {
  const { newproc, call } = world;
  const parent = newproc();
  for (let signo = 1; signo < NSIG; signo++) {
    const child = parent.fork();
    const action = SIGNALS[signo]?.action;
    await call(parent).kill(child.pid, signo);
    await turn();
    switch (action) {
      case 'terminate':
      case 'core':
        t.is(stateOf(world, child), 'zombie', `signal ${signo}`);
        t.true(WIFSIGNALED(child.status ?? 0));
        t.is(WTERMSIG(child.status ?? 0), signo);
        break;
      case 'stop':
        t.is(stateOf(world, child), signo === SIGSTOP ? 'stopped' : 'active', `signal ${signo}`);
        break;
      default:
        t.is(stateOf(world, child), 'active', `signal ${signo}`);
    }
    await call(parent).kill(child.pid, SIGKILL);
    t.is((await call(parent).wait4(child.pid, 0)).pid, child.pid);
  }
});

conformance('kill: signal 0 asks only whether one could', async (t, { newproc, call }) => {
  const [root, plain] = [newproc(), newproc({ uid: 100 })];
  await call(root).kill(plain.pid, 0);
  await fails(t, 'EPERM', call(plain).kill(root.pid, 0));
  await fails(t, 'ESRCH', call(root).kill(29999, 0));
  t.true(plain.alive);
});

conformance(
  'kill: a number that is no signal is EINVAL, before anything else',
  async (t, { newproc, call }) => {
    const proc = newproc({ uid: 100 });
    for (const signo of [-1, NSIG, 1000, 2 ** 31 - 1, -(2 ** 31)]) {
      await fails(t, 'EINVAL', call(proc).kill(29999, signo));
      await fails(t, 'EINVAL', call(proc).kill(1, signo));
      await fails(t, 'EINVAL', call(proc).kill(-1, signo));
    }
  },
);

conformance(
  'kill: real or effective user of the sender must be real or effective user of the target',
  async (t, { newproc, call }) => {
    const users = [
      [100, 100],
      [100, 200],
      [200, 100],
      [200, 200],
      [300, 300],
      [300, 100],
      [0, 100],
      [100, 0],
    ] as const;
    const make = ([real, effective]: readonly [number, number]) => {
      const proc = newproc();
      proc.sys.setreuid(real, effective);
      return proc;
    };
    for (const sender of users) {
      for (const target of users) {
        const [from, to] = [make(sender), make(target)];
        const may = sender[1] === 0 || sender.some((id) => id === target[0] || id === target[1]);
        const kill = call(from).kill(to.pid, SIGUSR1);
        if (may) {
          await t.notThrowsAsync(kill, `${sender} to ${target}`);
          await turn();
          t.false(to.alive, `${sender} to ${target}`);
        } else {
          await fails(t, 'EPERM', kill);
          t.true(to.alive);
          to.exit();
        }
        from.exit();
      }
    }
  },
);

conformance('kill: SIGCONT reaches everyone of the session', async (t, { newproc, call }) => {
  const root = newproc();
  const plain = root.fork();
  await call(plain).setuid(100);
  await call(plain).kill(root.pid, SIGCONT);
  await fails(t, 'EPERM', call(plain).kill(root.pid, SIGHUP));
  await call(root).setsid();
  await fails(t, 'EPERM', call(plain).kill(root.pid, SIGCONT));
});

conformance(
  'kill: ESRCH for nobody; a zombie may be signalled by anyone, to no effect',
  async (t, { newproc, call }) => {
    const root = newproc();
    const plain = newproc({ uid: 100 });
    await fails(t, 'ESRCH', call(root).kill(29999, SIGTERM));
    await fails(t, 'ESRCH', call(root).kill(-29999, SIGTERM));
    await fails(t, 'ESRCH', call(root).kill(-(2 ** 31), SIGTERM));
    const zombie = root.fork();
    zombie.exit(5);
    await call(root).kill(zombie.pid, SIGKILL);
    await call(plain).kill(zombie.pid, SIGKILL);
    t.is((await call(root).wait4(-1, 0)).status, 5 << 8);
    await fails(t, 'ESRCH', call(root).kill(zombie.pid, SIGKILL));
  },
);

conformance(
  'kill: a group is signalled as far as one may, and EPERM when one may not at all',
  async (t, { newproc, call }) => {
    const root = newproc();
    await call(root).setsid();
    const [mine, theirs] = [root.fork(), root.fork()];
    await call(theirs).setpgid(0, 0);
    await call(mine).setpgid(0, theirs.pid);
    const plain = root.fork();
    await call(mine).setuid(100);
    await call(plain).setuid(100);
    await call(plain).kill(-theirs.pid, SIGTERM);
    await turn();
    t.false(mine.alive);
    t.true(theirs.alive);
    t.is((await call(root).wait4(mine.pid, 0)).pid, mine.pid);
    await fails(t, 'EPERM', call(plain).kill(-theirs.pid, SIGTERM));
  },
);

conformance('kill: 0 is the caller’s own group, itself included', async (t, { newproc, call }) => {
  const leader = newproc();
  await call(leader).setsid();
  const member = leader.fork();
  const outside = leader.fork();
  await call(outside).setpgid(0, 0);
  await call(leader)
    .kill(0, SIGTERM)
    .catch(() => undefined);
  await turn();
  t.false(leader.alive);
  t.false(member.alive);
  t.true(outside.alive);
});

conformance('kill: -1 is everyone one may signal, but for init, the system and oneself', async (t, world) => {
  const { newproc, call, kernel } = world;
  const root = newproc();
  const [mine, theirs] = [newproc({ uid: 100 }), newproc({ uid: 200 })];
  const plain = newproc({ uid: 100 });
  await call(plain).kill(-1, SIGTERM);
  await turn();
  t.false(mine.alive);
  t.true(plain.alive);
  t.true(theirs.alive);
  await fails(t, 'EPERM', call(plain).kill(-1, SIGTERM));
  await call(root).kill(-1, SIGKILL);
  await turn();
  t.true(root.alive);
  t.deepEqual(
    kernel.ps().map((p) => p.pid),
    [0, 1, root.pid],
  );
  await fails(t, 'ESRCH', call(root).kill(-1, SIGTERM));
});

conformance('kill: init cannot be killed or stopped', async (t, { newproc, call, kernel }) => {
  const root = newproc();
  for (const signo of [SIGKILL, SIGTERM, SIGSTOP]) {
    await call(root).kill(1, signo);
  }
  await turn();
  t.is(kernel.ps().find((p) => p.pid === 1)?.state, 'active');
});

conformance(
  'kill: a process that kills itself does not come back from the call',
  async (t, { newproc, call }) => {
    const proc = newproc();
    const error = await fails(t, 'ESRCH', call(proc).kill(proc.pid, SIGTERM));
    t.regex(error.message, /was killed by SIGTERM/);
    t.is(WTERMSIG(proc.status ?? 0), SIGTERM);
  },
);

conformance('a signal ends the sleep of every lwp of the process it kills', async (t, { newproc, call }) => {
  const proc = newproc();
  proc.fork();
  const sleeps = [1, 2, 3].map(() => proc.promises.wait4(-1, 0));
  t.is(await now(sleeps[0] as Promise<unknown>), 'pending');
  await call(newproc()).kill(proc.pid, SIGKILL);
  for (const sleep of sleeps) {
    await fails(t, 'ESRCH', sleep);
  }
});

conformance('ignored signals do not disturb a sleep', async (t, { newproc, call }) => {
  const parent = newproc();
  const child = parent.fork();
  const wait = parent.promises.wait4(-1, 0);
  const other = newproc();
  for (const signo of [SIGCHLD, SIGURG, SIGIO, SIGWINCH, SIGINFO, SIGCONT]) {
    await call(other).kill(parent.pid, signo);
    t.is(await now(wait), 'pending');
  }
  child.exit();
  t.is((await wait).pid, child.pid);
});

conformance('a stopped process finishes its calls when it is continued', async (t, world) => {
  const { newproc, call } = world;
  const [proc, other] = [newproc(), newproc()];
  const child = proc.fork();
  const wait = proc.promises.wait4(-1, 0);
  t.is(await now(wait), 'pending');
  await call(other).kill(proc.pid, SIGSTOP);
  child.exit(3);
  t.is(await now(wait), 'pending', 'the child has exited, but who waits is stopped');
  const pid = proc.promises.getpid();
  t.is(await now(pid), 'pending');
  t.is(stateOf(world, proc), 'stopped');
  await call(other).kill(proc.pid, SIGCONT);
  t.is((await wait).pid, child.pid);
  t.is(await pid, proc.pid);
});

conformance(
  'a signal sent to a stopped process waits for it to continue; SIGKILL does not',
  async (t, world) => {
    const { newproc, call } = world;
    const other = newproc();
    const [patient, impatient] = [newproc(), newproc()];
    await call(other).kill(patient.pid, SIGSTOP);
    await call(other).kill(patient.pid, SIGTERM);
    await turn();
    t.is(stateOf(world, patient), 'stopped');
    await call(other).kill(patient.pid, SIGCONT);
    await turn();
    t.is(WTERMSIG(patient.status ?? 0), SIGTERM);
    await call(other).kill(impatient.pid, SIGSTOP);
    await call(other).kill(impatient.pid, SIGKILL);
    await turn();
    t.is(WTERMSIG(impatient.status ?? 0), SIGKILL);
  },
);

conformance('the lowest pending signal is taken first', async (t, { newproc, call }) => {
  const [proc, other] = [newproc(), newproc()];
  await call(other).kill(proc.pid, SIGSTOP);
  for (const signo of [SIGTERM, SIGUSR1, SIGHUP]) {
    await call(other).kill(proc.pid, signo);
  }
  await call(other).kill(proc.pid, SIGCONT);
  await turn();
  t.is(WTERMSIG(proc.status ?? 0), SIGHUP);
});

conformance('Proc.kill: as the superuser, by name or number', async (t, { newproc }) => {
  const one = newproc({ uid: 100 });
  one.kill('SIGUSR1');
  t.is(WTERMSIG(one.status ?? 0), SIGUSR1);
  t.throws(() => one.kill(SIGTERM), { code: 'ESRCH' });
  const two = newproc();
  for (const signal of ['SIGNONE', '', 'TERM1', -1, 64, 1.5, Number.NaN]) {
    t.throws(() => two.kill(signal), { code: 'EINVAL' }, String(signal));
  }
  two.kill(0);
  t.true(two.alive);
});
