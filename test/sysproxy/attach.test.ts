/** Memory that travels with a call: who knows of it, what is used, and what is not believed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { constants as c, connect } from '../../lib/api/index.ts';
import {
  encodeFrame,
  type Frame,
  HANDSHAKE_EXEC,
  HANDSHAKE_FORK,
  Reassembly,
  RUMPSP_COPYINSTR,
  RUMPSP_HANDSHAKE,
  RUMPSP_PREFORK,
  RUMPSP_REQ,
  RUMPSP_RESP,
  RUMPSP_SYSCALL,
  words,
} from '../../lib/sysproxy/frame.ts';
import { Attached } from '../../lib/sysproxy/segments.ts';
import { RawClient } from './raw.ts';
import { LSEEK, SYS, served } from './served.ts';

const ATTACH = '+attach\0';
const WRITEV = 121;
const POLL = 209;

/** A segment as it lies behind the registers. */
function segment(address: bigint, content: Uint8Array | string, length?: bigint): Buffer {
  const bytes = Buffer.from(content as Uint8Array);
  const padding = Buffer.alloc(-bytes.length & 7);
  return Buffer.concat([words(address, length ?? BigInt(bytes.length)), bytes, padding]);
}

function attaching(path: string): Promise<RawClient> {
  return RawClient.guest(path, 'raw', ATTACH);
}

/** The descriptor of a new file. */
async function file(client: RawClient, name = '/tmp/f'): Promise<bigint> {
  return (await client.call(SYS.open, client.text(name), c.O_CREAT | c.O_RDWR, 0o644)).retval[0];
}

/** What is in a file. */
async function contents(client: RawClient, fd: bigint): Promise<string> {
  await client.call(LSEEK, fd, 0, 0, c.SEEK_SET);
  const buf = client.alloc(4096);
  const { retval } = await client.call(SYS.read, fd, buf, 4096);
  return client.at(buf, Number(retval[0])).toString();
}

served('who asks is told that memory may be attached, in eight bytes', async (t, { path }) => {
  const client = await attaching(path);
  t.deepEqual([...(client.shaken as Frame).body], [0, 0, 0, 0, 1, 0, 0, 0]);
  client.close();
});

served(
  'who does not ask is answered as ever, and what follows the registers is nothing',
  async (t, { path }) => {
    const old = await RawClient.guest(path);
    t.deepEqual([...(old.shaken as Frame).body], [0, 0, 0, 0]);
    const name = old.text('/tmp/truth');
    const lie = segment(name, '/tmp/lies\0');
    const opened = await old.callWith(SYS.open, [name, c.O_CREAT | c.O_RDWR, 0o644], lie);
    t.is(opened.errno, 0);
    t.is(old.asked, 1);
    t.is((await old.call(SYS.open, old.text('/tmp/lies'), 0, 0)).errno, 2);
    t.is((await old.callWith(SYS.getpid, [], Buffer.from('whatever'))).errno, 0);
    for (const suffix of ['+attach', '+attac', '+ATTACH\0', ' +attach\0', '+other\0']) {
      const other = await RawClient.guest(path, 'raw', suffix);
      t.is((other.shaken as Frame).body.length, 4, suffix);
      other.close();
    }
    old.close();
  },
);

served('a path, an array of vectors, data: nothing is asked for', async (t, { path }) => {
  const client = await attaching(path);
  const name = client.text('/tmp/f');
  const opened = await client.callWith(
    SYS.open,
    [name, c.O_CREAT | c.O_RDWR, 0o644],
    segment(name, '/tmp/f\0'),
  );
  t.is(opened.errno, 0);
  const [fd] = opened.retval;
  // Addresses that the client could not answer for.
  const [iov, a, b] = [0x9000_0000n, 0xffff_ffff_ffff_fff0n, 0x7000_0000n];
  const vector = words(a, 6n, b, 5n);
  const wrote = await client.callWith(
    WRITEV,
    [fd, iov, 2],
    Buffer.concat([segment(iov, vector), segment(a, 'hello '), segment(b, 'world')]),
  );
  t.deepEqual(wrote, { errno: 0, retval: [11n, 0n] });
  // Any part of a segment will do.
  t.is((await client.callWith(SYS.write, [fd, b + 1n, 3], segment(b, 'world'))).retval[0], 3n);
  t.is(client.asked, 0);
  t.is(await contents(client, fd), 'hello worldorl');
  client.close();
});

