/**
 * What tmpfs is mounted with.
 *
 * NetBSD: sys/fs/tmpfs/tmpfs_args.h.
 */
import { ALLPERMS } from '../../../sys/constants/stat.ts';
import { EINVAL } from '../../../sys/errno.ts';

export interface TmpfsArgs {
  /** Bytes and files at most; Infinity is no limit. */
  readonly size: number;
  readonly nodes: number;
  /** Of the root directory. */
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

const DEFAULTS: TmpfsArgs = {
  size: Number.POSITIVE_INFINITY,
  nodes: Number.POSITIVE_INFINITY,
  uid: 0,
  gid: 0,
  mode: 0o755,
};

/** ta_version (4 bytes), ta_nodes_max, ta_size_max (8 each), ta_root_uid, ta_root_gid, ta_root_mode (4 each). */
const VERSION = 1;
const STRUCT_SIZE = 40;

/** @param data an object with some of the fields, the C structure, or nothing. @throws EINVAL */
export function tmpfsArgs(data: unknown): TmpfsArgs {
  if (data === undefined || data === null) {
    return DEFAULTS;
  }
  if (data instanceof Uint8Array) {
    return fromStruct(data);
  }
  if (typeof data !== 'object') {
    throw EINVAL;
  }
  const args: TmpfsArgs = { ...DEFAULTS, ...data };
  const { size, nodes, uid, gid, mode } = args;
  const whole = (n: number, max: number): boolean => Number.isInteger(n) && n >= 0 && n <= max;
  const limit = (n: number): boolean => n === Number.POSITIVE_INFINITY || whole(n, Number.MAX_SAFE_INTEGER);
  if (
    Object.keys(args).length !== Object.keys(DEFAULTS).length ||
    !limit(size) ||
    !limit(nodes) ||
    !whole(uid, 0xfffffffe) ||
    !whole(gid, 0xfffffffe) ||
    !whole(mode, ALLPERMS)
  ) {
    throw EINVAL;
  }
  return args;
}

function fromStruct(bytes: Uint8Array): TmpfsArgs {
  if (bytes.length < STRUCT_SIZE) {
    throw EINVAL;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getInt32(0, true) !== VERSION) {
    throw EINVAL;
  }
  const limit = (at: number): number => {
    const n = Number(view.getBigUint64(at, true));
    return n === 0 || n > Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : n;
  };
  return {
    nodes: limit(8),
    size: limit(16),
    uid: view.getUint32(24, true),
    gid: view.getUint32(28, true),
    mode: view.getUint32(32, true) & ALLPERMS,
  };
}
