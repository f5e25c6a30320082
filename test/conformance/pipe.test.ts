/**
 * Pipes.
 *
 * NetBSD: sys/kern/sys_pipe.c; pipe(2), pipe2(2), read(2), write(2).
 */

import { SysError } from '../../lib/api/index.ts';
import {
  F_GETFD,
  F_GETFL,
  F_SETFL,
  FD_CLOEXEC,
  O_CLOEXEC,
  O_NONBLOCK,
  O_NOSIGPIPE,
  O_RDONLY,
  O_WRONLY,
} from '../../lib/sys/constants/fcntl.ts';
import { FIONREAD, FIONSPACE, FIONWRITE } from '../../lib/sys/constants/filio.ts';
import { PIPE_BUF } from '../../lib/sys/constants/limits.ts';
import { RLIMIT_NOFILE } from '../../lib/sys/constants/resource.ts';
import { SIG_IGN, SIGPIPE, SIGUSR1 } from '../../lib/sys/constants/signal.ts';
import { S_IFIFO, S_IFMT } from '../../lib/sys/constants/stat.ts';
import { WIFSIGNALED, WTERMSIG } from '../../lib/sys/constants/wait.ts';
import { sigset } from '../../lib/sys/sigset.ts';
import { conformance, fails, now, turn } from './harness.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (data: Uint8Array): string => new TextDecoder().decode(data);
/** Bytes that are different wherever one looks. */
const pattern = (n: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length: n }, (_, i) => (i * seed * 31 + (i >> 8)) & 255);

conformance('pipe: what is written comes out, in order', async (t, { newproc, call }) => {
  const proc = newproc();
  const [r, w] = await call(proc).pipe();
  t.deepEqual([r, w], [3, 4]);
  t.is(await call(proc).write(w, bytes('one ')), 4);
  t.is(await call(proc).writev(w, [bytes('t'), bytes(''), bytes('wo')]), 3);
  t.is(await call(proc).ioctl(r, FIONREAD), 7);
  const buf = new Uint8Array(5);
  t.is(await call(proc).read(r, buf), 5);
  t.is(text(buf), 'one t');
  const parts = [new Uint8Array(1), new Uint8Array(9)];
  t.is(await call(proc).readv(r, parts), 2);
  t.is(text(parts[0] as Uint8Array) + text((parts[1] as Uint8Array).subarray(0, 1)), 'wo');
  t.is(await call(proc).read(r, new Uint8Array(0)), 0, 'nothing asked is nothing got, at once');
  t.is(await call(proc).write(w, new Uint8Array(0)), 0);
});

conformance('pipe: any sizes in, any sizes out, the same bytes', async (t, { newproc, call }) => {
  const writer = newproc();
  const [r, w] = await call(writer).pipe();
  const reader = writer.fork();
  const buf = new Uint8Array(40_000);
  for (const [i, size] of [1, 511, 512, 513, 16_384, 16_385, 65_536, 100_000, 300_000].entries()) {
    const sent = pattern(size, i + 1);
    const got = new Uint8Array(size);
    const writing = writer.promises.write(w, sent);
    for (let at = 0, k = i; at < size; k++) {
      const n = await call(reader).read(r, buf.subarray(0, [1, 40_000, 700, 16_384, 7][k % 5]));
      got.set(buf.subarray(0, n), at);
      at += n;
    }
    t.is(await writing, size);
    t.deepEqual(got, sent);
  }
});

conformance(
  'pipe: the end comes when the last writer has closed, behind what is left',
  async (t, { newproc, call }) => {
    const proc = newproc();
    const [r, w] = await call(proc).pipe();
    const child = proc.fork();
    await call(proc).write(w, bytes('abc'));
    await call(proc).close(w);
    const buf = new Uint8Array(8);
    t.is(await call(proc).read(r, buf), 3);
    const reading = proc.promises.read(r, buf);
    t.is(await now(reading), 'pending', 'the child still has the writing end');
    child.exit();
    t.is(await reading, 0);
    t.is(await call(proc).read(r, buf), 0);
  },
);

conformance('pipe: a writer without readers gets EPIPE and SIGPIPE', async (t, { newproc, call }) => {
  const parent = newproc();
  const child = parent.fork();
  const [r, w] = await call(child).pipe();
  await call(child).close(r);
  await fails(t, 'ESRCH', call(child).write(w, bytes('x')));
  t.false(child.alive);
  const { status } = await call(parent).wait4(child.pid, 0);
  t.true(WIFSIGNALED(status) && WTERMSIG(status) === SIGPIPE);

  const careless = newproc();
  const [r2, w2] = await call(careless).pipe();
  await call(careless).sigaction(SIGPIPE, { handler: SIG_IGN, mask: sigset(), flags: 0 });
  await call(careless).close(r2);
  await fails(t, 'EPIPE', call(careless).write(w2, bytes('x')));
  await fails(t, 'EPIPE', call(careless).write(w2, new Uint8Array(0)));
  const [r3, w3] = await call(careless).pipe2(O_NOSIGPIPE);
  await call(careless).sigaction(SIGPIPE, { handler: 0, mask: sigset(), flags: 0 });
  await call(careless).close(r3);
  await fails(t, 'EPIPE', call(careless).write(w3, bytes('x')));
  t.true(careless.alive);
});

