/**
 * The other side of the ABI: a call of JavaScript's as a foreign program would make it, with registers and memory.
 *
 * NetBSD: lib/librumpclient/rumpclient.c, the generated calls of sys/rump/librump/rumpkern/rump_syscalls.c.
 */
import { F_GETLK, F_SETLK, F_SETLKW } from '../../sys/constants/fcntl.ts';
import { NGROUPS_MAX, PATH_MAX } from '../../sys/constants/limits.ts';
import { EINVAL, EIO, ENOSYS, errnoByNumber } from '../../sys/errno.ts';
import { nameDecode, nameEncode } from '../../sys/pathname.ts';
import { SCALARS } from '../../sys/scalars.ts';
import { localArgs } from '../../sys/syscalls.ts';
import type { Scalar, SysentRow } from '../../sys/sysent.ts';
import type { Flock, Mmsghdr, Msghdr, Sockaddr } from '../../sys/types.ts';
import { memoryCodec } from './codec.ts';
import { type CallSegments, Encoder, type Piece } from './encoder.ts';
import { modctlArg } from './modctl.ts';
import { mountOutward } from './mountargs.ts';
import { inward, outward } from './outward.ts';
import { messageArg, messagesArg, sockaddrArg, sockaddrResult } from './sockoutward.ts';
import { type Codec, flockCodec } from './structs.ts';

/** A call that is under way: its registers, and what becomes of the answer. */
export interface ForeignCall {
  readonly args: Uint8Array;
  /** The memory that the kernel will read. */
  readonly read: readonly Piece[];
  /** It has failed: what is told even so. */
  failed(): void;
  /** What a local caller gets. @throws Errno that the call has for a result */
  result(retval: readonly [bigint, bigint]): unknown;
  /** Its memory is needed no more. */
  release(): void;
}

/** Make a call ready to be sent. @throws ENOSYS it has an argument that cannot be sent */
export function encodeCall(row: SysentRow, arena: CallSegments, given: readonly unknown[]): ForeignCall {
  const e = new Encoder(row, arena);
  const values = new Map(localArgs(row).map(([name], i) => [name, given[i]]));
  for (const i of row.args.keys()) {
    encodeArg(e, i, values);
  }
  const failed = () => {
    for (const fill of e.always) {
      fill();
    }
  };
  return {
    args: new Uint8Array(e.slots.buffer),
    read: e.read,
    failed,
    result: (retval) => {
      const error = row.result === 'error' ? Number(retval[0]) : 0;
      if (error !== 0) {
        failed();
        throw errnoByNumber(error) ?? EIO;
      }
      return decodeResult(e, retval);
    },
    release: () => {
      for (const address of e.segments) {
        arena.remove(address);
      }
    },
  };
}

function encodeArg(e: Encoder, i: number, values: ReadonlyMap<string, unknown>): void {
  const [name, type] = e.row.args[i] as readonly [string, string];
  const value = values.get(name);
  const space = type.indexOf(' ');
  const passing = space < 0 ? type : type.slice(0, space);
  const what = space < 0 ? '' : type.slice(space + 1);
  if (type in SCALARS || passing === 'opt' || passing === 'max') {
    e.set(i, typeof value === 'number' ? value : 0);
    return;
  }
  switch (passing) {
    case 'maxbytes':
      e.set(i, (value as number) * sizeOfElement(e, what));
      return;
    case 'path':
    case 'string':
      e.set(i, e.give(nameEncode(`${value as string}\0`)));
      return;
    case 'path?':
    case 'string?':
      e.set(i, value == null ? 0n : e.give(nameEncode(`${value as string}\0`)));
      return;
    case 'buf<':
    case 'buf<?':
    case 'buf>':
    case 'buf>?':
      if (value != null) {
        const bytes = value as Uint8Array;
        e.set(i, passing.startsWith('buf<') ? e.give(bytes) : e.place(bytes));
        e.setLength(name, bytes.length);
      }
      return;
    case 'iov<':
    case 'iov>': {
      const pieces = value as readonly Uint8Array[];
      e.set(i, e.vector(pieces, passing === 'iov<' ? 'given' : 'filled'));
      e.setLength(name, pieces.length);
      return;
    }
    case 'ptr':
      e.set(i, value as bigint);
      return;
    case 'in':
    case 'in?':
    case 'inout':
    case 'inout?':
    case 'fill?':
      structure(e, i, name, passing, what, value);
      return;
    case 'in[]':
    case 'in[]?':
    case 'inout[]':
    case 'in[2]?':
      elements(e, i, name, passing, what, value as object[] | null | undefined);
      return;
    case 'out':
    case 'out?':
      (what === 'sockaddr' ? sockaddrResult : out)(e, i, name, what);
      return;
    case 'out[]':
      outArray(e, i, name, what, values);
      return;
    case 'string>': {
      const bytes = new Uint8Array(PATH_MAX);
      e.set(i, e.place(bytes));
      e.setLength(name, bytes.length);
      e.outs.set(name, () => text(bytes));
      return;
    }
    case 'lenp':
    case 'socklenp': {
      const codec = memoryCodec(passing === 'lenp' ? 'size_t' : 'socklen_t');
      const bytes = codec.encode((values.get(what) as Uint8Array | null)?.length ?? 0).slice();
      e.set(i, e.give(bytes));
      e.outs.set(name, () => codec.decode(bytes));
      return;
    }
    case 'by':
      byAnother(e, i, what, value, values);
      return;
    case 'len':
    case 'salen':
    case 'pad':
    case 'ignored':
    case 'zero':
      return;
    case 'fds': {
      const pair = new Int32Array(2);
      e.set(i, e.place(new Uint8Array(pair.buffer)));
      e.instead = () => [...pair];
      return;
    }
    default:
      throw ENOSYS;
  }
}

