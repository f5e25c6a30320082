/** Calls on sockets frame by frame: clients of the original, and those that mean harm. */
import { setImmediate as turn } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { constants as c, components } from '../../lib/api/index.ts';
import { words } from '../../lib/sysproxy/frame.ts';
import { type Fields, iovecs, mmsghdr, msghdr, sockaddr } from '../emul/netbsd/abi.ts';
import { loopback } from '../emul/netbsd/loopback.ts';
import { RawClient } from './raw.ts';
import { type Served, served } from './served.ts';

const NUMBERS = {
  recvmsg: 27,
  sendmsg: 28,
  recvfrom: 29,
  accept: 30,
  getsockname: 32,
  connect: 98,
  bind: 104,
  setsockopt: 105,
  getsockopt: 118,
  sendto: 133,
  socketpair: 135,
  socket: 394,
  recvmmsg: 475,
  sendmmsg: 476,
};
const [EFAULT, EINVAL, EAGAIN, EMSGSIZE] = [14, 22, 35, 40];
const NOWHERE = 0x7fff_0000n;
const MIB = 1 << 20;

interface Pair {
  readonly raw: RawClient;
  readonly by: bigint;
  readonly to: bigint;
}

function sockets(
  title: string,
  body: (t: ExecutionContext, pair: Pair, served: Served) => Promise<void>,
): void {
  served(
    title,
    async (t, world) => {
      const raw = await RawClient.guest(world.path);
      const fds = raw.alloc(8);
      t.is((await raw.call(NUMBERS.socketpair, c.AF_LOCAL, c.SOCK_DGRAM, 0, fds)).errno, 0);
      const [by, to] = [raw.at(fds, 4).readInt32LE(), raw.at(fds + 4n, 4).readInt32LE()];
      const name = sockaddr(0, c.AF_LOCAL, 'by');
      t.is((await raw.call(NUMBERS.bind, by, raw.alloc(0, name), name.length)).errno, 0);
      await body(t, { raw, by: BigInt(by), to: BigInt(to) }, world);
      raw.close();
    },
    {},
    { components: [...Object.values(components), loopback()] },
  );
}

const iov = (raw: RawClient, ...pieces: readonly (readonly [bigint, number | bigint])[]): Fields => ({
  iov: raw.alloc(0, iovecs(...pieces)),
  iovlen: pieces.length,
});

sockets('a message there and back, each part asked for', async (t, { raw, by, to }) => {
  const control = Buffer.concat([Buffer.from(Int32Array.of(18, 1, 2, 0).buffer), Buffer.from('hi')]);
  const pieces = iov(raw, [raw.alloc(0, Buffer.from('one')), 3], [raw.alloc(0, Buffer.from('two')), 3]);
  const sent = { ...pieces, control: raw.alloc(0, control), controllen: control.length };
  const before = raw.asked;
  t.deepEqual(await raw.call(NUMBERS.sendmsg, by, raw.alloc(0, msghdr(sent)), 0), {
    errno: 0,
    retval: [6n, 0n],
  });
  t.is(raw.asked - before, 5, 'structure, vector, control, two pieces');
  const [a, b, ctl, name] = [raw.alloc(4), raw.alloc(8), raw.alloc(64), raw.alloc(64)];
  const room = { ...iov(raw, [a, 4], [b, 8]), control: ctl, controllen: 64, name, namelen: 64, flags: -1 };
  const message = raw.alloc(0, msghdr(room));
  t.deepEqual(await raw.call(NUMBERS.recvmsg, to, message, 0), { errno: 0, retval: [6n, 0n] });
  const told = { ...room, controllen: control.length, namelen: 4, flags: 0 };
  t.deepEqual(raw.at(message, 48), msghdr(told));
  t.is(`${raw.at(a, 4)}${raw.at(b, 3)}`, 'onetwo\0');
  t.deepEqual(raw.at(ctl, control.length), control);
  t.deepEqual(raw.at(name, 4), sockaddr(4, c.AF_LOCAL, 'by'));
});

