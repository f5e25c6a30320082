/** Addresses of sockets in the memory of a program for NetBSD/amd64, and what else calls on sockets point at. */
import test from 'ava';
import { boot, constants as c } from '../../../lib/api/index.ts';
import { EFAULT, EINVAL, ENOSYS, ENOTCONN } from '../../../lib/sys/errno.ts';
import type { Sockaddr } from '../../../lib/sys/types.ts';
import { abi, HUGE, pair, sockaddr, text } from './abi.ts';
import { foreignCall, Memory } from './memory.ts';

const { AF_LOCAL, SOCK_DGRAM, SOCK_STREAM } = c;

abi('bind: family and data are found, whatever the length byte says', async (t, { proc, vm, call }) => {
  for (const [bytes, family] of [
    [sockaddr(0, 7, 'a'), 7],
    [sockaddr(255, 7, 'b'), 7],
    // As 4.3BSD had it: a family of two bytes.
    [sockaddr(7, 0, 'c'), 7],
    [sockaddr(34, 0, 'd'), 34],
    [sockaddr(35, 0, 'e'), 0],
    [sockaddr(0, 0, 'f'), 0],
  ] as const) {
    const s = proc.sys.socket(AF_LOCAL, SOCK_DGRAM, 0);
    t.is(await call('bind', s, vm.alloc(bytes), bytes.length), 0);
    t.deepEqual(proc.sys.getsockname(s), { family, data: new Uint8Array(bytes.subarray(2)) });
  }
});

abi('bind, connect, sendto: lengths of addresses', async (t, world) => {
  const { proc, vm, call } = world;
  const [s] = await pair(world);
  const longest = vm.last(sockaddr(1, 2, 'x'.repeat(253)));
  for (const [name, ...before] of [
    ['bind', s],
    ['connect', s],
    ['sendto', s, vm.alloc(1), 1, 0],
  ] as const) {
    for (const length of [0, 1, 2, 256, 0xffff_ffff, -1]) {
      t.is(await call(name, ...before, longest, length), 'EINVAL', `${name} ${length}`);
      t.is(await call(name, ...before, HUGE, length), 'EINVAL', `${name} ${length}`);
    }
    t.is(await call(name, ...before, longest + 1n, 255), 'EFAULT');
    t.is(await call(name, ...before, HUGE, 16), 'EFAULT');
    t.is(await call(name, ...before, 0, 16), name === 'sendto' ? 'EDESTADDRREQ' : 'EFAULT');
  }
  // Only the lower half of the register is a socklen_t.
  const other = proc.sys.socket(AF_LOCAL, SOCK_DGRAM, 0);
  t.is(await call('bind', other, longest, (7n << 32n) | 255n), 0);
  t.is(proc.sys.getsockname(other).data.length, 253);
  t.is(await call('sendto', 99, vm.alloc(1), 1, 0, HUGE, 16), 'EBADF');
  t.is(await call('sendto', 99, HUGE, 1, 0, 0, 0), 'EBADF');
});