served('what does not lie wholly in one segment is asked for', async (t, { path }) => {
  const client = await attaching(path);
  const fd = await file(client);
  const name = client.text('/tmp/f');
  const asked = async (call: Promise<{ errno: number }>): Promise<number> => {
    const before = client.asked;
    t.is((await call).errno, 0);
    return client.asked - before;
  };
  const open = (more: Uint8Array): Promise<{ errno: number }> =>
    client.callWith(SYS.open, [name, c.O_RDWR, 0], more);
  t.is(await asked(open(segment(name, '/tmp/f'))), 1, 'no NUL');
  t.is(await asked(open(segment(name + 1n, 'tmp/f\0'))), 1, 'begins too late');
  t.is(await asked(open(new Uint8Array(0))), 1);
  t.is(await asked(open(segment(name, ''))), 1, 'nothing at all');
  t.is(await asked(open(Buffer.concat([segment(1n, 'x'), segment(name, '/tmp/f\0')]))), 0);
  const data = client.alloc(0, Buffer.from('abcdef'));
  const halves = Buffer.concat([segment(data, 'abc'), segment(data + 3n, 'def')]);
  t.is(await asked(client.callWith(SYS.write, [fd, data, 6], halves)), 1, 'two halves are no whole');
  t.is(await asked(client.callWith(SYS.write, [fd, data, 6], segment(data, 'ABCDE'))), 1, 'too short');
  t.is(await contents(client, fd), 'abcdefabcdef');
  client.close();
});

served('it is this call’s alone', async (t, { path }) => {
  const client = await attaching(path);
  const fd = await file(client);
  const data = client.alloc(0, Buffer.from('mine'));
  const [withIt, without] = await Promise.all([
    client.callWith(SYS.write, [fd, data, 4], segment(data, 'YOUR')),
    client.call(SYS.write, fd, data, 4),
  ]);
  t.deepEqual([withIt.errno, without.errno, client.asked], [0, 0, 2]);
  t.is((await client.call(SYS.write, fd, data, 4)).errno, 0);
  const text = await contents(client, fd);
  t.is(text.length, 12);
  t.is(text.split('YOUR').length, 2);
  client.close();
});

served('what is read and written is copied out to where it was', async (t, { path }) => {
  const client = await attaching(path);
  const { retval } = await client.call(SYS.pipe);
  const fds = client.alloc(8);
  const poll = Buffer.alloc(8);
  poll.writeInt32LE(Number(retval[1]), 0);
  poll.writeInt16LE(c.POLLOUT, 4);
  t.is((await client.callWith(POLL, [fds, 1, 0], segment(fds, poll))).retval[0], 1n);
  t.is(client.at(fds, 8).readInt16LE(6), c.POLLOUT);
  t.is(client.asked, 0);
  client.close();
});

test('what has been copied out is no longer what was attached', (t) => {
  const attached = new Attached([
    { address: 100n, bytes: Buffer.from('one') },
    { address: 200n, bytes: Buffer.from('two\0') },
  ]);
  const text = (address: bigint): string | null =>
    Buffer.from(attached.text(address, 9) ?? 'null').toString();
  attached.written(103n, 97);
  t.is(Buffer.from(attached.range(100n, 3) ?? []).toString(), 'one');
  t.is(text(200n), 'two');
  attached.written(150n, 51);
  t.is(text(200n), 'null');
  t.not(attached.range(102n, 1), null);
  attached.written(102n, 1);
  t.is(attached.range(100n, 1), null, 'not even what is the same in it');
});

