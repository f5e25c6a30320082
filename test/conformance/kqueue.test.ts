/**
 * kqueue.
 *
 * NetBSD: sys/kern/kern_event.c; kqueue(2).
 */
import {
  EV_ADD,
  EV_CLEAR,
  EV_DELETE,
  EV_DISABLE,
  EV_DISPATCH,
  EV_ENABLE,
  EV_EOF,
  EV_ERROR,
  EV_ONESHOT,
  EV_RECEIPT,
  EVFILT_AIO,
  EVFILT_PROC,
  EVFILT_READ,
  EVFILT_SIGNAL,
  EVFILT_TIMER,
  EVFILT_USER,
  EVFILT_VNODE,
  EVFILT_WRITE,
  NOTE_ABSTIME,
  NOTE_CHILD,
  NOTE_EXIT,
  NOTE_FFCOPY,
  NOTE_FFOR,
  NOTE_FORK,
  NOTE_NSECONDS,
  NOTE_SECONDS,
  NOTE_TRACK,
  NOTE_TRIGGER,
  NOTE_USECONDS,
} from '../../lib/sys/constants/event.ts';
import { F_GETFD, FD_CLOEXEC, O_CLOEXEC } from '../../lib/sys/constants/fcntl.ts';
import { POLLIN } from '../../lib/sys/constants/poll.ts';
import { SIG_IGN, SIGUSR1, SIGWINCH } from '../../lib/sys/constants/signal.ts';
import { W_EXITCODE } from '../../lib/sys/constants/wait.ts';
import { EBADF, ENOENT } from '../../lib/sys/errno.ts';
import { sigset } from '../../lib/sys/sigset.ts';
import type { Kevent } from '../../lib/sys/types.ts';
import { conformance, fails, now, turn } from './harness.ts';

const NOW = { sec: 0, nsec: 0 };
const byte = new Uint8Array(1);

function ev(ident: number, filter: number, flags: number, more: Partial<Kevent> = {}): Kevent {
  return { ident, filter, flags, fflags: 0, data: 0, udata: null, ...more };
}

conformance('kevent: EVFILT_READ fires as long as there is something', async (t, { newproc, call }) => {
  const proc = newproc();
  const [r, w] = await call(proc).pipe();
  const kq = await call(proc).kqueue();
  const udata = { any: 'value', itself: null as unknown };
  udata.itself = udata;
  t.deepEqual(await call(proc).kevent(kq, [ev(r, EVFILT_READ, EV_ADD, { udata })], 5, NOW), []);
  await call(proc).write(w, new Uint8Array(3));
  for (let i = 0; i < 2; i++) {
    const [event, ...rest] = await call(proc).kevent(kq, null, 5, NOW);
    t.like(event, { ident: r, filter: EVFILT_READ, data: 3 });
    t.is(event?.udata, udata, 'the very object');
    t.deepEqual(rest, []);
  }
  await call(proc).read(r, new Uint8Array(9));
  t.deepEqual(await call(proc).kevent(kq, [], 5, NOW), []);
  await call(proc).close(w);
  const [end] = await call(proc).kevent(kq, [], 5);
  t.is(end?.data, 0);
  t.is((end?.flags ?? 0) & EV_EOF, EV_EOF);
});

conformance('kevent: EVFILT_WRITE fires while PIPE_BUF bytes fit', async (t, { newproc, call }) => {
  const proc = newproc();
  const [r, w] = await call(proc).pipe();
  const kq = await call(proc).kqueue();
  t.like((await call(proc).kevent(kq, [ev(w, EVFILT_WRITE, EV_ADD)], 1))[0], { ident: w, data: 16_384 });
  await call(proc).write(w, new Uint8Array(16_000));
  t.deepEqual(await call(proc).kevent(kq, [], 1, NOW), []);
  const waiting = proc.promises.kevent(kq, [], 1);
  t.is(await now(waiting), 'pending');
  await call(proc).read(r, new Uint8Array(200));
  t.like((await waiting)[0], { ident: w, data: 584 });
  await call(proc).close(r);
  t.is(((await call(proc).kevent(kq, [], 1))[0]?.flags ?? 0) & EV_EOF, EV_EOF);
});

