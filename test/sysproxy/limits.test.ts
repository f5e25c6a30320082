/** What one client may use up, and that others do not suffer from it. */
import { connect as netConnect } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { constants as c, connect, type Kernel } from '../../lib/api/index.ts';
import {
  encodeFrame,
  HANDSHAKE_GUEST,
  HEADER,
  Reassembly,
  RUMPSP_HANDSHAKE,
  RUMPSP_REQ,
  RUMPSP_SYSCALL,
  words,
} from '../../lib/sysproxy/frame.ts';
import { insideOf } from '../conformance/harness.ts';
import { RawClient } from './raw.ts';
import { SYS, served } from './served.ts';

const MIB = 1 << 20;
const READV = 120;

/** Make `count` calls at a time; how each ended: an errno, "error 1", or nothing as yet. */
function calls(count: number, make: () => Promise<{ errno: number }>): (number | string | undefined)[] {
  const ends: (number | string | undefined)[] = Array.from({ length: count }, () => undefined);
  for (let i = 0; i < count; i++) {
    make().then(
      ({ errno }) => {
        ends[i] = errno;
      },
      (error: Error) => {
        ends[i] = error.message;
      },
    );
  }
  return ends;
}

/** Until it is so. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) {
    await turn();
  }
}

function counted(ends: readonly unknown[], value: unknown): number {
  return ends.filter((end) => end === value).length;
}

/** The budget has been given back when a call of nearly all of it succeeds again. */
async function isGivenBack(t: ExecutionContext, client: RawClient, r: bigint, w: bigint): Promise<void> {
  const SMALL = 64;
  const base = client.alloc(SMALL);
  const iov = client.alloc(0, words(...Array.from({ length: 15 }, () => [base, BigInt(MIB)]).flat()));
  await client.call(SYS.write, w, client.alloc(0, Buffer.from('x')), 1);
  t.deepEqual(await client.call(READV, r, iov, 15), { errno: 0, retval: [1n, 0n] });
}

served('requests of a client under way: 16 MiB, then try again', async (t, { path }) => {
  const client = await RawClient.guest(path, 'raw', '+attach\0');
  const { retval: pipe } = await client.call(SYS.pipe);
  const data = 0x5000_0000n;
  const more = Buffer.concat([words(data, BigInt(MIB)), Buffer.alloc(MIB)]);
  const ends = calls(20, () => client.callWith(SYS.write, [pipe[1], data, MIB], more));
  await until(() => counted(ends, 'error frame 1') > 0);
  await client.call(SYS.getpid);
  t.is(counted(ends, 'error frame 1'), 20 - 15);
  t.is(client.asked, 0);
  const buf = client.alloc(MIB);
  for (let left = 15 * MIB; left > 0; ) {
    left -= Number((await client.call(SYS.read, pipe[0], buf, MIB / 2)).retval[0]);
  }
  await until(() => counted(ends, 0) === 15);
  client.close();
});

served('what is copied in for a client: 16 MiB, then ENOMEM for that call', async (t, { path }) => {
  const client = await RawClient.guest(path);
  const { retval: pipe } = await client.call(SYS.pipe);
  const data = client.alloc(MIB);
  // Asked for is used up: that the client does not answer changes nothing.
  client.copies = 'never';
  const ends = calls(20, () => client.call(SYS.write, pipe[1], data, MIB));
  await until(() => counted(ends, 12) > 0);
  await client.call(SYS.getpid);
  t.is(counted(ends, 12), 20 - 15);
  client.close();
});

served(
  'what is to be filled for a client: 16 MiB, then ENOMEM; and all is given back',
  async (t, { path }) => {
    const client = await RawClient.guest(path);
    const { retval: pipe } = await client.call(SYS.pipe);
    const [r, w] = pipe;
    await isGivenBack(t, client, r, w);
    const buf = client.alloc(8);
    const ends = calls(20, () => client.call(SYS.read, r, buf, MIB));
    await until(() => counted(ends, 12) > 0);
    t.is(counted(ends, 12), 20 - 15);
    const other = await RawClient.guest(path);
    const others = await other.call(SYS.pipe);
    await isGivenBack(t, other, ...others.retval);
    for (let n = 1; n <= 15; n++) {
      await client.call(SYS.write, w, buf, 1);
      await until(() => counted(ends, 0) === n);
    }
    await isGivenBack(t, client, r, w);
    client.close();
    other.close();
  },
);

served('an answer longer than what was asked for is EFAULT', async (t, { path }) => {
  const client = await RawClient.guest(path);
  client.copies = 'long';
  t.is((await client.call(SYS.open, client.text('/tmp'), 0, 0)).errno, 14);
  client.copies = 'truly';
  t.is((await client.call(SYS.open, client.text('/tmp'), 0, 0)).errno, 0);
  client.close();
});

served('before its handshake a connection may send little', async (t, { path }) => {
  const client = await RawClient.connect(path);
  const frame = encodeFrame(1n, 0, RUMPSP_HANDSHAKE, HANDSHAKE_GUEST, Buffer.from(`x\0${'y'.repeat(8000)}`));
  client.send(frame.subarray(0, HEADER));
  await client.closed;
  t.pass();
});

