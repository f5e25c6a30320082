/**
 * The sysctl tree: nodes by number and by name.
 *
 * A node's value is read and written through functions, so what a caller sees is the kernel's own variable.
 * Nodes made before `sysctlFinalize` are permanent; later ones may be removed again.
 *
 * NetBSD: sys/kern/kern_sysctl.c, sysctl(9).
 */
import {
  CREATE_BASE,
  CTL_CREATE,
  CTL_MAXNAME,
  CTLFLAG_ANYNUMBER,
  CTLFLAG_PERMANENT,
  CTLFLAG_PRIVATE,
  CTLFLAG_READWRITE,
  CTLFLAG_ROOT,
  CTLTYPE_NODE,
  SYSCTL_NAMELEN,
} from '../sys/constants/sysctl.ts';
import { EEXIST, EINVAL, ENOENT, ENOTDIR, ENOTEMPTY, EPERM, type Errno } from '../sys/errno.ts';
import { KASSERT } from './kassert.ts';
import { kauthAuthorize } from './kauth.ts';
import type { Kernel } from './kernel.ts';
import type { Lwp } from './lwp.ts';

/** int and bool: number; quad: bigint; string; struct: its bytes, as NetBSD lays them out on amd64. */
export type SysctlValue = number | bigint | string | Uint8Array;

/**
 * What a local caller that names a node is shown: a value, or an object for the structures the kernel can
 * decode.
 */
export type SysctlDecoded = number | bigint | boolean | string | object;

/** One request, as it reaches a node. */
export interface SysctlCall {
  /** What follows the node in the name. */
  readonly tail: readonly number[];
  /** Where the old value goes; null asks how long it is. */
  readonly oldv: Uint8Array | null;
  /** The new value, never of length 0. */
  readonly newv: Uint8Array | null;
}

/** `oldlen`: bytes stored, or needed. Told to the caller also along with an error. */
export interface SysctlResult {
  readonly oldlen: number;
  readonly error: Errno | null;
}

export interface SysctlSpec {
  /** CTL_CREATE: the next free number above 1024. */
  readonly num: number;
  readonly name: string;
  /** CTLTYPE_*. */
  readonly type: number;
  readonly desc?: string;
  /** CTLFLAG_* beside READWRITE (which `write` implies) and PERMANENT. */
  readonly flags?: number;
  /**
   * Bytes of a struct; of a string the most it may have, with its NUL. 0: it varies, and cannot be written.
   */
  readonly size?: number;
  readonly read?: (l: Lwp) => SysctlValue;
  /** The value is of the node's type and size. @throws EINVAL it is not acceptable */
  readonly write?: (l: Lwp, value: SysctlValue) => void;
  /** Answers a request whole, for nodes that take operands or look at the caller's room. */
  readonly access?: (l: Lwp, call: SysctlCall) => SysctlResult;
  /** The operands `access` is given when the node is read by name. */
  readonly operands?: readonly number[];
  /** What reading by name shows of the value's bytes. */
  readonly decode?: (bytes: Uint8Array) => SysctlDecoded;
  /** Children to begin with, made when first looked at: most kernels are never asked. */
  readonly below?: (k: Kernel) => readonly SysctlSpec[];
}

export class SysctlNode {
  readonly kernel: Kernel;
  readonly parent: SysctlNode | null;
  readonly spec: SysctlSpec;
  /** Of the root: the last number given out to a CTL_CREATE. */
  num: number;
  /** CTLFLAG_*. */
  readonly flags: number;
  /** What it is, in words. Set once. */
  desc: string | undefined;
  /** Changes with every node that comes or goes below. */
  ver: number;
  #children: Map<number, SysctlNode> | null = null;

  constructor(kernel: Kernel, parent: SysctlNode | null, spec: SysctlSpec, num: number, flags: number) {
    this.kernel = kernel;
    this.parent = parent;
    this.spec = spec;
    this.desc = spec.desc;
    this.num = num;
    this.flags = flags | (spec.flags ?? 0) | (spec.write === undefined ? 0 : CTLFLAG_READWRITE);
    // 0 in a request means any version, so no node has it.
    this.ver = parent?.ver ?? 1;
  }

  get name(): string {
    return this.spec.name;
  }

  /** CTLTYPE_*. */
  get type(): number {
    return this.spec.type;
  }

  get children(): Map<number, SysctlNode> {
    if (this.#children === null) {
      this.#children = new Map();
      for (const spec of this.spec.below?.(this.kernel) ?? []) {
        addChild(this, spec, CTLFLAG_PERMANENT);
      }
    }
    return this.#children;
  }
}

