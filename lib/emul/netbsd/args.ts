/**
 * What a foreign caller passes, as its handler wants it: registers are decoded, memory is copied in, and what has to be
 * copied out afterwards is noted.
 *
 * Everything follows from the kinds of arguments in the system-call table. What the caller says about lengths is
 * believed up to a bound: what is longer is transferred in part, as a kernel may.
 *
 * NetBSD: sys/kern/syscalls_args.h, sys/sys/syscallvar.h; sys/rump/librump/rumpkern/rumpcopy.c.
 */
import type { Lwp } from '../../kern/lwp.ts';
import { type MaySleep, waitFor } from '../../kern/maysleep.ts';
import type { RemoteVmspace } from '../../kern/vmspace.ts';
import { F_GETLK, F_SETLK, F_SETLKW } from '../../sys/constants/fcntl.ts';
import { PATH_MAX } from '../../sys/constants/limits.ts';
import { EFAULT, EINVAL, ENOSYS } from '../../sys/errno.ts';
import { nameDecode } from '../../sys/pathname.ts';
import { SCALARS } from '../../sys/scalars.ts';
import { argOfType } from '../../sys/syscalls.ts';
import type { ArgType, Scalar, SysentRow } from '../../sys/sysent.ts';
import { memoryCodec } from './codec.ts';
import { modctlIn } from './modctl.ts';
import { mountIn } from './mountargs.ts';
import { type Messages, messagesIn } from './msghdr.ts';
import { sockaddrIn } from './sockaddr.ts';
import { capacityAt, sockoptIn } from './sockopt.ts';
import { flockCodec } from './structs.ts';
import { type Scattered, scattered } from './transfer.ts';

/** Elements of an array at most. */
const ELEMENTS_MAX = 65536;
/** Bytes of text that is no path. */
const TEXT_MAX = 4096;

export type Copyout = () => MaySleep<void>;

/** A call on its way. */
export class Marshal {
  readonly l: Lwp;
  readonly vm: RemoteVmspace;
  readonly row: SysentRow;
  readonly #slots: DataView;
  /** Values of the arguments so far, as registers, by name. */
  readonly #byName = new Map<string, number>();
  /** What the handler gets. */
  readonly values: unknown[] = [];
  /** To be done when the call has succeeded, and whatever came of it. */
  readonly after: Copyout[] = [];
  readonly always: Copyout[] = [];
  /** Where the results go: the address of each out-argument. */
  readonly outs = new Map<string, bigint>();
  /** Of a scattered read: what the call fills, and where that goes. */
  scatter: Scattered | null = null;
  /** Of calls that move messages: these. */
  messages: Messages | null = null;
  /** Where two descriptors go. */
  pair: bigint | null = null;
  /** Of modctl STAT: the iovec, and what it says. */
  modstat: { readonly address: bigint; readonly base: bigint; readonly room: number } | null = null;
  /** Of an ioctl: its parameter, and whether that goes back. */
  ioctl: { readonly bytes: Uint8Array; readonly address: bigint; readonly out: boolean } | null = null;

  constructor(l: Lwp, vm: RemoteVmspace, row: SysentRow, args: Uint8Array) {
    this.l = l;
    this.vm = vm;
    this.row = row;
    if (args.length < row.args.length * 8) {
      throw EINVAL;
    }
    this.#slots = new DataView(args.buffer, args.byteOffset, args.byteLength);
    for (const [i, [name]] of row.args.entries()) {
      this.#byName.set(name, i);
    }
  }

  /** An address, or any other word. */
  word(i: number): bigint {
    return this.#slots.getBigUint64(8 * i, true);
  }

  /** The slot of the argument called `name`. */
  slotOf(name: string): number {
    return this.#byName.get(name) as number;
  }