abi('getsockname: as much as there is room for, and how much that is', async (t, { proc, vm, call }) => {
  const s = proc.sys.socket(AF_LOCAL, SOCK_DGRAM, 0);
  const whole = sockaddr(9, AF_LOCAL, 'the-sun');
  const room = vm.alloc(64);
  for (const [capacity, length] of [
    [0, 0],
    [1, 1],
    [2, 2],
    [5, 5],
    [9, 9],
    [10, 9],
    [0x7fff_ffff, 9],
  ] as const) {
    if (capacity === 0) {
      proc.sys.bind(s, { family: AF_LOCAL, data: text('the-sun') });
    }
    vm.at(room, 64).fill(0xaa);
    const alen = vm.u32(capacity);
    t.is(await call('getsockname', s, room, alen), 0);
    t.is(vm.at(alen, 4).readUInt32LE(), length);
    t.deepEqual(vm.at(room, length), whole.subarray(0, length));
    t.deepEqual(vm.at(room + BigInt(length), 64 - length), Buffer.alloc(64 - length, 0xaa));
  }
  for (const capacity of [0x8000_0000, 0xffff_ffff]) {
    t.is(await call('getsockname', s, room, vm.u32(capacity)), 'EINVAL');
  }
  t.is(await call('getsockname', s, room, HUGE), 'EFAULT');
  t.is(await call('getsockname', s, HUGE, vm.u32(16)), 'EFAULT');
  t.is(await call('getsockname', s, HUGE, vm.u32(0)), 0, 'no room is no copy');
  t.is(await call('getsockname', s, 0, HUGE), 0, 'nobody wants to know');
  t.is(await call('getsockname', 99, room, HUGE), 'EBADF');
  t.is(await call('getpeername', s, room, HUGE), ENOTCONN.code);
  // A socket without a name has a family.
  const alen = vm.u32(64);
  t.is(await call('getsockname', proc.sys.socket(AF_LOCAL, SOCK_DGRAM, 0), room, alen), 0);
  t.is(vm.at(alen, 4).readUInt32LE(), 2);
  t.deepEqual(vm.at(room, 2), Buffer.of(2, AF_LOCAL));
});

abi('accept: who cannot be told who has come gets no descriptor', async (t, { proc, vm, call }) => {
  const server = proc.sys.socket(AF_LOCAL, SOCK_STREAM, 0);
  proc.sys.bind(server, { family: AF_LOCAL, data: text('server') });
  proc.sys.listen(server, 5);
  const come = (): void => {
    const client = proc.sys.socket(AF_LOCAL, SOCK_STREAM, 0);
    proc.sys.connect(client, { family: AF_LOCAL, data: text('server') });
  };
  const room = vm.alloc(16);
  const open = (): number => proc.lwp.proc.fd.descriptors().length;
  for (const [name, ...more] of [['accept'], ['paccept', 0, 0]] as const) {
    for (const [address, alen, errno] of [
      [room, HUGE, EFAULT.code],
      [room, vm.u32(0xffff_ffff), EINVAL.code],
      [HUGE, vm.u32(16), EFAULT.code],
    ] as const) {
      come();
      const before = open();
      t.is(await call(name, server, address, alen, ...more), errno);
      t.is(open(), before);
    }
    come();
    const before = open();
    t.is(typeof (await call(name, server, 0, HUGE, ...more)), 'number');
    t.is(open(), before + 1);
    come();
    const alen = vm.u32(16);
    t.is(typeof (await call(name, server, room, alen, ...more)), 'number');
    t.is(vm.at(alen, 4).readUInt32LE(), 2);
  }
});

abi('socketpair: two descriptors in memory, or none', async (t, { proc, vm, call }) => {
  const open = (): number => proc.lwp.proc.fd.descriptors().length;
  const before = open();
  t.is(await call('socketpair', AF_LOCAL, SOCK_DGRAM, 0, HUGE), 'EFAULT');
  t.is(open(), before);
  const fds = vm.alloc(16);
  const { errno, retval } = await foreignCall(proc.lwp, vm, 'socketpair', AF_LOCAL, SOCK_DGRAM, 0, fds);
  t.deepEqual({ errno, retval }, { errno: 0, retval: [0n, 0n] });
  const [a, b] = [vm.at(fds, 4).readInt32LE(), vm.at(fds + 4n, 4).readInt32LE()];
  t.is(proc.sys.sendto(a, text('x'), 0), 1);
  t.is(proc.sys.recvfrom(b, new Uint8Array(1), 0).count, 1);
  t.is(await call('pipe2', HUGE, 0), 'EFAULT');
  t.is(open(), before + 2);
});

