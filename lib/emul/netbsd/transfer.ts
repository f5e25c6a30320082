/**
 * How much a call of a foreign caller moves, and from and to several places.
 *
 * NetBSD: sys/kern/sys_generic.c (do_filereadv, do_filewritev).
 */
import type { MaySleep } from '../../kern/maysleep.ts';
import { IOV_MAX } from '../../sys/constants/limits.ts';
import { EINVAL } from '../../sys/errno.ts';
import type { Marshal } from './args.ts';

/** The longest transfer whose result can be told. */
export const SSIZE_MAX = 2n ** 63n - 1n;
/** Bytes of a `struct iovec`. */
export const IOVEC_SIZE = 16;

/** One of several places, as the caller says. */
interface Place {
  readonly base: bigint;
  readonly length: bigint;
}

/** What is moved: the bytes, and where they are in the caller's memory. */
export interface Scattered {
  readonly buffers: Uint8Array[];
  readonly bases: readonly bigint[];
}

/** An iovec array. @throws EFAULT; EINVAL they claim more than SSIZE_MAX */
export function* placesAt(m: Marshal, address: bigint, count: number): MaySleep<Place[]> {
  const bytes = yield* m.copyin(address, count * IOVEC_SIZE);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const places = Array.from({ length: count }, (_, i) => ({
    base: view.getBigUint64(IOVEC_SIZE * i, true),
    length: view.getBigUint64(IOVEC_SIZE * i + 8, true),
  }));
  if (lengthOf(places) > SSIZE_MAX) {
    throw EINVAL;
  }
  return places;
}

export function lengthOf(places: readonly Place[]): bigint {
  return places.reduce((sum, { length }) => sum + length, 0n);
}

/** What is there, or room for what will be, together `max` bytes at most. @throws EFAULT ENOMEM */
export function* transferred(
  m: Marshal,
  places: readonly Place[],
  way: 'in' | 'out',
  max: number,
): MaySleep<Scattered> {
  const buffers: Uint8Array[] = [];
  let left = max;
  for (const { base, length: wanted } of places) {
    const length = Number(wanted > BigInt(left) ? BigInt(left) : wanted);
    left -= length;
    buffers.push(way === 'in' ? yield* m.copyin(base, length) : m.room(length));
  }
  return { buffers, bases: places.map(({ base }) => base) };
}

/** The first `length` bytes go out. @throws EFAULT */
export function* scatter(m: Marshal, { buffers, bases }: Scattered, length: number): MaySleep<void> {
  let left = length;
  for (const [i, buffer] of buffers.entries()) {
    const part = Math.min(left, buffer.length);
    yield* m.copyout(bases[i] as bigint, buffer.subarray(0, part));
    left -= part;
  }
}

/** Buffers of an iovec array, together no longer than the bound. @throws EINVAL EFAULT ENOMEM */
export function* scattered(
  m: Marshal,
  name: string,
  address: bigint,
  passing: 'iov<' | 'iov>',
): MaySleep<void> {
  const count = m.lengthOf(name, IOV_MAX + 1);
  if (count > IOV_MAX) {
    throw EINVAL;
  }
  const places = yield* placesAt(m, address, count);
  const moved = yield* transferred(m, places, passing === 'iov<' ? 'in' : 'out', m.vm.transferMax);
  m.values.push(moved.buffers);
  if (passing === 'iov>') {
    m.scatter = moved;
  }
}