conformance('pipe: O_NONBLOCK: EAGAIN instead of sleeping', async (t, { newproc, call }) => {
  const proc = newproc();
  const [r, w] = await call(proc).pipe2(O_NONBLOCK);
  await fails(t, 'EAGAIN', call(proc).read(r, new Uint8Array(1)));
  t.is(await call(proc).write(w, pattern(16_384 - 100)), 16_284);
  t.is(await call(proc).ioctl(w, FIONSPACE), 100);
  await fails(t, 'EAGAIN', call(proc).write(w, new Uint8Array(PIPE_BUF)));
  t.is(await call(proc).ioctl(w, FIONWRITE), 16_284, 'PIPE_BUF bytes go in whole or not at all');
  t.is(await call(proc).write(w, new Uint8Array(PIPE_BUF + 1)), 100, 'more may go in part');
  await fails(t, 'EAGAIN', call(proc).write(w, new Uint8Array(PIPE_BUF + 1)));
  t.is(await call(proc).read(r, new Uint8Array(20_000)), 16_384);
  await call(proc).fcntl(w, F_SETFL, 0);
  t.is(await call(proc).fcntl(r, F_GETFL), O_RDONLY | O_NONBLOCK, 'each end has flags of its own');
  t.is(await call(proc).fcntl(w, F_GETFL), O_WRONLY);
});

conformance(
  'pipe: a large write that may not block makes the buffer larger',
  async (t, { newproc, call }) => {
    const proc = newproc();
    const [r, w] = await call(proc).pipe2(O_NONBLOCK);
    const sent = pattern(70_000);
    t.is(await call(proc).write(w, sent), 65_536);
    const got = new Uint8Array(70_000);
    t.is(await call(proc).read(r, got), 65_536);
    t.deepEqual(got.subarray(0, 65_536), sent.subarray(0, 65_536));
  },
);

conformance(
  'pipe: a sleeping reader wakes when there is something, one for each write',
  async (t, { newproc, call, kernel }) => {
    const proc = newproc();
    const [r, w] = await call(proc).pipe();
    const [a, b] = [new Uint8Array(4), new Uint8Array(4)];
    const first = proc.promises.read(r, a);
    await turn();
    const second = proc.promises.read(r, b);
    t.is(await now(first), 'pending');
    t.regex(JSON.stringify(kernel.ps()), /piperd/);
    await call(proc).write(w, bytes('1'));
    t.is(await first, 1, 'the one that came first');
    t.is(await now(second), 'pending');
    await call(proc).write(w, bytes('22'));
    t.is(await second, 2);
    t.deepEqual([a[0], b[0]], [49, 50]);
  },
);

conformance('pipe: what one reader leaves the next one gets', async (t, { newproc, call }) => {
  const proc = newproc();
  const [r, w] = await call(proc).pipe();
  const reads: Promise<number>[] = [];
  for (let i = 0; i < 3; i++) {
    reads.push(proc.promises.read(r, new Uint8Array(2)));
    await turn();
  }
  await call(proc).write(w, bytes('12345'));
  t.deepEqual(await Promise.all(reads), [2, 2, 1]);
});

conformance(
  'pipe: writers sleep while it is full, and go on in the order they came',
  async (t, { newproc, call, kernel }) => {
    const proc = newproc();
    const [r, w] = await call(proc).pipe();
    await call(proc).write(w, pattern(16_384));
    const a = proc.promises.write(w, new Uint8Array(10).fill(1));
    await turn();
    const b = proc.promises.write(w, new Uint8Array(10).fill(2));
    t.is(await now(a), 'pending');
    t.regex(JSON.stringify(kernel.ps()), /pipewr/);
    await call(proc).read(r, new Uint8Array(100));
    t.is(await now(a), 'pending', 'room for PIPE_BUF wakes them');
    await call(proc).read(r, new Uint8Array(16_284));
    t.deepEqual(await Promise.all([a, b]), [10, 10]);
    const buf = new Uint8Array(20);
    t.is(await call(proc).read(r, buf), 20);
    t.deepEqual([...buf], [...new Uint8Array(10).fill(1), ...new Uint8Array(10).fill(2)]);
  },
);