abi('recvfrom: the address is told after the data', async (t, world) => {
  const { proc, vm, call } = world;
  const [by, to] = await pair(world);
  const send = (): number => proc.sys.sendto(by, text('data'), 0, { family: AF_LOCAL, data: text('to') });
  const [buf, from] = [vm.alloc(8), vm.alloc(8)];
  send();
  const alen = vm.u32(3);
  t.is(await call('recvfrom', to, buf, 8, 0, from, alen), 4);
  t.is(vm.at(buf, 5).toString(), 'data\0');
  t.deepEqual(vm.at(from, 4), Buffer.of(4, AF_LOCAL, 'b'.charCodeAt(0), 0));
  t.is(vm.at(alen, 4).readUInt32LE(), 3);
  send();
  t.is(await call('recvfrom', to, buf, 8, 0, from, HUGE), 'EFAULT');
  send();
  t.is(await call('recvfrom', to, buf, 8, 0, 0, HUGE), 4);
  // Whoever sends without a name is nobody: the length says so, and the room stays as it is.
  const anon = proc.sys.socket(AF_LOCAL, SOCK_DGRAM, 0);
  proc.sys.sendto(anon, text('x'), 0, { family: AF_LOCAL, data: text('to') });
  const room = vm.u32(8);
  t.is(await call('recvfrom', to, buf, 8, 0, from, room), 1);
  t.is(vm.at(room, 4).readUInt32LE(), 0);
  t.is(vm.at(from, 1)[0], 4);
});

abi('options: lengths of 4 bytes', async (t, { proc, vm, call }) => {
  const s = proc.sys.socket(AF_LOCAL, SOCK_STREAM, 0);
  const val = vm.alloc(text('value'));
  t.is(await call('setsockopt', s, 1, 2, val, 5), 0);
  const room = vm.alloc(Buffer.alloc(16, '.'));
  const length = vm.alloc(Buffer.from(Uint32Array.of(9, 0xffff_ffff).buffer));
  t.is(await call('getsockopt', s, 1, 2, room, length), 0);
  t.is(vm.at(room, 16).toString(), 'value...........');
  t.deepEqual(vm.at(length, 8), Buffer.from(Uint32Array.of(5, 0xffff_ffff).buffer), 'and none behind it');
  vm.at(length, 4).writeUInt32LE(0);
  t.is(await call('getsockopt', s, 1, 2, HUGE, length), 0);
  t.is(await call('getsockopt', s, 1, 2, 0, HUGE), 0, 'nobody wants to know');
  t.is(await call('getsockopt', s, 1, 2, room, HUGE), 'EFAULT');
  t.is(await call('getsockopt', s, 1, 2, HUGE, vm.u32(4)), 'EFAULT');
  t.is(await call('setsockopt', s, 1, 2, 0, 4), 'EINVAL');
  t.is(await call('setsockopt', s, 1, 2, HUGE, 2049), 'EINVAL');
  t.is(await call('setsockopt', 99, 1, 2, HUGE, 4), 'EBADF');
  t.is(await call('setsockopt', s, 1, 2, HUGE, 4), 'EFAULT');
  t.deepEqual([proc.sys.getsockopt(s, 1, 2, new Uint8Array(16))], [5], 'nothing of that has changed it');
  t.is(await call('setsockopt', s, 1, 2, vm.alloc(2048), 2048), 0);
  t.is(await call('setsockopt', s, 1, 2, 0, 0), 0);
});

test('calls on sockets are ENOSYS where nothing provides them', async (t) => {
  using kernel = boot({ console: () => {} });
  const proc = kernel.newproc();
  const vm = new Memory();
  for (const name of ['bind', 'accept', 'sendmsg', 'recvmsg', 'sendmmsg', 'recvmmsg', 'getsockopt']) {
    const { errno } = await foreignCall(proc.lwp, vm, name, 0, HUGE, HUGE, HUGE, HUGE);
    t.is(errno, ENOSYS.errno, name);
  }
  t.throws(() => proc.sys.bind(0, { family: 1, data: text('x') } satisfies Sockaddr), { code: 'ENOSYS' });
});
