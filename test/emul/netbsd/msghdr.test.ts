/** Messages as they lie in the memory of a program for NetBSD/amd64, good ones and bad ones. */
import { constants as c } from '../../../lib/api/index.ts';
import { EAGAIN, EBADF, EFAULT, EINVAL, EMSGSIZE } from '../../../lib/sys/errno.ts';
import type { Mmsghdr, Msghdr } from '../../../lib/sys/types.ts';
import { abi, type Fields, HUGE, iovecs, mmsghdr, msghdr, pair, sockaddr, text } from './abi.ts';
import { cmsg, rights } from './scenes.ts';

const { AF_LOCAL } = c;

abi('sendmsg: what lies where', async (t, world) => {
  const { vm, call, got } = world;
  const [by] = await pair(world);
  const control = cmsg(1, 2, text('ctl'));
  const message = msghdr({
    name: vm.alloc(sockaddr(0, AF_LOCAL, 'to')),
    namelen: 4,
    iov: vm.alloc(iovecs([vm.alloc(text('one')), 3], [0n, 0], [vm.alloc(text('twos')), 4])),
    iovlen: 3,
    control: vm.alloc(control),
    controllen: control.length,
    flags: 0x1234,
  });
  const address = vm.last(message);
  const written = vm.written;
  t.is(await call('sendmsg', by, address, 0x40), 7);
  t.is(vm.written, written, 'nothing comes back');
  const [s, msg, flags] = got.get('28') as [number, Msghdr, number];
  t.deepEqual([s, flags], [by, 0x40]);
  t.deepEqual(msg.name, { family: AF_LOCAL, data: new Uint8Array(text('to')) });
  t.deepEqual(
    msg.iov.map(String),
    [text('one'), Buffer.alloc(0), text('twos')].map((b) => String([...b])),
  );
  t.deepEqual(msg.control, control);
});

abi('sendmsg: what it refuses, in that order', async (t, world) => {
  const { vm, call } = world;
  const [by] = await pair(world);
  const name = vm.alloc(sockaddr(0, AF_LOCAL, 'to'));
  const iov = vm.alloc(iovecs([vm.alloc(text('x')), 1]));
  const good: Fields = { name, namelen: 4, iov, iovlen: 1 };
  const many = vm.alloc(iovecs(...Array.from({ length: 1025 }, () => [0n, 0] as const)));
  const whole = vm.alloc(iovecs([vm.alloc(1), 1n << 62n], [vm.alloc(1), 1n << 62n]));
  const negative = vm.alloc(iovecs([vm.alloc(1), -1n & 0xffff_ffff_ffff_ffffn]));
  const wild = vm.alloc(iovecs([HUGE, 1]));
  for (const [fields, errno] of [
    [{ ...good, iov: many, iovlen: 1025 }, EMSGSIZE],
    [{ ...good, iovlen: -1 }, EMSGSIZE],
    [{ ...good, iovlen: -0x8000_0000 }, EMSGSIZE],
    [{ ...good, iovlen: 0x7fff_ffff, iov: HUGE, namelen: 0 }, EMSGSIZE],
    [{ ...good, iov: HUGE, namelen: 0 }, EFAULT],
    [{ ...good, iov: 0n }, EFAULT],
    [{ ...good, iov: whole, iovlen: 2, namelen: 0, name: HUGE }, EINVAL],
    [{ ...good, iov: negative, name: HUGE }, EINVAL],
    [{ ...good, namelen: 2 }, EINVAL],
    [{ ...good, namelen: 256, iov: wild }, EINVAL],
    [{ ...good, namelen: 0xffff_ffff }, EINVAL],
    [{ ...good, name: HUGE }, EFAULT],
    [{ ...good, control: HUGE, controllen: 0 }, EINVAL],
    [{ ...good, control: HUGE, controllen: 15 }, EINVAL],
    [{ ...good, control: HUGE, controllen: 4097 }, EINVAL],
    [{ ...good, control: HUGE, controllen: 0xffff_ffff, iov: wild }, EINVAL],
    [{ ...good, control: HUGE, controllen: 16 }, EFAULT],
    [{ ...good, iov: wild }, EFAULT],
  ] as [Fields, { code: string }][]) {
    t.is(await call('sendmsg', by, vm.alloc(msghdr(fields)), 0), errno.code, JSON.stringify(fields, String));
  }
  t.is(await call('sendmsg', by, 0, 0), 'EFAULT');
  t.is(await call('sendmsg', by, HUGE, 0), 'EFAULT');
  // The structure, the descriptor, what the structure says.
  t.is(await call('sendmsg', 99, HUGE, 0), 'EFAULT');
  t.is(await call('sendmsg', 99, vm.alloc(msghdr({ iovlen: -1 })), 0), EBADF.code);
  t.is(await call('sendmsg', by, vm.alloc(msghdr({ ...good, iov: many, iovlen: 1024 })), 0), 0);
});