conformance('pipe: writes of at most PIPE_BUF bytes are not mixed', async (t, { newproc, call }) => {
  const proc = newproc();
  const [r, w] = await call(proc).pipe();
  const writes = Array.from({ length: 120 }, (_, i) =>
    proc.promises.write(w, new Uint8Array(PIPE_BUF).fill(i)),
  );
  let got: number[] = [];
  const buf = new Uint8Array(1000);
  while (got.length < 120 * PIPE_BUF) {
    const n = await call(proc).read(r, buf);
    got = got.concat([...buf.subarray(0, n)]);
  }
  await Promise.all(writes);
  const records = Array.from({ length: 120 }, (_, i) => new Set(got.slice(i * PIPE_BUF, (i + 1) * PIPE_BUF)));
  t.true(records.every((record) => record.size === 1));
  t.is(new Set(got).size, 120);
});

conformance(
  'pipe: a large write sleeps until all is read; what it writes after comes after',
  async (t, { newproc, call }) => {
    const proc = newproc();
    const [r, w] = await call(proc).pipe();
    await call(proc).write(w, bytes('before'));
    const sent = pattern(50_000, 3);
    const large = proc.promises.write(w, sent);
    t.is(await now(large), 'pending');
    const small = proc.promises.write(w, bytes('after'));
    await turn();
    const got = new Uint8Array(50_011);
    t.is(await call(proc).ioctl(r, FIONREAD), 50_006);
    let at = 0;
    while (at < got.length) {
      at += await call(proc).read(r, got.subarray(at, at + 7777));
    }
    t.deepEqual(await Promise.all([large, small]), [50_000, 5]);
    t.is(text(got.subarray(0, 6)), 'before');
    t.deepEqual(got.subarray(6, 50_006), sent);
    t.is(text(got.subarray(50_006)), 'after');
  },
);

conformance('pipe: closing one end ends the sleep at the other', async (t, { newproc, call }) => {
  const proc = newproc();
  for (const size of [1, 30_000]) {
    const [r, w] = await call(proc).pipe2(O_NOSIGPIPE);
    await call(proc).write(w, new Uint8Array(16_384));
    const writing = proc.promises.write(w, new Uint8Array(size));
    t.is(await now(writing), 'pending');
    await call(proc).close(r);
    await fails(t, 'EPIPE', writing);
    await call(proc).close(w);
  }
  const [r, w] = await call(proc).pipe();
  const reads = [1, 2].map(() => proc.promises.read(r, new Uint8Array(1)));
  await turn();
  await call(proc).close(w);
  t.deepEqual(await Promise.all(reads), [0, 0]);
});

conformance(
  'close: under a sleeping call of the same process it is EBADF; others sleep on',
  async (t, { newproc, call }) => {
    const proc = newproc();
    const [r, w] = await call(proc).pipe();
    const child = proc.fork();
    const mine = proc.promises.read(r, new Uint8Array(1));
    const its = child.promises.read(r, new Uint8Array(1));
    await turn();
    await call(proc).close(r);
    await fails(t, 'EBADF', mine);
    t.is(await now(its), 'pending');
    await call(proc).write(w, bytes('x'));
    t.is(await its, 1);
  },
);

conformance('close: under a lent write, the part that was read counts', async (t, { newproc, call }) => {
  const proc = newproc();
  const [r, w] = await call(proc).pipe();
  const writing = proc.promises.write(w, pattern(40_000));
  await turn();
  t.is(await call(proc).read(r, new Uint8Array(1000)), 1000);
  await call(proc).close(w);
  t.is(await writing, 1000);
  t.is(await call(proc).read(r, new Uint8Array(1000)), 0, 'what it kept is not in the pipe');
});

conformance('pipe: a signal ends a sleep: EINTR, or a short count', async (t, { newproc, call }) => {
  const proc = newproc();
  const [r, w] = await call(proc).pipe();
  await call(proc).sigaction(SIGUSR1, { handler: () => {}, mask: sigset(), flags: 0 });
  const reading = proc.promises.read(r, new Uint8Array(1));
  await turn();
  proc.kill(SIGUSR1);
  await fails(t, 'EINTR', reading);
  const writing = proc.promises.write(w, new Uint8Array(16_000));
  t.is(await writing, 16_000);
  const more = proc.promises.write(w, new Uint8Array(1000));
  await turn();
  proc.kill(SIGUSR1);
  t.is(await more, 384, 'what went in before');
});

conformance(
  'pipe: a process that is killed asleep leaves the pipe to the others',
  async (t, { newproc, call }) => {
    const proc = newproc();
    const [r, w] = await call(proc).pipe();
    const child = proc.fork();
    const its = child.promises.read(r, new Uint8Array(1)).catch((error: { code: string }) => error.code);
    await turn();
    child.kill('SIGKILL');
    t.is(await its, 'ESRCH');
    const mine = proc.promises.read(r, new Uint8Array(1));
    await call(proc).write(w, bytes('x'));
    t.is(await mine, 1);
  },
);

