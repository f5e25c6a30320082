/**
 * Descriptors, and the console that is open at the first three.
 *
 * NetBSD: sys/kern/{kern_descrip,sys_descrip,sys_generic}.c; dup(2), fcntl(2), read(2), write(2), close(2).
 */
import {
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_GETFD,
  F_GETFL,
  F_GETLK,
  F_SETFD,
  F_SETFL,
  FD_CLOEXEC,
  O_APPEND,
  O_NONBLOCK,
  O_RDWR,
} from '../../lib/sys/constants/fcntl.ts';
import { RLIMIT_NOFILE } from '../../lib/sys/constants/resource.ts';
import { conformance, fails } from './harness.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const CLOSED = [-1, 3, 1000, 131_071, 131_072, 2 ** 31 - 1, -(2 ** 31)];

conformance('write: what is written to 1 or 2 is on the console', async (t, { newproc, call, output }) => {
  const proc = newproc();
  t.is(await call(proc).write(1, bytes('one ')), 4);
  t.is(await call(proc).write(2, bytes('two ')), 4);
  t.is(await call(proc).writev(1, [bytes('thr'), bytes(''), bytes('ee')]), 5);
  t.is(await call(proc).write(1, new Uint8Array(0)), 0);
  t.true(output().endsWith('one two three'));
});

conformance('write: long texts, and characters cut in two', async (t, { newproc, call, output }) => {
  const proc = newproc();
  const text = '€ für 日本 '.repeat(3000);
  const all = bytes(text);
  for (let at = 0; at < all.length; at += 9999) {
    const piece = all.subarray(at, at + 9999);
    t.is(await call(proc).write(1, piece), piece.length);
  }
  t.true(output().endsWith(text));
});

conformance(
  'write: views, Buffers and shared memory are bytes like any other',
  async (t, { newproc, call, output }) => {
    const proc = newproc();
    const shared = new Uint8Array(new SharedArrayBuffer(4));
    shared.set(bytes('mem '));
    t.is(await call(proc).write(1, Buffer.from('buf ')), 4);
    t.is(await call(proc).write(1, bytes('xxview xx').subarray(2, 7)), 5);
    t.is(await call(proc).write(1, shared), 4);
    t.true(output().endsWith('buf view mem '));
  },
);

conformance('read: the console has no keyboard: the end at once', async (t, { newproc, call }) => {
  const proc = newproc();
  const buf = new Uint8Array(8).fill(7);
  t.is(await call(proc).read(0, buf), 0);
  t.is(await call(proc).readv(0, [buf, buf]), 0);
  t.deepEqual(buf, new Uint8Array(8).fill(7));
});

conformance('readv, writev: at least one buffer and at most 1024', async (t, { newproc, call }) => {
  const proc = newproc();
  const many = (n: number) => Array.from({ length: n }, () => bytes('.'));
  await fails(t, 'EINVAL', call(proc).readv(0, []));
  await fails(t, 'EINVAL', call(proc).writev(1, []));
  await fails(t, 'EINVAL', call(proc).writev(1, many(1025)));
  t.is(await call(proc).writev(1, many(1024)), 1024);
  t.is(await call(proc).readv(0, many(1024)), 0);
});

conformance('EBADF for what is not open', async (t, { newproc, call }) => {
  const proc = newproc();
  for (const fd of CLOSED) {
    await fails(t, 'EBADF', call(proc).read(fd, new Uint8Array(1)));
    await fails(t, 'EBADF', call(proc).write(fd, new Uint8Array(1)));
    await fails(t, 'EBADF', call(proc).readv(fd, [new Uint8Array(1)]));
    await fails(t, 'EBADF', call(proc).writev(fd, [new Uint8Array(1)]));
    await fails(t, 'EBADF', call(proc).close(fd));
    await fails(t, 'EBADF', call(proc).dup(fd));
    await fails(t, 'EBADF', call(proc).dup2(fd, 5));
    await fails(t, 'EBADF', call(proc).fcntl(fd, F_GETFD));
  }
});

conformance(
  'close: once; the number is free again, the file stays open elsewhere',
  async (t, { newproc, call, output }) => {
    const proc = newproc();
    t.is(await call(proc).dup(1), 3);
    await call(proc).close(1);
    await fails(t, 'EBADF', call(proc).close(1));
    await fails(t, 'EBADF', call(proc).write(1, bytes('x')));
    t.is(await call(proc).write(3, bytes('still here')), 10);
    t.is(await call(proc).dup(3), 1);
    t.true(output().endsWith('still here'));
  },
);

conformance('dup: the lowest free number', async (t, { newproc, call }) => {
  const proc = newproc();
  for (let fd = 3; fd < 100; fd++) {
    t.is(await call(proc).dup(0), fd);
  }
  for (const fd of [70, 31, 32, 64]) {
    await call(proc).close(fd);
  }
  for (const fd of [31, 32, 64, 70, 100]) {
    t.is(await call(proc).dup(0), fd);
  }
});

conformance('dup2: takes the number asked for, closing what was there', async (t, { newproc, call }) => {
  const proc = newproc();
  t.is(await call(proc).dup2(1, 40), 40);
  t.is(await call(proc).dup2(1, 2), 2);
  t.is(await call(proc).dup2(2, 2), 2);
  t.is(await call(proc).dup(0), 3);
  await fails(t, 'EBADF', call(proc).dup2(0, -1));
  await fails(t, 'EBADF', call(proc).dup2(0, 131_072));
  await fails(t, 'EBADF', call(proc).dup2(77, 77));
  t.is(await call(proc).dup2(0, 131_071), 131_071);
});

