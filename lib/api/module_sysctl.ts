/**
 * sysctl variables of modules in TypeScript: values as JavaScript has them, checked both ways.
 *
 * NetBSD: sysctl_createv(9), sysctl_teardown(9).
 */
import type { Kernel } from '../kern/kernel.ts';
import {
  type SysctlNode,
  type SysctlSpec,
  sysctlCreatev,
  sysctlDestroyv,
  sysctlMib,
} from '../kern/sysctl.ts';
import { sysctlEncode, sysctlShow, sysctlTyped } from '../kern/sysctl_value.ts';
import {
  CTL_CREATE,
  CTLTYPE_BOOL,
  CTLTYPE_INT,
  CTLTYPE_NODE,
  CTLTYPE_QUAD,
  CTLTYPE_STRING,
} from '../sys/constants/sysctl.ts';
import { EINVAL } from '../sys/errno.ts';

const TYPES: Readonly<Record<string, number>> = {
  node: CTLTYPE_NODE,
  int: CTLTYPE_INT,
  quad: CTLTYPE_QUAD,
  bool: CTLTYPE_BOOL,
  string: CTLTYPE_STRING,
};

/** Most bytes of a string that may be written, with its NUL, when the variable does not say. */
const STRING_SIZE = 256;

/** `number` of an int or a quad that a number can hold. */
export type SysctlVariableValue = number | bigint | boolean | string;

/** A variable, or a node for others to be below. */
export interface SysctlVariable {
  readonly name: string;
  readonly type: 'node' | 'int' | 'quad' | 'bool' | 'string';
  readonly desc?: string;
  /** Most bytes of a string, with its NUL. Default 256. */
  readonly size?: number;
  /** Every type but a node has it. A value of another type is EINVAL for who asks. */
  read?(): SysctlVariableValue;
  /** Without it the variable is read-only. @throws an errno to refuse */
  write?(value: SysctlVariableValue): void;
}

/** @throws EINVAL */
function specOf(variable: SysctlVariable, made: () => SysctlNode): SysctlSpec {
  const { name, type: kind, desc = '', size = STRING_SIZE } = variable;
  const type = TYPES[kind];
  const isNode = type === CTLTYPE_NODE;
  if (
    type === undefined ||
    typeof name !== 'string' ||
    typeof desc !== 'string' ||
    !Number.isInteger(size) ||
    size < 1 ||
    isNode !== (variable.read === undefined) ||
    (isNode && variable.write !== undefined)
  ) {
    throw EINVAL;
  }
  return {
    num: CTL_CREATE,
    name,
    type,
    desc,
    ...(type === CTLTYPE_STRING ? { size } : {}),
    ...(isNode ? {} : { read: () => sysctlTyped(made(), variable.read?.() ?? '') }),
    ...(variable.write === undefined
      ? {}
      : {
          write: (_l, value) => {
            const node = made();
            variable.write?.(sysctlShow(node, sysctlEncode(node, value)) as SysctlVariableValue);
          },
        }),
  };
}

/**
 * Add a variable below the node of that dotted name. @returns what takes it away again. @throws ENOENT ENOTDIR
 * EEXIST EINVAL
 */
export function addVariable(k: Kernel, parent: string, variable: SysctlVariable): () => void {
  if (typeof parent !== 'string' || typeof variable !== 'object' || variable === null) {
    throw EINVAL;
  }
  const above = sysctlMib(k, parent).node;
  let node: SysctlNode | null = null;
  const spec = specOf(variable, () => node as SysctlNode);
  node = sysctlCreatev(above, spec);
  const { num } = node;
  return () => {
    // A superuser may have destroyed it, and it may be another's by now.
    if (above.children.get(num) === node) {
      sysctlDestroyv(above, num);
    }
  };
}
