/**
 * What a handler returns, as a foreign caller gets it: registers, and memory copied out.
 *
 * NetBSD: sys/kern/syscalls.master; sys/sys/syscallvar.h.
 */
import type { Lwp } from '../../kern/lwp.ts';
import type { MaySleep } from '../../kern/maysleep.ts';
import { ERANGE } from '../../sys/errno.ts';
import { nameEncode } from '../../sys/pathname.ts';
import { localArgs } from '../../sys/syscalls.ts';
import type { SysentRow } from '../../sys/sysent.ts';
import type { Sockaddr } from '../../sys/types.ts';
import type { Marshal } from './args.ts';
import { memoryCodec } from './codec.ts';
import { modstatOut } from './modctl.ts';
import { messagesOut } from './msghdr.ts';
import { sockaddrOut } from './sockaddr.ts';
import { scatter } from './transfer.ts';
import { toldOrClosed } from './undo.ts';

/** The two return registers. */
export type Registers = [bigint, bigint];

function register(value: unknown): bigint {
  return typeof value === 'bigint' ? value : typeof value === 'number' ? BigInt(Math.trunc(value)) : 0n;
}

/** The result by name: a call with one out-argument returns it bare, one with more an object of them. */
function outOf(m: Marshal, value: unknown, name: string): unknown {
  const outs = m.row.args.filter(([, type]) => /^(out|out\?|out\[\]|lenp|socklenp) |^string>$/.test(type));
  const named = m.row.result.includes(':') || outs.length > 1;
  return named ? (value as Readonly<Record<string, unknown>>)[name] : value;
}

/** Copy everything out. @returns the registers. @throws EFAULT ERANGE */
export function* encodeResult(m: Marshal, value: unknown): MaySleep<Registers> {
  let count: bigint | null = null;
  for (const [name, type] of m.row.args) {
    const address = m.outs.get(name);
    const what = type.slice(type.indexOf(' ') + 1);
    if (type.startsWith('buf>') && address !== undefined) {
      yield* filled(m, name, address, value);
    } else if (what === 'sockaddr' && address !== undefined) {
      const telling = sockaddrOut(m, name, address, outOf(m, value, name) as Sockaddr | null);
      yield* toldOrClosed(m.l, madeBy(m, value), telling);
    } else if (type.startsWith('socklenp ')) {
      yield* used(m, what, m.outs.get(name) as bigint, outOf(m, value, name) as number);
    } else if (address === undefined || (address === 0n && /^(out\?|lenp) /.test(type))) {
    } else if (type === 'string>') {
      count = yield* text(m, name, address, outOf(m, value, name) as string);
    } else if (type.startsWith('lenp ')) {
      yield* m.copyout(address, memoryCodec('size_t').encode(outOf(m, value, name)));
    } else if (type.startsWith('out[] ')) {
      const codec = memoryCodec(what);
      const items = outOf(m, value, name) as readonly unknown[];
      count = BigInt(items.length);
      if (hasRoomOf(m, name) ? m.lengthOf(name, 1) === 0 : address === 0n) {
        // Asked how many there are.
        continue;
      }
      const bytes = new Uint8Array(items.length * codec.size);
      for (const [i, item] of items.entries()) {
        bytes.set(codec.encode(item), i * codec.size);
      }
      yield* m.copyout(address, bytes);
    } else if (type.startsWith('out ') || type.startsWith('out? ')) {
      yield* m.copyout(address, memoryCodec(what).encode(outOf(m, value, name)));
    }
  }
  if (m.modstat !== null) {
    yield* modstatOut(m, value as never);
    return [0n, 0n];
  }
  if (m.messages !== null) {
    return [BigInt(yield* messagesOut(m, m.messages, value as number)), 0n];
  }
  if (m.scatter !== null) {
    yield* scatter(m, m.scatter, typeof value === 'number' ? value : 0);
  }
  if (m.ioctl !== null) {
    if (m.ioctl.out) {
      yield* ioctlOut(m, m.ioctl, value);
    }
    return [0n, 0n];
  }
  if (m.pair !== null) {
    // These fill an array, pipe(2) has two registers; the original's pipe2 leaves the second in its place.
    const pair = value as [number, number];
    const telling = m.copyout(m.pair, new Uint8Array(Int32Array.from(pair).buffer));
    yield* toldOrClosed(m.l, pair, telling);
    return [0n, m.row.call === 'pipe2' ? BigInt(pair[1]) : 0n];
  }
  return registers(m, value, count);
}