abi('recvmsg: data, control messages, name, flags, and how much of each', async (t, world) => {
  const { proc, vm, call } = world;
  const [by, to] = await pair(world);
  const control = cmsg(1, 2, text('ctl'));
  const [one, two, ctl, name] = [vm.alloc(8), vm.alloc(8), vm.alloc(64), vm.alloc(16)];
  const iov = vm.alloc(iovecs([one, 2], [0n, 0], [two, 8]));
  const send = (ctrl: Uint8Array | null = control): number =>
    proc.sys.sendmsg(
      by,
      { name: { family: AF_LOCAL, data: text('to') }, iov: [text('data!')], control: ctrl, flags: 0 },
      0,
    );
  const receive = async (fields: Fields): Promise<Buffer> => {
    for (const [at, length] of [
      [one, 8],
      [two, 8],
      [ctl, 64],
      [name, 16],
    ] as const) {
      vm.at(at, length).fill(0x2e);
    }
    const message = vm.alloc(msghdr(fields));
    t.is(await call('recvmsg', to, message, 0), 5);
    return vm.at(message, 48);
  };
  const all: Fields = { name, namelen: 16, iov, iovlen: 3, control: ctl, controllen: 64, flags: -1 };
  send();
  t.deepEqual(
    await receive(all),
    msghdr({ ...all, namelen: 4, controllen: control.length, flags: 0 }),
    'pads and addresses stay as they were',
  );
  t.is(vm.at(one, 8).toString(), 'da......');
  t.is(vm.at(two, 8).toString(), 'ta!.....');
  t.deepEqual(vm.at(ctl, control.length), Buffer.from(control));
  t.is(vm.at(ctl + BigInt(control.length), 4).toString(), '....');
  t.deepEqual(vm.at(name, 5), Buffer.concat([sockaddr(4, AF_LOCAL, 'by'), text('.')]));

  send();
  const cut = await receive({ ...all, namelen: 3, controllen: 17 });
  t.deepEqual(cut, msghdr({ ...all, namelen: 3, controllen: 17, flags: c.MSG_CTRUNC }));
  t.is(vm.at(name + 3n, 1).toString(), '.');

  // Where nobody wants to know, lengths stay as they were; where there is no room, it is as if nothing had come.
  send();
  const nobody = { ...all, name: 0n, namelen: 77, control: 0n, controllen: 78 };
  t.deepEqual(await receive(nobody), msghdr({ ...nobody, flags: 0 }));
  send(null);
  const none = { ...all, namelen: 0, controllen: 0xffff_ffff };
  t.deepEqual(await receive(none), msghdr({ ...none, namelen: 0, controllen: 0, flags: 0 }));
  send();
  t.deepEqual((await receive(none)).readUInt32LE(40), 0);
  t.is(vm.at(ctl, 1).toString(), '.');
});

abi('recvmsg: what it refuses before anything has come, and after', async (t, world) => {
  const { proc, vm, call } = world;
  const [by, to] = await pair(world);
  const send = (control: Uint8Array | null = null): number =>
    proc.sys.sendmsg(by, { name: { family: 1, data: text('to') }, iov: [text('x')], control, flags: 0 }, 0);
  const iov = vm.alloc(iovecs([vm.alloc(1), 1]));
  const good: Fields = { iov, iovlen: 1 };
  send();
  for (const [fields, errno] of [
    [{ ...good, iovlen: 1025 }, EMSGSIZE],
    [{ ...good, iovlen: -1 }, EMSGSIZE],
    [{ ...good, iov: HUGE }, EFAULT],
    [{ ...good, iov: vm.alloc(iovecs([0n, 1n << 63n])) }, EINVAL],
  ] as [Fields, { code: string }][]) {
    t.is(await call('recvmsg', to, vm.alloc(msghdr(fields)), 0), errno.code);
  }
  t.is(await call('recvmsg', to, HUGE, 0), 'EFAULT');
  t.is(await call('recvmsg', 99, HUGE, 0), 'EFAULT');
  t.is(await call('recvmsg', 99, vm.alloc(msghdr({ ...good, iovlen: -1 })), 0), 'EBADF');
  t.is(await call('recvmsg', to, vm.alloc(msghdr(good)), c.MSG_DONTWAIT), 1, 'it was still there');
  // From here on the message is lost, as it is there.
  for (const [fields, errno] of [
    [{ ...good, iov: vm.alloc(iovecs([HUGE, 1])) }, EFAULT],
    [{ ...good, name: HUGE, namelen: 16 }, EFAULT],
    [{ ...good, name: iov, namelen: 0xffff_ffff }, EINVAL],
  ] as [Fields, { code: string }][]) {
    send();
    t.is(await call('recvmsg', to, vm.alloc(msghdr(fields)), 0), errno.code);
    t.is(await call('recvmsg', to, vm.alloc(msghdr(good)), c.MSG_DONTWAIT), EAGAIN.code);
  }
  // Descriptors that cannot be told of go again.
  const open = (): number => proc.lwp.proc.fd.descriptors().length;
  const before = open();
  send(rights(0, 1));
  t.is(await call('recvmsg', to, vm.alloc(msghdr({ ...good, control: HUGE, controllen: 64 })), 0), 'EFAULT');
  t.is(open(), before);
  send(rights(0, 1));
  const ctl = vm.alloc(64);
  t.is(await call('recvmsg', to, vm.alloc(msghdr({ ...good, control: ctl, controllen: 64 })), 0), 1);
  t.is(open(), before + 2);
  // The structure itself is where nothing can be written.
  send();
  const fixed = vm.alloc(msghdr(good));
  vm.protect(fixed);
  t.is(await call('recvmsg', to, fixed, 0), 'EFAULT');
});

