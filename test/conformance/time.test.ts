/**
 * Clocks and sleeping.
 *
 * NetBSD: sys/kern/kern_time.c; clock_gettime(2), gettimeofday(2), nanosleep(2).
 */
import { SA_RESTART, SIGCONT, SIGSTOP, SIGTERM, SIGUSR1 } from '../../lib/sys/constants/signal.ts';
import {
  CLOCK_MONOTONIC,
  CLOCK_PROCESS_CPUTIME_ID,
  CLOCK_PROF,
  CLOCK_REALTIME,
  CLOCK_THREAD_CPUTIME_ID,
  CLOCK_VIRTUAL,
  TIMER_ABSTIME,
} from '../../lib/sys/constants/time.ts';
import { sigset } from '../../lib/sys/sigset.ts';
import type { Timespec } from '../../lib/sys/types.ts';
import { conformance, fails, now } from './harness.ts';

const MS = 1_000_000;
const LONG: Timespec = { sec: 100_000, nsec: 0 };

function ns({ sec, nsec }: Timespec): bigint {
  return BigInt(sec) * 1_000_000_000n + BigInt(nsec);
}

function after({ sec, nsec }: Timespec, more: number): Timespec {
  const total = nsec + more;
  return { sec: sec + Math.floor(total / 1e9), nsec: total % 1e9 };
}

conformance(
  'clock_gettime: the monotonic clock counts from boot and never goes back',
  async (t, { newproc, call }) => {
    const proc = newproc();
    let last = await call(proc).clock_gettime(CLOCK_MONOTONIC);
    t.true(last.sec < 60, 'the kernel has just booted');
    for (let i = 0; i < 100; i++) {
      const next = await call(proc).clock_gettime(CLOCK_MONOTONIC);
      t.true(ns(next) >= ns(last));
      t.true(next.nsec >= 0 && next.nsec < 1e9);
      last = next;
    }
  },
);

conformance(
  'clock_gettime, clock_getres: real time and monotonic time; EINVAL for what is no clock',
  async (t, { newproc, call }) => {
    const proc = newproc();
    for (const clock of [CLOCK_REALTIME, CLOCK_MONOTONIC]) {
      t.true((await call(proc).clock_gettime(clock)).sec >= 0);
      const resolution = await call(proc).clock_getres(clock);
      t.true(ns(resolution) > 0n && ns(resolution) <= 1_000_000_000n);
    }
    for (const clock of [CLOCK_VIRTUAL, CLOCK_PROF, 4, 1000, 0x20000000]) {
      await fails(t, 'EINVAL', call(proc).clock_gettime(clock));
      await fails(t, 'EINVAL', call(proc).clock_getres(clock));
    }
  },
);

conformance(
  'clock_gettime: CPU time of this or another process, and of this process’s lwps',
  async (t, { newproc, call }) => {
    const [proc, other] = [newproc(), newproc()];
    for (const clock of [
      CLOCK_PROCESS_CPUTIME_ID,
      CLOCK_PROCESS_CPUTIME_ID | other.pid,
      CLOCK_THREAD_CPUTIME_ID,
      CLOCK_THREAD_CPUTIME_ID | proc.sys._lwp_self(),
    ]) {
      t.true(ns(await call(proc).clock_gettime(clock)) >= 0n);
    }
    await fails(t, 'ESRCH', call(proc).clock_gettime(CLOCK_PROCESS_CPUTIME_ID | 29999));
    await fails(t, 'ESRCH', call(proc).clock_gettime(CLOCK_THREAD_CPUTIME_ID | 29999));
  },
);

conformance('gettimeofday is clock_gettime in microseconds', async (t, { newproc, call }) => {
  const proc = newproc();
  const before = await call(proc).clock_gettime(CLOCK_REALTIME);
  const { sec, usec } = await call(proc).gettimeofday();
  const later = await call(proc).clock_gettime(CLOCK_REALTIME);
  t.true(usec >= 0 && usec < 1e6);
  t.true(ns({ sec, nsec: usec * 1000 + 999 }) >= ns(before) && ns({ sec, nsec: usec * 1000 }) <= ns(later));
});

conformance(
  'clock_settime, settimeofday: the superuser sets the time of this kernel',
  async (t, { newproc, call }) => {
    const root = newproc();
    const mono = await call(root).clock_gettime(CLOCK_MONOTONIC);
    await call(root).clock_settime(CLOCK_REALTIME, { sec: 1_000_000, nsec: 5 });
    t.is((await call(root).clock_gettime(CLOCK_REALTIME)).sec, 1_000_000);
    await call(root).settimeofday({ sec: 2_000_000, usec: 10 });
    t.is((await call(root).gettimeofday()).sec, 2_000_000);
    const lapse = ns(await call(root).clock_gettime(CLOCK_MONOTONIC)) - ns(mono);
    t.true(lapse >= 0n && lapse < 60_000_000_000n, 'the monotonic clock is never set');
    await call(root).settimeofday(null);
    t.is((await call(root).gettimeofday()).sec, 2_000_000);
  },
);

