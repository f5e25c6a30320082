/** Simulated host: what operations on directories take and give, as numbers and bytes. */
import {
  RUMPUSER_FSATTR_ATIME,
  RUMPUSER_FSATTR_BIRTH,
  RUMPUSER_FSATTR_BLKSIZE,
  RUMPUSER_FSATTR_BLOCKS,
  RUMPUSER_FSATTR_CTIME,
  RUMPUSER_FSATTR_DEV,
  RUMPUSER_FSATTR_GID,
  RUMPUSER_FSATTR_INO,
  RUMPUSER_FSATTR_MODE,
  RUMPUSER_FSATTR_MTIME,
  RUMPUSER_FSATTR_NLINK,
  RUMPUSER_FSATTR_SIZE,
  RUMPUSER_FSATTR_UID,
  RUMPUSER_FSATTRS,
  RUMPUSER_FSENTRY,
  RUMPUSER_FSSPACE_BAVAIL,
  RUMPUSER_FSSPACE_BFREE,
  RUMPUSER_FSSPACE_BLOCKS,
  RUMPUSER_FSSPACE_BSIZE,
  RUMPUSER_FSSPACE_FFREE,
  RUMPUSER_FSSPACE_FILES,
  RUMPUSER_FSSPACE_FRSIZE,
  RUMPUSER_FSSPACE_LOCAL,
  RUMPUSER_FSSPACE_NAMEMAX,
  RUMPUSER_FSSPACES,
} from '../sys/constants/fsop.ts';
import { EINVAL } from '../sys/errno.ts';
import type { Timespec } from '../sys/types.ts';
import type { FsRequest } from './rumpuser.ts';
import type { SimNode } from './sim_node.ts';

/** The one device of the simulated host. */
export const SIM_DEV = 1n;

const ARGS = 4;
const BLOCK = 512;
const PAGE = 4096;
/** As much as nobody fills: what runs out here does so by a fault. */
const BLOCKS = 1 << 28;

/** @throws EINVAL */
export function argsOf({ args = [] }: FsRequest): readonly number[] {
  if (args.length > ARGS || !args.every(Number.isSafeInteger)) throw EINVAL;
  return [...args, 0, 0, 0, 0].slice(0, ARGS);
}

/** The time at `args[at]`, undefined to leave it. */
export function timeOf(args: readonly number[], at: number): Timespec | undefined {
  const [sec = 0, nsec = 0] = args.slice(at);
  return nsec === -1 ? undefined : { sec, nsec };
}

/** Put numbers at their places of `data`, if all `count` fit. */
function put(
  data: Uint8Array | undefined,
  count: number,
  numbers: readonly (readonly [number, number])[],
): void {
  if (data === undefined || data.length < count * 8) return;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let i = 0; i < count; i++) view.setBigInt64(i * 8, 0n, true);
  for (const [at, value] of numbers) view.setBigInt64(at * 8, BigInt(value), true);
}

function times(at: number, { sec, nsec }: Timespec): (readonly [number, number])[] {
  return [
    [at, sec],
    [at + 1, nsec],
  ];
}

export function putAttributes({ data }: FsRequest, node: SimNode): void {
  put(data, RUMPUSER_FSATTRS, [
    [RUMPUSER_FSATTR_DEV, Number(SIM_DEV)],
    [RUMPUSER_FSATTR_INO, node.ino],
    [RUMPUSER_FSATTR_MODE, node.mode],
    [RUMPUSER_FSATTR_NLINK, node.nlink],
    [RUMPUSER_FSATTR_UID, node.uid],
    [RUMPUSER_FSATTR_GID, node.gid],
    [RUMPUSER_FSATTR_SIZE, node.size],
    [RUMPUSER_FSATTR_BLOCKS, Math.ceil((node.content?.allocated ?? 0) / BLOCK)],
    [RUMPUSER_FSATTR_BLKSIZE, PAGE],
    ...times(RUMPUSER_FSATTR_ATIME, node.atime),
    ...times(RUMPUSER_FSATTR_MTIME, node.mtime),
    ...times(RUMPUSER_FSATTR_CTIME, node.ctime),
    ...times(RUMPUSER_FSATTR_BIRTH, node.birth),
  ]);
}

/** @throws EINVAL no room */
export function putSpace({ data }: FsRequest): void {
  if (data === undefined || data.length < RUMPUSER_FSSPACES * 8) throw EINVAL;
  put(data, RUMPUSER_FSSPACES, [
    [RUMPUSER_FSSPACE_BSIZE, PAGE],
    [RUMPUSER_FSSPACE_FRSIZE, PAGE],
    [RUMPUSER_FSSPACE_BLOCKS, BLOCKS],
    [RUMPUSER_FSSPACE_BFREE, BLOCKS / 2],
    [RUMPUSER_FSSPACE_BAVAIL, BLOCKS / 2],
    [RUMPUSER_FSSPACE_FILES, BLOCKS],
    [RUMPUSER_FSSPACE_FFREE, BLOCKS / 2],
    [RUMPUSER_FSSPACE_NAMEMAX, 255],
    [RUMPUSER_FSSPACE_LOCAL, 1],
  ]);
}

/** As many entries as there is room for. @throws EINVAL no room for one */
export function putEntries(
  { data = new Uint8Array(0) }: FsRequest,
  all: readonly (readonly [string, SimNode])[],
): { bytes: number; entries: number } {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let bytes = 0;
  let entries = 0;
  for (const [name, entry] of all) {
    if (bytes + RUMPUSER_FSENTRY + name.length > data.length) {
      if (entries === 0) throw EINVAL;
      break;
    }
    view.setBigUint64(bytes, BigInt(entry.ino), true);
    view.setUint8(bytes + 8, entry.mode >> 12);
    view.setUint8(bytes + 9, name.length);
    data.set(Buffer.from(name, 'latin1'), bytes + RUMPUSER_FSENTRY);
    bytes += RUMPUSER_FSENTRY + name.length;
    entries++;
  }
  return { bytes, entries };
}