conformance(
  'RLIMIT_NOFILE: EMFILE at the limit; dup2 and F_DUPFD beyond it are EBADF and EINVAL',
  async (t, { newproc, call }) => {
    const proc = newproc();
    await call(proc).dup2(0, 20);
    await call(proc).setrlimit(RLIMIT_NOFILE, { cur: 5, max: 50 });
    t.is(await call(proc).dup(0), 3);
    t.is(await call(proc).dup(0), 4);
    await fails(t, 'EMFILE', call(proc).dup(0));
    await fails(t, 'EMFILE', call(proc).fcntl(0, F_DUPFD, 4));
    await fails(t, 'EINVAL', call(proc).fcntl(0, F_DUPFD, 5));
    await fails(t, 'EBADF', call(proc).dup2(0, 5));
    t.is(await call(proc).fcntl(20, F_GETFD), 0, 'what is open above the limit stays open');
    await call(proc).close(3);
    t.is(await call(proc).dup(0), 3);
  },
);

conformance(
  'EMFILE when every descriptor is open, and nothing is lost by it',
  async (t, { newproc, call }) => {
    const proc = newproc();
    for (let fd = 3; fd < 131_072; fd++) {
      proc.sys.dup(0);
    }
    await fails(t, 'EMFILE', call(proc).dup(0));
    await fails(t, 'EMFILE', call(proc).fcntl(0, F_DUPFD_CLOEXEC, 100));
    await call(proc).close(40000);
    t.is(await call(proc).dup(0), 40000);
  },
);

conformance('fcntl: F_DUPFD finds the lowest free number from there up', async (t, { newproc, call }) => {
  const proc = newproc();
  t.is(await call(proc).fcntl(0, F_DUPFD), 3);
  t.is(await call(proc).fcntl(0, F_DUPFD, 0), 4);
  t.is(await call(proc).fcntl(0, F_DUPFD, 10), 10);
  t.is(await call(proc).fcntl(0, F_DUPFD, 10), 11);
  t.is(await call(proc).fcntl(0, F_DUPFD, 2), 5);
  for (const from of [-1, 131_072, 1.5, Number.NaN, 2 ** 40, '3', {}, null]) {
    await fails(t, 'EINVAL', call(proc).fcntl(0, F_DUPFD, from));
  }
});

conformance(
  'fcntl: close-on-exec belongs to the descriptor, and dup does not copy it',
  async (t, { newproc, call }) => {
    const proc = newproc();
    t.is(await call(proc).fcntl(1, F_GETFD), 0);
    t.is(await call(proc).fcntl(1, F_SETFD, FD_CLOEXEC), 0);
    t.is(await call(proc).fcntl(1, F_GETFD), FD_CLOEXEC);
    t.is(await call(proc).fcntl(2, F_GETFD), 0, 'the same file at another number');
    const copy = await call(proc).dup(1);
    t.is(await call(proc).fcntl(copy, F_GETFD), 0);
    const marked = await call(proc).fcntl(1, F_DUPFD_CLOEXEC, 0);
    t.is(await call(proc).fcntl(marked, F_GETFD), FD_CLOEXEC);
    await call(proc).dup2(copy, marked);
    t.is(await call(proc).fcntl(marked, F_GETFD), 0);
    await call(proc).fcntl(1, F_SETFD, 0);
    t.is(await call(proc).fcntl(1, F_GETFD), 0);
    const child = proc.fork();
    await call(child).fcntl(2, F_SETFD, FD_CLOEXEC);
    t.is(await call(child.fork()).fcntl(2, F_GETFD), FD_CLOEXEC);
  },
);

conformance('fcntl: status flags belong to the open file', async (t, { newproc, call }) => {
  const proc = newproc();
  t.is(await call(proc).fcntl(0, F_GETFL), O_RDWR);
  await call(proc).fcntl(0, F_SETFL, O_NONBLOCK | O_APPEND);
  t.is(await call(proc).fcntl(1, F_GETFL), O_RDWR | O_NONBLOCK | O_APPEND, 'the console is open once');
  await call(proc).fcntl(1, F_SETFL, 0);
  t.is(await call(proc).fcntl(0, F_GETFL), O_RDWR);
});

conformance('fcntl: what it does not know is EINVAL', async (t, { newproc, call }) => {
  const proc = newproc();
  for (const command of [F_GETLK, 99, -1, 2 ** 31 - 1]) {
    await fails(t, 'EINVAL', call(proc).fcntl(0, command, {}));
  }
});

conformance('fork: the child has copies of the descriptors', async (t, { newproc, call, output }) => {
  const parent = newproc();
  await call(parent).dup2(1, 9);
  const child = parent.fork();
  await call(parent).close(9);
  t.is(await call(child).write(9, bytes('child')), 5);
  await call(child).close(0);
  t.is(await call(parent).read(0, new Uint8Array(1)), 0);
  t.true(output().endsWith('child'));
});

conformance('every lwp of a process has its descriptors', async (t, { newproc, call }) => {
  const proc = newproc();
  const second = proc.newlwp();
  const fd = await call(proc).dup(0);
  t.is(await call(second).fcntl(fd, F_GETFD), 0);
  await call(second).close(fd);
  await fails(t, 'EBADF', call(proc).close(fd));
});
