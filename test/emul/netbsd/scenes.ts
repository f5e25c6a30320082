/** What holds of calls on sockets however they are made: by every face of a process the same. */
import type { ExecutionContext } from 'ava';
import { constants as c, type PromiseCalls, SysError } from '../../../lib/api/index.ts';
import type { Mmsghdr, Msghdr, Sockaddr } from '../../../lib/sys/types.ts';

const { AF_LOCAL, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, SCM_RIGHTS } = c;

const text = (value: string): Buffer => Buffer.from(value);
const named = (value: string): Sockaddr => ({ family: AF_LOCAL, data: text(value) });
const plain = (name: Sockaddr | null): unknown => name && [name.family, Buffer.from(name.data).toString()];

/** A control message that brings those. */
export function rights(...fds: readonly number[]): Uint8Array {
  return cmsg(SOL_SOCKET, SCM_RIGHTS, new Uint8Array(Int32Array.from(fds).buffer));
}

export function cmsg(level: number, type: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16 + data.length);
  bytes.set(new Uint8Array(Int32Array.of(bytes.length, level, type).buffer));
  bytes.set(data, 16);
  return bytes;
}

async function code(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof SysError) {
      return error.code;
    }
    throw error;
  }
}

/** Where messages go, called `name`, and whence, called `from`. */
async function pair(sys: PromiseCalls, name: string, from = `${name} from`): Promise<[number, number]> {
  const to = await sys.socket(AF_LOCAL, SOCK_DGRAM, 0);
  const by = await sys.socket(AF_LOCAL, SOCK_DGRAM, 0);
  await sys.bind(to, named(name));
  await sys.bind(by, named(from));
  return [to, by];
}

export type Scene = (t: ExecutionContext, sys: PromiseCalls) => Promise<void>;

