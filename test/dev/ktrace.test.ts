/** /dev/ktrace: what the kernel does, as lines of JSON. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { boot, constants as c, connect, type Kernel, type Proc, simulatedHost } from '../../lib/api/index.ts';
import { conformance, fails } from '../conformance/harness.ts';

interface Told {
  readonly type: string;
  readonly pid?: number;
  readonly call?: string;
  readonly count?: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

/** All that waits to be read. */
async function told(proc: Pick<Proc, 'promises'>, fd: number): Promise<Told[]> {
  const bytes = new Uint8Array(1 << 21);
  await proc.promises.fcntl(fd, c.F_SETFL, c.O_NONBLOCK);
  let length = 0;
  try {
    for (;;) {
      length += await proc.promises.read(fd, bytes.subarray(length));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') {
      throw error;
    }
  }
  const lines = Buffer.from(bytes.subarray(0, length)).toString().split('\n');
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Told);
}

function quiet(): Kernel {
  return boot({ host: simulatedHost({ seed: 3 }), env: {} });
}

conformance('whoever may reads what others do, and not what itself does', async (t, { newproc, call }) => {
  const reader = newproc();
  const other = newproc();
  const sys = call(reader);
  const fd = await sys.open('/dev/ktrace', c.O_RDONLY);
  await sys.getpid();
  await call(other).write(1, Buffer.from(''));
  await call(other).mkdir('/é', 0o755);
  await fails(t, 'EEXIST', call(other).mkdir('/é', 0o700));
  const events = (await told(reader, fd)).filter(
    ({ call: name, type }) => name !== undefined && type !== 'answer',
  );
  t.true(events.every(({ pid }) => pid === other.pid));
  const made = events.find(({ call: name, type }) => name === 'mkdir' && type === 'call');
  t.deepEqual(made?.args, { path: '/é', mode: 0o755 });
  const [written] = events;
  t.deepEqual(written?.args, { fd: 1, buf: { length: 0, head: { hex: '' } } });
  t.like(events.at(-1), { type: 'error', call: 'mkdir', code: 'EEXIST' });
  await sys.close(fd);
});

conformance('it is for the superuser, and for one', async (t, { newproc, call }) => {
  const root = newproc();
  const user = newproc({ uid: 1000, gid: 1000 });
  await fails(t, 'EACCES', call(user).open('/dev/ktrace', c.O_RDONLY));
  await fails(
    t,
    'ENODEV',
    call(root).write(await call(root).open('/dev/ktrace', c.O_RDWR), Buffer.from('x')),
  );
  await fails(t, 'EBUSY', call(root).open('/dev/ktrace', c.O_RDONLY));
  await call(root).close(3);
  await call(root).chmod('/dev/ktrace', 0o444);
  await fails(t, 'EPERM', call(user).open('/dev/ktrace', c.O_RDONLY));
  const fd = await call(root).open('/dev/ktrace', c.O_RDONLY);
  await call(root).mknod('/dev/other', c.S_IFCHR | 0o600, (await call(root).stat('/dev/ktrace')).rdev + 1);
  await fails(t, 'ENXIO', call(root).open('/dev/other', c.O_RDONLY));
  await call(root).close(fd);
});

test('the kernel traces for one: a program or its host', (t) => {
  const kernel = quiet();
  const { sys } = kernel.newproc();
  const fd = sys.open('/dev/ktrace', c.O_RDONLY);
  t.throws(() => kernel.trace(), { code: 'EBUSY' });
  sys.close(fd);
  const trace = kernel.trace();
  t.throws(() => sys.open('/dev/ktrace', c.O_RDONLY), { code: 'EBUSY' });
  trace.stop();
  sys.close(sys.open('/dev/ktrace', c.O_RDONLY));
  kernel.halt();
});

test('closing ends it, and so does the end of the process', (t) => {
  const kernel = quiet();
  const tracing = (): boolean => {
    try {
      kernel.trace().stop();
      return false;
    } catch {
      return true;
    }
  };
  const root = kernel.newproc();
  const fd = root.sys.open('/dev/ktrace', c.O_RDONLY);
  const copy = root.sys.dup(fd);
  const child = root.fork();
  t.true(tracing());
  root.sys.close(fd);
  root.sys.close(copy);
  t.true(tracing(), 'a child has it open still');
  child.kill('SIGKILL');
  t.false(tracing());
  root.sys.open('/dev/ktrace', c.O_RDONLY);
  t.true(tracing());
  root.exit(0);
  t.false(tracing());
  kernel.halt();
});

