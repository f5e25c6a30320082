/**
 * Waiting for descriptors.
 *
 * NetBSD: sys/kern/sys_select.c; poll(2), select(2).
 */
import { O_NONBLOCK } from '../../lib/sys/constants/fcntl.ts';
import { POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLRDNORM } from '../../lib/sys/constants/poll.ts';
import { SIG_BLOCK, SIGUSR1 } from '../../lib/sys/constants/signal.ts';
import { sigset } from '../../lib/sys/sigset.ts';
import { conformance, fails, now, turn } from './harness.ts';

const NEVER = -1;
const byte = new Uint8Array(1);
const one = (fd: number, events: number) => ({ fd, events, revents: 99 });

conformance('poll: tells what is ready now, in place', async (t, { newproc, call }) => {
  const proc = newproc();
  const [r, w] = await call(proc).pipe();
  const fds = [one(r, POLLIN), one(w, POLLOUT), one(0, POLLIN | POLLOUT), one(-1, POLLIN)];
  t.is(await call(proc).poll(fds, 0), 2);
  t.deepEqual(
    fds.map((entry) => entry.revents),
    [0, POLLOUT, POLLIN | POLLOUT, 0],
  );
  await call(proc).write(w, byte);
  const reading = [one(r, POLLIN | POLLRDNORM)];
  t.is(await call(proc).poll(reading, NEVER), 1);
  t.is(reading[0]?.revents, POLLIN | POLLRDNORM);
  t.is(await call(proc).poll([], 0), 0);
  await fails(t, 'EINVAL', call(proc).poll([], -2));
});

conformance(
  'poll: a full pipe is not ready for writing until PIPE_BUF bytes fit',
  async (t, { newproc, call }) => {
    const proc = newproc();
    const [r, w] = await call(proc).pipe2(O_NONBLOCK);
    await call(proc).write(w, new Uint8Array(16_384));
    const fds = [one(w, POLLOUT)];
    t.is(await call(proc).poll(fds, 0), 0);
    const waiting = proc.promises.poll([one(w, POLLOUT)], NEVER);
    await call(proc).read(r, new Uint8Array(511));
    t.is(await now(waiting), 'pending');
    await call(proc).read(r, byte);
    t.is(await waiting, 1);
  },
);

conformance('poll: POLLHUP and POLLNVAL come unasked', async (t, { newproc, call }) => {
  const proc = newproc();
  const [r, w] = await call(proc).pipe();
  const [r2, w2] = await call(proc).pipe();
  await call(proc).close(w);
  await call(proc).close(r2);
  const fds = [one(r, 0), one(r, POLLIN), one(w2, POLLOUT), one(w2, 0), one(77, 0)];
  t.is(await call(proc).poll(fds, NEVER), 5);
  t.deepEqual(
    fds.map((entry) => entry.revents),
    [POLLHUP, POLLHUP | POLLIN, POLLHUP, POLLHUP, POLLNVAL],
  );
});

conformance('poll: sleeps until one of several is ready', async (t, { newproc, call, kernel }) => {
  const proc = newproc();
  const [r, w] = await call(proc).pipe();
  const [r2, w2] = await call(proc).pipe();
  const fds = [one(r, POLLIN), one(r2, POLLIN)];
  const waiting = proc.promises.poll(fds, NEVER);
  t.is(await now(waiting), 'pending');
  t.regex(JSON.stringify(kernel.ps()), /select/);
  await call(proc).write(w2, byte);
  t.is(await waiting, 1);
  t.deepEqual(
    fds.map((entry) => entry.revents),
    [0, POLLIN],
  );
  const hangup = proc.promises.poll([one(r, POLLIN)], NEVER);
  await turn();
  await call(proc).close(w);
  t.is(await hangup, 1);
});

conformance('poll: only whose events have come wake', async (t, { newproc, call, kern }) => {
  const proc = newproc();
  const [r, w] = await call(proc).pipe();
  const [r2, w2] = await call(proc).pipe();
  const second = proc.fork();
  const third = proc.fork();
  const mine = second.promises.poll([one(r, POLLIN)], NEVER);
  const other = third.promises.poll([one(r2, POLLIN)], NEVER);
  await turn();
  const switches = () => kern.procs.get(third.pid)?.lwps?.siblingNext?.nvcsw;
  const before = switches();
  await call(proc).write(w, byte);
  t.is(await mine, 1);
  t.is(await now(other), 'pending');
  t.is(switches(), before);
  await call(proc).write(w2, byte);
  t.is(await other, 1);
});

