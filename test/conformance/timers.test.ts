/**
 * Interval timers and POSIX timers.
 *
 * NetBSD: sys/kern/kern_time.c; setitimer(2), timer_create(2), timer_settime(2).
 */
import { type Proc, sigset } from '../../lib/api/index.ts';
import {
  SI_TIMER,
  SIG_BLOCK,
  SIG_IGN,
  SIG_UNBLOCK,
  SIGALRM,
  SIGEV_NONE,
  SIGEV_SIGNAL,
  SIGRTMIN,
  SIGUSR1,
} from '../../lib/sys/constants/signal.ts';
import {
  CLOCK_MONOTONIC,
  CLOCK_PROCESS_CPUTIME_ID,
  CLOCK_REALTIME,
  CLOCK_VIRTUAL,
  ITIMER_MONOTONIC,
  ITIMER_REAL,
  TIMER_ABSTIME,
  TIMER_MAX,
  TIMER_MIN,
} from '../../lib/sys/constants/time.ts';
import type { Siginfo } from '../../lib/sys/types.ts';
import { conformance, fails, type World } from './harness.ts';

const SIM = { hosts: ['simulated'] } as const;
const NEVER = { sec: 0, usec: 0 };
const OFF = { sec: 0, nsec: 0 };

async function caught({ call }: World, proc: Proc, signo: number): Promise<Siginfo[]> {
  const got: Siginfo[] = [];
  await call(proc).sigaction(signo, { handler: (_s, info) => void got.push(info), mask: sigset(), flags: 0 });
  return got;
}

/** Sleep, whatever interrupts. */
async function nap({ call }: World, proc: Proc, sec: number): Promise<void> {
  const { sec: now, nsec } = await call(proc).clock_gettime(CLOCK_MONOTONIC);
  for (;;) {
    try {
      await call(proc).clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, { sec: now + sec, nsec });
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== 'EINTR') {
        throw error;
      }
    }
  }
}

conformance(
  'setitimer: SIGALRM once, or every interval until disarmed',
  async (t, world) => {
    const { newproc, call } = world;
    const proc = newproc();
    const got = await caught(world, proc, SIGALRM);
    for (const which of [ITIMER_REAL, ITIMER_MONOTONIC]) {
      got.length = 0;
      await call(proc).setitimer(which, { value: { sec: 2, usec: 0 }, interval: NEVER });
      t.like(await call(proc).getitimer(which), { interval: NEVER });
      await nap(world, proc, 10);
      t.is(got.length, 1);
      t.deepEqual(await call(proc).getitimer(which), { value: NEVER, interval: NEVER });
      await call(proc).setitimer(which, { value: { sec: 1, usec: 0 }, interval: { sec: 1, usec: 0 } });
      await nap(world, proc, 5.5 - 0.5);
      t.true(got.length >= 4 && got.length <= 6, String(got.length));
      const before = await call(proc).setitimer(which, { value: NEVER, interval: NEVER });
      t.deepEqual(before.interval, { sec: 1, usec: 0 });
      got.length = 0;
      await nap(world, proc, 5);
      t.deepEqual(got, []);
    }
  },
  SIM,
);

conformance('setitimer: bad timers and times change nothing', async (t, { newproc, call }) => {
  const proc = newproc();
  const hour = { value: { sec: 3600, usec: 0 }, interval: NEVER };
  await call(proc).setitimer(ITIMER_REAL, hour);
  for (const bad of [
    { value: { sec: -1, usec: 0 }, interval: NEVER },
    { value: { sec: 1, usec: 1_000_000 }, interval: NEVER },
    { value: { sec: 1, usec: Number.NaN }, interval: NEVER },
    { value: { sec: 1, usec: 0 } } as never,
  ]) {
    await fails(t, 'EINVAL', call(proc).setitimer(ITIMER_REAL, bad));
  }
  t.true((await call(proc).getitimer(ITIMER_REAL)).value.sec >= 3590);
  await fails(t, 'EINVAL', call(proc).getitimer(9));
  await call(proc).setitimer(ITIMER_REAL, { value: NEVER, interval: NEVER });
});

