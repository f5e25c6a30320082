/**
 * Catching, blocking and waiting for signals.
 *
 * NetBSD: sys/kern/kern_sig.c; sigaction(2), sigprocmask(2), sigsuspend(2), sigtimedwait(2), sigqueueinfo(2).
 */
import type { ExecutionContext } from 'ava';
import { type Proc, sigset } from '../../lib/api/index.ts';
import {
  CLD_EXITED,
  SA_NOCLDSTOP,
  SA_NOCLDWAIT,
  SA_NODEFER,
  SA_RESETHAND,
  SA_RESTART,
  SI_QUEUE,
  SI_USER,
  SIG_BLOCK,
  SIG_DFL,
  SIG_IGN,
  SIG_SETMASK,
  SIG_UNBLOCK,
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  SIGRTMIN,
  SIGSTOP,
  SIGTERM,
  SIGTSTP,
  SIGUSR1,
  SIGUSR2,
  SIGWINCH,
} from '../../lib/sys/constants/signal.ts';
import { W_EXITCODE } from '../../lib/sys/constants/wait.ts';
import { sigismember } from '../../lib/sys/sigset.ts';
import type { Siginfo } from '../../lib/sys/types.ts';
import { conformance, fails, turn, type World } from './harness.ts';

const NONE = sigset();

/** Catch `signo` in `proc` and collect what its handler is told. */
async function collect({ call }: World, proc: Proc, signo: number, flags = 0): Promise<Siginfo[]> {
  const got: Siginfo[] = [];
  const handler = (_signo: number, info: Siginfo): void => void got.push(info);
  await call(proc).sigaction(signo, { handler, mask: NONE, flags });
  return got;
}

function signos(got: readonly Siginfo[]): number[] {
  return got.map(({ signo }) => signo);
}

conformance('sigaction: a signal to oneself is handled before the call returns', async (t, world) => {
  const proc = world.newproc({ uid: 7 });
  const got = await collect(world, proc, SIGUSR1);
  await world.call(proc).kill(proc.pid, SIGUSR1);
  t.like(got, [{ signo: SIGUSR1, code: SI_USER, pid: proc.pid, uid: 7 }]);
});

conformance('sigaction: a process outside the kernel is called by the next turn', async (t, world) => {
  const [proc, other] = [world.newproc(), world.newproc()];
  const got = await collect(world, proc, SIGUSR1);
  await world.call(other).kill(proc.pid, SIGUSR1);
  await turn();
  t.deepEqual(signos(got), [SIGUSR1]);
});

conformance('sigaction: the handler makes system calls as its process', async (t, world) => {
  const proc = world.newproc();
  const pids: number[] = [];
  const handler = (): void => void pids.push(proc.sys.getpid(), proc.sys.fork());
  await world.call(proc).sigaction(SIGUSR1, { handler, mask: NONE, flags: 0 });
  await world.call(proc).kill(proc.pid, SIGUSR1);
  t.is(pids[0], proc.pid);
  world.kernel.proc(pids[1] as number).exit(0);
  t.like(await world.call(proc).wait4(-1, 0), { pid: pids[1] as number });
});

conformance(
  'sigaction: returns the old action; KILL and STOP have only one; bad ones change nothing',
  async (t, world) => {
    const { newproc, call } = world;
    const proc = newproc();
    const handler = (): void => {};
    t.is((await call(proc).sigaction(SIGUSR1, { handler, mask: NONE, flags: SA_RESTART })).handler, SIG_DFL);
    for (const signo of [SIGKILL, SIGSTOP, 0, -1, 64]) {
      await fails(t, 'EINVAL', call(proc).sigaction(signo, { handler: SIG_IGN, mask: NONE, flags: 0 }));
    }
    const bad = [
      { handler: 2 as never, mask: NONE, flags: 0 },
      { handler, mask: NONE, flags: 0x10000 },
      { handler, mask: [1] as never, flags: 0 },
      { handler, mask: NONE, flags: Number.NaN },
    ];
    for (const action of bad) {
      await fails(t, 'EINVAL', call(proc).sigaction(SIGUSR1, action));
    }
    t.like(await call(proc).sigaction(SIGUSR1), { handler, flags: SA_RESTART });
  },
);

