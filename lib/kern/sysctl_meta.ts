/**
 * The tree about itself: CTL_QUERY lists the children of a node as `struct sysctlnode`, CTL_DESCRIBE says in
 * words what they are. sysctl(8) and sysctlgetmibinfo(3) know nothing but these.
 *
 * NetBSD: sys/kern/kern_sysctl.c (sysctl_query, sysctl_describe, sysctl_cvt_in), sys/sys/sysctl.h.
 */
import {
  CTLFLAG_PRIVATE,
  CTLTYPE_NODE,
  SYSCTL_FLAGMASK,
  SYSCTL_TYPEMASK,
  SYSCTL_VERS_MASK,
  SYSCTL_VERSION,
} from '../sys/constants/sysctl.ts';
import { EINVAL, ENOENT, EPERM } from '../sys/errno.ts';
import { kauthAllows } from './kauth.ts';
import type { Lwp } from './lwp.ts';
import type { SysctlCall, SysctlNode, SysctlResult } from './sysctl.ts';
import { cString, struct, structArray, type TypeOf } from './sysctl_struct.ts';
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

function encodeNode(node: SysctlNode): Uint8Array {
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
function requestOf(newv: Uint8Array | null): TypeOf<typeof NODE> {
  if (newv === null || newv.length !== NODE.size) {
    throw EINVAL;
  }
  const request = NODE.decode(newv);
  if ((request.flags & SYSCTL_VERS_MASK) !== SYSCTL_VERSION) {
    throw EINVAL;
  }
  return request;
}

function byNumber(node: SysctlNode): SysctlNode[] {
  return [...node.children.values()].sort((a, b) => a.num - b.num);
}

/** Store whole records while there is room; the length told is that of all. */
function storeRecords(call: SysctlCall, records: Iterable<Uint8Array>): SysctlResult {
  let oldlen = 0;
  let stored = 0;
  for (const record of records) {
    if (call.oldv !== null && call.oldv.length - stored >= record.length) {
      call.oldv.set(record, stored);
      stored += record.length;
    }
    oldlen += record.length;
  }
  return { oldlen, error: null };
}

/** @throws EINVAL no request, or one about another version of the tree */
export function sysctlQuery(l: Lwp, node: SysctlNode, call: SysctlCall): SysctlResult {
  const { ver } = requestOf(call.newv);
  if (ver !== 0 && ver !== node.ver && ver !== l.kernel.sysctl.ver) {
    throw EINVAL;
  }
  return storeRecords(call, byNumber(node).map(encodeNode));
}

/**
 * A `struct sysctldesc`: number, version and length of the text, the text with its NUL, padded to four bytes.
 */
function encodeDesc(node: SysctlNode): Uint8Array {
  const text = new TextEncoder().encode(`${node.spec.desc ?? ''}\0`);
  const bytes = new Uint8Array(DESC_HEAD.size + Math.ceil(text.length / 4) * 4);
  bytes.set(DESC_HEAD.encode({ num: node.num, ver: node.ver, len: text.length }));
  bytes.set(text, DESC_HEAD.size);
  return bytes;
}

const DESC_HEAD = struct([
  ['num', 'i32'],
  ['ver', 'u32'],
  ['len', 'u32'],
]);

/** The descriptions CTL_DESCRIBE stored, by node number. @throws EINVAL bytes that end within one */
export function sysctldescDecode(bytes: Uint8Array): Map<number, string> {
  const descs = new Map<number, string>();
  for (let at = 0; at < bytes.length; ) {
    const { num, len } = DESC_HEAD.decode(bytes.subarray(at));
    at += DESC_HEAD.size;
    if (at + len > bytes.length) {
      throw EINVAL;
    }
    descs.set(num, cString(bytes.subarray(at, at + len)));
    at += Math.ceil(len / 4) * 4;
  }
  return descs;
}

/**
 * Describe all children, or the one that a request names.
 * @throws ENOENT no child of that number; EPERM an attempt to set a description: those of the kernel's own
 * nodes are permanent
 */
export function sysctlDescribe(l: Lwp, node: SysctlNode, call: SysctlCall): SysctlResult {
  const request = call.newv === null ? null : requestOf(call.newv);
  if (request !== null && request.desc !== 0) {
    throw EPERM;
  }
  const secrets = kauthAllows(l.kernel, l.cred, { scope: 'system', action: 'sysctl_prvt' });
  const wanted = byNumber(node).filter(
    (child) =>
      (request === null || child.num === request.num) && (secrets || (child.flags & CTLFLAG_PRIVATE) === 0),
  );
  if (request !== null && wanted.length === 0) {
    throw ENOENT;
  }
  return storeRecords(call, wanted.map(encodeDesc));
}
