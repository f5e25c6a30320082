/**
 * Changing the tree by sysctl itself: CTL_CREATE, CTL_DESTROY.
 *
 * A created leaf keeps its value in the tree: an int, quad or bool begins with what the request holds (immediate), a
 * string or structure with zeros, of the size that was asked for. CTL_CREATESYM, which makes a leaf of what a symbol is
 * the address of, answers EOPNOTSUPP: variables of this kernel have no addresses, and those of modules in C are not its
 * memory.
 *
 * NetBSD: sys/kern/kern_sysctl.c (sysctl_create, sysctl_destroy), sysctl(7).
 */
import {
  CTL_CREATE,
  CTLFLAG_READWRITE,
  CTLTYPE_BOOL,
  CTLTYPE_INT,
  CTLTYPE_NODE,
  CTLTYPE_QUAD,
  CTLTYPE_STRING,
  CTLTYPE_STRUCT,
  SYSCTL_TYPEMASK,
  SYSCTL_USERFLAGS,
  SYSCTL_VERS_MASK,
} from '../sys/constants/sysctl.ts';
import { EFAULT, EINVAL, ENOENT, ENOTEMPTY } from '../sys/errno.ts';
import { kauthAuthorize } from './kauth.ts';
import type { Lwp } from './lwp.ts';
import {
  type SysctlCall,
  type SysctlNode,
  type SysctlResult,
  type SysctlSpec,
  type SysctlValue,
  sysctlCreatev,
  sysctlDestroyv,
} from './sysctl.ts';
import { sysctlEncodeNode, sysctlRequest } from './sysctl_node.ts';

/** Most bytes of a created string or structure: a page. */
const SIZE_MAX = 4096;

/** What a leaf begins with. @throws EINVAL EFAULT */
function initial(type: number, size: number, request: ReturnType<typeof sysctlRequest>): SysctlValue {
  const { csize, clen } = request;
  switch (type) {
    case CTLTYPE_INT:
      return csize | 0;
    case CTLTYPE_BOOL:
      return csize & 1;
    case CTLTYPE_QUAD:
      return BigInt.asIntN(64, (BigInt(clen) << 32n) | BigInt(csize));
    case CTLTYPE_STRING:
    case CTLTYPE_STRUCT:
      if (size < 1 || size > SIZE_MAX) {
        throw EINVAL;
      }
      // An address of the caller's memory: there is none to copy from.
      if (csize !== 0 || clen !== 0) {
        throw EFAULT;
      }
      return type === CTLTYPE_STRING ? '' : new Uint8Array(size);
    default:
      throw EINVAL;
  }
}

function specOf(request: ReturnType<typeof sysctlRequest>): SysctlSpec {
  const type = request.flags & SYSCTL_TYPEMASK;
  const flags = request.flags & SYSCTL_USERFLAGS & ~CTLFLAG_READWRITE;
  const num = request.num < 0 ? CTL_CREATE : request.num;
  const base = { num, name: request.name, type, flags };
  if (type === CTLTYPE_NODE) {
    return base;
  }
  const size = Number(request.size);
  let value = initial(type, size, request);
  const write = (_l: Lwp, to: SysctlValue): void => {
    value = to;
  };
  return {
    ...base,
    ...(type === CTLTYPE_STRING || type === CTLTYPE_STRUCT ? { size } : {}),
    read: () => value,
    ...((request.flags & CTLFLAG_READWRITE) === 0 ? {} : { write }),
  };
}

/** @returns the node as it has been made. @throws EPERM EINVAL EEXIST ENOTDIR EFAULT */
export function sysctlCreate(l: Lwp, parent: SysctlNode, call: SysctlCall): SysctlResult {
  kauthAuthorize(l.kernel, l.cred, { scope: 'system', action: 'sysctl_add' });
  const request = sysctlRequest(call.newv);
  if ((request.flags & ~(SYSCTL_USERFLAGS | SYSCTL_TYPEMASK | SYSCTL_VERS_MASK)) !== 0) {
    throw EINVAL;
  }
  return told(call, sysctlCreatev(parent, specOf(request)));
}

/** @returns the node as it was. @throws EPERM ENOENT ENOTEMPTY EINVAL another name or version than the request's */
export function sysctlDestroy(l: Lwp, parent: SysctlNode, call: SysctlCall): SysctlResult {
  kauthAuthorize(l.kernel, l.cred, { scope: 'system', action: 'sysctl_delete' });
  const request = sysctlRequest(call.newv);
  const node = parent.children.get(request.num);
  if (node === undefined) {
    throw ENOENT;
  }
  if (
    (request.name !== '' && request.name !== node.name) ||
    (request.ver !== 0 && request.ver !== node.ver)
  ) {
    throw EINVAL;
  }
  if (node.type === CTLTYPE_NODE && node.children.size > 0) {
    throw ENOTEMPTY;
  }
  const result = told(call, node);
  sysctlDestroyv(parent, node.num);
  return result;
}

function told(call: SysctlCall, node: SysctlNode): SysctlResult {
  const bytes = sysctlEncodeNode(node);
  call.oldv?.set(bytes.subarray(0, call.oldv.length));
  return { oldlen: bytes.length, error: null };
}
