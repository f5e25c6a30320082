/** A JavaScript client of a kernel elsewhere: the calls of a local process, over the wire. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { RemoteProc } from '../../lib/api/connect.ts';
import {
  boot,
  type ConnectOptions,
  constants as c,
  connect,
  type Kernel,
  SysError,
  sigset,
} from '../../lib/api/index.ts';
import { type Dial, Wire } from '../../lib/api/wire.ts';
import {
  encodeFrame,
  RUMPSP_RAISE,
  RUMPSP_REQ,
  RUMPSP_RESP,
  RUMPSP_SYSCALL,
} from '../../lib/sysproxy/frame.ts';

function remotely(
  title: string,
  body: (t: ExecutionContext, remote: RemoteProc, kernel: Kernel, url: string) => Promise<void>,
  options: ConnectOptions = {},
): void {
  test(title, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'rump-'));
    const kernel = boot({ console: () => {} });
    const listener = await kernel.listen(`unix://${join(dir, 'sock')}`, {
      ...(options.token === undefined ? {} : { token: options.token }),
    });
    const remote = await connect(listener.url, options);
    try {
      await body(t, remote, kernel, listener.url);
      t.is(kernel.dead, '', kernel.dmesg());
    } finally {
      remote.close();
      await listener.close();
      kernel.halt();
      rmSync(dir, { recursive: true });
    }
  });
}

remotely('files and directories', async (t, { promises: sys, pid }) => {
  t.is(await sys.getpid(), pid);
  await sys.mkdir('/tmp/d', 0o755);
  await sys.chdir('/tmp/d');
  t.is(await sys.getcwd(), '/tmp/d');
  const fd = await sys.open('é', c.O_CREAT | c.O_RDWR, 0o640);
  t.is(await sys.write(fd, Buffer.from('hello')), 5);
  t.is(await sys.writev(fd, [Buffer.from(', '), Buffer.from('world')]), 7);
  const stat = await sys.stat('é');
  t.deepEqual([stat.size, stat.mode & 0o777], [12, 0o640]);
  const [a, b] = [Buffer.alloc(3), Buffer.alloc(20)];
  t.is(await sys.preadv(fd, [a, b], 2), 10);
  t.is(a.toString() + b.toString('utf8', 0, 7), 'llo, world');
  await sys.symlink('é', 'l');
  const link = Buffer.alloc(8);
  t.is(await sys.readlink('l', link), 2);
  await sys.utimensat(
    c.AT_FDCWD,
    'é',
    [
      { sec: 5, nsec: 6 },
      { sec: 7, nsec: 8 },
    ],
    0,
  );
  t.deepEqual((await sys.lstat('é')).mtim, { sec: 7, nsec: 8 });
  t.true((await sys.getdents(await sys.open('.', c.O_RDONLY), Buffer.alloc(512))) > 0);
  t.deepEqual(
    (await sys.getvfsstat(4, c.MNT_NOWAIT)).map(({ mntonname }) => mntonname),
    ['/'],
  );
  const lock = { start: 0, len: 0, type: c.F_WRLCK, whence: c.SEEK_SET };
  t.is(await sys.fcntl(fd, c.F_GETLK, lock), 0);
  t.is(lock.type, c.F_UNLCK);
});

remotely('pipes, poll, select, kqueue, ioctl', async (t, { promises: sys }) => {
  const [r, w] = await sys.pipe2(c.O_CLOEXEC);
  const fds = [{ fd: r, events: c.POLLIN, revents: 0 }];
  t.is(await sys.poll(fds, 0), 0);
  await sys.write(w, Buffer.from('abc'));
  t.is(await sys.poll(fds, 0), 1);
  t.is(fds[0]?.revents, c.POLLIN);
  const set = new Set([r]);
  t.is(await sys.select(r + 1, set, null, null, { sec: 0, usec: 0 }), 1);
  t.deepEqual([...set], [r]);
  t.is(await sys.ioctl(r, c.FIONREAD), 3);
  const kq = await sys.kqueue();
  const watch = { ident: r, filter: c.EVFILT_READ, flags: c.EV_ADD, fflags: 0, data: 0, udata: 9n };
  const [event] = await sys.kevent(kq, [watch], 4, { sec: 0, nsec: 0 });
  t.deepEqual([event?.ident, event?.data, event?.udata], [r, 3, 9n]);
});

remotely('errors are those of a local call', async (t, { promises: sys }) => {
  const error = await t.throwsAsync<SysError>(sys.open('/none', c.O_RDONLY));
  t.deepEqual([error?.code, error?.errno, error?.syscall, error?.path], ['ENOENT', 2, 'open', '/none']);
  await t.throwsAsync(sys.read(99, Buffer.alloc(1)), { code: 'EBADF' });
  await t.throwsAsync(sys.open(7 as never, 0), { instanceOf: SysError, code: 'EFAULT' });
  await t.throwsAsync(sys.mount('tmpfs', '/tmp', 0, { nonsense: 1 }), { code: 'EINVAL' });
  await t.throwsAsync(sys.mount('hostfs', '/tmp', 0, { path: '/' }), { code: 'EPERM' });
  await t.throwsAsync(sys.kevent(0, [{ ident: 0.5 } as never], 0), { code: 'EINVAL' });
  await t.throwsAsync(sys.setrlimit(1, { cur: -1, max: 0 }), { code: 'EINVAL' });
});

remotely('limits, ids, time and usage', async (t, { promises: sys }) => {
  await sys.setrlimit(c.RLIMIT_NOFILE, { cur: 20, max: Number.POSITIVE_INFINITY });
  t.deepEqual(await sys.getrlimit(c.RLIMIT_NOFILE), { cur: 20, max: Number.POSITIVE_INFINITY });
  await sys.setgroups([1, 2, 3]);
  t.deepEqual(await sys.getgroups(16), [1, 2, 3]);
  t.true((await sys.clock_gettime(c.CLOCK_REALTIME)).sec > 1e9);
  t.is((await sys.getrusage(c.RUSAGE_SELF)).utime.sec, 0);
  await sys.setuid(1000);
  t.is(await sys.getuid(), 1000);
});

remotely('fork and exec', async (t, remote) => {
  const [r, w] = await remote.promises.pipe();
  const child = await remote.fork();
  t.not(child.pid, remote.pid);
  t.is(await child.promises.getppid(), remote.pid);
  await child.promises.write(w, Buffer.from('x'));
  t.is(await remote.promises.read(r, Buffer.alloc(4)), 1);
  await child.promises.fcntl(r, c.F_SETFD, c.FD_CLOEXEC);
  await child.exec('other');
  await t.throwsAsync(child.promises.read(r, Buffer.alloc(1)), { code: 'EBADF' });
  child.close();
});

remotely('a child knows the handlers it has inherited', async (t, remote) => {
  const handler = (): void => {};
  await remote.promises.sigaction(c.SIGUSR1, { handler, mask: sigset(), flags: 0 });
  const child = await remote.fork();
  t.is((await child.promises.sigaction(c.SIGUSR1)).handler, handler);
  child.close();
});

remotely('exec: handlers were those of the old program', async (t, remote, kernel) => {
  const caught: string[] = [];
  const handler = (): void => void caught.push('old');
  await remote.promises.sigaction(c.SIGUSR1, { handler, mask: sigset(), flags: 0 });
  await remote.exec('other');
  kernel.proc(remote.pid).kill(c.SIGUSR1);
  await t.throwsAsync(remote.promises.getpid(), { code: 'ESRCH', message: /killed by SIGUSR1/ });
  t.deepEqual(caught, []);
});

remotely('exec waits for calls under way, and until then new ones are EBUSY', async (t, remote) => {
  const [r, w] = await remote.promises.pipe();
  const child = await remote.fork();
  const reading = remote.promises.read(r, Buffer.alloc(1));
  const exec = remote.exec('other');
  await t.throwsAsync(remote.promises.getpid(), { code: 'EBUSY' });
  await child.promises.write(w, Buffer.from('x'));
  child.close();
  t.is(await reading, 1);
  await exec;
  t.is(await remote.promises.getpid(), remote.pid);
});

remotely('a sleep that is cut short says what was left', async (t, remote, kernel) => {
  const { promises: sys } = remote;
  await sys.sigaction(c.SIGUSR1, { handler: () => {}, mask: sigset(), flags: 0 });
  const left = { sec: 0, nsec: 0 };
  const sleeping = sys.nanosleep({ sec: 1000, nsec: 0 }, left);
  await sys.getpid();
  kernel.proc(remote.pid).kill(c.SIGUSR1);
  await t.throwsAsync(sleeping, { code: 'EINTR' });
  t.true(left.sec >= 900);
});

test('a signal that comes along with the answer of sigaction finds the handler', async (t) => {
  const caught: number[] = [];
  const handler = (signo: number): void => void caught.push(signo);
  let asked = 0n;
  const dial: Dial = (user) => {
    const say = (...frames: readonly Uint8Array[]): void => {
      const bytes = Buffer.concat(frames);
      queueMicrotask(() => user.received(bytes, bytes.length));
    };
    say(Buffer.from('RUMPSP-0.4-NetBSD-10.1/amd64\n'));
    return {
      write() {
        const answer = encodeFrame(++asked, RUMPSP_RESP, RUMPSP_SYSCALL, 0, new Uint8Array(24));
        const raise = encodeFrame(0n, RUMPSP_REQ, RUMPSP_RAISE, c.SIGUSR1);
        say(answer, ...(asked === 1n ? [raise] : []));
      },
      destroy() {},
    };
  };
  const wire = new Wire(dial, {});
  await wire.ready;
  const { promises } = new RemoteProc(wire, 2);
  await promises.sigaction(c.SIGUSR1, { handler, mask: sigset(), flags: 0 });
  t.deepEqual(caught, [c.SIGUSR1]);
});

remotely('a call that waits when the connection ends fails', async (t, remote) => {
  const [r] = await remote.promises.pipe();
  const reading = remote.promises.read(r, Buffer.alloc(1));
  remote.close();
  await t.throwsAsync(reading, { code: 'ENOTCONN' });
  await t.throwsAsync(remote.promises.getpid(), { code: 'ENOTCONN' });
});

remotely(
  'a token',
  async (t, remote, _kernel, url) => {
    t.true(remote.pid > 1);
    await t.throwsAsync(connect(url), { instanceOf: SysError });
    await t.throwsAsync(connect(url, { token: 'wrong' }), { instanceOf: SysError, code: 'EPERM' });
  },
  { token: 'secret' },
);

test('options that make no sense are refused before anybody is asked', async (t) => {
  for (const options of [
    5,
    null,
    { token: 5 },
    { token: '' },
    { comm: 'a\0b' },
    { onsignal: 1 },
    { attach: 1 },
    { tokn: 'x' },
  ]) {
    const error = await t.throwsAsync(connect('unix:///none', options as never), { instanceOf: SysError });
    t.is(error.code, 'EINVAL', JSON.stringify(options));
  }
});

test('what is no server is told apart', async (t) => {
  await t.throwsAsync(connect('nowhere'), { instanceOf: SysError, code: 'EINVAL' });
  await t.throwsAsync(connect('unix:///nonexistent/sock'), { code: 'ENOENT' });
  const dir = mkdtempSync(join(tmpdir(), 'rump-'));
  const other = createServer((socket) => socket.end('220 mail\r\n'));
  await new Promise<void>((resolve) => {
    other.listen(join(dir, 'sock'), resolve);
  });
  await t.throwsAsync(connect(`unix://${join(dir, 'sock')}`), { instanceOf: SysError, code: 'EINVAL' });
  await new Promise((resolve) => {
    other.close(resolve);
  });
  rmSync(dir, { recursive: true });
});
