/** Workers in a kernel: attach, what calls do there, and how threads go. */
import test, { type ExecutionContext } from 'ava';
import { attach, boot, constants as c, type Kernel, SysError, simulatedHost } from '../../lib/api/index.ts';
import { insideOf } from '../conformance/harness.ts';
import { assertWhole } from '../conformance/invariants.ts';
import { outcome, play, told } from './play.ts';

/** Those who have come in have left, and have left nothing behind. */
async function empty(t: ExecutionContext, kernel: Kernel): Promise<void> {
  const kern = insideOf(kernel);
  for (let i = 0; kernel.ps().some(({ comm }) => comm === 'thread') && i < 2000; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  t.deepEqual(
    kernel.ps().filter(({ comm }) => comm === 'thread'),
    [],
  );
  assertWhole(t, kern);
}

const WHO = { uid: 1000, gid: 100, comm: 'thread', cwd: '/tmp' } as const;

test('a Worker has a process of its own, with all its calls', async (t) => {
  using kernel = boot();
  t.deepEqual((await outcome(play(kernel.share(WHO), 'tour'))).value, {
    pid: true,
    written: 300_000,
    got: 300_000,
    same: true,
    pieces: 'abc',
    size: 300_000,
    uid: 1000,
    mode: 0o640,
    cwd: '/tmp',
  });
  await empty(t, kernel);
});

test('errors are those of a local call', async (t) => {
  using kernel = boot();
  t.deepEqual((await outcome(play(kernel.share(WHO), 'errors'))).value, [
    ['ENOENT', 'open'],
    ['EBADF', 'read'],
    ['EFAULT', 'read'],
    ['EPERM', 'kill'],
    ['EINVAL', 'nanosleep'],
    ['EPERM', 'setuid'],
    ['ENOSYS', 'fork'],
    ['EINVAL', 'open'],
  ]);
  await empty(t, kernel);
});

test('children, lwps, signals, promises and node:fs', async (t) => {
  using kernel = boot();
  t.deepEqual((await outcome(play(kernel.share(WHO), 'family'))).value, {
    parent: true,
    pid: true,
    status: 0x300,
    same: true,
  });
  t.deepEqual(await outcome(play(kernel.share(WHO), 'signals')), {
    value: {
      got: [c.SIGUSR1, c.SIGALRM],
      ended: 'EINTR',
    },
  });
  t.like((await outcome(play(kernel.share(WHO), 'promises'))).value as object, { size: 1_000_000, read: 5 });
  t.deepEqual((await outcome(play(kernel.share(WHO), 'files'))).value, ['hello world', ['a']]);
  await empty(t, kernel);
});

test('several Workers at once: locks exclude, and nothing is lost', async (t) => {
  using kernel = boot();
  const root = kernel.newproc();
  const fd = root.sys.open('/tmp/count', c.O_CREAT | c.O_RDWR, 0o666);
  root.sys.fchmod(fd, 0o666);
  root.sys.write(fd, new Uint8Array(4));
  const shared = kernel.share(WHO);
  const workers = Array.from({ length: 4 }, () => outcome(play(shared, 'count', 250)));
  t.deepEqual(
    (await Promise.all(workers)).map(({ value }) => value),
    [250, 250, 250, 250],
  );
  const count = new Uint32Array(1);
  root.sys.pread(fd, new Uint8Array(count.buffer), 0);
  t.is(count[0], 1000);
  root.exit();
  await empty(t, kernel);
});

test('a thread of this process and another one talk, both waiting', async (t) => {
  using kernel = boot();
  const root = kernel.newproc();
  for (const name of ['/tmp/there', '/tmp/back']) {
    root.sys.mkfifo(name, 0o666);
    root.sys.chmod(name, 0o666);
  }
  const worker = play(kernel.share(WHO), 'echo', 100);
  t.is(await told(worker), 'attached');
  const done = outcome(worker);
  // Synchronous: this thread waits in the kernel, which serves the other one meanwhile.
  const to = root.sys.open('/tmp/there', c.O_WRONLY);
  const from = root.sys.open('/tmp/back', c.O_RDONLY);
  for (let i = 0; i < 100; i++) {
    root.sys.write(to, Buffer.from(`message ${i}`));
    const bytes = new Uint8Array(16);
    t.is(Buffer.from(bytes.subarray(0, root.sys.read(from, bytes))).toString(), `message ${i}`);
  }
  t.deepEqual(await done, { value: 100 });
  root.exit();
  await empty(t, kernel);
});

test('a Worker that is terminated in the middle of a call leaves nothing behind', async (t) => {
  using kernel = boot();
  const root = kernel.newproc();
  for (let i = 0; i < 5; i++) {
    const worker = play(kernel.share({ ...WHO, uid: 0 }), 'hold');
    t.is(await told(worker), 'holding');
    const fd = root.sys.open('/tmp/held', c.O_RDWR);
    t.throws(() => root.sys.flock(fd, c.LOCK_EX | c.LOCK_NB), { code: 'EAGAIN' });
    await worker.terminate();
    // The lock goes with the process.
    await root.promises.flock(fd, c.LOCK_EX);
    root.sys.close(fd);
  }
  root.exit();
  await empty(t, kernel);
});

test('one more thread of a process: it leaves alone', async (t) => {
  using kernel = boot();
  const proc = kernel.newproc({ comm: 'shared' });
  const worker = play(proc.share(), 'hold');
  t.is(await told(worker), 'holding');
  const { nlwps } = kernel.ps().find(({ comm }) => comm === 'shared') ?? {};
  t.is(nlwps, 2);
  await worker.terminate();
  for (let i = 0; kernel.ps().some(({ comm, nlwps: n }) => comm === 'shared' && n > 1) && i < 2000; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  t.true(proc.alive);
  t.is(proc.sys.getpid(), proc.pid);
  proc.exit();
  t.throws(() => proc.share(), { code: 'ESRCH' });
});

test('a kernel that ends tells who waits, and who comes later', async (t) => {
  const kernel = boot();
  const shared = kernel.share(WHO);
  const worker = play(shared, 'hold');
  t.is(await told(worker), 'holding');
  const ended = outcome(worker);
  kernel.halt();
  t.like(await ended, { name: 'KernelDead' });
  t.like(await outcome(play(shared, 'tour')), { name: 'KernelDead' });
});

test('what cannot be: wrong values, wrong keys, this very thread, a simulated host', async (t) => {
  using kernel = boot();
  const shared = kernel.share(WHO);
  for (const wrong of [undefined, null, {}, 7, 'x', { ...shared, key: 1 }]) {
    t.throws(() => attach(wrong as never), { instanceOf: SysError, code: 'EINVAL' });
  }
  t.throws(() => attach(shared, { nonsense: 1 } as never), { code: 'EINVAL' });
  t.throws(() => attach(shared, { spinUs: -1 }), { code: 'EINVAL' });
  t.throws(() => attach(shared), { code: 'EDEADLK' });
  t.throws(() => attach({ ...shared, gate: 12_345 }), { name: 'KernelDead' });
  t.throws(() => kernel.share({ uid: -1 }), { code: 'EINVAL' });
  t.regex((await outcome(play({ ...shared, key: 1n }, 'tour'))).error ?? '', /EACCES/);
  t.regex((await outcome(play(kernel.share({ cwd: '/none' }), 'tour'))).error ?? '', /ENOENT/);
  using other = boot({ host: simulatedHost({ seed: 1 }) });
  t.throws(() => other.share(), { code: 'EOPNOTSUPP' });
  await empty(t, kernel);
});
