/**
 * How much a call of a foreign caller moves, and from and to several places.
 *
 * NetBSD: sys/kern/sys_generic.c (do_filereadv, do_filewritev).
 */
import type { MaySleep } from '../../kern/maysleep.ts';
import { EINVAL } from '../../sys/errno.ts';
import type { Marshal } from './args.ts';

/** The longest transfer whose result can be told. */
export const SSIZE_MAX = 2n ** 63n - 1n;
/** IOV_MAX. */
const PIECES_MAX = 1024;

/** Buffers of an iovec array, together no longer than the bound. @throws EINVAL they claim more than SSIZE_MAX */
export function* scattered(
  m: Marshal,
  name: string,
  address: bigint,
  passing: 'iov<' | 'iov>',
): MaySleep<void> {
  const count = m.lengthOf(name, PIECES_MAX + 1);
  if (count > PIECES_MAX) {
    throw EINVAL;
  }
  const bytes = yield* m.copyin(address, count * 16);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const buffers: Uint8Array[] = [];
  const bases: bigint[] = [];
  let left = m.vm.transferMax;
  let claimed = 0n;
  for (let i = 0; i < count; i++) {
    claimed += view.getBigUint64(16 * i + 8, true);
  }
  if (claimed > SSIZE_MAX) {
    throw EINVAL;
  }
  for (let i = 0; i < count; i++) {
    const base = view.getBigUint64(16 * i, true);
    const wanted = view.getBigUint64(16 * i + 8, true);
    const length = Number(wanted > BigInt(left) ? BigInt(left) : wanted);
    left -= length;
    buffers.push(passing === 'iov<' ? yield* m.copyin(base, length) : m.room(length));
    bases.push(base);
  }
  m.values.push(buffers);
  if (passing === 'iov>') {
    m.scatter = { buffers, bases };
  }
}