sockets('the structures of several messages are asked for at once', async (t, { raw, by, to }) => {
  const vector = raw.alloc(0, iovecs([raw.alloc(8), 2]));
  const list = raw.alloc(
    0,
    Buffer.concat(Array.from({ length: 9 }, () => mmsghdr({ iov: vector, iovlen: 1 }))),
  );
  const before = raw.asked;
  t.is((await raw.call(NUMBERS.sendmmsg, by, list, 9, 0)).retval[0], 9n);
  t.is(raw.asked - before, 1 + 9 + 9, 'vectors and data');
  t.is((await raw.call(NUMBERS.recvmmsg, to, list, 9, 0, 0)).retval[0], 9n);
  t.is(raw.asked - before, 1 + 9 + 9 + 1 + 9, 'vectors');
  for (let n = 0; n < 9; n++) {
    t.is(raw.at(list + BigInt(56 * n + 48), 4).readUInt32LE(), 2);
  }
});

sockets('what is wrong is an errno, and nothing is changed', async (t, { raw, by, to }, { kernel }) => {
  const data = raw.alloc(0, Buffer.from('x'));
  const good = iov(raw, [data, 1]);
  const many = raw.alloc(1025 * 16);
  const wrong: readonly (readonly [Fields, number])[] = [
    [{ ...good, iovlen: 1025, iov: many }, EMSGSIZE],
    [{ ...good, iovlen: 0x7fff_ffff }, EMSGSIZE],
    [{ ...good, iovlen: -1 }, EMSGSIZE],
    [{ ...good, iov: NOWHERE }, EFAULT],
    [{ ...good, iov: 0n }, EFAULT],
    [iov(raw, [data, 1n << 62n], [data, 1n << 62n]), EINVAL],
    [iov(raw, [NOWHERE, 1]), EFAULT],
    [{ ...good, name: NOWHERE, namelen: 16 }, EFAULT],
    [{ ...good, name: data, namelen: 256 }, EINVAL],
    [{ ...good, name: data, namelen: 0xffff_ffff }, EINVAL],
    [{ ...good, control: NOWHERE, controllen: 16 }, EFAULT],
    [{ ...good, control: data, controllen: 0xffff_ffff }, EINVAL],
    [{ ...good, control: data, controllen: 1 }, EINVAL],
  ];
  const length = Number(raw.alloc(0) - data);
  const before = Buffer.from(raw.at(data, length));
  for (const [fields, errno] of wrong) {
    const at = raw.alloc(0, msghdr(fields));
    t.is((await raw.call(NUMBERS.sendmsg, by, at, 0)).errno, errno, JSON.stringify(fields, String));
    const list = raw.alloc(0, mmsghdr(fields));
    t.is((await raw.call(NUMBERS.sendmmsg, by, list, 1, 0)).errno, errno);
  }
  t.is((await raw.call(NUMBERS.sendmsg, by, NOWHERE, 0)).errno, EFAULT);
  t.is((await raw.call(NUMBERS.sendmsg, by, 0, 0)).errno, EFAULT);
  t.is((await raw.call(NUMBERS.sendmmsg, by, NOWHERE, -1, 0)).errno, EFAULT);
  t.is((await raw.call(NUMBERS.sendto, by, data, 1, 0, data, -1)).errno, EINVAL);
  t.is((await raw.call(NUMBERS.connect, by, data, 1n << 40n)).errno, EINVAL);
  t.is((await raw.call(NUMBERS.setsockopt, by, 1, 2, data, -1)).errno, EINVAL);
  t.is((await raw.call(NUMBERS.getsockopt, by, 1, 2, data, NOWHERE)).errno, EFAULT);
  t.is((await raw.call(NUMBERS.getsockname, by, data, NOWHERE)).errno, EFAULT);
  const room = msghdr(good);
  t.is(
    (await raw.call(NUMBERS.recvmsg, to, raw.alloc(0, room), c.MSG_DONTWAIT)).errno,
    EAGAIN,
    'nothing came',
  );
  t.deepEqual(raw.at(data, length), before);
  t.true(kernel.running);
});

sockets('copies that are answered wrongly', async (t, { raw, by, to }) => {
  const message = raw.alloc(0, msghdr(iov(raw, [raw.alloc(0, Buffer.from('xy')), 2])));
  for (const copies of ['short', 'long', 'with an error'] as const) {
    raw.copies = copies;
    t.is((await raw.call(NUMBERS.sendmsg, by, message, 0)).errno, EFAULT, copies);
    t.is((await raw.call(NUMBERS.sendmmsg, by, message, 1, 0)).errno, EFAULT, copies);
    t.is((await raw.call(NUMBERS.bind, to, message, 16)).errno, EFAULT, copies);
    t.is((await raw.call(NUMBERS.getsockname, by, message, message)).errno, EFAULT, copies);
  }
  raw.copies = 'truly';
  t.is((await raw.call(NUMBERS.sendmsg, by, message, 0)).errno, 0);
});