abi('sendmmsg, recvmmsg: those before the first that is bad', async (t, world) => {
  const { vm, call, got } = world;
  const [by, to] = await pair(world);
  const name = vm.alloc(sockaddr(0, AF_LOCAL, 'to'));
  const iov = vm.alloc(iovecs([vm.alloc(text('abc')), 3]));
  const good: Fields = { name, namelen: 4, iov, iovlen: 1, flags: 5 };
  for (const bad of [
    { iovlen: -1 },
    { iov: HUGE },
    { name: HUGE },
    { controllen: 1, control: iov },
    { namelen: 1 },
  ]) {
    const list = [good, good, { ...good, ...bad }, good].map(mmsghdr);
    const at = vm.alloc(Buffer.concat(list));
    t.is(await call('sendmmsg', by, at, 4, 0), 2);
    t.is((got.get('476') as [number, Mmsghdr[]])[1].length, 2);
    for (const [n, before] of list.entries()) {
      const now = vm.at(at + BigInt(56 * n), 56);
      t.deepEqual(now.subarray(0, 48), before.subarray(0, 48));
      t.is(now.readUInt32LE(48), n < 2 ? 3 : 0xeeee_eeee);
    }
    const first = vm.alloc(Buffer.concat([mmsghdr({ ...good, ...bad }), mmsghdr(good)]));
    t.regex(String(await call('sendmmsg', by, first, 2, 0)), /^E/);
  }
  t.is(await call('sendmmsg', by, vm.last(mmsghdr(good)), 0xffff_ffff, 0), 1, 'the second is not there');
  t.is(await call('sendmmsg', by, vm.alloc(mmsghdr(good)), 0, 0), 0);
  t.is(await call('sendmmsg', by, HUGE, 1, 0), 'EFAULT');
  t.is(await call('sendmmsg', 99, HUGE, 1, 0), 'EBADF');

  const [buf, from] = [vm.alloc(8), vm.alloc(8)];
  const room: Fields = { name: from, namelen: 8, iov: vm.alloc(iovecs([buf, 2])), iovlen: 1, flags: -1 };
  const rooms = vm.alloc(Buffer.concat([room, room, { ...room, iov: HUGE }].map(mmsghdr)));
  t.is(await call('recvmmsg', to, rooms, 3, 0, 0), 2);
  const told = mmsghdr({ ...room, namelen: 4, flags: c.MSG_TRUNC });
  told.writeUInt32LE(2, 48);
  t.deepEqual(vm.at(rooms, 112), Buffer.concat([told, told]));
  t.deepEqual(vm.at(rooms + 112n, 56), mmsghdr({ ...room, iov: HUGE }));
  t.is(vm.at(buf, 3).toString(), 'ab\0');
  // Received, and cannot be told: the first is an error, a later one ends it.
  const wild = vm.alloc(Buffer.concat([room, { ...room, name: HUGE }].map(mmsghdr)));
  t.is(await call('recvmmsg', to, wild, 2, 0, 0), 1);
  t.is(await call('recvmmsg', to, wild + 56n, 1, 0, 0), 'EFAULT');
  t.is(await call('recvmmsg', 99, HUGE, 1, 0, 0), 'EBADF');
  t.is(await call('recvmmsg', to, rooms, 1, 0, HUGE), 'EFAULT');
});

abi('no more is moved than there is memory for', async (t, world) => {
  const { vm, call, got } = world;
  const [by, to] = await pair(world);
  vm.transferMax = 100;
  const name = vm.alloc(sockaddr(0, AF_LOCAL, 'to'));
  const data = vm.alloc(1000);
  const two = vm.alloc(iovecs([data, 60], [data, 60]));
  const large = vm.alloc(iovecs([data, 1n << 60n]));
  const to60 = { name, namelen: 4, iov: two, iovlen: 1 };
  t.is(await call('sendmsg', by, vm.alloc(msghdr({ ...to60, iovlen: 2 })), 0), 100, 'a part, and how much');
  t.is(await call('recvmsg', to, vm.alloc(msghdr({ iov: large, iovlen: 1 })), 0), 100);
  // Of several, those that go whole.
  const list = vm.alloc(Buffer.concat([to60, to60].map(mmsghdr)));
  t.is(await call('sendmmsg', by, list, 2, 0), 1);
  t.is(await call('sendmmsg', by, list, 1, 0), 1);
  const rooms = vm.alloc(Buffer.concat([to60, { ...to60, iovlen: 2 }].map(mmsghdr)));
  t.is(await call('recvmmsg', to, rooms, 2, 0, 0), 1);
  t.is((got.get('475') as [number, Mmsghdr[]])[1].length, 1);
});