conformance(
  'pipe: a synchronous call that nobody could wake is EDEADLK, and loses nothing',
  async (t, { newproc }) => {
    const proc = newproc();
    const [r, w] = proc.sys.pipe();
    t.is(t.throws(() => proc.sys.read(r, new Uint8Array(1)), { instanceOf: SysError })?.code, 'EDEADLK');
    t.is(proc.sys.write(w, new Uint8Array(16_000)), 16_000);
    t.is(proc.sys.write(w, new Uint8Array(1000)), 384);
    t.is(
      t.throws(() => proc.sys.write(w, new Uint8Array(100_000)), { instanceOf: SysError })?.code,
      'EDEADLK',
    );
    t.is(proc.sys.read(r, new Uint8Array(100_000)), 16_384);
  },
);

conformance('pipe: the wrong end is EBADF, a place in it ESPIPE', async (t, { newproc, call }) => {
  const proc = newproc();
  const [r, w] = await call(proc).pipe();
  const buf = new Uint8Array(1);
  await fails(t, 'EBADF', call(proc).write(r, buf));
  await fails(t, 'EBADF', call(proc).read(w, buf));
  await fails(t, 'EBADF', call(proc).pread(w, buf, 0));
  await fails(t, 'ESPIPE', call(proc).pread(r, buf, 0));
  await fails(t, 'ESPIPE', call(proc).pwrite(w, buf, 0));
  await fails(t, 'ESPIPE', call(proc).preadv(r, [buf], 0));
  await fails(t, 'ESPIPE', call(proc).pwritev(w, [buf], -1));
});

conformance('pipe2: flags', async (t, { newproc, call }) => {
  const proc = newproc();
  const [r, w] = await call(proc).pipe2(O_CLOEXEC | O_NONBLOCK);
  t.is(await call(proc).fcntl(r, F_GETFD), FD_CLOEXEC);
  t.is(await call(proc).fcntl(w, F_GETFD), FD_CLOEXEC);
  t.is(await call(proc).fcntl(w, F_GETFL), O_WRONLY | O_NONBLOCK);
  for (const flags of [1, 0x200, -1, O_CLOEXEC | 0x8]) {
    await fails(t, 'EINVAL', call(proc).pipe2(flags));
  }
});

conformance('pipe: EMFILE leaves nothing open', async (t, { newproc, call }) => {
  const proc = newproc();
  await call(proc).setrlimit(RLIMIT_NOFILE, { cur: 4, max: 10 });
  await fails(t, 'EMFILE', call(proc).pipe());
  t.is(await call(proc).dup(0), 3);
  await fails(t, 'EMFILE', call(proc).pipe());
});

conformance('fstat: of a pipe', async (t, { newproc, call }) => {
  const proc = newproc({ uid: 7, gid: 8 });
  const [r, w] = await call(proc).pipe();
  await call(proc).write(w, bytes('12345'));
  const stat = await call(proc).fstat(r);
  t.is(stat.mode & S_IFMT, S_IFIFO);
  t.like(stat, { size: 5, uid: 7, gid: 8, nlink: 0, blksize: 16_384 });
  t.true(stat.birthtim.sec > 0);
});

conformance(
  'pipe: memory that its owner has given away is EFAULT, for that one only',
  async (t, { newproc, call }) => {
    const proc = newproc();
    const [r, w] = await call(proc).pipe();
    const gone = new Uint8Array(30_000);
    const writing = proc.promises.write(w, gone);
    await turn();
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    const reading = proc.promises.read(r, new Uint8Array(10));
    await fails(t, 'EFAULT', writing);
    t.is(await now(reading), 'pending');
    await call(proc).write(w, bytes('ok'));
    t.is(await reading, 2);
  },
);

conformance('pipe: its memory goes with it', async (t, { newproc, call, kern }) => {
  const proc = newproc();
  await call(proc).pipe2(O_NONBLOCK);
  await call(proc).write(4, new Uint8Array(20_000));
  t.is(kern.nbigpipe, 1);
  await call(proc).close(3);
  await call(proc).close(4);
  t.is(kern.nbigpipe, 0);
  for (let i = 0; i < 40; i++) {
    const [, w] = await call(proc).pipe2(O_NONBLOCK);
    t.is(await call(proc).write(w, new Uint8Array(20_000)), i < 32 ? 20_000 : 16_384);
  }
  t.is(kern.nbigpipe, 32);
  proc.exit();
  t.is(kern.nbigpipe, 0);
});
