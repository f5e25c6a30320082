/**
 * The sysctl tree: nodes by number and by name, typed values that are live.
 *
 * A node's value is read and written through functions, so what a caller sees is the kernel's own variable. Nodes made before
 * `sysctlFinalize` are permanent; later ones may be removed again.
 *
 * NetBSD: sys/kern/kern_sysctl.c, sysctl(3), sysctl(9).
 */
import {
  CTL_MAXNAME,
  CTLFLAG_PERMANENT,
  CTLFLAG_PRIVATE,
  CTLFLAG_READWRITE,
  CTLTYPE_BOOL,
  CTLTYPE_INT,
  CTLTYPE_NODE,
  CTLTYPE_QUAD,
  CTLTYPE_STRING,
} from '../sys/constants/sysctl.ts';
import { EEXIST, EINVAL, EISDIR, ENOENT, ENOTDIR, EPERM } from '../sys/errno.ts';
import { KASSERT } from './kassert.ts';
import { kauthAuthorize } from './kauth.ts';
import type { Kernel } from './kernel.ts';
import type { Lwp } from './lwp.ts';

/** int and bool: number; quad: bigint; string; struct: its bytes, as NetBSD lays them out on amd64. */
export type SysctlValue = number | bigint | string | Uint8Array;

export interface SysctlNode {
  readonly num: number;
  readonly name: string;
  /** CTLTYPE_*. */
  readonly type: number;
  /** CTLFLAG_*. */
  readonly flags: number;
  readonly desc: string;
  readonly children: Map<number, SysctlNode>;
  /** The value now. `tail` is what follows the node in the name: operands of nodes such as kern.proc2. */
  readonly read: ((l: Lwp, tail: readonly number[]) => SysctlValue) | null;
  readonly write: ((l: Lwp, value: SysctlValue) => void) | null;
}

export interface SysctlSpec {
  readonly num: number;
  readonly name: string;
  readonly type: number;
  readonly desc?: string;
  /** Beside READWRITE (which `write` implies) and PERMANENT. */
  readonly flags?: number;
  readonly read?: (l: Lwp, tail: readonly number[]) => SysctlValue;
  readonly write?: (l: Lwp, value: SysctlValue) => void;
}

function makeNode(spec: SysctlSpec, extra: number): SysctlNode {
  return {
    num: spec.num,
    name: spec.name,
    type: spec.type,
    flags: (spec.flags ?? 0) | (spec.write === undefined ? 0 : CTLFLAG_READWRITE) | extra,
    desc: spec.desc ?? '',
    children: new Map(),
    read: spec.read ?? null,
    write: spec.write ?? null,
  };
}

/** The empty tree. */
export function sysctlRoot(): SysctlNode {
  return makeNode({ num: 0, name: '', type: CTLTYPE_NODE }, CTLFLAG_PERMANENT);
}

/** Add a node under `parent`. @throws EEXIST number or name taken; ENOTDIR `parent` is a leaf */
export function sysctlCreatev(k: Kernel, parent: SysctlNode, spec: SysctlSpec): SysctlNode {
  if (parent.type !== CTLTYPE_NODE) {
    throw ENOTDIR;
  }
  if (parent.children.has(spec.num) || sysctlChild(parent, spec.name) !== undefined) {
    throw EEXIST;
  }
  const node = makeNode(spec, k.sysctlFinal ? 0 : CTLFLAG_PERMANENT);
  parent.children.set(node.num, node);
  return node;
}

/** Remove a leaf or an empty node. @throws EPERM it is permanent; ENOTDIR it has children; ENOENT */
export function sysctlDestroyv(parent: SysctlNode, num: number): void {
  const node = parent.children.get(num);
  if (node === undefined) {
    throw ENOENT;
  }
  if ((node.flags & CTLFLAG_PERMANENT) !== 0) {
    throw EPERM;
  }
  if (node.children.size > 0) {
    throw ENOTDIR;
  }
  parent.children.delete(num);
}

/** No node made from now on is permanent. */
export function sysctlFinalize(k: Kernel): void {
  KASSERT(!k.sysctlFinal, 'sysctl tree finalized twice');
  k.sysctlFinal = true;
}

export function sysctlChild(parent: SysctlNode, name: string): SysctlNode | undefined {
  for (const child of parent.children.values()) {
    if (child.name === name) {
      return child;
    }
  }
  return undefined;
}

/** The node a numeric name leads to, and what of the name is left. @throws ENOENT EINVAL EISDIR */
export function sysctlLocate(
  k: Kernel,
  mib: readonly number[],
): { node: SysctlNode; tail: readonly number[] } {
  if (mib.length === 0 || mib.length > CTL_MAXNAME) {
    throw EINVAL;
  }
  let node = k.sysctl;
  for (let i = 0; i < mib.length; i++) {
    const child = node.children.get(mib[i] as number);
    if (child === undefined) {
      throw ENOENT;
    }
    node = child;
    if (node.type !== CTLTYPE_NODE) {
      return { node, tail: mib.slice(i + 1) };
    }
  }
  throw EISDIR;
}

/** The numeric name of a dotted one. @throws ENOENT */
export function sysctlMib(k: Kernel, name: string): number[] {
  const mib: number[] = [];
  let node = k.sysctl;
  for (const part of name.split('.')) {
    const child = sysctlChild(node, part);
    if (child === undefined) {
      throw ENOENT;
    }
    mib.push(child.num);
    node = child;
  }
  return mib;
}

/** Read a node as `l`. @throws EPERM private; EISDIR; EINVAL operands to a node that takes none */
export function sysctlRead(l: Lwp, node: SysctlNode, tail: readonly number[]): SysctlValue {
  if (node.read === null) {
    throw EISDIR;
  }
  if ((node.flags & CTLFLAG_PRIVATE) !== 0) {
    kauthAuthorize(l.kernel, l.cred, { scope: 'system', action: 'sysctl_prvt' });
  }
  if (tail.length > 0 && node.read.length < 2) {
    throw ENOTDIR;
  }
  return node.read(l, tail);
}

/** Write a node as `l`. @throws EPERM read-only, or no privilege; EINVAL a value of another type */
export function sysctlWrite(l: Lwp, node: SysctlNode, value: SysctlValue): void {
  if (node.write === null) {
    throw EPERM;
  }
  kauthAuthorize(l.kernel, l.cred, { scope: 'system', action: 'sysctl_modify' });
  if (!fits(node.type, value)) {
    throw EINVAL;
  }
  node.write(l, value);
}

function fits(type: number, value: SysctlValue): boolean {
  switch (type) {
    case CTLTYPE_INT:
      return typeof value === 'number' && (value | 0) === value;
    case CTLTYPE_BOOL:
      return value === 0 || value === 1;
    case CTLTYPE_QUAD:
      return typeof value === 'bigint' && BigInt.asIntN(64, value) === value;
    case CTLTYPE_STRING:
      return typeof value === 'string';
    default:
      return value instanceof Uint8Array;
  }
}
