/**
 * What a handler returns, as a foreign caller gets it: registers, and memory copied out.
 *
 * NetBSD: sys/kern/syscalls.master; sys/sys/syscallvar.h.
 */
import type { Lwp } from '../../kern/lwp.ts';
import type { MaySleep } from '../../kern/maysleep.ts';
import { ERANGE } from '../../sys/errno.ts';
import { nameEncode } from '../../sys/pathname.ts';
import type { SysentRow } from '../../sys/sysent.ts';
import { type Marshal, memoryCodec } from './args.ts';
import { modstatOut } from './modctl.ts';

/** The two return registers. */
export type Registers = [bigint, bigint];

function register(value: unknown): bigint {
  return typeof value === 'bigint' ? value : typeof value === 'number' ? BigInt(Math.trunc(value)) : 0n;
}

/** The result by name: a call with one out-argument returns it bare, one with more an object of them. */
function outOf(m: Marshal, value: unknown, name: string): unknown {
  const outs = m.row.args.filter(([, type]) => /^(out|out\?|out\[\]|lenp) |^string>$/.test(type));
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
  yield* scatter(m, value);
  if (m.ioctl !== null) {
    if (m.ioctl.out) {
      yield* ioctlOut(m, m.ioctl, value);
    }
    return [0n, 0n];
  }
  if (m.pair !== null) {
    // pipe2(2) fills an array, pipe(2) has two registers; the original leaves the second in its place.
    yield* m.copyout(m.pair, new Uint8Array(Int32Array.from(value as [number, number]).buffer));
    return [0n, BigInt((value as [number, number])[1])];
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

/** Which of the values an argument became: those before it that are nothing locally do not count. */
function localIndex(m: Marshal, name: string): number {
  const LOCALLY_NOTHING = /^(pad|ignored|fds|rest|string>|(len|lenp|salen|out|out\?|out\[\]|zero) .*)$/;
  let index = 0;
  for (const [each, type] of m.row.args) {
    if (each === name) {
      break;
    }
    index += LOCALLY_NOTHING.test(type) ? 0 : 1;
  }
  return index;
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

function* scatter(m: Marshal, value: unknown): MaySleep<void> {
  let left = typeof value === 'number' ? value : 0;
  for (const [i, buffer] of (m.scatter?.buffers ?? []).entries()) {
    const length = Math.min(left, buffer.length);
    yield* m.copyout(m.scatter?.bases[i] as bigint, buffer.subarray(0, length));
    left -= length;
  }
}

/** What an ioctl reads: the number it returned, or the bytes the driver filled. */
function* ioctlOut(m: Marshal, ioctl: NonNullable<Marshal['ioctl']>, value: unknown): MaySleep<void> {
  const { bytes, address } = ioctl;
  yield* m.copyout(address, bytes.length === 4 ? memoryCodec('int').encode(value) : bytes);
}