test('a reader sleeps until something happens, and poll and kqueue say when', async (t) => {
  const kernel = quiet();
  const root = kernel.newproc();
  const other = kernel.newproc();
  const fd = root.sys.open('/dev/ktrace', c.O_RDONLY);
  const kq = root.sys.kqueue();
  const change = { ident: fd, filter: c.EVFILT_READ, flags: c.EV_ADD, fflags: 0, data: 0, udata: 0 };
  root.sys.kevent(kq, [change], 0, null);
  t.deepEqual(root.sys.kevent(kq, [], 1, { sec: 0, nsec: 0 }), []);
  const polled = [{ fd, events: c.POLLIN, revents: 0 }];
  const poll = root.promises.poll(polled, -1);
  const event = root.promises.kevent(kq, [], 1, null);
  const bytes = new Uint8Array(10);
  const read = root.promises.read(fd, bytes);
  await new Promise(setImmediate);
  other.sys.getpid();
  t.is(await read, 10, 'a part of a line');
  t.is(Buffer.from(bytes).toString(), '{"timeNs":');
  const [ready] = await event;
  t.is(ready?.ident, fd);
  t.true(Number(ready?.data) > 10);
  t.is(await poll, 1);
  t.is(polled[0]?.revents, c.POLLIN);
  const waiting = kernel.newproc();
  t.throws(() => waiting.sys.open('/dev/ktrace', c.O_RDONLY), { code: 'EBUSY' });
  kernel.halt();
});

test('a synchronous reader for whom nothing can happen is told so', (t) => {
  const kernel = quiet();
  const { sys } = kernel.newproc();
  const fd = sys.open('/dev/ktrace', c.O_RDONLY);
  t.throws(() => sys.read(fd, new Uint8Array(10)), { code: 'EDEADLK' });
  kernel.halt();
});

test('what a slow reader loses is counted where it was', async (t) => {
  const kernel = quiet();
  const root = kernel.newproc();
  const other = kernel.newproc();
  const fd = root.sys.open('/dev/ktrace', c.O_RDONLY);
  const calls = 20_000;
  for (let i = 0; i < calls; i++) {
    other.sys.umask(i & 0o777);
  }
  const first = await told(root, fd);
  t.true(first.length < 2 * calls);
  t.deepEqual(
    [...new Set(first.map(({ type }) => type))],
    ['call', 'return'],
    'what came first is what is kept',
  );
  other.sys.umask(0);
  const [lost, ...rest] = await told(root, fd);
  t.is(lost?.type, 'lost');
  t.is(first.length + (lost?.count ?? 0), 2 * calls, 'each event is there or counted');
  t.deepEqual(
    rest.map(({ type }) => type),
    ['call', 'return'],
  );
  kernel.halt();
});

test('a client that is cut off traces no more', async (t) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'rump-ktrace-'));
  const kernel = boot({ env: {} });
  const listener = await kernel.listen(`unix://${dir}/socket`, { uid: 0, gid: 0 });
  const remote = await connect(listener.url);
  const fd = await remote.promises.open('/dev/ktrace', c.O_RDONLY);
  kernel.newproc().sys.getpid();
  const bytes = new Uint8Array(4096);
  const length = await remote.promises.read(fd, bytes);
  t.regex(Buffer.from(bytes.subarray(0, length)).toString(), /"call":"getpid"/);
  const waiting = t.throwsAsync(remote.promises.read(fd, bytes));
  t.throws(() => kernel.trace(), { code: 'EBUSY' });
  const { pid } = remote;
  remote.close();
  await waiting;
  while (kernel.ps().some((row) => row.pid === pid)) {
    await new Promise(setImmediate);
  }
  t.notThrows(() => kernel.trace().stop());
  await listener.close();
  kernel.halt();
  rmSync(dir, { recursive: true });
});