conformance('kevent: what an end of a pipe is not for never fires', async (t, { newproc, call }) => {
  const proc = newproc();
  const [r, w] = await call(proc).pipe();
  const kq = await call(proc).kqueue();
  await call(proc).kevent(kq, [ev(r, EVFILT_WRITE, EV_ADD), ev(w, EVFILT_READ, EV_ADD)], 0);
  await call(proc).write(w, byte);
  t.deepEqual(await call(proc).kevent(kq, [], 5, NOW), []);
  await call(proc).close(w);
  t.deepEqual(await call(proc).kevent(kq, [], 5, NOW), []);
});

conformance('kevent: sleeps until something fires', async (t, { newproc, call, kernel }) => {
  const proc = newproc();
  const [r, w] = await call(proc).pipe();
  const kq = await call(proc).kqueue();
  const waiting = proc.promises.kevent(kq, [ev(r, EVFILT_READ, EV_ADD)], 5);
  t.is(await now(waiting), 'pending');
  t.regex(JSON.stringify(kernel.ps()), /kqueue/);
  await call(proc).write(w, byte);
  t.is((await waiting).length, 1);
  await call(proc).read(r, byte);
  t.deepEqual(await call(proc).kevent(kq, [], 5, { sec: 0, nsec: 1e6 }), []);
});

conformance('kevent: ONESHOT, CLEAR, DISPATCH', async (t, { newproc, call }) => {
  const proc = newproc();
  const kq = await call(proc).kqueue();
  const collect = async (): Promise<number[]> =>
    (await call(proc).kevent(kq, [], 9, NOW)).map((event) => event.ident);
  const fds: number[] = [];
  for (const flag of [EV_ONESHOT, EV_CLEAR, EV_DISPATCH]) {
    const [r, w] = await call(proc).pipe();
    fds.push(r, w);
    await call(proc).kevent(kq, [ev(r, EVFILT_READ, EV_ADD | flag)], 0);
    await call(proc).write(w, byte);
  }
  const [once, wOnce, clear, wClear, dispatch, wDispatch] = fds as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  t.deepEqual(await collect(), [once, clear, dispatch]);
  t.deepEqual(await collect(), []);
  for (const w of [wOnce, wClear, wDispatch]) {
    await call(proc).write(w, byte);
  }
  t.deepEqual(await collect(), [clear], 'another event');
  await fails(t, 'ENOENT', call(proc).kevent(kq, [ev(once, EVFILT_READ, EV_DELETE)], 0));
  await call(proc).kevent(kq, [ev(dispatch, EVFILT_READ, EV_ENABLE)], 0);
  t.deepEqual(await collect(), [dispatch], 'enabled, it looks again');
  t.deepEqual(await collect(), []);
});

conformance('kevent: DISABLE, ENABLE, DELETE', async (t, { newproc, call }) => {
  const proc = newproc();
  const [r, w] = await call(proc).pipe();
  const kq = await call(proc).kqueue();
  const change = (flags: number) => call(proc).kevent(kq, [ev(r, EVFILT_READ, flags)], 0);
  await call(proc).write(w, byte);
  await change(EV_ADD | EV_DISABLE);
  t.deepEqual(await call(proc).kevent(kq, [], 1, NOW), []);
  await change(EV_ENABLE);
  t.is((await call(proc).kevent(kq, [], 1, NOW)).length, 1);
  await change(EV_DISABLE);
  t.deepEqual(await call(proc).kevent(kq, [], 1, NOW), []);
  await change(EV_ENABLE);
  await change(EV_DELETE);
  t.deepEqual(await call(proc).kevent(kq, [], 1, NOW), []);
  await fails(t, 'ENOENT', change(EV_DELETE));
  await fails(t, 'ENOENT', change(EV_ENABLE));
});