conformance(
  'a caught signal ends a sleep with EINTR, or restarts the call with SA_RESTART',
  async (t, world) => {
    const { newproc, kernel } = world;
    const [proc, other] = [newproc(), newproc()];
    const child = proc.fork();
    for (const [flags, ends] of [
      [0, true],
      [SA_RESTART, false],
    ] as const) {
      const got = await collect(world, proc, SIGUSR1, flags);
      let ended = '';
      const waiting = proc.promises.wait4(child.pid, 0).then(
        () => (ended = 'done'),
        (error) => (ended = error.code),
      );
      await turn();
      other.sys.kill(proc.pid, SIGUSR1);
      await turn();
      t.deepEqual(signos(got), [SIGUSR1]);
      t.is(ended, ends ? 'EINTR' : '');
      if (!ends) {
        child.exit(0);
        await waiting;
        t.is(ended, 'done');
      }
    }
    t.true(kernel.running);
  },
);

conformance(
  'the signal is blocked in its handler, unless SA_NODEFER; SA_RESETHAND catches once',
  async (t, world) => {
    const { newproc, call } = world;
    for (const [flags, depth] of [
      [0, 1],
      [SA_NODEFER, 2],
    ] as const) {
      const proc = newproc();
      let level = 0;
      let deepest = 0;
      let calls = 0;
      const handler = (): void => {
        deepest = Math.max(deepest, ++level);
        if (++calls === 1) {
          proc.sys.kill(proc.pid, SIGUSR1);
        }
        level--;
      };
      await call(proc).sigaction(SIGUSR1, { handler, mask: NONE, flags });
      await call(proc).kill(proc.pid, SIGUSR1);
      t.deepEqual([calls, deepest], [2, depth]);
    }
    const once = newproc();
    const got = await collect(world, once, SIGUSR1, SA_RESETHAND);
    await call(once).kill(once.pid, SIGUSR1);
    t.deepEqual(signos(got), [SIGUSR1]);
    await fails(t, 'ESRCH', call(once).kill(once.pid, SIGUSR1));
  },
);

conformance('SA_RESETHAND: the second one is not caught', async (t, world) => {
  const { newproc, call } = world;
  const [proc, other] = [newproc(), newproc()];
  const got = await collect(world, proc, SIGWINCH, SA_RESETHAND);
  for (let i = 0; i < 2; i++) {
    await call(other).kill(proc.pid, SIGWINCH);
    await turn();
  }
  t.deepEqual(signos(got), [SIGWINCH]);
  t.is((await call(proc).sigaction(SIGWINCH)).handler, SIG_DFL);
});

conformance('sigprocmask: what is blocked waits, once, and comes when it is let in', async (t, world) => {
  const { newproc, call } = world;
  const proc = newproc();
  const got = await collect(world, proc, SIGUSR1);
  t.deepEqual(await call(proc).sigprocmask(SIG_BLOCK, sigset(SIGUSR1, SIGKILL, SIGSTOP)), NONE);
  t.deepEqual(await call(proc).sigprocmask(SIG_BLOCK), sigset(SIGUSR1));
  await call(proc).kill(proc.pid, SIGUSR1);
  await call(proc).kill(proc.pid, SIGUSR1);
  t.deepEqual(await call(proc).sigpending(), sigset(SIGUSR1));
  t.deepEqual(got, []);
  await call(proc).sigprocmask(SIG_UNBLOCK, sigset(SIGUSR1));
  t.deepEqual(signos(got), [SIGUSR1]);
  t.deepEqual(await call(proc).sigpending(), NONE);
  await fails(t, 'EINVAL', call(proc).sigprocmask(99, NONE));
  t.deepEqual(await call(proc).sigprocmask(SIG_SETMASK, NONE), NONE);
});

conformance('a blocked fatal signal kills when it is let in', async (t, world) => {
  const proc = world.newproc();
  await world.call(proc).sigprocmask(SIG_BLOCK, sigset(SIGTERM));
  proc.kill(SIGTERM);
  t.true(proc.alive);
  await fails(t, 'ESRCH', world.call(proc).sigprocmask(SIG_SETMASK, NONE));
  t.is(proc.status, SIGTERM);
});

conformance('an ignored signal is forgotten, pending ones too', async (t, world) => {
  const { newproc, call } = world;
  const proc = newproc();
  await call(proc).sigaction(SIGTERM, { handler: SIG_IGN, mask: NONE, flags: 0 });
  await call(proc).kill(proc.pid, SIGTERM);
  t.true(proc.alive);
  await call(proc).sigprocmask(SIG_BLOCK, sigset(SIGUSR1));
  await call(proc).kill(proc.pid, SIGUSR1);
  await call(proc).sigaction(SIGUSR1, { handler: SIG_IGN, mask: NONE, flags: 0 });
  t.deepEqual(await call(proc).sigpending(), NONE);
});

