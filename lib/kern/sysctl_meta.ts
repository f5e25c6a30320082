/**
 * The tree about itself: CTL_QUERY lists the children of a node as `struct sysctlnode`, CTL_DESCRIBE says in
 * words what they are. sysctl(8) and sysctlgetmibinfo(3) know nothing but these.
 *
 * NetBSD: sys/kern/kern_sysctl.c (sysctl_query, sysctl_describe, sysctl_cvt_in), sys/sys/sysctl.h.
 */
import { CTLFLAG_PERMANENT, CTLFLAG_PRIVATE, MAXDESCLEN } from '../sys/constants/sysctl.ts';
import { EFAULT, EINVAL, ENAMETOOLONG, ENOENT, EPERM } from '../sys/errno.ts';
import { kauthAllows, kauthAuthorize } from './kauth.ts';
import type { Lwp } from './lwp.ts';
import type { SysctlCall, SysctlNode, SysctlResult } from './sysctl.ts';
import { SYSCTLNODE_SIZE, sysctlEncodeNode, sysctlRequest } from './sysctl_node.ts';
import { cString, struct } from './sysctl_struct.ts';

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
  const { ver } = sysctlRequest(call.newv);
  if (ver !== 0 && ver !== node.ver && ver !== l.kernel.sysctl.ver) {
    throw EINVAL;
  }
  return storeRecords(call, byNumber(node).map(sysctlEncodeNode));
}

/**
 * A `struct sysctldesc`: number, version and length of the text, the text with its NUL, padded to four bytes.
 */
function encodeDesc(node: SysctlNode): Uint8Array {
  const text = new TextEncoder().encode(`${node.desc ?? ''}\0`);
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
 * A request to set a description: the text comes after the `struct sysctlnode` (who has the memory of the caller puts
 * it there). @throws EPERM the node is permanent, or has one; ENOENT; EFAULT there is no text; ENAMETOOLONG
 */
function setDescription(l: Lwp, node: SysctlNode, num: number, text: Uint8Array): void {
  kauthAuthorize(l.kernel, l.cred, { scope: 'system', action: 'sysctl_desc' });
  const child = node.children.get(num);
  if (child === undefined) {
    throw ENOENT;
  }
  if ((child.flags & CTLFLAG_PERMANENT) !== 0 || child.desc !== undefined) {
    throw EPERM;
  }
  if (text.length === 0) {
    throw EFAULT;
  }
  const desc = cString(text);
  if (new TextEncoder().encode(desc).length >= MAXDESCLEN) {
    throw ENAMETOOLONG;
  }
  child.desc = desc;
}

/**
 * Describe all children, or the one that a request names, which is given its description first if there is one in it.
 * @throws ENOENT no child of that number; EPERM EFAULT ENAMETOOLONG an attempt to set a description
 */
export function sysctlDescribe(l: Lwp, node: SysctlNode, call: SysctlCall): SysctlResult {
  const { newv } = call;
  const request = newv === null ? null : sysctlRequest(newv.subarray(0, SYSCTLNODE_SIZE));
  if (newv !== null && request !== null && request.desc !== 0) {
    setDescription(l, node, request.num, newv.subarray(SYSCTLNODE_SIZE));
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
