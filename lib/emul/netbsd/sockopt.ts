/**
 * Options of sockets, and buffers of which the caller's memory says how long they are.
 *
 * NetBSD: sys/kern/uipc_syscalls.c (sys_setsockopt, sys_getsockopt).
 */
import type { MaySleep } from '../../kern/maysleep.ts';
import { MCLBYTES } from '../../sys/constants/param.ts';
import { EINVAL } from '../../sys/errno.ts';
import { argOfType } from '../../sys/syscalls.ts';
import type { Marshal } from './args.ts';
import { memoryCodec } from './codec.ts';

/** The value that setsockopt sets, argument `i`. @throws EINVAL EBADF EFAULT */
export function* sockoptIn(m: Marshal, i: number, address: bigint): MaySleep<void> {
  const length = m.scalar(i + 1, 'socklen_t');
  if (length > MCLBYTES || (length > 0 && address === 0n)) {
    throw EINVAL;
  }
  m.descriptor();
  m.values.push(address === 0n ? null : yield* m.copyin(address, length));
}

/** What a `lenp` or `socklenp` says of buffer `name`; null if there is none. @throws EFAULT */
export function* capacityAt(m: Marshal, name: string): MaySleep<number | null> {
  const i = argOfType(m.row, `lenp ${name}`, `socklenp ${name}`);
  if (i < 0) {
    return null;
  }
  const codec = memoryCodec(m.row.args[i]?.[1].startsWith('socklenp') ? 'socklen_t' : 'size_t');
  return codec.decode(yield* m.copyin(m.word(i), codec.size)) as number;
}