conformance('real-time signals queue, with what was sent along', async (t, world) => {
  const { newproc, call } = world;
  const [proc, other] = [newproc(), newproc()];
  const got = await collect(world, proc, SIGRTMIN);
  await call(proc).sigprocmask(SIG_BLOCK, sigset(SIGRTMIN));
  for (const value of [1n, 2n, 3n]) {
    await call(other).sigqueueinfo(proc.pid, { signo: SIGRTMIN, code: SI_QUEUE, errno: 0, value });
  }
  await call(proc).sigprocmask(SIG_SETMASK, NONE);
  t.deepEqual(
    got.map(({ value, code, pid }) => [value, code, pid]),
    [1n, 2n, 3n].map((value) => [value, SI_QUEUE, other.pid]),
  );
  const plain = newproc({ uid: 5 });
  for (const signo of [0, SIGUSR1]) {
    await fails(t, 'EPERM', call(plain).sigqueueinfo(proc.pid, { signo, code: SI_QUEUE, errno: 0 }));
    await fails(t, 'ESRCH', call(plain).sigqueueinfo(29999, { signo, code: SI_QUEUE, errno: 0 }));
  }
  await call(proc).sigprocmask(SIG_SETMASK, sigset(SIGRTMIN));
  got.length = 0;
  for (let i = 0; i < 128; i++) {
    await call(other).sigqueueinfo(proc.pid, { signo: SIGRTMIN, code: SI_QUEUE, errno: 0, value: BigInt(i) });
  }
  await fails(
    t,
    'EAGAIN',
    call(other).sigqueueinfo(proc.pid, { signo: SIGRTMIN, code: SI_QUEUE, errno: 0, value: 128n }),
  );
  await call(other).kill(proc.pid, SIGRTMIN);
  await call(proc).sigprocmask(SIG_SETMASK, NONE);
  t.is(got.length, 128);
  await call(other).sigqueueinfo(proc.pid, { signo: 0, code: SI_QUEUE, errno: 0 });
  await fails(t, 'EINVAL', call(other).sigqueueinfo(proc.pid, { signo: 64, code: SI_QUEUE, errno: 0 }));
});

conformance(
  'sigsuspend: another mask until a handler has run, then EINTR and the old mask',
  async (t, world) => {
    const { newproc, call } = world;
    const proc = newproc();
    const got = await collect(world, proc, SIGUSR1);
    const other = await collect(world, proc, SIGUSR2);
    await call(proc).sigprocmask(SIG_SETMASK, sigset(SIGUSR1, SIGUSR2));
    await call(proc).kill(proc.pid, SIGUSR1);
    await call(proc).kill(proc.pid, SIGUSR2);
    await fails(t, 'EINTR', call(proc).sigsuspend(sigset(SIGUSR2)));
    t.deepEqual([signos(got), signos(other)], [[SIGUSR1], []]);
    t.deepEqual(await call(proc).sigprocmask(SIG_BLOCK), sigset(SIGUSR1, SIGUSR2));
  },
);

conformance('sigtimedwait: takes a pending signal, waits for one, or gives up', async (t, world) => {
  const { newproc, call } = world;
  const [proc, other] = [newproc(), newproc()];
  await call(proc).sigprocmask(SIG_SETMASK, sigset(SIGUSR1, SIGUSR2));
  await call(proc).kill(proc.pid, SIGUSR2);
  t.like(await call(proc).sigtimedwait(sigset(SIGUSR1, SIGUSR2), null), { signo: SIGUSR2 });
  await fails(t, 'EAGAIN', call(proc).sigtimedwait(sigset(SIGUSR1), { sec: 0, nsec: 0 }));
  await fails(t, 'EAGAIN', call(proc).sigtimedwait(sigset(SIGUSR1), { sec: 0, nsec: 1000 }));
  await fails(t, 'EINVAL', call(proc).sigtimedwait(sigset(SIGUSR1), { sec: 0, nsec: -1 }));
  const waiting = proc.promises.sigtimedwait(sigset(SIGUSR1), null);
  await turn();
  other.sys.kill(proc.pid, SIGUSR1);
  t.like(await waiting, { signo: SIGUSR1, info: { pid: other.pid } });
  t.deepEqual(await call(proc).sigpending(), NONE);
});