conformance('kevent: what fails is an event, when there is room for it', async (t, { newproc, call }) => {
  const proc = newproc();
  const kq = await call(proc).kqueue();
  const bad = [ev(99, EVFILT_READ, EV_ADD), ev(1, EVFILT_USER, EV_DELETE)];
  t.deepEqual(
    (await call(proc).kevent(kq, bad, 5)).map(({ flags, data, ident }) => [ident, flags, data]),
    [
      [99, EV_ERROR, EBADF.errno],
      [1, EV_ERROR, ENOENT.errno],
    ],
  );
  await fails(t, 'EBADF', call(proc).kevent(kq, bad, 0));
  await fails(t, 'ENOENT', call(proc).kevent(kq, bad, 1));
  const receipt = await call(proc).kevent(
    kq,
    [ev(1, EVFILT_USER, EV_ADD | EV_RECEIPT, { fflags: NOTE_TRIGGER })],
    5,
  );
  t.like(receipt[0], { flags: EV_ERROR, data: 0 });
  t.is((await call(proc).kevent(kq, [], 5, NOW)).length, 1);
});

conformance('kevent: bad input', async (t, { newproc, call }) => {
  const proc = newproc();
  const [r] = await call(proc).pipe();
  const kq = await call(proc).kqueue();
  const change = (kev: unknown) => call(proc).kevent(kq, [kev as Kevent], 0);
  for (const filter of [EVFILT_AIO, 99, -1]) {
    await fails(t, 'EINVAL', change(ev(r, filter, EV_ADD)));
  }
  await fails(t, 'EINVAL', change(ev(r, EVFILT_VNODE, EV_ADD)));
  for (const wrong of [
    { ident: 0.5 },
    { flags: -1 },
    { flags: 2 ** 16 },
    { fflags: 2 ** 32 },
    { data: 'x' as never },
  ]) {
    await fails(t, 'EINVAL', change({ ...ev(r, EVFILT_READ, EV_ADD), ...wrong }));
  }
  await fails(t, 'EINVAL', change({}));
  await fails(t, 'EFAULT', change(null));
  await fails(t, 'EINVAL', call(proc).kevent(kq, [], 1, { sec: -1, nsec: 0 }));
  await fails(t, 'EBADF', call(proc).kevent(r, [], 1, NOW));
  await fails(t, 'EBADF', call(proc).kevent(55, [], 1, NOW));
  await fails(t, 'ENXIO', call(proc).read(kq, byte));
  await fails(t, 'ENXIO', call(proc).write(kq, byte));
  await fails(t, 'EINVAL', call(proc).kqueue1(1));
  t.is(await call(proc).fcntl(await call(proc).kqueue1(O_CLOEXEC), F_GETFD), FD_CLOEXEC);
  t.deepEqual(await call(proc).kevent(kq, [], 0), [], 'no room: no waiting');
});

conformance('kevent: added again it keeps its place and takes new values', async (t, { newproc, call }) => {
  const proc = newproc();
  const kq = await call(proc).kqueue();
  await call(proc).kevent(kq, [ev(0, EVFILT_READ, EV_ADD, { udata: 1 })], 0);
  await call(proc).kevent(kq, [ev(0, EVFILT_READ, EV_ADD, { udata: 2 })], 0);
  t.deepEqual(
    (await call(proc).kevent(kq, [], 5, NOW)).map(({ udata }) => udata),
    [2],
  );
});