/** The caller says how many elements it has room for. */
function hasRoomOf(m: Marshal, name: string): boolean {
  return m.row.args.some(([, type]) => type === `max ${name}`);
}

function registers(m: Marshal, value: unknown, count: bigint | null): Registers {
  const { result } = m.row;
  if (result === 'fds') {
    const [r, w] = value as [number, number];
    return [BigInt(r), BigInt(w)];
  }
  const colon = result.indexOf(':');
  const first =
    colon >= 0
      ? register((value as Readonly<Record<string, unknown>>)[result.slice(0, colon)])
      : result === 'void' || result === 'error'
        ? 0n
        : (count ?? register(value));
  return [first, BigInt(secondOf(m.row, m.l))];
}

/** What a call leaves in the second register. */
export function secondOf({ second }: SysentRow, { proc, cred }: Lwp): number {
  switch (second) {
    case 'ppid':
      return proc.parent?.pid ?? 0;
    case 'euid':
      return cred.euid;
    case 'egid':
      return cred.egid;
    default:
      return 0;
  }
}

/** As much of a buffer as the call says it has filled. */
function* filled(m: Marshal, name: string, address: bigint, value: unknown): MaySleep<void> {
  const buf = m.values[localIndex(m, name)] as Uint8Array;
  const colon = m.row.result.indexOf(':');
  const told =
    typeof value === 'object' && value !== null && colon >= 0
      ? (value as Readonly<Record<string, unknown>>)[m.row.result.slice(0, colon)]
      : value;
  const length = typeof told === 'number' ? Math.min(told, buf.length) : buf.length;
  yield* m.copyout(address, buf.subarray(0, length));
}

/** Which of the values an argument became. */
function localIndex(m: Marshal, name: string): number {
  return localArgs(m.row).findIndex(([each]) => each === name);
}

/**
 * Text with its NUL; of a login name, as much of it as there is room for. @returns its length, the NUL included.
 * @throws ERANGE no room
 */
function* text(m: Marshal, name: string, address: bigint, value: string): MaySleep<bigint> {
  let bytes = nameEncode(`${value}\0`);
  const room = m.lengthOf(name, Number.MAX_SAFE_INTEGER);
  if (bytes.length > room) {
    if (m.row.call !== 'getlogin') {
      throw ERANGE;
    }
    bytes = bytes.subarray(0, room);
  }
  yield* m.copyout(address, bytes);
  return BigInt(bytes.length);
}

/** How much of the buffer was used, in 4 bytes, if there is one. */
function* used(m: Marshal, buffer: string, address: bigint, length: number): MaySleep<void> {
  const room = (m.values[localIndex(m, buffer)] as Uint8Array | null)?.length ?? 0;
  if (room > 0) {
    yield* m.copyout(address, memoryCodec('socklen_t').encode(Math.min(length, room)));
  }
}

/** The descriptor that the call has made, if it makes one. */
function madeBy(m: Marshal, value: unknown): number[] {
  return m.row.result === 'fd:int' ? [(value as { readonly fd: number }).fd] : [];
}

/** What an ioctl reads: the number it returned, or the bytes the driver filled. */
function* ioctlOut(m: Marshal, ioctl: NonNullable<Marshal['ioctl']>, value: unknown): MaySleep<void> {
  const { bytes, address } = ioctl;
  yield* m.copyout(address, bytes.length === 4 ? memoryCodec('int').encode(value) : bytes);
}