conformance(
  'poll: the timeout is exact, also when it is woken for nothing',
  async (t, { newproc, call, kern }) => {
    const proc = newproc();
    const [r, w] = await call(proc).pipe();
    const start = kern.host.monotonicNs();
    t.is(await call(proc).poll([one(r, POLLIN)], 250), 0);
    t.is(Math.round((kern.host.monotonicNs() - start) / 1e6), 250);
    // Who wakes first, the reader or the one who polls, is up to the scheduler.
    const results: number[] = [];
    for (let i = 0; i < 40; i++) {
      const before = kern.host.monotonicNs();
      const reading = proc.promises.read(r, byte);
      const waiting = proc.promises.poll([one(r, POLLIN)], 100);
      await proc.promises.nanosleep({ sec: 0, nsec: 60e6 });
      await proc.promises.write(w, byte);
      await reading;
      const ready = await waiting;
      results.push(ready);
      t.is(Math.round((kern.host.monotonicNs() - before) / 1e6), ready === 1 ? 60 : 100);
    }
    t.true(results.includes(0) && results.includes(1));
  },
  { hosts: ['simulated'] },
);

conformance(
  'poll: EDEADLK for a synchronous caller whom nothing could wake',
  async (t, { newproc, kern }) => {
    const proc = newproc();
    const [r] = proc.sys.pipe();
    t.throws(() => proc.sys.poll([one(r, POLLIN)], NEVER), { code: 'EDEADLK' });
    t.throws(() => proc.sys.select(r + 1, new Set([r]), null, null, null), { code: 'EDEADLK' });
    t.is(proc.sys.poll([one(r, POLLIN)], 1), 0);
    t.is(kern.curlwp, null);
  },
);

conformance('poll, select: a signal ends them, and they are not made again', async (t, { newproc }) => {
  const proc = newproc();
  const [r] = proc.sys.pipe();
  proc.sys.sigaction(SIGUSR1, { handler: () => {}, mask: sigset(), flags: 2 });
  const waits = [
    () => proc.promises.poll([one(r, POLLIN)], NEVER),
    () => proc.promises.select(r + 1, new Set([r]), null, null, null),
    () => proc.promises.pollts([one(r, POLLIN)], null, null),
  ];
  for (const wait of waits) {
    const waiting = wait();
    await turn();
    proc.kill(SIGUSR1);
    await fails(t, 'EINTR', waiting);
  }
});

conformance('pollts, pselect: with another mask while they sleep', async (t, { newproc, call }) => {
  const proc = newproc();
  const [r, w] = await call(proc).pipe();
  let caught = 0;
  await call(proc).sigaction(SIGUSR1, { handler: () => caught++, mask: sigset(), flags: 0 });
  await call(proc).sigprocmask(SIG_BLOCK, sigset(SIGUSR1));
  proc.kill(SIGUSR1);
  await fails(t, 'EINTR', call(proc).pollts([one(r, POLLIN)], null, sigset()));
  t.is(caught, 1);
  t.deepEqual(await call(proc).sigprocmask(SIG_BLOCK, null), sigset(SIGUSR1), 'the old mask is back');
  const waiting = proc.promises.pselect(r + 1, new Set([r]), null, null, null, sigset());
  await turn();
  proc.kill(SIGUSR1);
  await fails(t, 'EINTR', waiting);
  t.is(caught, 2);
  await call(proc).write(w, byte);
  t.is(await call(proc).pollts([one(r, POLLIN)], { sec: 1, nsec: 0 }, sigset()), 1);
  t.deepEqual(await call(proc).sigprocmask(SIG_BLOCK, null), sigset(SIGUSR1));
  await fails(t, 'EINVAL', call(proc).pollts([one(r, POLLIN)], null, [0, 0] as never));
});

