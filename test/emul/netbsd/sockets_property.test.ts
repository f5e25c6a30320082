/** Any message, encoded by a JavaScript caller and decoded by the kernel: the same message. And back. */
import test from 'ava';
import { boot, type Kernel, type Proc } from '../../../lib/api/index.ts';
import { encodeCall } from '../../../lib/emul/netbsd/client.ts';
import { Arena } from '../../../lib/emul/netbsd/encoder.ts';
import type { Component } from '../../../lib/kern/component.ts';
import type { Lwp } from '../../../lib/kern/lwp.ts';
import { syscallEstablish } from '../../../lib/kern/sysent.ts';
import { syscallByCall } from '../../../lib/sys/syscalls.ts';
import type { SysentRow } from '../../../lib/sys/sysent.ts';
import type { Mmsghdr, Msghdr, Sockaddr } from '../../../lib/sys/types.ts';
import { fc } from '../../fc.ts';
import { spread } from './loopback.ts';
import { foreignCall, Memory } from './memory.ts';

/** The memory of a caller whose segments are in an arena. */
class Segments extends Memory {
  readonly arena = new Arena();

  override copyin(_l: Lwp, address: bigint, length: number): Uint8Array {
    return this.arena.read(address, length).slice();
  }

  override copyout(_l: Lwp, address: bigint, data: Uint8Array): void {
    this.arena.write(address, data);
  }
}

/** What came in, and what is to go out. */
interface Wire {
  sent: unknown;
  answer: readonly Answer[];
}

interface Answer {
  readonly name: Sockaddr | null;
  readonly data: Uint8Array;
  readonly control: Uint8Array;
  readonly flags: number;
}

/** What is received, as a handler does it. @returns how many bytes */
function fill(msg: Msghdr, { name, data, control, flags }: Answer): number {
  const at = spread(data, msg.iov);
  msg.name = name;
  msg.flags = flags;
  if (msg.control !== null) {
    const part = control.subarray(0, msg.control.length);
    msg.control.set(part);
    msg.control = msg.control.subarray(0, part.length);
  }
  return at;
}

function recorder(wire: Wire): Component {
  return {
    name: 'recorder',
    attach(k) {
      syscallEstablish(k, {
        bind(_l, _s, name) {
          wire.sent = name;
        },
        getsockname: () => wire.answer[0]?.name as Sockaddr,
        recvfrom: () => ({ count: 0, from: wire.answer[0]?.name ?? null }),
        sendmsg(_l, _s, msg) {
          wire.sent = structuredClone(msg);
          return 0;
        },
        sendmmsg(_l, _s, list) {
          wire.sent = structuredClone(list.map(({ hdr }) => hdr));
          for (const [i, item] of list.entries()) {
            item.len = 100 + i;
          }
          return list.length;
        },
        recvmsg: (_l, _s, msg) => fill(msg, wire.answer[0] as Answer),
        recvmmsg(_l, _s, list) {
          const count = Math.min(list.length, wire.answer.length);
          for (let i = 0; i < count; i++) {
            const item = list[i] as Mmsghdr;
            item.len = fill(item.hdr, wire.answer[i] as Answer);
          }
          return count;
        },
      });
    },
  };
}

/** A call made as one of a kernel elsewhere is. @returns what a local caller would get */
async function over(proc: Proc, call: string, ...args: readonly unknown[]): Promise<unknown> {
  const vm = new Segments();
  const row = syscallByCall(call) as SysentRow;
  const foreign = encodeCall(row, vm.arena, args);
  const words = new BigInt64Array(foreign.args.slice().buffer);
  const { errno, retval } = await foreignCall(proc.lwp, vm, call, ...words);
  if (errno !== 0) {
    throw new Error(`${call}: errno ${errno}`);
  }
  const value = foreign.result(retval);
  foreign.release();
  return value;
}

const bytes = (maxLength: number, minLength = 0): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength, maxLength });
const address = (minLength: number): fc.Arbitrary<Sockaddr> =>
  fc.record({ family: fc.nat(255), data: bytes(253, minLength) });
const pieces = fc.array(bytes(300), { maxLength: 12 });
const message: fc.Arbitrary<Msghdr> = fc.record({
  name: fc.option(address(1)),
  iov: pieces,
  control: fc.option(bytes(4096, 16)),
  flags: fc.constant(0),
});
const room: fc.Arbitrary<Msghdr> = fc.record({
  name: fc.constant(null),
  iov: pieces,
  control: fc.option(bytes(200)),
  flags: fc.constant(0),
});
const answer: fc.Arbitrary<Answer> = fc.record({
  name: fc.option(address(0)),
  data: bytes(2000),
  control: bytes(300),
  flags: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
});