/** Connected and a guest, and then bytes that nobody reads. */
async function flooder(path: string, bytes: Uint8Array) {
  const socket = netConnect(path);
  socket.on('error', () => {});
  const input = new Reassembly(MIB);
  let answers = -1;
  await new Promise<void>((resolve) => {
    socket.once('data', (banner) => {
      socket.on('data', (chunk) => {
        input.push(chunk);
        for (let frame = input.next(); frame !== null && frame !== 'bad'; frame = input.next()) {
          answers++;
        }
        if (answers >= 0) {
          resolve();
        }
      });
      input.push(banner.subarray(banner.indexOf(10) + 1));
      socket.write(encodeFrame(0n, RUMPSP_REQ, RUMPSP_HANDSHAKE, HANDSHAKE_GUEST, Buffer.from('flood\0')));
    });
  });
  return {
    socket,
    flood: () => void socket.write(bytes),
    answers: () => answers,
  };
}

function requests(count: number): Buffer {
  const one = encodeFrame(5n, RUMPSP_REQ, RUMPSP_SYSCALL, SYS.getpid);
  return Buffer.concat(Array.from({ length: count }, () => one));
}

served('who sends and does not read is held up, loses nothing, and disturbs nobody', async (t, served) => {
  const FLOOD = 200_000;
  const flood = await flooder(served.path, requests(FLOOD));
  const other = await RawClient.guest(served.path);
  const made = callsOf(served.kernel);
  flood.socket.pause();
  flood.flood();
  // It is held up when many calls of somebody else's are all that happens.
  let before = -1;
  await until(async () => {
    before = made();
    for (let i = 0; i < 200; i++) {
      await other.call(SYS.getpid);
    }
    return made() === before + 200;
  });
  t.true(before < FLOOD / 2, `${before} calls were made`);
  flood.socket.resume();
  await until(() => flood.answers() === FLOOD);
  flood.socket.destroy();
  other.close();
});

/** How many calls a kernel has served. */
function callsOf(kernel: Kernel): () => number {
  const kern = insideOf(kernel);
  return () => kern.ncalls;
}

served('a flood is not served before somebody who comes later and asks for little', async (t, served) => {
  const FLOOD = 8000;
  const flood = await flooder(served.path, requests(FLOOD));
  const other = await RawClient.guest(served.path);
  const made = callsOf(served.kernel);
  const before = made();
  flood.flood();
  await other.call(SYS.getpid);
  t.true(made() - before < 640, `${made() - before} calls were made first`);
  await until(() => flood.answers() === FLOOD);
  flood.socket.destroy();
  other.close();
});

served('a client that never reads does not keep a listener from closing', async (t, { path, listener }) => {
  const flood = await flooder(path, requests(100_000));
  flood.socket.pause();
  flood.flood();
  await new Promise((resolve) => setTimeout(resolve, 50));
  await listener.close();
  t.pass();
  flood.socket.destroy();
});

served('a process that is killed loses its connection', async (t, { listener, kernel }) => {
  const proc = await connect(listener.url);
  const [r] = await proc.promises.pipe();
  const reading = proc.promises.read(r, new Uint8Array(1));
  const idle = await proc.fork();
  // A child that is announced and does not come does not keep it.
  const raw = await RawClient.guest(listener.url.slice('unix://'.length));
  const { retval } = await raw.call(SYS.getpid);
  await raw.ask(7, 0, new Uint8Array(0));
  kernel.proc(proc.pid).kill('SIGKILL');
  kernel.proc(idle.pid).kill(c.SIGKILL);
  kernel.proc(Number(retval[0])).kill('SIGKILL');
  await t.throwsAsync(reading, { code: 'ESRCH' });
  await raw.closed;
  await until(() => listener.clients === 0);
  for (const { promises } of [proc, idle]) {
    await t.throwsAsync(promises.getpid(), { code: 'ENOTCONN' });
  }
});

served('one call moves 8 MiB, in pieces, and less when others are under way', async (t, { path, kernel }) => {
  const SIZE = 8 * MIB;
  const proc = await connect(`unix://${path}`);
  const fd = await proc.promises.open('/tmp/large', c.O_CREAT | c.O_RDWR, 0o600);
  const bytes = Buffer.alloc(SIZE, 'sixteen bytes...');
  t.is(await proc.promises.write(fd, bytes), SIZE);
  const back = Buffer.alloc(SIZE);
  t.is(await proc.promises.pread(fd, back, 0), SIZE);
  t.true(back.equals(bytes));
  const [r] = await proc.promises.pipe();
  const waiting = proc.promises.read(r, Buffer.alloc(SIZE));
  waiting.catch(() => {});
  await until(() => kernel.ps().some(({ wmesg }) => wmesg.includes('piperd')));
  t.is(await proc.promises.pwrite(fd, bytes, 0), SIZE / 2);
  // Again and again it is a whole one, or as much as is said.
  const both = await Promise.all([proc.promises.pread(fd, back, 0), proc.promises.pwrite(fd, bytes, SIZE)]);
  t.true(
    both.every((count) => count >= MIB),
    String(both),
  );
  proc.close();
});
