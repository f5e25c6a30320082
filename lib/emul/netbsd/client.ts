/**
 * The other side of the ABI: a call of JavaScript's as a foreign program would make it, with registers and memory.
 *
 * Every buffer and structure of a call lies in a segment of its own, at an address whose upper half is its number.
 * Where the caller has given bytes, the segment is these bytes: what the server copies out is there.
 *
 * NetBSD: lib/librumpclient/rumpclient.c, the generated calls of sys/rump/librump/rumpkern/rump_syscalls.c.
 */
import { F_GETLK, F_SETLK, F_SETLKW } from '../../sys/constants/fcntl.ts';
import { PATH_MAX } from '../../sys/constants/limits.ts';
import { EFAULT, ENOSYS } from '../../sys/errno.ts';
import { nameDecode, nameEncode } from '../../sys/pathname.ts';
import { SCALARS } from '../../sys/scalars.ts';
import { localArgs } from '../../sys/syscalls.ts';
import type { Scalar, SysentRow } from '../../sys/sysent.ts';
import type { Flock } from '../../sys/types.ts';
import { memoryCodec } from './args.ts';
import { flockCodec } from './structs.ts';

/** Where a call's arguments lie, for the kernel. */
export interface CallSegments {
  /** @returns the address of `bytes` */
  add(bytes: Uint8Array): bigint;
  remove(address: bigint): void;
}

/** Memory of a client: segments by number. */
export class Arena implements CallSegments {
  readonly #segments = new Map<bigint, Uint8Array>();
  #next = 1n;

  /** @returns the address of `bytes` */
  add(bytes: Uint8Array): bigint {
    const id = this.#next++;
    this.#segments.set(id, bytes);
    return id << 32n;
  }

  remove(address: bigint): void {
    this.#segments.delete(address >> 32n);
  }

  /** The bytes from `address` to the end of what lies there. @throws EFAULT */
  at(address: bigint): Uint8Array {
    const bytes = this.#segments.get(address >> 32n);
    const offset = Number(address & 0xffffffffn);
    if (bytes === undefined || offset > bytes.length) {
      throw EFAULT;
    }
    return bytes.subarray(offset);
  }

  /** @throws EFAULT */
  read(address: bigint, length: number): Uint8Array {
    const bytes = this.at(address);
    if (length > bytes.length) {
      throw EFAULT;
    }
    return bytes.subarray(0, length);
  }

  /** Text with its NUL, or `max` bytes of it. @throws EFAULT */
  readText(address: bigint, max: number): Uint8Array {
    const bytes = this.at(address).subarray(0, max);
    const end = bytes.indexOf(0);
    return end < 0 ? bytes : bytes.subarray(0, end + 1);
  }

  /** @throws EFAULT */
  write(address: bigint, data: Uint8Array): void {
    this.read(address, data.length).set(data);
  }
}

/** A call that is under way: its registers, and what becomes of the answer. */
export interface ForeignCall {
  readonly args: Uint8Array;
  /** It has failed: what is told even so. */
  failed(): void;
  /** What a local caller gets. */
  result(retval: readonly [bigint, bigint]): unknown;
  /** Its memory is needed no more. */
  release(): void;
}

class Encoder {
  readonly row: SysentRow;
  readonly arena: CallSegments;
  readonly slots: BigInt64Array;
  readonly segments: bigint[] = [];
  /** Out-arguments by name: how to read them when the call has ended. */
  readonly outs = new Map<string, (count: number) => unknown>();
  /** Objects of the caller's to be filled. */
  readonly after: (() => void)[] = [];
  /** Those that tell something when the call has failed, too. */
  readonly always: (() => void)[] = [];
  /** An ioctl that reads a number. */
  number: (() => number) | null = null;

  constructor(row: SysentRow, arena: CallSegments) {
    this.row = row;
    this.arena = arena;
    this.slots = new BigInt64Array(row.args.length);
  }

  set(i: number, value: bigint | number): void {
    this.slots[i] = BigInt.asIntN(64, BigInt(value));
  }

  /** A new segment. */
  place(bytes: Uint8Array): bigint {
    const address = this.arena.add(bytes);
    this.segments.push(address);
    return address;
  }

  /** The slot that tells the length of `name`. */
  setLength(name: string, length: number): void {
    const i = this.row.args.findIndex(([, type]) => type === `len ${name}`);
    if (i >= 0) {
      this.set(i, length);
    }
  }
}