function holds<A extends readonly unknown[]>(
  title: string,
  drawn: { readonly [K in keyof A]: fc.Arbitrary<A[K]> },
  body: (proc: Proc, wire: Wire, ...values: A) => Promise<boolean>,
): void {
  test(title, async (t) => {
    const wire: Wire = { sent: null, answer: [] };
    const kernel: Kernel = boot({ components: [recorder(wire)], console: () => {} });
    const proc = kernel.newproc();
    proc.sys.pipe();
    await fc.assert(
      fc.asyncProperty(fc.tuple(...(drawn as fc.Arbitrary<unknown>[])), (values) =>
        body(proc, wire, ...(values as unknown as A)),
      ),
      { numRuns: 150 },
    );
    t.is(kernel.dead, '');
    kernel.halt();
  });
}

const same = (a: unknown, b: unknown): boolean => {
  const plain = (value: unknown): string =>
    JSON.stringify(value, (_, each: unknown) =>
      each instanceof Uint8Array ? Buffer.from(each).toString('hex') : each,
    );
  return plain(a) === plain(b);
};

holds<[Sockaddr]>('an address that is given', [address(1)], async (proc, wire, name) => {
  await over(proc, 'bind', 0, name);
  return same(wire.sent, name);
});

holds<[Answer]>('an address that comes back', [answer], async (proc, wire, each) => {
  wire.answer = [each];
  const { from } = (await over(proc, 'recvfrom', 0, new Uint8Array(1), 0)) as { from: unknown };
  return same(from, each.name) && (each.name === null || same(await over(proc, 'getsockname', 0), each.name));
});

holds<[Msghdr]>('a message that is sent', [message], async (proc, wire, msg) => {
  const before = structuredClone(msg);
  await over(proc, 'sendmsg', 0, msg, 0);
  return same(wire.sent, before) && same(msg, before);
});

holds<[Msghdr[]]>('several', [fc.array(message, { maxLength: 9 })], async (proc, wire, list) => {
  const items = list.map((hdr) => ({ hdr, len: 0 }));
  const count = await over(proc, 'sendmmsg', 0, items, 0);
  return count === list.length && same(wire.sent, list) && items.every(({ len }, i) => len === 100 + i);
});

test('a handler that tells more than there is room for is not believed', async (t) => {
  const wrong: Component = {
    name: 'wrong',
    attach(k) {
      const much = new Uint8Array(5000).fill(0xff);
      syscallEstablish(k, {
        recvmsg(_l, _s, msg) {
          msg.name = { family: 1, data: much };
          msg.control = much;
          return 5000;
        },
        getsockname: () => ({ family: 1, data: much }),
        recvmmsg: (_l, _s, list) => list.length + 5,
        getsockopt: () => 5000,
      });
    },
  };
  using kernel = boot({ components: [wrong], console: () => {} });
  const proc = kernel.newproc();
  proc.sys.pipe();
  const behind = Buffer.alloc(64, '.');
  const room = behind.subarray(0, 20);
  const msg: Msghdr = { name: null, iov: [new Uint8Array(behind.buffer, 40, 4)], control: room, flags: 0 };
  await over(proc, 'recvmsg', 0, msg, 0);
  t.is(msg.control?.length, 20);
  t.is(msg.name?.data.length, 253);
  t.is(behind.toString('latin1', 20, 64), `${'.'.repeat(20)}\0\0\0\0${'.'.repeat(20)}`);
  t.is(((await over(proc, 'getsockname', 0)) as Sockaddr).data.length, 253);
  t.is(await over(proc, 'recvmmsg', 0, [{ hdr: msg, len: -1 }], 0, null), 1);
  t.is(await over(proc, 'getsockopt', 0, 1, 2, new Uint8Array(4)), 4);
});

/** What a local caller would see of the same. */
function locally(msg: Msghdr, each: Answer): { readonly msg: Msghdr; readonly count: number } {
  const copy = structuredClone(msg);
  return { count: fill(copy, each), msg: copy };
}

holds<[Msghdr, Answer]>('a message that is received', [room, answer], async (proc, wire, msg, each) => {
  wire.answer = [each];
  const wanted = locally(msg, each);
  const { control } = msg;
  const count = await over(proc, 'recvmsg', 0, msg, 0);
  return count === wanted.count && same(msg, wanted.msg) && msg.control?.buffer === control?.buffer;
});

holds<[Msghdr[], Answer[]]>(
  'several, fewer than there is room for',
  [fc.array(room, { minLength: 1, maxLength: 6 }), fc.array(answer, { minLength: 1, maxLength: 6 })],
  async (proc, wire, list, answers) => {
    wire.answer = answers;
    const wanted = list.map((msg, i) => {
      const each = answers[i];
      return each === undefined ? { msg: structuredClone(msg), count: -1 } : locally(msg, each);
    });
    const items = list.map((hdr) => ({ hdr, len: -1 }));
    const count = await over(proc, 'recvmmsg', 0, items, 0, null);
    return (
      count === Math.min(list.length, answers.length) &&
      items.every(({ hdr, len }, i) => len === wanted[i]?.count && same(hdr, wanted[i]?.msg))
    );
  },
);