served('segments that do not parse are malformed, and the connection stays', async (t, { path }) => {
  const client = await attaching(path);
  const name = client.text('/tmp/f');
  const open = async (more: Uint8Array): Promise<number> => {
    const registers = words(name, BigInt(c.O_CREAT | c.O_RDWR), 0o644n);
    const frame = await client.ask(RUMPSP_SYSCALL, SYS.open, Buffer.concat([registers, more]));
    return frame.class === RUMPSP_RESP ? 0 : frame.u;
  };
  const whole = segment(name, '/tmp/f\0');
  t.is(await open(whole), 0);
  for (let length = 1; length < whole.length; length++) {
    t.is(await open(whole.subarray(0, length)), 7, `cut to ${length} bytes`);
  }
  t.is(await open(segment(name, '/tmp/f\0', 9n)), 7, 'longer than the frame');
  t.is(await open(segment(name, '/tmp/f\0', 2n ** 63n)), 7);
  t.is(await open(segment(name, '/tmp/f\0', 2n ** 64n - 1n)), 7);
  t.is(await open(segment(2n ** 64n - 4n, 'abcdefgh')), 7, 'past the end of memory');
  t.is(await open(segment(2n ** 64n - 8n, 'abcdefgh')), 0, 'up to the end of memory');
  const many = (count: number): Buffer => Buffer.concat(Array.from({ length: count }, () => whole));
  t.is(await open(many(64)), 0);
  t.is(await open(many(65)), 7);
  t.is((await client.callWith(SYS.getpid, [], whole)).errno, 0, 'a call without registers');
  t.is((await client.callWith(999, [1, 2], Buffer.from('x'))).errno, 78, 'no such call');
  t.is((await client.call(SYS.open, name)).errno, 22, 'registers are missing');
  client.close();
});

served('a forked child has what its parent had when it was announced', async (t, { path }) => {
  const child = async (parent: RawClient, between: () => Promise<unknown>): Promise<number> => {
    const { body: key } = await parent.ask(RUMPSP_PREFORK, 0, new Uint8Array(0));
    await between();
    const client = await RawClient.connect(path);
    const shaken = await client.ask(RUMPSP_HANDSHAKE, HANDSHAKE_FORK, Buffer.concat([key, Buffer.alloc(4)]));
    t.is(shaken.body.length, 4, 'its handshake is as ever');
    const name = client.text('/tmp');
    t.is((await client.callWith(SYS.open, [name, 0, 0], segment(name, '/tmp\0'))).errno, 0);
    client.close();
    return client.asked;
  };
  const exec = (client: RawClient, suffix: string): Promise<unknown> =>
    client.ask(RUMPSP_HANDSHAKE, HANDSHAKE_EXEC, Buffer.from(`new\0${suffix}`));
  const old = await RawClient.guest(path);
  const parent = await attaching(path);
  t.is(await child(old, async () => {}), 1);
  t.is(await child(parent, async () => {}), 0);
  t.is(await child(parent, () => exec(parent, '')), 0);
  t.is(await child(parent, () => exec(parent, ATTACH)), 1);
  parent.close();
  old.close();
});

served('exec says anew whether memory is attached', async (t, { path }) => {
  const client = await attaching(path);
  const name = client.text('/tmp');
  const asked = async (): Promise<number> => {
    const before = client.asked;
    t.is((await client.callWith(SYS.open, [name, 0, 0], segment(name, '/tmp\0'))).errno, 0);
    return client.asked - before;
  };
  const exec = async (suffix: string): Promise<number> =>
    (await client.ask(RUMPSP_HANDSHAKE, HANDSHAKE_EXEC, Buffer.from(`new\0${suffix}`))).body.length;
  t.is(await asked(), 0);
  t.is(await exec(''), 4);
  t.is(await asked(), 1);
  t.is(await exec(ATTACH), 8);
  t.is(await asked(), 0);
  client.close();
});