conformance('EVFILT_TIMER: counts how often it fired', async (t, { newproc, call, kern }) => {
  const proc = newproc();
  const kq = await call(proc).kqueue();
  await call(proc).kevent(kq, [ev(1, EVFILT_TIMER, EV_ADD, { data: 10 })], 0);
  t.true(((await call(proc).kevent(kq, [], 1))[0]?.data ?? 0) >= 1);
  await call(proc).nanosleep({ sec: 0, nsec: 55e6 });
  const [event] = await call(proc).kevent(kq, [], 1);
  t.true((event?.data ?? 0) >= 4);
  const units = [
    [NOTE_SECONDS | 0, 1],
    [NOTE_USECONDS, 2000],
    [NOTE_NSECONDS, 2e6],
  ] as const;
  for (const [i, [fflags, data]] of units.entries()) {
    await call(proc).kevent(kq, [ev(i + 2, EVFILT_TIMER, EV_ADD | EV_ONESHOT, { fflags, data })], 0);
  }
  await call(proc).kevent(kq, [ev(1, EVFILT_TIMER, EV_DELETE), ev(2, EVFILT_TIMER, EV_DELETE)], 0);
  const ids = new Set<number>();
  while (ids.size < 2) {
    for (const { ident } of await call(proc).kevent(kq, [], 9)) {
      ids.add(ident);
    }
  }
  t.deepEqual([...ids].sort(), [3, 4]);
  t.is(kern.nkqtimers, 0, 'all are gone');
  const { sec } = await call(proc).clock_gettime(0);
  await call(proc).kevent(
    kq,
    [ev(9, EVFILT_TIMER, EV_ADD | EV_ONESHOT, { fflags: NOTE_ABSTIME | NOTE_SECONDS, data: sec - 5 })],
    0,
  );
  t.is((await call(proc).kevent(kq, [], 1))[0]?.ident, 9, 'a time that has passed');
  await fails(t, 'EINVAL', call(proc).kevent(kq, [ev(1, EVFILT_TIMER, EV_ADD, { fflags: 7 })], 0));
  await fails(t, 'EINVAL', call(proc).kevent(kq, [ev(1, EVFILT_TIMER, EV_ADD, { data: -1 })], 0));
});

conformance(
  'EVFILT_TIMER: at most 4096, and they go with their kqueue',
  async (t, { newproc, call, kern }) => {
    const proc = newproc();
    const kq = await call(proc).kqueue();
    const timers = Array.from({ length: 4096 }, (_, i) => ev(i, EVFILT_TIMER, EV_ADD, { data: 1000 }));
    await call(proc).kevent(kq, timers, 0);
    await fails(t, 'ENOMEM', call(proc).kevent(kq, [ev(5000, EVFILT_TIMER, EV_ADD, { data: 1 })], 0));
    await call(proc).close(kq);
    t.is(kern.nkqtimers, 0);
  },
);

conformance('EVFILT_USER: triggered by the program', async (t, { newproc, call }) => {
  const proc = newproc();
  const kq = await call(proc).kqueue();
  await call(proc).kevent(kq, [ev(7, EVFILT_USER, EV_ADD | EV_CLEAR, { fflags: 1 })], 0);
  t.deepEqual(await call(proc).kevent(kq, [], 1, NOW), []);
  const waiting = proc.promises.kevent(kq, [], 1);
  await turn();
  await call(proc).kevent(kq, [ev(7, EVFILT_USER, 0, { fflags: NOTE_TRIGGER | NOTE_FFOR | 6, data: 5 })], 0);
  t.like((await waiting)[0], { ident: 7, fflags: 7, data: 5 });
  t.deepEqual(await call(proc).kevent(kq, [], 1, NOW), []);
  await call(proc).kevent(kq, [ev(7, EVFILT_USER, 0, { fflags: NOTE_TRIGGER | NOTE_FFCOPY | 2 })], 0);
  t.is((await call(proc).kevent(kq, [], 1, NOW))[0]?.fflags, 2);
});