conformance('select: leaves in the sets what is ready, and counts each', async (t, { newproc, call }) => {
  const proc = newproc();
  const [r, w] = await call(proc).pipe();
  const reading = new Set([r, 0]);
  const writing = new Set([w, 1]);
  const exceptional = new Set([r, w]);
  t.is(await call(proc).select(10, reading, writing, exceptional, { sec: 0, usec: 0 }), 3);
  t.deepEqual([[...reading], [...writing], [...exceptional]], [[0], [w, 1], []]);
  await call(proc).write(w, byte);
  const both = new Set([r]);
  t.is(await call(proc).select(r + 1, both, null, null, null), 1);
  t.deepEqual([...both], [r]);
  const above = new Set([r]);
  t.is(await call(proc).select(r, above, null, null, { sec: 0, usec: 0 }), 0, 'only those below nd');
  t.is(above.size, 0);
});

conformance('select: sleeps, and its timeout empties the sets', async (t, { newproc, call }) => {
  const proc = newproc();
  const [r, w] = await call(proc).pipe();
  const set = new Set([r]);
  t.is(await call(proc).select(r + 1, set, null, null, { sec: 0, usec: 1000 }), 0);
  t.is(set.size, 0);
  set.add(r);
  const waiting = proc.promises.select(r + 1, set, null, null, null);
  t.is(await now(waiting), 'pending');
  await call(proc).write(w, byte);
  t.is(await waiting, 1);
  t.deepEqual([...set], [r]);
  await call(proc).close(w);
  t.is(await call(proc).select(r + 1, new Set([r]), null, null, null), 1, 'the end is something to read');
});

conformance(
  'select: a descriptor that is not open is EBADF, and the sets stay',
  async (t, { newproc, call }) => {
    const proc = newproc();
    const set = new Set([0, 50]);
    await fails(t, 'EBADF', call(proc).select(60, set, null, null, null));
    t.deepEqual([...set], [0, 50]);
  },
);

conformance('poll, select: bad input', async (t, { newproc, call }) => {
  const proc = newproc();
  const proxy = new Proxy(new Set([0]), {});
  await fails(t, 'EINVAL', call(proc).select(-1, null, null, null, null));
  await fails(t, 'EINVAL', call(proc).select(1, new Set([0.5]), null, null, null));
  await fails(t, 'EINVAL', call(proc).select(1, new Set(['0' as never]), null, null, null));
  await fails(t, 'EFAULT', call(proc).select(1, proxy, null, null, null));
  await fails(t, 'EINVAL', call(proc).select(1, null, null, null, { sec: -1, usec: 0 }));
  await fails(t, 'EINVAL', call(proc).select(1, null, null, null, { sec: 0, usec: 1_000_000 }));
  await fails(t, 'EINVAL', call(proc).pollts([], { sec: 0, nsec: 1e9 }));
  await fails(t, 'EINVAL', call(proc).pollts([], { sec: Number.NaN, nsec: 0 }));
  for (const bad of [{ fd: 0.5, events: 1, revents: 0 }, { fd: 0, events: '1', revents: 0 }, {}]) {
    await fails(t, 'EINVAL', call(proc).poll([bad as never], 0));
  }
  await fails(t, 'EFAULT', call(proc).poll([null as never], 0));
});

conformance('poll: a descriptor that is closed meanwhile is POLLNVAL', async (t, { newproc, call }) => {
  const proc = newproc();
  const [r] = await call(proc).pipe();
  const fds = [one(r, POLLIN)];
  const waiting = proc.promises.poll(fds, NEVER);
  await turn();
  await call(proc).close(r);
  t.is(await waiting, 1);
  t.is(fds[0]?.revents, POLLNVAL);
  t.is((fds[0]?.revents ?? 0) & POLLERR, 0);
});

conformance('poll: of a thousand descriptors by a hundred callers', async (t, { newproc, call }) => {
  const proc = newproc();
  const ends: [number, number][] = [];
  for (let i = 0; i < 500; i++) {
    ends.push(await call(proc).pipe());
  }
  const waits = Array.from({ length: 100 }, (_, i) => {
    const fds = ends.map(([r]) => one(r, POLLIN)).slice(i * 5, i * 5 + 5);
    return proc.promises.poll(fds, NEVER);
  });
  await turn();
  for (const [, w] of ends.filter((_, i) => i % 5 === 3)) {
    await call(proc).write(w, byte);
  }
  t.deepEqual(new Set(await Promise.all(waits)), new Set([1]));
});
