/** The sysproxy server: handshakes, calls, forking, what goes wrong. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { boot, constants as c, type ListenOptions, SysError } from '../../lib/api/index.ts';
import {
  encodeFrame,
  HANDSHAKE_AUTH,
  HANDSHAKE_EXEC,
  HANDSHAKE_FORK,
  HANDSHAKE_GUEST,
  RUMPSP_HANDSHAKE,
  RUMPSP_PREFORK,
  RUMPSP_SYSCALL,
} from '../../lib/sysproxy/frame.ts';
import { RawClient } from './raw.ts';
import { LSEEK, SYS, served } from './served.ts';

const STAT = 439;
const GETCWD = 296;
const SIGACTION = 340;
const READV = 120;
const NANOSLEEP = 477;
const FALLOCATE = 479;

served('a guest is a process of the kernel', async (t, { kernel, path, listener }) => {
  const client = await RawClient.connect(path);
  t.is(client.banner, 'RUMPSP-0.4-NetBSD-7.99.34/amd64\n');
  const shaken = await client.ask(RUMPSP_HANDSHAKE, HANDSHAKE_GUEST, Buffer.from('wcli\0'));
  t.deepEqual([shaken.class, shaken.type, shaken.u, shaken.body.length], [1, 0, 0, 4]);
  const { errno, retval } = await client.call(SYS.getpid);
  t.is(errno, 0);
  t.is(retval[1], 1n, 'the parent is init');
  t.is(kernel.ps().find(({ pid }) => pid === Number(retval[0]))?.comm, 'wcli');
  t.is(listener.clients, 1);
  t.deepEqual((await client.call(999)).errno, 78);
  t.deepEqual((await client.call(1, 0)).errno, 78, 'exit is the host’s business');
  client.close();
});

served('files: names and data come from the client’s memory and go there', async (t, { path, kernel }) => {
  const client = await RawClient.guest(path);
  const name = client.text('/tmp/hello.txt');
  const fd = (await client.call(SYS.open, name, c.O_CREAT | c.O_RDWR, 0o644)).retval[0];
  const data = client.alloc(0, Buffer.from('hello, rump'));
  t.deepEqual((await client.call(SYS.write, fd, data, 11)).retval, [11n, 0n]);
  t.deepEqual((await client.call(LSEEK, fd, 0, 7, c.SEEK_SET)).retval, [7n, 0n]);
  const buf = client.alloc(100);
  t.is((await client.call(SYS.read, fd, buf, 100)).retval[0], 4n);
  t.is(client.at(buf, 4).toString(), 'rump');
  const stat = client.alloc(152);
  t.is((await client.call(STAT, name, stat)).errno, 0);
  const st = client.at(stat, 152);
  const root = kernel.newproc();
  const local = root.sys.stat('/tmp/hello.txt');
  root.exit();
  t.is(Number(st.readBigUInt64LE(0)), local.dev);
  t.is(st.readUInt32LE(8), local.mode);
  t.is(Number(st.readBigUInt64LE(16)), local.ino);
  t.is(Number(st.readBigInt64LE(112)), 11);
  t.is(Number(st.readBigInt64LE(64)), local.mtim.sec);
  t.is((await client.call(STAT, client.text('/none'), stat)).errno, 2);
  t.is((await client.call(STAT, 0, stat)).errno, 14, 'NULL is EFAULT');
  const cwd = client.alloc(64);
  t.is((await client.call(GETCWD, cwd, 64)).retval[0], 2n);
  t.is(client.at(cwd, 2).toString(), '/\0');
  client.close();
});

served('calls that return an error succeed, with the error in the register', async (t, { path }) => {
  const client = await RawClient.guest(path);
  const fd = (await client.call(SYS.open, client.text('/f'), c.O_CREAT | c.O_RDWR, 0o644)).retval[0];
  t.deepEqual(await client.call(FALLOCATE, fd, 0, 0, 10), { errno: 0, retval: [0n, 0n] });
  t.deepEqual(await client.call(FALLOCATE, fd, 0, 0, 0), { errno: 0, retval: [22n, 0n] });
  t.deepEqual(await client.call(FALLOCATE, 99, 0, 0, 10), { errno: 0, retval: [9n, 0n] });
  t.deepEqual(await client.call(NANOSLEEP, c.CLOCK_MONOTONIC, 0, 8, 0), { errno: 0, retval: [14n, 0n] });
  t.is((await client.call(480, fd, 0, -1, 5)).errno, 22, 'fdiscard is not of them');
  client.close();
});

served('large transfers go whole; a length that is absurd is cut', async (t, { path }) => {
  const client = await RawClient.guest(path);
  const fd = (await client.call(SYS.open, client.text('/tmp/big'), c.O_CREAT | c.O_RDWR, 0o644)).retval[0];
  const data = client.alloc(0, Buffer.alloc(600_000, 7));
  t.is((await client.call(SYS.write, fd, data, 600_000)).retval[0], 600_000n);
  t.is((await client.call(LSEEK, fd, 0, 0, 0)).errno, 0);
  const buf = client.alloc(700_000);
  t.is((await client.call(SYS.read, fd, buf, 2n ** 60n)).retval[0], 600_000n);
  t.true(client.at(buf, 600_000).every((byte) => byte === 7));
  for (const call of [SYS.read, SYS.write]) {
    t.is((await client.call(call, fd, buf, 2n ** 63n)).errno, 22, 'no result could tell so much');
    t.is((await client.call(call, 99, buf, 2n ** 63n)).errno, 9);
  }
  const pieces = client.alloc(0, Buffer.from(BigUint64Array.of(buf, 2n ** 62n, buf, 2n ** 62n).buffer));
  t.is((await client.call(READV, fd, pieces, 2)).errno, 22);
  client.close();
});

served('calls of one client run side by side, answered as they end', async (t, { path }) => {
  const client = await RawClient.guest(path);
  const { retval } = await client.call(SYS.pipe);
  const buf = client.alloc(8);
  const reading = client.call(SYS.read, retval[0], buf, 8);
  t.is((await client.call(SYS.getpid)).errno, 0);
  await client.call(SYS.write, retval[1], client.alloc(0, Buffer.from('now')), 3);
  t.is((await reading).retval[0], 3n);
  client.close();
});

served('two clients and a local process talk', async (t, { path, kernel }) => {
  const [a, b] = [await RawClient.guest(path, 'a'), await RawClient.guest(path, 'b')];
  const p = kernel.newproc();
  p.sys.mkfifo('/tmp/fifo', 0o666);
  p.exit();
  const opening = a.call(SYS.open, a.text('/tmp/fifo'), c.O_RDONLY, 0);
  const w = (await b.call(SYS.open, b.text('/tmp/fifo'), c.O_WRONLY, 0)).retval[0];
  const r = (await opening).retval[0];
  await b.call(SYS.write, w, b.alloc(0, Buffer.from('over')), 4);
  const buf = a.alloc(8);
  t.is((await a.call(SYS.read, r, buf, 8)).retval[0], 4n);
  a.close();
  b.close();
});

served('fork: the child shows its key and has the descriptors', async (t, { path }) => {
  const parent = await RawClient.guest(path);
  const fd = (await parent.call(SYS.open, parent.text('/tmp/f'), c.O_CREAT | c.O_RDWR, 0o644)).retval[0];
  const key = (await parent.ask(RUMPSP_PREFORK, 0, new Uint8Array(0))).body;
  t.is(key.length, 16);
  const child = await RawClient.connect(path);
  const shaken = await child.ask(RUMPSP_HANDSHAKE, HANDSHAKE_FORK, Buffer.concat([key, Buffer.alloc(4)]));
  t.is(shaken.class, 1);
  t.is((await child.call(SYS.write, fd, child.alloc(0, Buffer.from('child')), 5)).retval[0], 5n);
  t.is((await parent.call(LSEEK, fd, 0, 0, c.SEEK_CUR)).retval[0], 5n, 'offsets are shared');
  t.not((await child.call(SYS.getpid)).retval[0], (await parent.call(SYS.getpid)).retval[0]);
  const again = await RawClient.connect(path);
  t.is((await again.ask(RUMPSP_HANDSHAKE, HANDSHAKE_FORK, Buffer.concat([key, Buffer.alloc(4)]))).u, 3);
  await again.closed;
  parent.close();
  child.close();
});

served('exec: what is to be closed is closed, the rest stays', async (t, { path, kernel }) => {
  const client = await RawClient.guest(path, 'old');
  const keep = (await client.call(SYS.open, client.text('/tmp/a'), c.O_CREAT | c.O_RDWR, 0o644)).retval[0];
  const gone = (await client.call(SYS.open, client.text('/tmp/b'), c.O_CREAT | c.O_RDWR | c.O_CLOEXEC, 0o644))
    .retval[0];
  const pid = (await client.call(SYS.getpid)).retval[0];
  t.is((await client.ask(RUMPSP_HANDSHAKE, HANDSHAKE_EXEC, Buffer.from('new\0'))).class, 1);
  t.is((await client.call(SYS.getpid)).retval[0], pid);
  t.is(kernel.proc(Number(pid)).comm, 'new');
  t.is((await client.call(SYS.close, gone)).errno, 9);
  t.is((await client.call(SYS.close, keep)).errno, 0);
  client.close();
});

served('signals with a handler of the client’s are raised there', async (t, { path, kernel }) => {
  const client = await RawClient.guest(path);
  const action = Buffer.alloc(32);
  action.writeBigUInt64LE(0x5555_0000n, 0);
  t.is((await client.call(SIGACTION, c.SIGUSR1, client.alloc(0, action), 0, 0, 2)).errno, 0);
  const pid = Number((await client.call(SYS.getpid)).retval[0]);
  kernel.proc(pid).kill('SIGUSR1');
  await client.call(SYS.getpid);
  t.deepEqual(client.raised, [c.SIGUSR1]);
  client.close();
});

served('what is out of place is answered as the original answers it', async (t, { path }) => {
  const first = async (frame: Uint8Array): Promise<readonly [number, number] | 'closed'> => {
    const client = await RawClient.connect(path);
    client.send(frame);
    await client.closed;
    const [answer] = client.others;
    return answer === undefined ? 'closed' : [answer.class, answer.u];
  };
  t.deepEqual(await first(encodeFrame(7n, 0, RUMPSP_SYSCALL, 20)), [2, 2]);
  t.deepEqual(await first(encodeFrame(7n, 0, RUMPSP_HANDSHAKE, HANDSHAKE_AUTH)), [2, 2]);
  t.deepEqual(await first(encodeFrame(7n, 0, RUMPSP_HANDSHAKE, 9)), [2, 2]);
  t.deepEqual(await first(encodeFrame(7n, 0, RUMPSP_HANDSHAKE, HANDSHAKE_EXEC)), [2, 2]);
  t.deepEqual(await first(encodeFrame(7n, 0, RUMPSP_HANDSHAKE, HANDSHAKE_FORK, Buffer.alloc(20))), [2, 3]);
  t.deepEqual(await first(encodeFrame(7n, 0, RUMPSP_HANDSHAKE, HANDSHAKE_FORK, Buffer.alloc(4))), [2, 7]);
  t.deepEqual(
    await first(encodeFrame(7n, 0, RUMPSP_HANDSHAKE, HANDSHAKE_GUEST)),
    [2, 7],
    'no name: it crashed the original',
  );
  const short = encodeFrame(7n, 0, 0, 0);
  short[0] = 3;
  t.is(await first(short), 'closed');
  const huge = encodeFrame(7n, 0, 0, 0);
  huge[6] = 1;
  t.is(await first(huge), 'closed');
  const client = await RawClient.guest(path);
  t.is((await client.ask(0, 0, new Uint8Array(0), 5)).u, 7);
  t.is((await client.ask(50, 0, new Uint8Array(0))).u, 7);
  t.is((await client.ask(RUMPSP_SYSCALL, 0xffff_ffff, Buffer.alloc(64))).class, 1);
  t.is((await client.call(SYS.close)).errno, 22, 'no arguments: it crashed the original');
  client.send(encodeFrame(77n, 1, 2, 0, Buffer.from('nobody asked')));
  t.is((await client.call(SYS.getpid, 1, 2, 3)).errno, 0);
  t.is((await client.ask(RUMPSP_HANDSHAKE, HANDSHAKE_GUEST, Buffer.from('x\0'))).u, 7);
  await client.closed;
});

served('a copy in that fails or is cut short is EFAULT for that call alone', async (t, { path }) => {
  const client = await RawClient.guest(path);
  const name = client.text('/tmp/f');
  client.copies = 'with an error';
  t.is((await client.call(SYS.open, name, c.O_CREAT | c.O_RDWR, 0o644)).errno, 14);
  client.copies = 'short';
  t.is((await client.call(SYS.open, name, c.O_CREAT | c.O_RDWR, 0o644)).errno, 14);
  client.copies = 'truly';
  t.is((await client.call(SYS.open, name, c.O_CREAT | c.O_RDWR, 0o644)).errno, 0);
  client.close();
});

served('a client that goes in the middle of anything leaves nothing', async (t, { path }) => {
  const client = await RawClient.guest(path);
  client.copies = 'never';
  const { retval } = await client.call(SYS.pipe);
  client.call(SYS.read, retval[0], client.alloc(8), 8).catch(() => {});
  client.call(SYS.open, client.text('/tmp/f'), 0, 0).catch(() => {});
  await client.call(SYS.getpid);
  client.close();
  const bytes = encodeFrame(1n, 0, RUMPSP_HANDSHAKE, HANDSHAKE_GUEST, Buffer.from('cut\0'));
  for (let n = 0; n <= bytes.length; n++) {
    const other = await RawClient.connect(path);
    other.send(bytes.subarray(0, n));
    other.close();
  }
  t.pass();
});

served(
  'clients have the rights of the listener',
  async (t, { path, kernel }) => {
    const maker = kernel.newproc();
    maker.sys.mkdir('/private', 0o700);
    maker.exit();
    const client = await RawClient.guest(path);
    t.deepEqual((await client.call(SYS.getuid)).retval, [1000n, 1000n]);
    t.is((await client.call(SYS.open, client.text('/private/x'), c.O_CREAT | c.O_RDWR, 0o644)).errno, 13);
    client.close();
  },
  { uid: 1000, gid: 1000 },
);

served(
  'a token comes first',
  async (t, { path }) => {
    const wrong = await RawClient.connect(path);
    t.is((await wrong.ask(RUMPSP_HANDSHAKE, HANDSHAKE_AUTH, Buffer.from('guess\0'))).u, 2);
    await wrong.closed;
    const none = await RawClient.connect(path);
    t.is((await none.ask(RUMPSP_HANDSHAKE, HANDSHAKE_GUEST, Buffer.from('x\0'))).u, 2);
    const right = await RawClient.connect(path);
    t.is((await right.ask(RUMPSP_HANDSHAKE, HANDSHAKE_AUTH, Buffer.from('secret\0'))).class, 1);
    t.is((await right.ask(RUMPSP_HANDSHAKE, HANDSHAKE_GUEST, Buffer.from('x\0'))).class, 1);
    right.close();
  },
  { token: 'secret' },
);

served('a thousand clients at once', async (t, { path, listener }) => {
  const clients: RawClient[] = [];
  for (let i = 0; i < 1000; i++) {
    clients.push(await RawClient.guest(path, `c${i}`));
  }
  t.is(listener.clients, 1000);
  const pids = await Promise.all(clients.map(async (client) => (await client.call(SYS.getpid)).retval[0]));
  t.is(new Set(pids).size, 1000);
  for (const client of clients) {
    client.close();
  }
});

test('listening: what is refused', async (t) => {
  const kernel = boot();
  const refused = async (url: string, options: ListenOptions, code: string): Promise<void> => {
    await t.throwsAsync(kernel.listen(url, options), { instanceOf: SysError, code });
  };
  await refused('ftp://x', {}, 'EINVAL');
  await refused(`unix:///${'x'.repeat(107)}`, {}, 'EINVAL');
  await refused('tcp://127.0.0.1:0', {}, 'EACCES');
  await refused('tcp://0.0.0.0:0', { token: 'x' }, 'EACCES');
  await refused('unix:///tmp/x', { uid: -1 }, 'EINVAL');
  await refused('unix:///tmp/x', { nonsense: 1 } as never, 'EINVAL');
  await t.throwsAsync(kernel.listen('unix:///nonexistent/dir/sock'), { message: /nonexistent/ });
  const tcp = await kernel.listen('tcp://127.0.0.1:0', { anonymous: true });
  t.regex(tcp.url, /^tcp:\/\/127\.0\.0\.1:\d+$/);
  await tcp.close();
  kernel.halt();
});

test('listening: what is in the way of a socket', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'rump-'));
  const path = join(dir, 'sock');
  const url = `unix://${path}`;
  const kernel = boot();
  // A server that lives keeps its place.
  const first = await kernel.listen(url, { uid: 7 });
  await t.throwsAsync(kernel.listen(url), { code: 'EADDRINUSE' });
  const client = await RawClient.guest(path, 'c');
  t.is((await client.call(SYS.getuid)).retval[0], 7n);
  client.close();
  await first.close();
  t.false(existsSync(path));
  // One that died has left it.
  const dies = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 9))`;
  t.throws(() => execFileSync(process.execPath, ['-e', dies]));
  t.true(existsSync(path));
  await (await kernel.listen(url)).close();
  // A file is no socket.
  writeFileSync(path, 'precious');
  await t.throwsAsync(kernel.listen(url), { code: 'EADDRINUSE' });
  t.is(readFileSync(path, 'utf8'), 'precious');
  kernel.halt();
  rmSync(dir, { recursive: true });
});