conformance('EVFILT_SIGNAL: counts signals, whatever becomes of them', async (t, { newproc, call }) => {
  const proc = newproc();
  const kq = await call(proc).kqueue();
  await call(proc).sigaction(SIGUSR1, { handler: SIG_IGN, mask: sigset(), flags: 0 });
  await call(proc).kevent(kq, [ev(SIGUSR1, EVFILT_SIGNAL, EV_ADD), ev(SIGWINCH, EVFILT_SIGNAL, EV_ADD)], 0);
  for (let i = 0; i < 3; i++) {
    proc.kill(SIGUSR1);
  }
  t.deepEqual(
    (await call(proc).kevent(kq, [], 5)).map(({ ident, data }) => [ident, data]),
    [[SIGUSR1, 3]],
  );
  t.deepEqual(await call(proc).kevent(kq, [], 5, NOW), []);
  for (const signo of [0, 64, -1]) {
    await fails(t, 'EINVAL', call(proc).kevent(kq, [ev(signo, EVFILT_SIGNAL, EV_ADD)], 0));
  }
});

conformance('EVFILT_PROC: fork and exit of another process', async (t, { newproc, call }) => {
  const proc = newproc();
  const child = proc.fork();
  const kq = await call(proc).kqueue();
  await call(proc).kevent(kq, [ev(child.pid, EVFILT_PROC, EV_ADD, { fflags: NOTE_EXIT | NOTE_FORK })], 0);
  t.deepEqual(await call(proc).kevent(kq, [], 5, NOW), []);
  const grandchild = child.fork();
  t.like((await call(proc).kevent(kq, [], 5, NOW))[0], { ident: child.pid, fflags: NOTE_FORK });
  const waiting = proc.promises.kevent(kq, [], 5);
  await turn();
  child.exit(3);
  const [event] = await waiting;
  t.like(event, { ident: child.pid, fflags: NOTE_EXIT, data: W_EXITCODE(3, 0) });
  t.is((event?.flags ?? 0) & EV_EOF, EV_EOF);
  await fails(t, 'ENOENT', call(proc).kevent(kq, [ev(child.pid, EVFILT_PROC, EV_DELETE)], 0));
  await fails(t, 'ESRCH', call(proc).kevent(kq, [ev(child.pid, EVFILT_PROC, EV_ADD)], 0));
  grandchild.exit();
});

conformance('EVFILT_PROC: NOTE_TRACK follows the children', async (t, { newproc, call }) => {
  const proc = newproc();
  const child = proc.fork();
  const kq = await call(proc).kqueue();
  const track = NOTE_TRACK | NOTE_EXIT | NOTE_FORK;
  await call(proc).kevent(kq, [ev(child.pid, EVFILT_PROC, EV_ADD, { fflags: track, udata: 'tree' })], 0);
  const grandchild = child.fork();
  const events = await call(proc).kevent(kq, [], 5, NOW);
  t.deepEqual(
    events.map(({ ident, fflags }) => [ident, fflags]).sort(([a = 0], [b = 0]) => a - b),
    [
      [child.pid, NOTE_FORK],
      [grandchild.pid, NOTE_CHILD],
    ],
  );
  t.like(
    events.find(({ ident }) => ident === grandchild.pid),
    { data: child.pid, udata: 'tree' },
  );
  grandchild.exit(1);
  t.like((await call(proc).kevent(kq, [], 5, NOW))[0], { ident: grandchild.pid, fflags: NOTE_EXIT });
});

conformance('EVFILT_PROC: only of one’s own processes', async (t, { newproc, call }) => {
  const mine = newproc({ uid: 5 });
  const other = newproc({ uid: 6 });
  const kq = await call(mine).kqueue();
  await fails(
    t,
    'EPERM',
    call(mine).kevent(kq, [ev(other.pid, EVFILT_PROC, EV_ADD, { fflags: NOTE_EXIT })], 0),
  );
});