/** A tree of these nodes. */
export function sysctlRoot(k: Kernel, top: readonly SysctlSpec[]): SysctlNode {
  const spec = { num: 0, name: '', type: CTLTYPE_NODE, below: () => top };
  return new SysctlNode(k, null, spec, CREATE_BASE, CTLFLAG_PERMANENT | CTLFLAG_ROOT | CTLFLAG_READWRITE);
}

function pickNumber(parent: SysctlNode): number {
  const root = parent.kernel.sysctl;
  do {
    root.num++;
  } while (parent.children.has(root.num));
  return root.num;
}

function addChild(parent: SysctlNode, spec: SysctlSpec, flags: number): SysctlNode {
  const num = spec.num === CTL_CREATE ? pickNumber(parent) : spec.num;
  const node = new SysctlNode(parent.kernel, parent, spec, num, flags);
  parent.children.set(num, node);
  return node;
}

/** A node and all above it have changed. */
function newVersion(from: SysctlNode): void {
  const ver = from.kernel.sysctl.ver + 1;
  for (let node: SysctlNode | null = from; node !== null; node = node.parent) {
    node.ver = ver;
  }
}

/**
 * Add a node under `parent`.
 * @throws EEXIST number or name taken; ENOTDIR `parent` is a leaf; EINVAL a name that is none
 */
export function sysctlCreatev(parent: SysctlNode, spec: SysctlSpec): SysctlNode {
  if (parent.type !== CTLTYPE_NODE) {
    throw ENOTDIR;
  }
  if (!/^[A-Za-z_-][A-Za-z0-9_-]*$/.test(spec.name) || spec.name.length >= SYSCTL_NAMELEN) {
    throw EINVAL;
  }
  if (parent.children.has(spec.num) || sysctlChild(parent, spec.name) !== undefined) {
    throw EEXIST;
  }
  const node = addChild(parent, spec, parent.kernel.sysctlFinal ? 0 : CTLFLAG_PERMANENT);
  newVersion(node);
  return node;
}

/** Remove a leaf or an empty node. @throws EPERM it is permanent; ENOTEMPTY it has children; ENOENT */
export function sysctlDestroyv(parent: SysctlNode, num: number): void {
  const node = parent.children.get(num);
  if (node === undefined) {
    throw ENOENT;
  }
  if ((node.flags & CTLFLAG_PERMANENT) !== 0) {
    throw EPERM;
  }
  if (node.children.size > 0) {
    throw ENOTEMPTY;
  }
  parent.children.delete(num);
  newVersion(parent);
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

/** May `l` look into this node? @throws EPERM it is private */
export function sysctlAccessible(l: Lwp, node: SysctlNode): void {
  if ((node.flags & CTLFLAG_PRIVATE) !== 0) {
    kauthAuthorize(l.kernel, l.cred, { scope: 'system', action: 'sysctl_prvt' });
  }
}

/**
 * How far a numeric name leads: the last node found, how many numbers that took, and ENOENT or ENOTDIR when
 * some are left.
 * @throws EPERM a private node on the way; EINVAL an empty or too long name
 */
export function sysctlLocate(
  l: Lwp,
  mib: readonly number[],
): { node: SysctlNode; used: number; error: Errno | null } {
  if (mib.length === 0 || mib.length > CTL_MAXNAME) {
    throw EINVAL;
  }
  let node = l.kernel.sysctl;
  for (let used = 0; used < mib.length; used++) {
    if (node.type !== CTLTYPE_NODE) {
      return { node, used, error: ENOTDIR };
    }
    sysctlAccessible(l, node);
    const child = node.children.get(mib[used] as number);
    if (child === undefined) {
      return { node, used, error: ENOENT };
    }
    node = child;
  }
  return { node, used: mib.length, error: null };
}

/** The child that stands for any number, when `part` is one. */
function anyNumber(node: SysctlNode, part: string): SysctlNode | undefined {
  if (!/^\d{1,10}$/.test(part)) {
    return undefined;
  }
  return [...node.children.values()].find((child) => (child.flags & CTLFLAG_ANYNUMBER) !== 0);
}

/** The numeric name of a dotted one, and its node. @throws ENOENT */
export function sysctlMib(k: Kernel, name: string): { mib: number[]; node: SysctlNode } {
  const mib: number[] = [];
  let node = k.sysctl;
  for (const part of name.split('.')) {
    const child = sysctlChild(node, part) ?? anyNumber(node, part);
    if (child === undefined) {
      throw ENOENT;
    }
    mib.push((child.flags & CTLFLAG_ANYNUMBER) !== 0 && part !== child.name ? Number(part) : child.num);
    node = child;
  }
  return { mib, node };
}