conformance(
  'clock_settime, settimeofday: EPERM without privilege, EINVAL for what cannot be set',
  async (t, { newproc, call }) => {
    const [root, plain] = [newproc(), newproc({ uid: 100 })];
    await fails(t, 'EPERM', call(plain).clock_settime(CLOCK_REALTIME, { sec: 1, nsec: 0 }));
    await fails(t, 'EPERM', call(plain).settimeofday({ sec: 1, usec: 0 }));
    await fails(t, 'EINVAL', call(root).clock_settime(CLOCK_MONOTONIC, { sec: 1, nsec: 0 }));
    await fails(t, 'EINVAL', call(root).clock_settime(77, { sec: 1, nsec: 0 }));
    for (const nsec of [-1, 1e9, 0.5]) {
      await fails(t, 'EINVAL', call(root).clock_settime(CLOCK_REALTIME, { sec: 1, nsec }));
      await fails(t, 'EINVAL', call(root).settimeofday({ sec: 1, usec: nsec === 1e9 ? 1e6 : nsec }));
    }
    await fails(t, 'EINVAL', call(root).clock_settime(CLOCK_REALTIME, { sec: -1, nsec: 0 }));
    t.true((await call(plain).gettimeofday()).sec > 1_000_000_000, 'nothing was set');
  },
);

conformance(
  'nanosleep: sleeps at least as long as asked, and leaves nothing',
  async (t, { newproc, call }) => {
    const proc = newproc();
    for (const nsec of [1, 1000, 2 * MS]) {
      const rmtp: Timespec = { sec: 9, nsec: 9 };
      const before = await call(proc).clock_gettime(CLOCK_MONOTONIC);
      await call(proc).nanosleep({ sec: 0, nsec }, rmtp);
      const slept = ns(await call(proc).clock_gettime(CLOCK_MONOTONIC)) - ns(before);
      t.true(slept >= BigInt(nsec), `asked for ${nsec}, slept ${slept}`);
      t.deepEqual(rmtp, { sec: 0, nsec: 0 });
    }
  },
);

conformance(
  'clock_nanosleep: a time of the wall clock comes earlier when that is set',
  async (t, { newproc, call }) => {
    const [root, sleeper] = [newproc(), newproc()];
    const { sec, nsec } = await call(root).clock_gettime(CLOCK_REALTIME);
    const nap = sleeper.promises.clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, { sec: sec + 1e6, nsec });
    t.is(await now(nap), 'pending');
    const before = await call(root).clock_gettime(CLOCK_MONOTONIC);
    await call(root).clock_settime(CLOCK_REALTIME, { sec: sec + 2e6, nsec });
    await nap;
    t.true(ns(await call(root).clock_gettime(CLOCK_MONOTONIC)) - ns(before) < 1_000_000_000_000n);
  },
  { hosts: ['native'] },
);

conformance('nanosleep: no time, or a negative one, is over at once', async (t, { newproc, call }) => {
  const proc = newproc();
  await call(proc).nanosleep({ sec: 0, nsec: 0 });
  const rmtp: Timespec = { sec: 9, nsec: 9 };
  await call(proc).nanosleep({ sec: -5, nsec: 0 }, rmtp);
  t.deepEqual(rmtp, { sec: 0, nsec: 0 });
});

conformance('nanosleep: EINVAL for what is no time', async (t, { newproc, call }) => {
  const proc = newproc();
  for (const bad of [
    { sec: 0, nsec: -1 },
    { sec: 0, nsec: 1e9 },
    { sec: 0.5, nsec: 0 },
    { sec: 0, nsec: 0.5 },
    { sec: Number.NaN, nsec: 0 },
    { sec: Number.POSITIVE_INFINITY, nsec: 0 },
  ]) {
    const rmtp: Timespec = { sec: 9, nsec: 9 };
    await fails(t, 'EINVAL', call(proc).nanosleep(bad, rmtp));
    await fails(t, 'EINVAL', call(proc).clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, bad));
    t.deepEqual(rmtp, { sec: 9, nsec: 9 });
  }
});

conformance('nanosleep: stops and continues do not end it early', async (t, { newproc, call }) => {
  const [proc, other] = [newproc(), newproc()];
  const before = await call(other).clock_gettime(CLOCK_MONOTONIC);
  const sleep = proc.promises.nanosleep({ sec: 0, nsec: 20 * MS });
  await other.promises.nanosleep({ sec: 0, nsec: MS });
  await call(other).kill(proc.pid, SIGSTOP);
  await call(other).kill(proc.pid, SIGCONT);
  await sleep;
  t.true(ns(await call(other).clock_gettime(CLOCK_MONOTONIC)) - ns(before) >= BigInt(20 * MS));
});