conformance(
  'SIGCHLD tells of children; SA_NOCLDSTOP not of stops; SA_NOCLDWAIT leaves no zombies',
  async (t, world) => {
    const { newproc, call } = world;
    const proc = newproc({ uid: 3 });
    const got = await collect(world, proc, SIGCHLD, SA_NOCLDSTOP);
    const child = proc.fork();
    await call(proc).kill(child.pid, SIGSTOP);
    await call(proc).kill(child.pid, SIGCONT);
    await turn();
    t.deepEqual(got, []);
    child.exit(4);
    await turn();
    t.like(got, [{ signo: SIGCHLD, code: CLD_EXITED, pid: child.pid, uid: 3, status: W_EXITCODE(4, 0) }]);
    await call(proc).wait4(child.pid, 0);
    await collect(world, proc, SIGCHLD, SA_NOCLDWAIT);
    proc.fork().exit(0);
    await fails(t, 'ECHILD', call(proc).wait4(-1, 0));
  },
);

conformance('a caught or blocked terminal stop does not stop', async (t, world) => {
  const { newproc, call } = world;
  const parent = newproc();
  const child = parent.fork();
  await call(child).setpgid(0, 0);
  const got = await collect(world, child, SIGTSTP);
  await call(parent).kill(child.pid, SIGTSTP);
  await turn();
  t.deepEqual(signos(got), [SIGTSTP]);
  await call(child).sigaction(SIGTSTP, { handler: SIG_DFL, mask: NONE, flags: 0 });
  await call(child).sigprocmask(SIG_BLOCK, sigset(SIGTSTP));
  await call(parent).kill(child.pid, SIGTSTP);
  t.is(world.kernel.ps().find((p) => p.pid === child.pid)?.state, 'active');
  await call(parent).kill(child.pid, SIGCONT);
  t.false(sigismember(await call(child).sigpending(), SIGTSTP), 'a continue takes pending stops away');
});

conformance('fork: actions and mask are inherited, pending signals are not', async (t, world) => {
  const { newproc, call } = world;
  const proc = newproc();
  await call(proc).sigaction(SIGTERM, { handler: SIG_IGN, mask: NONE, flags: 0 });
  await call(proc).sigprocmask(SIG_BLOCK, sigset(SIGUSR1));
  await call(proc).kill(proc.pid, SIGUSR1);
  const child = proc.fork();
  t.is((await call(child).sigaction(SIGTERM)).handler, SIG_IGN);
  t.deepEqual(await call(child).sigprocmask(SIG_BLOCK), sigset(SIGUSR1));
  t.deepEqual(await call(child).sigpending(), NONE);
});

conformance('_lwp_kill: a signal for one lwp waits for that one', async (t, world) => {
  const { newproc, call } = world;
  const proc = newproc();
  const lwp = proc.newlwp();
  const got = await collect(world, proc, SIGUSR1);
  await call(lwp).sigprocmask(SIG_BLOCK, sigset(SIGUSR1));
  await call(proc)._lwp_kill(lwp.lid, SIGUSR1);
  await turn();
  t.deepEqual(got, []);
  t.true(sigismember(await call(lwp).sigpending(), SIGUSR1));
  t.deepEqual(await call(proc).sigpending(), NONE);
  await call(lwp).sigprocmask(SIG_SETMASK, NONE);
  t.deepEqual(signos(got), [SIGUSR1]);
  await fails(t, 'ESRCH', call(proc)._lwp_kill(9999, SIGUSR1));
  await fails(t, 'EINVAL', call(proc)._lwp_kill(lwp.lid, 64));
});

function threw(t: ExecutionContext, world: World, proc: Proc): void {
  t.regex(world.kernel.dmesg(), new RegExp(`pid ${proc.pid}: signal handler threw: boom`));
}

conformance(
  'what a handler throws goes to whoever waits, else into the message buffer; the kernel goes on',
  async (t, world) => {
    const { newproc, call, kernel } = world;
    const [proc, other] = [newproc(), newproc()];
    const handler = (): never => {
      throw new Error('boom');
    };
    await call(proc).sigaction(SIGUSR1, { handler, mask: NONE, flags: 0 });
    await t.throwsAsync(async () => call(proc).kill(proc.pid, SIGUSR1), { message: 'boom' });
    await call(other).kill(proc.pid, SIGUSR1);
    await turn();
    threw(t, world, proc);
    t.true(kernel.running && proc.alive);
  },
);

conformance('a handler may end its own process', async (t, world) => {
  const { newproc, call } = world;
  const proc = newproc();
  await call(proc).sigaction(SIGUSR1, { handler: () => proc.exit(9), mask: NONE, flags: 0 });
  await fails(t, 'ESRCH', call(proc).kill(proc.pid, SIGUSR1));
  t.is(proc.status, W_EXITCODE(9, 0));
});