function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return nameDecode(end < 0 ? bytes : bytes.subarray(0, end));
}

function sizeOfElement(e: Encoder, name: string): number {
  const type = e.row.args.find(([each]) => each === name)?.[1] ?? '';
  return memoryCodec(type.slice(type.indexOf(' ') + 1)).size;
}

function structure(e: Encoder, i: number, name: string, passing: string, what: string, value: unknown): void {
  if (what === 'sockaddr') {
    sockaddrArg(e, i, name, value as Sockaddr | null | undefined);
    return;
  }
  if (what === 'msghdr') {
    messageArg(e, i, value as Msghdr);
    return;
  }
  if (value == null) {
    return;
  }
  if (value instanceof Set) {
    descriptorSet(e, i, value);
    return;
  }
  const codec = memoryCodec(what);
  const bytes =
    passing === 'fill?' ? filledBefore(what, codec, value, e) : outward(what, codec, value, e.arena.handles);
  e.set(i, e.give(bytes));
  if (passing !== 'in' && passing !== 'in?') {
    const fill = (): void =>
      void Object.assign(value as object, inward(what, codec.decode(bytes), e.arena.handles));
    e.after.push(fill);
    if (passing === 'fill?') {
      e.always.push(fill);
    }
  }
}

/** What is there already: where the kernel tells nothing, it stays. */
function filledBefore(what: string, codec: Codec<unknown>, value: unknown, e: Encoder): Uint8Array {
  try {
    return outward(what, codec, value, e.arena.handles);
  } catch {
    return new Uint8Array(codec.size);
  }
}

/** select(2): the bits are 0 for what is not in the set. */
function descriptorSet(e: Encoder, i: number, set: Set<unknown>): void {
  const nd = Number(e.slots[0]);
  const bytes = new Uint8Array(Math.ceil(nd / 32) * 4);
  for (const fd of set as Set<number>) {
    if (!Number.isInteger(fd)) {
      throw EINVAL;
    }
    bytes[fd >> 3] = (bytes[fd >> 3] ?? 0) | (1 << (fd & 7));
  }
  e.set(i, e.give(bytes));
  e.after.push(() => {
    for (const fd of set as Set<number>) {
      if (fd >= nd || ((bytes[fd >> 3] as number) & (1 << (fd & 7))) === 0) {
        set.delete(fd);
      }
    }
  });
}

function elements(
  e: Encoder,
  i: number,
  name: string,
  passing: string,
  what: string,
  items: object[] | null | undefined,
): void {
  if (items == null) {
    return;
  }
  if (what === 'mmsghdr') {
    messagesArg(e, i, name, items as Mmsghdr[]);
    return;
  }
  const codec = memoryCodec(what);
  const bytes = new Uint8Array(items.length * codec.size);
  for (const [n, item] of items.entries()) {
    bytes.set(outward(what, codec, item, e.arena.handles), n * codec.size);
  }
  e.set(i, e.give(bytes));
  e.setLength(name, items.length);
  if (passing === 'inout[]') {
    e.after.push(() => {
      for (const [n, item] of items.entries()) {
        Object.assign(item, inward(what, codec.decode(bytes.subarray(n * codec.size)), e.arena.handles));
      }
    });
  }
}