conformance(
  'timer_settime: the signal and the value asked for, relative or absolute, and silence for SIGEV_NONE',
  async (t, world) => {
    const { newproc, call } = world;
    const proc = newproc();
    const got = await caught(world, proc, SIGUSR1);
    const event = { notify: SIGEV_SIGNAL, signo: SIGUSR1, value: 77n };
    for (const clock of [CLOCK_REALTIME, CLOCK_MONOTONIC]) {
      got.length = 0;
      const id = await call(proc).timer_create(clock, event);
      t.is(id, TIMER_MIN);
      await call(proc).timer_settime(id, 0, { value: { sec: 1, nsec: 0 }, interval: OFF });
      await nap(world, proc, 3);
      t.like(got, [{ signo: SIGUSR1, code: SI_TIMER, value: 77n }]);
      const { sec, nsec } = await call(proc).clock_gettime(clock);
      await call(proc).timer_settime(id, TIMER_ABSTIME, { value: { sec: sec + 2, nsec }, interval: OFF });
      t.is((await call(proc).timer_gettime(id)).value.sec <= 2, true);
      await nap(world, proc, 1);
      t.is(got.length, 1);
      await nap(world, proc, 2);
      t.is(got.length, 2);
      await call(proc).timer_delete(id);
      await fails(t, 'EINVAL', call(proc).timer_gettime(id));
    }
    const silent = await call(proc).timer_create(CLOCK_REALTIME, { notify: SIGEV_NONE, signo: 0, value: 0n });
    await call(proc).timer_settime(silent, 0, { value: { sec: 1, nsec: 0 }, interval: OFF });
    await nap(world, proc, 3);
    t.deepEqual((await call(proc).timer_gettime(silent)).value, OFF);
    t.is(got.length, 2);
  },
  SIM,
);

conformance(
  'timer_getoverrun: what expires while the signal of a timer waits, and no more signals of it',
  async (t, world) => {
    const { newproc, call } = world;
    const proc = newproc();
    for (const signo of [SIGUSR1, SIGRTMIN]) {
      const got = await caught(world, proc, signo);
      const overruns: number[] = [];
      const ids: number[] = [];
      for (const value of [1n, 2n]) {
        ids.push(await call(proc).timer_create(CLOCK_MONOTONIC, { notify: SIGEV_SIGNAL, signo, value }));
      }
      await call(proc).sigprocmask(SIG_BLOCK, sigset(signo));
      for (const id of ids) {
        await call(proc).timer_settime(id, 0, { value: { sec: 1, nsec: 0 }, interval: { sec: 2, nsec: 0 } });
      }
      // At 1, 3, 5, 7 and 9 seconds.
      await nap(world, proc, 10);
      for (const id of ids) {
        await call(proc).timer_settime(id, 0, { value: OFF, interval: OFF });
      }
      await call(proc).sigprocmask(SIG_UNBLOCK, sigset(signo));
      await call(proc).getpid();
      for (const id of ids) {
        overruns.push(await call(proc).timer_getoverrun(id));
        await call(proc).timer_delete(id);
      }
      // Of real-time signals each is kept; of the others one stands for all.
      t.deepEqual(
        got.map(({ value }) => value),
        signo === SIGRTMIN ? [1n, 2n] : [1n],
      );
      t.is(overruns[0], 4);
    }
  },
  SIM,
);

conformance(
  'timer_getoverrun: never more than DELAYTIMER_MAX',
  async (t, world) => {
    const { newproc, call } = world;
    const proc = newproc();
    await call(proc).sigprocmask(SIG_BLOCK, sigset(SIGALRM));
    const id = await call(proc).timer_create(CLOCK_REALTIME);
    const { sec, nsec } = await call(proc).clock_gettime(CLOCK_REALTIME);
    const past = { value: { sec: sec - 1000, nsec }, interval: { sec: 10, nsec: 0 } };
    await call(proc).timer_settime(id, TIMER_ABSTIME, past);
    await nap(world, proc, 1);
    t.is(await call(proc).timer_getoverrun(id), 32);
  },
  SIM,
);