sockets('a client that goes in the middle', async (t, { raw, to }, { path, kernel }) => {
  const message = raw.alloc(0, msghdr(iov(raw, [raw.alloc(8), 8])));
  const waiting = raw.call(NUMBERS.recvmsg, to, message, 0).catch(() => 'closed');
  const other = await RawClient.guest(path);
  const fds = other.alloc(8);
  await other.call(NUMBERS.socketpair, c.AF_LOCAL, c.SOCK_DGRAM, 0, fds);
  other.copies = 'never';
  const asking = other.call(NUMBERS.sendmsg, other.at(fds, 4).readInt32LE(), fds, 0).catch(() => 'closed');
  while (other.asked === 0) {
    await turn();
  }
  other.close();
  t.is(await asking, 'closed');
  raw.copies = 'never';
  raw.close();
  t.is(await waiting, 'closed');
  t.true(kernel.running);
});

sockets('more than there is memory for', async (t, { raw, by, to }, { kernel }) => {
  const data = raw.alloc(MIB);
  const vast = iov(raw, ...Array.from({ length: 20 }, () => [data, MIB] as const));
  const large = raw.alloc(0, msghdr(vast));
  const { errno, retval } = await raw.call(NUMBERS.sendmsg, by, large, 0);
  t.is(errno, 0);
  t.true(retval[0] >= BigInt(MIB) && retval[0] < BigInt(20 * MIB), 'a part of it, and how much');
  t.true((await raw.call(NUMBERS.recvmsg, to, large, 0)).retval[0] >= BigInt(MIB));
  const endless = raw.alloc(0, msghdr(iov(raw, [data, 1n << 60n])));
  t.deepEqual(await raw.call(NUMBERS.recvmsg, to, endless, c.MSG_DONTWAIT), {
    errno: EAGAIN,
    retval: [0n, 0n],
  });
  // Rooms for control messages count, too: a thousand of the largest are not to be had, some are.
  const vector = raw.alloc(0, iovecs([data, 1]));
  const each = mmsghdr({ iov: vector, iovlen: 1, control: data, controllen: 0x7fff_ffff });
  const list = raw.alloc(0, Buffer.concat(Array.from({ length: 1024 }, () => each)));
  const one = raw.alloc(0, msghdr({ iov: vector, iovlen: 1 }));
  for (let i = 0; i < 300; i++) {
    await raw.call(NUMBERS.sendmsg, by, one, 0);
  }
  const some = await raw.call(NUMBERS.recvmmsg, to, list, 1024, c.MSG_WAITFORONE, 0);
  t.is(some.errno, 0);
  t.true(some.retval[0] > 10n && some.retval[0] < 300n, String(some.retval[0]));
  t.true(kernel.running);
});

sockets('segments of a message that lie', async (t, { raw, by }, { path }) => {
  const client = await RawClient.guest(path, 'raw', '+attach\0');
  const fds = client.alloc(8);
  await client.call(NUMBERS.socketpair, c.AF_LOCAL, c.SOCK_DGRAM, 0, fds);
  const s = client.at(fds, 4).readInt32LE();
  const segment = (address: bigint, bytes: Uint8Array): Buffer =>
    Buffer.concat([words(address, BigInt(bytes.length)), bytes, Buffer.alloc(-bytes.length & 7)]);
  // Everything at one address, header and vector and data: it is what it is, and bounded.
  const bytes = msghdr({
    name: 0x5000n,
    namelen: 48,
    iov: 0x5000n,
    iovlen: 3,
    control: 0x5000n,
    controllen: 48,
  });
  const call = await client.callWith(NUMBERS.sendmsg, [s, 0x5000n, 0], segment(0x5000n, bytes));
  t.true(call.errno !== 0);
  const half = await client.callWith(
    NUMBERS.sendmsg,
    [s, 0x5000n, 0],
    segment(0x5000n, bytes.subarray(0, 40)),
  );
  t.is(half.errno, EFAULT);
  client.close();
  t.is((await raw.call(NUMBERS.getsockname, by, 0, 0)).errno, 0);
});