  scalar(i: number, type: Scalar): number {
    const { size, signed } = SCALARS[type];
    const at = 8 * i;
    if (size === 8) {
      return Number(signed ? this.#slots.getBigInt64(at, true) : this.#slots.getBigUint64(at, true));
    }
    return size === 1
      ? this.#slots.getUint8(at)
      : signed
        ? this.#slots.getInt32(at, true)
        : this.#slots.getUint32(at, true);
  }

  /** The value of the argument that says how long `name` is, bounded. */
  lengthOf(name: string, max: number): number {
    const i = argOfType(this.row, `len ${name}`, `max ${name}`);
    const length = i < 0 ? 0 : this.word(i);
    return Number(length > BigInt(max) ? BigInt(max) : length);
  }

  /** The descriptor that the first argument is has to be one before more is copied in. @throws EBADF */
  descriptor(): void {
    this.l.proc.fd.get(this.scalar(0, 'int'));
  }

  /** Memory for the call to fill. @throws ENOMEM */
  room(length: number): Uint8Array {
    return this.vm.room(this.l, length);
  }

  *copyin(address: bigint, length: number): MaySleep<Uint8Array> {
    if (length === 0) {
      return new Uint8Array(0);
    }
    if (address === 0n) {
      throw EFAULT;
    }
    return yield* waitFor(this.vm.copyin(this.l, address, length));
  }

  *text(address: bigint, max: number): MaySleep<string> {
    if (address === 0n) {
      throw EFAULT;
    }
    return nameDecode(yield* waitFor(this.vm.copyinstr(this.l, address, max)));
  }

  *copyout(address: bigint, data: Uint8Array): MaySleep<void> {
    if (data.length > 0) {
      if (address === 0n) {
        throw EFAULT;
      }
      yield* waitFor(this.vm.copyout(this.l, address, data));
    }
  }
}

/** Decode argument `i`. What is nothing locally puts nothing among the values. */
export function* decodeArg(m: Marshal, i: number): MaySleep<void> {
  const [name, type] = m.row.args[i] as readonly [string, ArgType];
  if (type in SCALARS) {
    m.values.push(m.scalar(i, type as Scalar));
    return;
  }
  const space = type.indexOf(' ');
  const passing = space < 0 ? type : type.slice(0, space);
  const what = space < 0 ? '' : type.slice(space + 1);
  const address = m.word(i);
  switch (passing) {
    case 'opt':
      m.values.push(m.scalar(i, what as Scalar));
      return;
    case 'max':
      if (m.row.call === 'getgroups' && m.scalar(i, 'int') < 0) {
        throw EINVAL;
      }
      m.values.push(m.lengthOf(what, ELEMENTS_MAX));
      return;
    case 'maxbytes':
      // No array: it asks how many there are.
      m.values.push(
        m.word(m.slotOf(what)) === 0n
          ? ELEMENTS_MAX
          : Math.min(ELEMENTS_MAX, Math.floor(Number(address) / elementSize(m, what))),
      );
      return;
    case 'path':
    case 'string':
      m.values.push(yield* m.text(address, passing === 'path' ? PATH_MAX : TEXT_MAX));
      return;
    case 'path?':
    case 'string?':
      m.values.push(address === 0n ? null : yield* m.text(address, TEXT_MAX));
      return;
    case 'buf<':
      m.values.push(yield* m.copyin(address, m.lengthOf(name, m.vm.transferMax)));
      return;
    case 'buf<?':
      if (m.row.call === 'setsockopt') {
        yield* sockoptIn(m, i, address);
        return;
      }
      m.values.push(address === 0n ? null : yield* m.copyin(address, m.lengthOf(name, m.vm.transferMax)));
      return;
    case 'buf>':
    case 'buf>?':
      yield* outBuffer(m, name, address, passing);
      return;
    case 'iov<':
    case 'iov>':
      yield* scattered(m, name, address, passing);
      return;
    case 'ptr':
      m.values.push(address);
      return;
    case 'by':
      m.values.push(yield* byAnother(m, i, what));
      return;
    case 'in':
    case 'in?':
    case 'inout':
    case 'inout?':
    case 'fill?':
      yield* structure(m, name, address, passing, what);
      return;
    case 'in[]':
    case 'in[]?':
    case 'inout[]':
    case 'in[2]?':
      yield* elements(m, name, address, passing, what);
      return;
    case 'out':
    case 'out?':
    case 'out[]':
    case 'string>':
    case 'lenp':
    case 'socklenp':
      m.outs.set(name, address);
      return;
    case 'len':
    case 'salen':
    case 'pad':
    case 'ignored':
      return;
    case 'zero':
      // The one structure that is: two ints, `struct timezone`.
      if (address !== 0n) {
        m.after.push(() => m.copyout(address, new Uint8Array(8)));
      }
      return;
    case 'fds':
      m.pair = address;
      return;
    default:
      // Addresses of addresses, texts: the calls that take them are not there for foreign callers.
      throw ENOSYS;
  }
}

function elementSize(m: Marshal, name: string): number {
  const type = m.row.args[m.slotOf(name)]?.[1] ?? '';
  return memoryCodec(type.slice(type.indexOf(' ') + 1)).size;
}

/** Memory for the call to fill; as much as it has filled goes out. */
function* outBuffer(m: Marshal, name: string, address: bigint, passing: string): MaySleep<void> {
  if (address === 0n && passing === 'buf>?') {
    m.values.push(null);
    return;
  }
  const capacity = yield* capacityAt(m, name);
  const length = Math.min(m.vm.transferMax, capacity ?? m.lengthOf(name, m.vm.transferMax));
  // What getsockopt2 tells depends on what is there.
  m.values.push(
    m.row.call === 'getsockopt2' ? new Uint8Array(yield* m.copyin(address, length)) : m.room(length),
  );
  m.outs.set(name, address);
}

function* structure(
  m: Marshal,
  name: string,
  address: bigint,
  passing: 'in' | 'in?' | 'inout' | 'inout?' | 'fill?',
  what: string,
): MaySleep<void> {
  if (what === 'sockaddr') {
    yield* sockaddrIn(m, name, address, passing as 'in' | 'in?');
    return;
  }
  if (what === 'msghdr') {
    yield* messagesIn(m, name, address, what);
    return;
  }
  if (address === 0n && passing.endsWith('?')) {
    m.values.push(null);
    return;
  }
  if (what === 'fd_set') {
    yield* descriptorSet(m, address);
    return;
  }
  const codec = memoryCodec(what);
  // Also what is only to be filled: where the call says nothing, the caller's own stays.
  const value = codec.decode(yield* m.copyin(address, codec.size));
  m.values.push(value);
  if (passing !== 'in' && passing !== 'in?') {
    (passing === 'fill?' ? m.always : m.after).push(() => m.copyout(address, codec.encode(value)));
  }
}

/** select(2): as many bits as the first argument says, in words of 32. */
function* descriptorSet(m: Marshal, address: bigint): MaySleep<void> {
  const nd = Math.max(0, Math.min(m.scalar(0, 'int'), ELEMENTS_MAX));
  const bytes = yield* m.copyin(address, Math.ceil(nd / 32) * 4);
  const set = new Set<number>();
  for (let fd = 0; fd < nd; fd++) {
    if (((bytes[fd >> 3] as number) & (1 << (fd & 7))) !== 0) {
      set.add(fd);
    }
  }
  m.values.push(set);
  m.after.push(() => {
    const out = new Uint8Array(bytes.length);
    for (const fd of set) {
      out[fd >> 3] = (out[fd >> 3] as number) | (1 << (fd & 7));
    }
    return m.copyout(address, out);
  });
}

function* elements(m: Marshal, name: string, address: bigint, passing: string, what: string): MaySleep<void> {
  if (what === 'mmsghdr') {
    yield* messagesIn(m, name, address, what);
    return;
  }
  if (address === 0n && passing.endsWith('?')) {
    m.values.push(null);
    return;
  }
  const codec = memoryCodec(what);
  const i = argOfType(m.row, `len ${name}`);
  const count = passing === 'in[2]?' ? 2 : i < 0 ? 0 : Number(m.word(i));
  if (count > ELEMENTS_MAX) {
    throw EINVAL;
  }
  const bytes = yield* m.copyin(address, count * codec.size);
  const values = Array.from({ length: count }, (_, n) => codec.decode(bytes.subarray(n * codec.size)));
  m.values.push(values);
  if (passing === 'inout[]') {
    m.after.push(() => {
      const out = new Uint8Array(bytes.length);
      for (const [n, value] of values.entries()) {
        out.set(codec.encode(value), n * codec.size);
      }
      return m.copyout(address, out);
    });
  }
}

/** Bits of an ioctl command: which way its parameter goes, and how long it is. */
const IOC_OUT = 0x40000000;
const IOC_IN = 0x80000000;
const IOCPARM_MASK = 0x1fff;

/** What another argument decides. */
function* byAnother(m: Marshal, i: number, other: string): MaySleep<unknown> {
  const address = m.word(i);
  const { call } = m.row;
  if (call === 'fcntl') {
    const cmd = m.scalar(m.slotOf(other), 'int');
    if (cmd !== F_GETLK && cmd !== F_SETLK && cmd !== F_SETLKW) {
      return m.scalar(i, 'int');
    }
    const value = flockCodec.decode(yield* m.copyin(address, flockCodec.size));
    if (cmd === F_GETLK) {
      m.after.push(() => m.copyout(address, flockCodec.encode(value)));
    }
    return value;
  }
  if (call === 'ioctl') {
    const com = m.scalar(m.slotOf(other), 'unsigned long') >>> 0;
    const size = (com >>> 16) & IOCPARM_MASK;
    const bytes = (com & IOC_IN) === 0 ? new Uint8Array(size) : (yield* m.copyin(address, size)).slice();
    m.ioctl = { bytes, address, out: (com & IOC_OUT) !== 0 };
    // A word is a number to everything that is no device.
    return size === 4 ? memoryCodec('int').decode(bytes) : bytes;
  }
  if (call === 'modctl') {
    return yield* modctlIn(m, m.scalar(m.slotOf(other), 'int'), address);
  }
  const length = m.lengthOf(m.row.args[i]?.[0] ?? '', TEXT_MAX * 2);
  const data = address === 0n || length === 0 ? undefined : yield* m.copyin(address, length);
  return call === 'mount' && data !== undefined ? mountIn(m, address, data) : data;
}