conformance(
  'nanosleep: a signal that kills ends it, and rmtp says what was left',
  async (t, { newproc, call }) => {
    const [proc, other] = [newproc(), newproc()];
    const left: Timespec = { sec: 0, nsec: 0 };
    const sleep = proc.promises.nanosleep(LONG, left);
    await other.promises.nanosleep({ sec: 0, nsec: 2 * MS });
    await call(other).kill(proc.pid, SIGTERM);
    await fails(t, 'ESRCH', sleep);
    t.true(ns(left) > 0n && ns(left) <= ns(LONG) - BigInt(MS), `${left.sec}.${left.nsec}`);
  },
);

conformance(
  'nanosleep: a signal that is caught ends it with EINTR, also with SA_RESTART, and rmtp says what was left',
  async (t, { newproc, call }) => {
    for (const flags of [0, SA_RESTART]) {
      const [proc, other] = [newproc(), newproc()];
      const caught: number[] = [];
      const handler = (signo: number) => void caught.push(signo);
      await call(proc).sigaction(SIGUSR1, { handler, mask: sigset(), flags });
      const left: Timespec = { sec: 0, nsec: 0 };
      const untouched: Timespec = { sec: 9, nsec: 9 };
      const { sec, nsec } = await call(proc).clock_gettime(CLOCK_MONOTONIC);
      const sleeps = [
        proc.promises.nanosleep(LONG, left),
        proc.promises.clock_nanosleep(
          CLOCK_MONOTONIC,
          TIMER_ABSTIME,
          { sec: sec + LONG.sec, nsec },
          untouched,
        ),
      ];
      const ends = Promise.allSettled(sleeps);
      for (const _sleep of sleeps) {
        await other.promises.nanosleep({ sec: 0, nsec: 2 * MS });
        await call(other).kill(proc.pid, SIGUSR1);
      }
      for (const end of await ends) {
        t.is(end.status === 'rejected' && end.reason.code, 'EINTR');
      }
      t.deepEqual(caught, [SIGUSR1, SIGUSR1]);
      t.true(ns(left) > 0n && ns(left) <= ns(LONG) - BigInt(MS), `${left.sec}.${left.nsec}`);
      t.is(untouched.sec, 9, 'an absolute time needs no remainder');
      t.is(await call(proc).getpid(), proc.pid);
    }
  },
);

conformance(
  'nanosleep: sleeps end in the order of their deadlines',
  async (t, { newproc }) => {
    const order: number[] = [];
    await Promise.all(
      [100, 20, 180, 60, 140].map(async (ms) => {
        await newproc().promises.nanosleep({ sec: 0, nsec: ms * MS });
        order.push(ms);
      }),
    );
    t.deepEqual(order, [20, 60, 100, 140, 180]);
  },
  { boot: { ncpu: 1 }, hosts: ['simulated'] },
);

conformance(
  'clock_nanosleep: an absolute sleep by the wall clock goes on when the time is set back',
  async (t, { newproc, call }) => {
    const [proc, root] = [newproc(), newproc()];
    const start = await call(root).clock_gettime(CLOCK_REALTIME);
    const sleep = proc.promises.clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, after(start, 20 * MS));
    await root.promises.nanosleep({ sec: 0, nsec: MS });
    await call(root).clock_settime(CLOCK_REALTIME, { sec: start.sec - 1, nsec: start.nsec });
    await sleep;
    const end = await call(root).clock_gettime(CLOCK_REALTIME);
    t.true(ns(end) >= ns(after(start, 20 * MS)));
  },
  { hosts: ['simulated'] },
);

conformance('clock_nanosleep: relative and absolute, on both clocks', async (t, { newproc, call }) => {
  const proc = newproc();
  for (const clock of [CLOCK_REALTIME, CLOCK_MONOTONIC]) {
    const start = await call(proc).clock_gettime(clock);
    await call(proc).clock_nanosleep(clock, 0, { sec: 0, nsec: MS });
    t.true(ns(await call(proc).clock_gettime(clock)) >= ns(after(start, MS)));
    const until = after(await call(proc).clock_gettime(clock), 2 * MS);
    const rmtp: Timespec = { sec: 9, nsec: 9 };
    await call(proc).clock_nanosleep(clock, TIMER_ABSTIME, until, rmtp);
    t.true(ns(await call(proc).clock_gettime(clock)) >= ns(until));
    t.is(rmtp.sec, 9, 'an absolute time needs no remainder');
    await call(proc).clock_nanosleep(clock, TIMER_ABSTIME, start);
  }
  for (const clock of [CLOCK_VIRTUAL, CLOCK_PROF, 99, -1]) {
    await fails(t, 'EINVAL', call(proc).clock_nanosleep(clock, 0, { sec: 0, nsec: 1 }));
  }
});