conformance(
  'the wall clock is set: absolute times of it come earlier or later, relative ones do not',
  async (t, world) => {
    const { newproc, call } = world;
    const root = newproc();
    const got = await caught(world, root, SIGUSR1);
    const event = { notify: SIGEV_SIGNAL, signo: SIGUSR1, value: 1n };
    const absolute = await call(root).timer_create(CLOCK_REALTIME, event);
    const relative = await call(root).timer_create(CLOCK_REALTIME, { ...event, value: 2n });
    const { sec, nsec } = await call(root).clock_gettime(CLOCK_REALTIME);
    await call(root).timer_settime(absolute, TIMER_ABSTIME, {
      value: { sec: sec + 1000, nsec },
      interval: OFF,
    });
    await call(root).timer_settime(relative, 0, { value: { sec: 20, nsec: 0 }, interval: OFF });
    await call(root).clock_settime(CLOCK_REALTIME, { sec: sec + 995, nsec });
    await nap(world, root, 10);
    t.deepEqual(
      got.map(({ value }) => value),
      [1n],
    );
    await call(root).clock_settime(CLOCK_REALTIME, { sec, nsec });
    await nap(world, root, 15);
    t.deepEqual(
      got.map(({ value }) => value),
      [1n, 2n],
    );
  },
  SIM,
);

conformance(
  'timer_create: no more than TIMER_MAX, only for clocks that run here',
  async (t, { newproc, call }) => {
    const proc = newproc();
    await fails(t, 'EINVAL', call(proc).timer_create(99));
    await fails(t, 'EINVAL', call(proc).timer_create(CLOCK_VIRTUAL));
    await fails(t, 'ENOTSUP', call(proc).timer_create(CLOCK_PROCESS_CPUTIME_ID));
    await fails(
      t,
      'EINVAL',
      call(proc).timer_create(CLOCK_REALTIME, { notify: 9, signo: SIGUSR1, value: 0n }),
    );
    await fails(
      t,
      'EINVAL',
      call(proc).timer_create(CLOCK_REALTIME, { notify: SIGEV_SIGNAL, signo: 64, value: 0n }),
    );
    for (let id = TIMER_MIN; id < TIMER_MAX; id++) {
      t.is(await call(proc).timer_create(CLOCK_REALTIME), id);
    }
    await fails(t, 'EAGAIN', call(proc).timer_create(CLOCK_REALTIME));
    await fails(t, 'EINVAL', call(proc).timer_getoverrun(0));
    await fails(
      t,
      'EINVAL',
      call(proc).timer_settime(TIMER_MIN, 0, { value: { sec: 0, nsec: -1 }, interval: OFF }),
    );
  },
);

conformance('timers end with their process, and fork does not inherit them', async (t, world) => {
  const { newproc, call, kernel } = world;
  const proc = newproc();
  await call(proc).sigaction(SIGALRM, { handler: SIG_IGN, mask: sigset(), flags: 0 });
  await call(proc).setitimer(ITIMER_REAL, { value: { sec: 3600, usec: 0 }, interval: NEVER });
  await call(proc).timer_create(CLOCK_REALTIME);
  await call(proc).timer_settime(TIMER_MIN, 0, { value: { sec: 3600, nsec: 0 }, interval: OFF });
  const armed = kernel.stats().callouts;
  const child = proc.fork();
  t.deepEqual((await call(child).getitimer(ITIMER_REAL)).value, NEVER);
  await fails(t, 'EINVAL', call(child).timer_gettime(TIMER_MIN));
  child.exit(0);
  proc.exit(0);
  t.is(kernel.stats().callouts, armed - 2);
});
