/**
 * Nodes of the tree as bytes: `struct sysctlnode`, in which requests about the tree are made and answered.
 *
 * NetBSD: sys/sys/sysctl.h, sys/kern/kern_sysctl.c (sysctl_cvt_in, sysctl_cvt_out).
 */
import {
  CTLTYPE_NODE,
  SYSCTL_FLAGMASK,
  SYSCTL_TYPEMASK,
  SYSCTL_VERS_MASK,
  SYSCTL_VERSION,
} from '../sys/constants/sysctl.ts';
import { EINVAL } from '../sys/errno.ts';
import type { SysctlNode } from './sysctl.ts';
import { struct, structArray, type TypeOf } from './sysctl_struct.ts';
import { sysctlSize } from './sysctl_value.ts';

const NODE = struct([
  ['flags', 'u32'],
  ['num', 'i32'],
  ['name', 'char[32]'],
  ['ver', 'u32'],
  ['rsvd', 'pad32'],
  ['csize', 'u32'],
  ['clen', 'u32'],
  ['child', 'address'],
  ['size', 'u64'],
  ['func', 'address'],
  ['parent', 'address'],
  ['desc', 'u64'],
]);

/** Bytes of a `struct sysctlnode`. */
export const SYSCTLNODE_SIZE = NODE.size;

/** One child as CTL_QUERY tells it. */
export interface SysctlnodeInfo {
  readonly num: number;
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  /** Bytes of a value, 0 where it varies. */
  readonly size: number;
  /** How many children it has itself. */
  readonly clen: number;
  readonly ver: number;
}

export function sysctlEncodeNode(node: SysctlNode): Uint8Array {
  const isNode = node.type === CTLTYPE_NODE;
  return NODE.encode({
    flags: (SYSCTL_VERSION | node.flags | node.type) >>> 0,
    num: node.num,
    name: node.name,
    ver: node.ver,
    csize: node.children.size,
    clen: node.children.size,
    size: isNode ? NODE.size : sysctlSize(node),
  });
}

/** The request that CTL_QUERY and CTL_DESCRIBE take as new value: about the node `num`, or about all. */
export function sysctlnodeRequest(num = 0): Uint8Array {
  return NODE.encode({ flags: SYSCTL_VERSION, num });
}

/** What CTL_CREATE and CTL_DESTROY take: `flags` are CTLFLAG_* and CTLTYPE_*; `value` that of an int, quad or bool. */
export function sysctlnodeNew(
  num: number,
  name: string,
  flags: number,
  { size = 0, value = 0n }: { readonly size?: number; readonly value?: bigint } = {},
): Uint8Array {
  return NODE.encode({
    flags: (SYSCTL_VERSION | flags) >>> 0,
    num,
    name,
    size,
    csize: Number(BigInt.asUintN(32, value)),
    clen: Number(BigInt.asUintN(32, value >> 32n)),
  });
}

/** What CTL_QUERY stored. @throws EINVAL not a whole number of nodes */
export function sysctlnodeDecode(bytes: Uint8Array): SysctlnodeInfo[] {
  return structArray(NODE, bytes).map(({ flags, num, name, size, clen, ver }) => ({
    num,
    name,
    type: flags & SYSCTL_TYPEMASK,
    flags: flags & SYSCTL_FLAGMASK,
    size,
    clen,
    ver,
  }));
}

/** @throws EINVAL not a `struct sysctlnode` of this version */
export function sysctlRequest(newv: Uint8Array | null): TypeOf<typeof NODE> {
  if (newv === null || newv.length !== NODE.size) {
    throw EINVAL;
  }
  const request = NODE.decode(newv);
  if ((request.flags & SYSCTL_VERS_MASK) !== SYSCTL_VERSION) {
    throw EINVAL;
  }
  return request;
}