export const SCENES: Readonly<Record<string, Scene>> = {
  async 'names go in and come out whole'(t, sys) {
    const long: Sockaddr = { family: 255, data: new Uint8Array(253).map((_, i) => i) };
    const short: Sockaddr = { family: 7, data: Uint8Array.of(0) };
    for (const name of [long, short]) {
      const s = await sys.socket(AF_LOCAL, SOCK_DGRAM, 0);
      t.deepEqual(plain(await sys.getsockname(s)), [AF_LOCAL, '']);
      await sys.bind(s, name);
      t.deepEqual(await sys.getsockname(s), name);
      t.is(await code(sys.bind(s, name)), 'EINVAL');
      t.is(await code(sys.getpeername(s)), 'ENOTCONN');
      await sys.connect(s, name);
      t.deepEqual(await sys.getpeername(s), name);
      // Nobody: no family at all, and no other byte taken for one.
      await sys.connect(s, { family: 0, data: new Uint8Array(14) });
      t.is(await code(sys.getpeername(s)), 'ENOTCONN');
    }
  },

  async 'sendto and recvfrom'(t, sys) {
    const [to, by] = await pair(sys, 'datagrams');
    t.is(await sys.sendto(by, text('hello'), 0, named('datagrams')), 5);
    const buf = new Uint8Array(16);
    const { count, from } = await sys.recvfrom(to, buf, 0);
    t.is(count, 5);
    t.is(Buffer.from(buf).toString('latin1', 0, 6), 'hello\0');
    t.deepEqual(plain(from), [AF_LOCAL, 'datagrams from']);
    t.is(await code(sys.sendto(by, text('x'), 0)), 'EDESTADDRREQ');
    t.is(await code(sys.sendto(by, text('x'), 0, named('nobody'))), 'ECONNREFUSED');
    await sys.connect(by, named('datagrams'));
    const anon = await sys.socket(AF_LOCAL, SOCK_DGRAM, 0);
    t.is(await sys.sendto(by, new Uint8Array(0), 0), 0);
    t.is(await sys.sendto(anon, text('a'), 0, named('datagrams')), 1);
    t.deepEqual(plain((await sys.recvfrom(to, buf, 0)).from), [AF_LOCAL, 'datagrams from']);
    t.deepEqual(await sys.recvfrom(to, buf, 0), { count: 1, from: null });
  },

  async 'accept and paccept tell who has come'(t, sys) {
    const server = await sys.socket(AF_LOCAL, SOCK_STREAM, 0);
    await sys.bind(server, named('server'));
    await sys.listen(server, 5);
    const client = await sys.socket(AF_LOCAL, SOCK_STREAM, 0);
    await sys.bind(client, named('client'));
    await sys.connect(client, named('server'));
    const { fd, name } = await sys.accept(server);
    t.deepEqual(plain(name), [AF_LOCAL, 'client']);
    t.is(await sys.sendto(client, text('up'), 0), 2);
    t.is((await sys.recvfrom(fd, new Uint8Array(9), 0)).count, 2);
    const other = await sys.socket(AF_LOCAL, SOCK_STREAM, 0);
    await sys.connect(other, named('server'));
    const second = await sys.paccept(server, [0, 0, 0, 0], c.SOCK_CLOEXEC);
    t.deepEqual(plain(second.name), [AF_LOCAL, '']);
    t.is(await sys.fcntl(second.fd, c.F_GETFD), c.FD_CLOEXEC);
  },

  async 'a message has a name, pieces, control messages, flags'(t, sys) {
    const [to, by] = await pair(sys, 'messages');
    const control = cmsg(1, 2, text('of control'));
    const out: Msghdr = {
      name: named('messages'),
      iov: [text('one'), new Uint8Array(0), text('two')],
      control,
      flags: 99,
    };
    t.is(await sys.sendmsg(by, out, 0), 6);
    t.deepEqual(out.name, named('messages'));
    t.is(out.flags, 99);
    const iov = [Buffer.alloc(2), Buffer.alloc(0), Buffer.alloc(7, 'x')];
    const room = new Uint8Array(64).fill(0xee);
    const msg: Msghdr = { name: null, iov, control: room, flags: -1 };
    t.is(await sys.recvmsg(to, msg, 0), 6);
    t.is(Buffer.concat(iov).toString(), 'onetwoxxx');
    t.is(msg.iov, iov);
    t.deepEqual(plain(msg.name), [AF_LOCAL, 'messages from']);
    t.deepEqual(Buffer.from(msg.control as Uint8Array), Buffer.from(control));
    t.is(msg.control?.buffer, room.buffer, 'it is the memory that was given');
    t.deepEqual(room.subarray(control.length), new Uint8Array(64 - control.length).fill(0xee));
    t.is(msg.flags, 0);
  },

  async 'what was given may change afterwards'(t, sys) {
    const name = named('own');
    const to = await sys.socket(AF_LOCAL, SOCK_DGRAM, 0);
    await sys.bind(to, name);
    const by = await sys.socket(AF_LOCAL, SOCK_DGRAM, 0);
    const control = cmsg(1, 2, text('kept'));
    const before = Buffer.from(control);
    await sys.sendmsg(by, { name, iov: [text('x')], control, flags: 0 }, 0);
    name.data.fill(0);
    control.fill(0);
    t.deepEqual(plain(await sys.getsockname(to)), [AF_LOCAL, 'own']);
    const msg: Msghdr = { name: null, iov: [Buffer.alloc(1)], control: new Uint8Array(64), flags: 0 };
    await sys.recvmsg(to, msg, 0);
    t.deepEqual(Buffer.from(msg.control as Uint8Array), before);
  },

  async 'what has no room is cut, and the flags say so'(t, sys) {
    const [to, by] = await pair(sys, 'cut');
    const control = cmsg(1, 2, text('more than there is room for'));
    const out = { name: named('cut'), iov: [text('a longer text')], control, flags: 0 };
    await sys.sendmsg(by, out, 0);
    await sys.sendmsg(by, out, 0);
    await sys.sendmsg(by, { ...out, control: null }, 0);
    const short: Msghdr = { name: null, iov: [Buffer.alloc(4)], control: new Uint8Array(20), flags: 0 };
    t.is(await sys.recvmsg(to, short, 0), 4);
    t.is(short.flags, c.MSG_TRUNC | c.MSG_CTRUNC);
    t.deepEqual(Buffer.from(short.control as Uint8Array), Buffer.from(control.subarray(0, 20)));
    // Nobody wants to know: nothing is cut.
    const without: Msghdr = { name: null, iov: [Buffer.alloc(20)], control: null, flags: 0 };
    t.is(await sys.recvmsg(to, without, 0), 13);
    t.deepEqual([without.flags, without.control], [0, null]);
    // Nothing has come, and the same object again: its control is what there was.
    short.control = new Uint8Array(20);
    t.is(await sys.recvmsg(to, short, 0), 4);
    t.deepEqual([short.flags, short.control], [c.MSG_TRUNC, new Uint8Array(0)]);
  },

  async 'a call that fails leaves a message alone'(t, sys) {
    const [to] = await pair(sys, 'alone');
    const control = Buffer.alloc(32, 1);
    const name = named('me');
    const msg: Msghdr = { name, iov: [Buffer.alloc(4, 1)], control, flags: 5 };
    t.is(await code(sys.recvmsg(to, msg, c.MSG_DONTWAIT)), 'EAGAIN');
    t.is(await code(sys.recvmsg(99, msg, 0)), 'EBADF');
    t.is(await code(sys.recvmsg(0, msg, 0)), 'ENOTSOCK');
    t.is(msg.name, name);
    t.is(msg.control, control);
    t.is(msg.flags, 5);
    t.deepEqual(control, Buffer.alloc(32, 1));
  },

  async 'many messages: those that are done are told'(t, sys) {
    const [to, by] = await pair(sys, 'many');
    const out: Mmsghdr[] = ['a', 'bb', 'ccc', ''].map((each, i) => ({
      hdr: {
        name: named('many'),
        iov: [text(each)],
        control: i === 1 ? cmsg(0, 0, text('1')) : null,
        flags: 0,
      },
      len: -1,
    }));
    t.is(await sys.sendmmsg(by, out, 0), 4);
    t.deepEqual(
      out.map(({ len }) => len),
      [1, 2, 3, 0],
    );
    const lost = (out[0] as Mmsghdr).hdr;
    const some: Mmsghdr[] = [lost, { ...lost, name: named('nobody') }, lost].map((hdr) => ({ hdr, len: -1 }));
    t.is(await sys.sendmmsg(by, some, 0), 1);
    t.deepEqual(
      some.map(({ len }) => len),
      [1, -1, -1],
    );
    const rooms = Array.from({ length: 7 }, () => new Uint8Array(40));
    const list: Mmsghdr[] = rooms.map((control) => ({
      hdr: { name: null, iov: [Buffer.alloc(2, '.')], control, flags: -1 },
      len: -1,
    }));
    t.is(await sys.recvmmsg(to, list, c.MSG_WAITFORONE, null), 5);
    t.deepEqual(
      list.map(({ hdr, len }) => [Buffer.concat(hdr.iov).toString(), len, hdr.flags, hdr.control?.length]),
      [
        ['a.', 1, 0, 0],
        ['bb', 2, 0, 17],
        ['cc', 2, c.MSG_TRUNC, 0],
        ['..', 0, 0, 0],
        ['a.', 1, 0, 0],
        ['..', -1, -1, 40],
        ['..', -1, -1, 40],
      ],
    );
    t.deepEqual(plain((list[4] as Mmsghdr).hdr.name), [AF_LOCAL, 'many from']);
    t.is((list[6] as Mmsghdr).hdr.name, null);
    t.is((list[6] as Mmsghdr).hdr.control, rooms[6] as Uint8Array);
    t.is(await code(sys.recvmmsg(to, list, c.MSG_DONTWAIT, null)), 'EAGAIN');
    t.is(await sys.sendmmsg(by, [], 0), 0);
  },

  async 'a thousand messages, and of more a thousand'(t, sys) {
    const [to, by] = await pair(sys, 'thousand');
    await sys.connect(by, named('thousand'));
    const out: Mmsghdr[] = Array.from({ length: 1030 }, (_, i) => ({
      hdr: { name: null, iov: [new Uint8Array(1 + (i % 3))], control: null, flags: 0 },
      len: -1,
    }));
    t.is(await sys.sendmmsg(by, out, 0), 1024);
    t.is(out[1023]?.len, 1);
    t.is(out[1024]?.len, -1);
    const list: Mmsghdr[] = Array.from({ length: 1030 }, () => ({
      hdr: { name: null, iov: [new Uint8Array(3)], control: null, flags: 0 },
      len: -1,
    }));
    t.is(await sys.recvmmsg(to, list, c.MSG_WAITFORONE), 1024);
    t.deepEqual(
      list.map(({ len }) => len),
      out.map(({ len }) => len),
    );
  },

  async 'large messages, of many pieces'(t, sys) {
    const [to, by] = await pair(sys, 'large');
    const data = Buffer.alloc(300_000).map((_, i) => i % 251);
    const pieces = (bytes: Uint8Array, size: number): Uint8Array[] =>
      Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
    const control = cmsg(5, 6, new Uint8Array(4080).fill(3));
    const out = { name: named('large'), iov: pieces(data, 300), control, flags: 0 };
    t.is(await sys.sendmsg(by, out, 0), data.length);
    t.is(await sys.sendmsg(by, { ...out, iov: [data] }, 0), data.length);
    for (const size of [1 << 20, 293]) {
      const back = Buffer.alloc(data.length);
      const msg: Msghdr = { name: null, iov: pieces(back, size), control: new Uint8Array(9000), flags: 0 };
      t.is(await sys.recvmsg(to, msg, 0), data.length);
      t.true(back.equals(data));
      t.deepEqual(Buffer.from(msg.control as Uint8Array), Buffer.from(control));
      t.deepEqual(plain(msg.name), [AF_LOCAL, 'large from']);
    }
  },

  async 'descriptors travel'(t, sys) {
    const [a, b] = await sys.socketpair(AF_LOCAL, SOCK_DGRAM, 0);
    t.not(a, b);
    const [r, w] = await sys.pipe();
    await sys.sendmsg(a, { name: null, iov: [text('x')], control: rights(w), flags: 0 }, 0);
    await sys.close(w);
    const msg: Msghdr = { name: null, iov: [new Uint8Array(1)], control: new Uint8Array(24), flags: 0 };
    await sys.recvmsg(b, msg, 0);
    const fd = Buffer.from(msg.control as Uint8Array).readInt32LE(16);
    t.is(await sys.write(fd, text('through')), 7);
    t.is(await sys.read(r, new Uint8Array(9)), 7);
  },

  async options(t, sys) {
    const s = await sys.socket(AF_LOCAL, SOCK_STREAM, 0);
    t.is(await code(sys.getsockopt(s, 1, 2, new Uint8Array(4))), 'ENOPROTOOPT');
    await sys.setsockopt(s, 1, 2, text('value'));
    const val = Buffer.alloc(9, '.');
    t.is(await sys.getsockopt(s, 1, 2, val), 5);
    t.is(val.toString(), 'value....');
    t.is(await sys.getsockopt(s, 1, 2, val.subarray(0, 3)), 3);
    t.is(await sys.getsockopt(s, 1, 2, null), 0);
    t.is(await sys.getsockopt(s, 1, 2, new Uint8Array(0)), 0);
    await sys.setsockopt(s, 1, 2, new Uint8Array(2048));
    t.is(await sys.getsockopt(s, 1, 2, new Uint8Array(4096)), 2048);
    t.is(await sys.getsockopt2(s, 1, 2, val), 9);
    t.is(val.toString(), '....eulav');
    await sys.setsockopt(s, 1, 2, null);
    t.is(await code(sys.getsockopt(s, 1, 2, val)), 'ENOPROTOOPT');
  },

  async 'what is no address or message is refused'(t, sys) {
    const [to, by] = await pair(sys, 'refused');
    const data = text('x');
    for (const [name, errno] of [
      [{ family: 1, data: new Uint8Array(0) }, 'EINVAL'],
      [{ family: 1, data: new Uint8Array(254) }, 'EINVAL'],
      [{ family: 256, data }, 'EINVAL'],
      [{ family: -1, data }, 'EINVAL'],
      [{ family: '1', data }, 'EINVAL'],
      [{ family: 1, data: 'x' }, 'EFAULT'],
      [{ family: 1 }, 'EFAULT'],
      ['x', 'EFAULT'],
      [7, 'EFAULT'],
    ] as [never, string][]) {
      t.is(await code(sys.bind(by, name)), errno);
      t.is(await code(sys.connect(by, name)), errno);
      t.is(await code(sys.sendto(by, data, 0, name)), errno);
      t.is(await code(sys.sendmsg(by, { name, iov: [data], control: null, flags: 0 }, 0)), errno);
    }
    const good = { name: named('refused'), iov: [data], control: null, flags: 0 };
    for (const [wrong, errno] of [
      [null, 'EFAULT'],
      [{ ...good, iov: null }, 'EFAULT'],
      [{ ...good, iov: [data, 'x'] }, 'EFAULT'],
      [{ ...good, iov: new Array(1025).fill(data) }, 'EMSGSIZE'],
      [{ ...good, control: new Uint8Array(0) }, 'EINVAL'],
      [{ ...good, control: new Uint8Array(15) }, 'EINVAL'],
      [{ ...good, control: new Uint8Array(4097) }, 'EINVAL'],
      [{ ...good, control: 'x' }, 'EFAULT'],
    ] as [never, string][]) {
      t.is(await code(sys.sendmsg(by, wrong, 0)), errno);
      t.is(
        await code(
          sys.sendmmsg(
            by,
            [
              { hdr: good, len: 0 },
              { hdr: wrong, len: 0 },
            ],
            0,
          ),
        ),
        errno,
      );
    }
    for (const list of [null, 7, [null], [{}], [{ hdr: 'x', len: 0 }]] as never[]) {
      t.is(await code(sys.sendmmsg(by, list, 0)), 'EFAULT');
      t.is(await code(sys.recvmmsg(to, list, 0)), 'EFAULT');
    }
    t.is(await code(sys.recvmsg(to, { ...good, iov: 'x' } as never, 0)), 'EFAULT');
    t.is(await code(sys.recvmsg(to, good, c.MSG_DONTWAIT)), 'EAGAIN', 'nothing was sent');
  },
};
