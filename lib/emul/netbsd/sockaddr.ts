/**
 * Socket addresses of a foreign caller: length and family of a byte each, then what the family makes of it.
 *
 * NetBSD: sys/sys/socket.h, sys/kern/uipc_syscalls.c (sockargs_sb, copyout_sockname_sb).
 */
import type { MaySleep } from '../../kern/maysleep.ts';
import { AF_MAX } from '../../sys/constants/socket.ts';
import { EINVAL } from '../../sys/errno.ts';
import { SOCKADDR_HEAD, SOCKADDR_MAX, sockaddrFits } from '../../sys/sockargs.ts';
import { argOfType } from '../../sys/syscalls.ts';
import type { Sockaddr } from '../../sys/types.ts';
import type { Marshal } from './args.ts';

/** Bytes of a socklen_t. */
export const SOCKLEN_SIZE = 4;
const NOTHING = new Uint8Array(0);

/** As it lies in memory, its true length first. Nothing of nobody. */
export function encodeSockaddr(name: Sockaddr | null): Uint8Array {
  if (name === null) {
    return NOTHING;
  }
  const length = Math.min(SOCKADDR_HEAD + name.data.length, SOCKADDR_MAX);
  const bytes = new Uint8Array(length);
  bytes[0] = length;
  bytes[1] = name.family;
  bytes.set(name.data.subarray(0, length - SOCKADDR_HEAD), SOCKADDR_HEAD);
  return bytes;
}

/** What so many bytes are: nobody when there is not even a family. */
export function decodeSockaddr(bytes: Uint8Array): Sockaddr | null {
  return bytes.length < SOCKADDR_HEAD
    ? null
    : { family: bytes[1] as number, data: bytes.slice(SOCKADDR_HEAD) };
}

/** The slot that says how long address `name` is, or where its capacity is. */
export function salenOf(row: Marshal['row'], name: string): number {
  return argOfType(row, `salen ${name}`);
}

/** An address that the caller gives. @throws EINVAL EFAULT */
export function* sockaddrAt(m: Marshal, address: bigint, length: number): MaySleep<Sockaddr> {
  if (!sockaddrFits(length)) {
    throw EINVAL;
  }
  const bytes = yield* m.copyin(address, length);
  const [first, family] = bytes as unknown as [number, number];
  // 4.3BSD had a family of two bytes, the lower one where the length is now.
  return {
    family: family === 0 && first < AF_MAX ? first : family,
    data: new Uint8Array(bytes.subarray(SOCKADDR_HEAD)),
  };
}

/** Argument `name`. @throws EINVAL EFAULT */
export function* sockaddrIn(
  m: Marshal,
  name: string,
  address: bigint,
  passing: 'in' | 'in?',
): MaySleep<void> {
  const nobody = address === 0n && passing === 'in?';
  const length = m.scalar(salenOf(m.row, name), 'socklen_t');
  m.values.push(nobody ? null : yield* sockaddrAt(m, address, length));
}

/** As much of an address as `room` bytes are. @throws EINVAL EFAULT */
export function* sockaddrTo(
  m: Marshal,
  address: bigint,
  room: number,
  name: Sockaddr | null,
): MaySleep<number> {
  if (room < 0) {
    throw EINVAL;
  }
  const bytes = encodeSockaddr(name).subarray(0, room);
  yield* m.copyout(address, bytes);
  return bytes.length;
}

/**
 * Argument `name`, which the call returns: the caller learns how much of it was copied. Only now its capacity is looked
 * at, as in the original. @throws EINVAL EFAULT
 */
export function* sockaddrOut(
  m: Marshal,
  name: string,
  address: bigint,
  value: Sockaddr | null,
): MaySleep<void> {
  // Who gives no address for it does not want to know.
  if (address === 0n) {
    return;
  }
  const at = m.word(salenOf(m.row, name));
  const word = yield* m.copyin(at, SOCKLEN_SIZE);
  const room = new DataView(word.buffer, word.byteOffset).getInt32(0, true);
  const length = yield* sockaddrTo(m, address, room, value);
  yield* m.copyout(at, new Uint8Array(Uint32Array.of(length).buffer));
}