conformance(
  'kqueue: is not inherited by fork, and goes with its descriptor',
  async (t, { newproc, call, kern }) => {
    const proc = newproc();
    const [r, w] = await call(proc).pipe();
    const kq = await call(proc).kqueue();
    await call(proc).kevent(kq, [ev(r, EVFILT_READ, EV_ADD)], 0);
    const child = proc.fork();
    await fails(t, 'EBADF', call(child).kevent(kq, [], 1, NOW));
    t.is(await call(child).dup(0), kq, 'the number is free there');
    await call(proc).write(w, byte);
    t.is((await call(proc).kevent(kq, [], 1)).length, 1);
    await call(proc).close(r);
    t.deepEqual(await call(proc).kevent(kq, [], 1, NOW), [], 'a closed descriptor is watched no more');
    t.is(kern.procs.get(proc.pid)?.fd.knotes?.size, 0);
    const sleeping = proc.promises.kevent(kq, [ev(SIGUSR1, EVFILT_SIGNAL, EV_ADD)], 1);
    await turn();
    await call(proc).close(kq);
    await fails(t, 'EBADF', sleeping);
    t.is(kern.procs.get(proc.pid)?.klist?.size, 0);
  },
);

conformance('kqueue: watched by poll and by another kqueue', async (t, { newproc, call }) => {
  const proc = newproc();
  const [r, w] = await call(proc).pipe();
  const inner = await call(proc).kqueue();
  const outer = await call(proc).kqueue();
  await call(proc).kevent(inner, [ev(r, EVFILT_READ, EV_ADD)], 0);
  await call(proc).kevent(outer, [ev(inner, EVFILT_READ, EV_ADD)], 0);
  const waiting = proc.promises.kevent(outer, [], 1);
  const polling = proc.promises.poll([{ fd: inner, events: POLLIN, revents: 0 }], -1);
  t.is(await now(waiting), 'pending');
  await call(proc).write(w, byte);
  t.like((await waiting)[0], { ident: inner, data: 1 });
  t.is(await polling, 1);
  await call(proc).read(r, byte);
  t.deepEqual(await call(proc).kevent(outer, [], 1, NOW), [], 'what has passed is no event');
  t.is(await call(proc).poll([{ fd: inner, events: POLLIN, revents: 0 }], 0), 0);
});

conformance('kqueue: none may watch itself, at whatever distance', async (t, { newproc, call }) => {
  const proc = newproc();
  const kqs: number[] = [];
  for (let i = 0; i < 9; i++) {
    kqs.push(await call(proc).kqueue());
  }
  const watch = (by: number, of: number) =>
    call(proc).kevent(kqs[by] as number, [ev(kqs[of] as number, EVFILT_READ, EV_ADD)], 0);
  await fails(t, 'EINVAL', watch(0, 0));
  for (let i = 0; i < 7; i++) {
    await watch(i, i + 1);
  }
  await fails(t, 'EINVAL', watch(7, 0));
  await fails(t, 'EINVAL', watch(3, 1));
  await fails(t, 'EINVAL', watch(7, 8));
  await watch(8, 7);
});

conformance(
  'kqueue: a hundred thousand knotes, and each sleeper gets one event',
  async (t, { newproc, call }) => {
    const proc = newproc();
    const kq = await call(proc).kqueue();
    for (let at = 0; at < 100_000; at += 10_000) {
      const changes = Array.from({ length: 10_000 }, (_, i) => ev(at + i, EVFILT_USER, EV_ADD | EV_CLEAR));
      await call(proc).kevent(kq, changes, 0);
    }
    t.deepEqual(await call(proc).kevent(kq, [], 10, NOW), []);
    const waits = [1, 2, 3].map(() => proc.promises.kevent(kq, [], 1));
    await turn();
    const fire = [5, 50_000, 99_999].map((ident) => ev(ident, EVFILT_USER, 0, { fflags: NOTE_TRIGGER }));
    await call(proc).kevent(kq, fire, 0);
    const got = (await Promise.all(waits)).flat().map(({ ident }) => ident);
    t.deepEqual(
      got.sort((a, b) => a - b),
      [5, 50_000, 99_999],
    );
  },
);
