/**
 * What every disk answers.
 *
 * NetBSD: sys/sys/dkio.h, disk(9).
 */
import { DIOCGMEDIASIZE, DIOCGSECTORSIZE } from '../sys/constants/dkio.ts';
import { EINVAL, ENOTTY } from '../sys/errno.ts';

/** @param data what the command fills. @throws ENOTTY no command of disks; EINVAL there is no room */
export function diskIoctl(
  com: number,
  data: Uint8Array,
  disk: { readonly size: number; readonly sectsize: number },
): void {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  switch (com) {
    case DIOCGMEDIASIZE:
      roomFor(data, 8);
      view.setBigUint64(0, BigInt(disk.size), true);
      return;
    case DIOCGSECTORSIZE:
      roomFor(data, 4);
      view.setUint32(0, disk.sectsize, true);
      return;
    default:
      throw ENOTTY;
  }
}

/** @throws EINVAL */
export function roomFor(data: Uint8Array, length: number): void {
  if (data.length < length) {
    throw EINVAL;
  }
}