function out(e: Encoder, i: number, name: string, what: string): void {
  const codec = memoryCodec(what);
  const bytes = new Uint8Array(codec.size);
  e.set(i, e.place(bytes));
  e.outs.set(name, () => inward(what, codec.decode(bytes), e.arena.handles));
}

function outArray(
  e: Encoder,
  i: number,
  name: string,
  what: string,
  values: ReadonlyMap<string, unknown>,
): void {
  const codec = memoryCodec(what);
  const capacity = e.row.args.find(([, type]) => type === `max ${name}` || type === `maxbytes ${name}`)?.[0];
  let count = capacity === undefined ? 0 : (values.get(capacity) as number);
  if (e.row.call === 'getgroups' && count === 0) {
    // Who asks how many there are gets them, as a local caller does.
    count = NGROUPS_MAX;
    e.set(
      e.row.args.findIndex(([each]) => each === capacity),
      count,
    );
  }
  const bytes = new Uint8Array(count * codec.size);
  e.set(i, e.place(bytes));
  if (count === 0) {
    // Nothing, or how many there would be.
    e.outs.set(name, (n) => (n === 0 ? [] : n));
    return;
  }
  e.outs.set(name, (n) =>
    Array.from({ length: n }, (_, at) =>
      inward(what, codec.decode(bytes.subarray(at * codec.size)), e.arena.handles),
    ),
  );
}

/** Size of the parameter of an ioctl, in its command. */
const IOCPARM_MASK = 0x1fff;
const IOC_OUT = 0x40000000;
const IOC_IN = 0x80000000;

function byAnother(
  e: Encoder,
  i: number,
  other: string,
  value: unknown,
  values: ReadonlyMap<string, unknown>,
): void {
  const by = values.get(other) as number;
  if (e.row.call === 'fcntl' && (by === F_GETLK || by === F_SETLK || by === F_SETLKW)) {
    if (typeof value !== 'object' || value === null) {
      throw EINVAL;
    }
    const { start, len, pid = 0, type, whence } = value as Flock;
    const given = { start, len, pid, type, whence };
    const bytes = outward('flock', flockCodec as Codec<unknown>, given, e.arena.handles);
    e.set(i, e.give(bytes));
    if (by === F_GETLK) {
      e.after.push(() => Object.assign(value as object, flockCodec.decode(bytes)));
    }
  } else if (e.row.call === 'modctl') {
    modctlArg(e, i, by, value);
  } else if (e.row.call === 'ioctl') {
    const size = (by >>> 16) & IOCPARM_MASK;
    const int = memoryCodec('int');
    if ((by & IOC_IN) !== 0 && size === 4 && !(value instanceof Uint8Array) && !Number.isInteger(value)) {
      throw EINVAL;
    }
    const bytes =
      value instanceof Uint8Array
        ? value
        : size === 4 && typeof value === 'number'
          ? int.encode(value).slice()
          : new Uint8Array(size);
    e.set(i, (by & IOC_IN) === 0 ? e.place(bytes) : e.give(bytes));
    if ((by & IOC_OUT) !== 0 && size === 4) {
      e.instead = () => int.decode(bytes);
    }
  } else if (value instanceof Uint8Array) {
    e.set(i, e.give(value));
    e.setLength(e.row.args[i]?.[0] ?? '', value.length);
  } else if (e.row.call === 'mount' && typeof value === 'object' && value !== null) {
    mountOutward(e, i, values.get('flags') as number, value);
  } else if (typeof value === 'number') {
    if ((value | 0) !== value) {
      throw EINVAL;
    }
    e.set(i, value);
  } else if (value != null || (e.row.call === 'fcntl' && value === null)) {
    throw e.row.call === 'fcntl' ? EINVAL : ENOSYS;
  }
}

function decodeResult(e: Encoder, [first, second]: readonly [bigint, bigint]): unknown {
  for (const fill of e.after) {
    fill(Number(first));
  }
  if (e.instead !== null) {
    return e.instead();
  }
  const { result } = e.row;
  const value = Number(first);
  if (result === 'fds') {
    return [value, Number(second)];
  }
  const outs = [...e.outs].map(([name, read]) => [name, read(value)] as const);
  const colon = result.indexOf(':');
  if (colon >= 0) {
    return Object.fromEntries([[result.slice(0, colon), value], ...outs]);
  }
  if (outs.length > 1) {
    return Object.fromEntries(outs);
  }
  const [only] = outs;
  if (only !== undefined) {
    return only[1];
  }
  return result === 'void' || result === 'error' || result === 'noreturn'
    ? undefined
    : result === 'ptr'
      ? first
      : (result as Scalar) in SCALARS || result === 'count' || result === 'any'
        ? value
        : undefined;
}