/** Make a call ready to be sent. @throws ENOSYS it has an argument that cannot be sent */
export function encodeCall(
  row: SysentRow,
  arena: CallSegments, given: readonly unknown[]): ForeignCall {
  const e = new Encoder(row, arena);
  const values = new Map(localArgs(row).map(([name], i) => [name, given[i]]));
  for (const i of row.args.keys()) {
    encodeArg(e, i, values);
  }
  return {
    args: new Uint8Array(e.slots.buffer),
    failed: () => {
      for (const fill of e.always) {
        fill();
      }
    },
    result: (retval) => decodeResult(e, retval),
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
      e.set(i, e.place(nameEncode(`${value as string}\0`)));
      return;
    case 'path?':
    case 'string?':
      e.set(i, value == null ? 0n : e.place(nameEncode(`${value as string}\0`)));
      return;
    case 'buf<':
    case 'buf<?':
    case 'buf>':
    case 'buf>?':
      if (value != null) {
        e.set(i, e.place(value as Uint8Array));
        e.setLength(name, (value as Uint8Array).length);
      }
      return;
    case 'iov<':
    case 'iov>':
      vector(e, i, name, value as readonly Uint8Array[]);
      return;
    case 'ptr':
      e.set(i, value as bigint);
      return;
    case 'in':
    case 'in?':
    case 'inout':
    case 'inout?':
    case 'fill?':
      structure(e, i, passing, what, value);
      return;
    case 'in[]':
    case 'in[]?':
    case 'inout[]':
    case 'in[2]?':
      elements(e, i, name, passing, what, value as object[] | null | undefined);
      return;
    case 'out':
    case 'out?':
      out(e, i, name, what);
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
    case 'lenp': {
      const codec = memoryCodec('size_t');
      const bytes = codec.encode((values.get(what) as Uint8Array | null)?.length ?? 0).slice();
      e.set(i, e.place(bytes));
      e.outs.set(name, () => codec.decode(bytes));
      return;
    }
    case 'by':
      byAnother(e, i, what, value, values);
      return;
    case 'len':
    case 'pad':
    case 'ignored':
    case 'zero':
    case 'fds':
      return;
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

function vector(e: Encoder, i: number, name: string, buffers: readonly Uint8Array[]): void {
  const words = new BigUint64Array(2 * buffers.length);
  for (const [n, buffer] of buffers.entries()) {
    words[2 * n] = e.place(buffer);
    words[2 * n + 1] = BigInt(buffer.length);
  }
  e.set(i, e.place(new Uint8Array(words.buffer)));
  e.setLength(name, buffers.length);
}

function structure(e: Encoder, i: number, passing: string, what: string, value: unknown): void {
  if (value == null) {
    return;
  }
  if (value instanceof Set) {
    descriptorSet(e, i, value);
    return;
  }
  const codec = memoryCodec(what);
  const bytes = passing === 'fill?' ? new Uint8Array(codec.size) : codec.encode(value).slice();
  e.set(i, e.place(bytes));
  if (passing !== 'in' && passing !== 'in?') {
    const fill = (): void => void Object.assign(value as object, codec.decode(bytes));
    e.after.push(fill);
    if (passing === 'fill?') {
      e.always.push(() => bytes.some((byte) => byte !== 0) && fill());
    }
  }
}

/** select(2): the bits are 0 for what is not in the set. */
function descriptorSet(e: Encoder, i: number, set: Set<unknown>): void {
  const nd = Number(e.slots[0]);
  const bytes = new Uint8Array(Math.ceil(nd / 32) * 4);
  for (const fd of set as Set<number>) {
    bytes[fd >> 3] = (bytes[fd >> 3] ?? 0) | (1 << (fd & 7));
  }
  e.set(i, e.place(bytes));
  e.after.push(() => {
    set.clear();
    for (let fd = 0; fd < nd; fd++) {
      if (((bytes[fd >> 3] as number) & (1 << (fd & 7))) !== 0) {
        set.add(fd);
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
  const codec = memoryCodec(what);
  const bytes = new Uint8Array(items.length * codec.size);
  for (const [n, item] of items.entries()) {
    bytes.set(codec.encode(item), n * codec.size);
  }
  e.set(i, e.place(bytes));
  e.setLength(name, items.length);
  if (passing === 'inout[]') {
    e.after.push(() => {
      for (const [n, item] of items.entries()) {
        Object.assign(item, codec.decode(bytes.subarray(n * codec.size)));
      }
    });
  }
}

function out(e: Encoder, i: number, name: string, what: string): void {
  const codec = memoryCodec(what);
  const bytes = new Uint8Array(codec.size);
  e.set(i, e.place(bytes));
  e.outs.set(name, () => codec.decode(bytes));
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
  const count = capacity === undefined ? 0 : (values.get(capacity) as number);
  const bytes = new Uint8Array(count * codec.size);
  e.set(i, e.place(bytes));
  e.outs.set(name, (n) =>
    Array.from({ length: n }, (_, at) => codec.decode(bytes.subarray(at * codec.size))),
  );
}

/** Size of the parameter of an ioctl, in its command. */
const IOCPARM_MASK = 0x1fff;
const IOC_OUT = 0x40000000;

function byAnother(
  e: Encoder,
  i: number,
  other: string,
  value: unknown,
  values: ReadonlyMap<string, unknown>,
): void {
  const by = values.get(other) as number;
  if (e.row.call === 'fcntl' && (by === F_GETLK || by === F_SETLK || by === F_SETLKW)) {
    const { start, len, pid = 0, type, whence } = value as Flock;
    const bytes = flockCodec.encode({ start, len, pid, type, whence }).slice();
    e.set(i, e.place(bytes));
    if (by === F_GETLK) {
      e.after.push(() => Object.assign(value as object, flockCodec.decode(bytes)));
    }
  } else if (e.row.call === 'ioctl') {
    const size = (by >>> 16) & IOCPARM_MASK;
    const int = memoryCodec('int');
    const bytes =
      value instanceof Uint8Array
        ? value
        : size === 4 && typeof value === 'number'
          ? int.encode(value).slice()
          : new Uint8Array(size);
    e.set(i, e.place(bytes));
    if ((by & IOC_OUT) !== 0 && size === 4) {
      e.number = () => int.decode(bytes) as number;
    }
  } else if (value instanceof Uint8Array) {
    e.set(i, e.place(value));
    e.setLength(e.row.args[i]?.[0] ?? '', value.length);
  } else if (typeof value === 'number') {
    e.set(i, value);
  } else if (value != null) {
    // The arguments of a mount as an object: their C structure is the file system's to know.
    throw ENOSYS;
  }
}

function decodeResult(e: Encoder, [first, second]: readonly [bigint, bigint]): unknown {
  for (const fill of e.after) {
    fill();
  }
  if (e.number !== null) {
    return e.number();
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
