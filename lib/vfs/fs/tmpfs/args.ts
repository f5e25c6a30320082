/**
 * What tmpfs is mounted with.
 *
 * NetBSD: sys/fs/tmpfs/tmpfs_args.h.
 */
import { PAGE_SIZE } from '../../../sys/constants/param.ts';
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

/**
 * How many files there may be when only the size is limited: what they are costs memory, too. NetBSD: tmpfs_mount.
 * @param size bytes
 */
function nodesFor(size: number): number {
  return 3 + Math.floor(size / 1024);
}

/**
 * @param data an object with some of the fields, the C structure, or nothing
 * @param before what a mount has that is updated: what `data` does not say stays
 * @throws EINVAL
 */
export function tmpfsArgs(data: unknown, before?: TmpfsArgs): TmpfsArgs {
  const defaults = before ?? DEFAULTS;
  if (data === undefined || data === null) {
    return defaults;
  }
  if (typeof data !== 'object') {
    throw EINVAL;
  }
  const given: Partial<TmpfsArgs> = data instanceof Uint8Array ? fromStruct(data) : data;
  const nodesByDefault = before?.nodes ?? nodesFor(given.size ?? DEFAULTS.size);
  const args: TmpfsArgs = { ...defaults, nodes: nodesByDefault, ...given };
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

/** Too little for a file system stands for nothing said. */
function fromStruct(bytes: Uint8Array): Partial<TmpfsArgs> {
  if (bytes.length < STRUCT_SIZE) {
    throw EINVAL;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getInt32(0, true) !== VERSION) {
    throw EINVAL;
  }
  const limit = (at: number): number => {
    const n = Number(view.getBigUint64(at, true));
    return n > Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : n;
  };
  const [nodes, size] = [limit(8), limit(16)];
  return {
    ...(nodes > 3 ? { nodes } : {}),
    ...(size >= PAGE_SIZE ? { size } : {}),
    uid: view.getUint32(24, true),
    gid: view.getUint32(28, true),
    mode: view.getUint32(32, true) & ALLPERMS,
  };
}
