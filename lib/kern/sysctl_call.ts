/**
 * One sysctl request: from a numeric name to a node, and what reading and writing it means.
 *
 * NetBSD: sys/kern/kern_sysctl.c (sys___sysctl, sysctl_dispatch, sysctl_lookup).
 */
import {
  CTL_CREATE,
  CTL_DESCRIBE,
  CTL_DESTROY,
  CTL_QUERY,
  CTLFLAG_ANYWRITE,
  CTLFLAG_READWRITE,
  CTLTYPE_NODE,
} from '../sys/constants/sysctl.ts';
import { EINVAL, ENOENT, ENOMEM, EOPNOTSUPP, EPERM } from '../sys/errno.ts';
import { kauthAuthorize } from './kauth.ts';
import type { Lwp } from './lwp.ts';
import {
  type SysctlCall,
  type SysctlNode,
  type SysctlResult,
  sysctlAccessible,
  sysctlLocate,
} from './sysctl.ts';
import { sysctlCreate, sysctlDestroy } from './sysctl_create.ts';
import { sysctlDescribe, sysctlQuery } from './sysctl_meta.ts';
import { sysctlDecode, sysctlEncode } from './sysctl_value.ts';

/** Store what fits of `bytes`. */
export function sysctlCopyout(call: SysctlCall, bytes: Uint8Array): SysctlResult {
  call.oldv?.set(bytes.subarray(0, call.oldv.length));
  return { oldlen: bytes.length, error: null };
}

/**
 * Read and write what `mib` names. The old value is stored before the new one is looked at; a new value of
 * length 0 is none.
 *
 * The result's error is ENOMEM when the old value did not fit: what fits of it has been stored, and the new
 * value has been set.
 * @throws EINVAL an empty or too long name, an intermediate node, a new value of the wrong size; ENOENT no
 * such node; ENOTDIR a name that goes on below a leaf; EPERM read-only, private, or no privilege; EOPNOTSUPP
 * an operation on the tree that is not there
 */
export function dosysctl(
  l: Lwp,
  mib: readonly number[],
  oldv: Uint8Array | null,
  newv: Uint8Array | null,
): SysctlResult {
  const { node, used, error } = sysctlLocate(l, mib);
  const call = { tail: mib.slice(used), oldv, newv: newv?.length === 0 ? null : newv };
  const result = dispatch(l, node, call, error);
  const short = result.error === null && oldv !== null && oldv.length < result.oldlen;
  return short ? { oldlen: result.oldlen, error: ENOMEM } : result;
}

function dispatch(l: Lwp, node: SysctlNode, call: SysctlCall, error: SysctlResult['error']): SysctlResult {
  const [op] = call.tail;
  if (node.type === CTLTYPE_NODE && call.tail.length === 1 && (op as number) < 0) {
    return metaOperation(l, node, call, op as number);
  }
  if (node.spec.access !== undefined) {
    sysctlAccessible(l, node);
    return node.spec.access(l, call);
  }
  if (error !== null) {
    throw error;
  }
  return sysctlLookup(l, node, call);
}

function metaOperation(l: Lwp, node: SysctlNode, call: SysctlCall, op: number): SysctlResult {
  switch (op) {
    case CTL_QUERY:
      return sysctlQuery(l, node, call);
    case CTL_CREATE:
      return sysctlCreate(l, node, call);
    case CTL_DESTROY:
      return sysctlDestroy(l, node, call);
    case CTL_DESCRIBE:
      return sysctlDescribe(l, node, call);
    default:
      throw EOPNOTSUPP;
  }
}

function sysctlLookup(l: Lwp, node: SysctlNode, call: SysctlCall): SysctlResult {
  const { newv } = call;
  if (node.spec.read === undefined) {
    throw node.type === CTLTYPE_NODE ? EINVAL : ENOENT;
  }
  sysctlAccessible(l, node);
  if (newv !== null) {
    sysctlModifiable(l, node);
  }
  const result = sysctlCopyout(call, sysctlEncode(node, node.spec.read(l)));
  if (newv !== null) {
    node.spec.write?.(l, sysctlDecode(node, newv));
  }
  return result;
}

/** @throws EPERM the node is read-only, or `l` may not change it */
function sysctlModifiable(l: Lwp, node: SysctlNode): void {
  if ((node.flags & CTLFLAG_ANYWRITE) === 0) {
    kauthAuthorize(l.kernel, l.cred, { scope: 'system', action: 'sysctl_modify' });
  }
  if ((node.flags & CTLFLAG_READWRITE) === 0) {
    throw EPERM;
  }
}