served('the JavaScript client attaches, and so do its children', async (t, { listener }) => {
  const proc = await connect(listener.url);
  const child = await proc.fork();
  await child.exec('other');
  const plain = await connect(listener.url, { attach: false });
  for (const { promises: sys } of [proc, child, plain]) {
    const fd = await sys.open('/tmp/js', c.O_CREAT | c.O_TRUNC | c.O_RDWR, 0o644);
    t.is(await sys.writev(fd, [Buffer.from('he'), Buffer.alloc(0), Buffer.from('llo')]), 5);
    const buf = Buffer.alloc(200_000, 'x');
    t.is(await sys.pwrite(fd, buf, 5), 200_000);
    const many = Array.from({ length: 100 }, (_, i) => Buffer.from(`${i % 10}`));
    t.is(await sys.pwritev(fd, many, 5), 100);
    const got = Buffer.alloc(20);
    t.is(await sys.preadv(fd, [got.subarray(0, 8), got.subarray(8)], 0), 20);
    t.is(got.toString(), 'hello012345678901234');
    const fds = [{ fd, events: c.POLLIN, revents: 0 }];
    t.is(await sys.poll(fds, 0), 1);
    t.is(fds[0]?.revents, c.POLLIN);
    await t.throwsAsync(sys.open('/none', 0), { code: 'ENOENT' });
    await sys.close(fd);
  }
  proc.close();
  child.close();
  plain.close();
});

/** A server that has never heard of attached memory, and answers every call after asking for its first argument. */
async function oldServer(
  t: ExecutionContext,
  body: (url: string, calls: readonly Buffer[], names: readonly string[]) => Promise<void>,
): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'rump-'));
  const calls: Buffer[] = [];
  const names: string[] = [];
  const serve = (socket: Socket): void => {
    const input = new Reassembly(1 << 20);
    const under: bigint[] = [];
    socket.write('RUMPSP-0.4-NetBSD-7.99.34/amd64\n');
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      input.push(chunk);
      for (let frame = input.next(); frame !== null && frame !== 'bad'; frame = input.next()) {
        const { reqno, type, class: cls } = frame;
        const answer = (kind: number, bytes: Uint8Array): void =>
          void socket.write(encodeFrame(reqno, RUMPSP_RESP, kind, 0, bytes));
        if (cls === RUMPSP_RESP) {
          names.push(Buffer.from(frame.body).toString());
          const call = under.shift() as bigint;
          socket.write(encodeFrame(call, RUMPSP_RESP, RUMPSP_SYSCALL, 0, words(0n, 3n, 0n)));
        } else if (type === RUMPSP_HANDSHAKE) {
          names.push(Buffer.from(frame.body.subarray(0, frame.body.indexOf(0))).toString());
          answer(type, new Uint8Array(4));
        } else if (frame.u === SYS.getpid) {
          answer(type, words(0n, 42n, 1n));
        } else {
          calls.push(Buffer.from(frame.body));
          under.push(reqno);
          const address = new DataView(frame.body.buffer, frame.body.byteOffset).getBigUint64(0, true);
          socket.write(encodeFrame(9n, RUMPSP_REQ, RUMPSP_COPYINSTR, 0, words(1024n, address)));
        }
      }
    });
  };
  const server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(join(dir, 'sock'), resolve));
  try {
    await body(`unix://${join(dir, 'sock')}`, calls, names);
  } finally {
    await new Promise((resolve) => server.close(resolve));
    rmSync(dir, { recursive: true });
  }
  t.pass();
}

test('the JavaScript client does not attach to a server that does not know of it', (t) =>
  oldServer(t, async (url, calls, names) => {
    const proc = await connect(url, { comm: 'visitor' });
    t.is(proc.pid, 42);
    t.is(await proc.promises.open('/etc/motd', c.O_RDONLY), 3);
    t.deepEqual(names, ['visitor', '/etc/motd\0']);
    t.deepEqual(
      calls.map(({ length }) => length),
      [24],
    );
    proc.close();
  }));
