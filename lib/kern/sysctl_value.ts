/**
 * Values of sysctl nodes as bytes: an int is 4, a quad 8, a bool 1, a string ends with a NUL.
 *
 * NetBSD: sys/kern/kern_sysctl.c (sysctl_lookup), sysctl(3).
 */
import {
  CTLFLAG_HEX,
  CTLFLAG_UNSIGNED,
  CTLTYPE_BOOL,
  CTLTYPE_INT,
  CTLTYPE_QUAD,
  CTLTYPE_STRING,
} from '../sys/constants/sysctl.ts';
import { EINVAL } from '../sys/errno.ts';
import type { SysctlDecoded, SysctlNode, SysctlValue } from './sysctl.ts';
import { cString } from './sysctl_struct.ts';

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function isUnsigned(node: SysctlNode): boolean {
  return (node.flags & (CTLFLAG_UNSIGNED | CTLFLAG_HEX)) !== 0;
}

/** Bytes of a value of this node. 0: it varies. */
export function sysctlSize(node: SysctlNode): number {
  switch (node.type) {
    case CTLTYPE_INT:
      return 4;
    case CTLTYPE_QUAD:
      return 8;
    case CTLTYPE_BOOL:
      return 1;
    default:
      return node.spec.size ?? 0;
  }
}

export function sysctlEncode(node: SysctlNode, value: SysctlValue): Uint8Array {
  switch (node.type) {
    case CTLTYPE_INT: {
      const bytes = new Uint8Array(4);
      viewOf(bytes).setInt32(0, value as number, true);
      return bytes;
    }
    case CTLTYPE_QUAD: {
      const bytes = new Uint8Array(8);
      viewOf(bytes).setBigInt64(0, value as bigint, true);
      return bytes;
    }
    case CTLTYPE_BOOL:
      return Uint8Array.of(value as number);
    case CTLTYPE_STRING:
      return new TextEncoder().encode(`${value as string}\0`);
    default:
      return value as Uint8Array;
  }
}

/**
 * A new value from its bytes. @throws EINVAL of another size, not a truth value, or a string without room for
 * its NUL
 */
export function sysctlDecode(node: SysctlNode, bytes: Uint8Array): SysctlValue {
  const size = sysctlSize(node);
  if (node.type === CTLTYPE_STRING) {
    if (bytes.length > size || (bytes.length === size && bytes[size - 1] !== 0)) {
      throw EINVAL;
    }
    return cString(bytes);
  }
  if (bytes.length !== size) {
    throw EINVAL;
  }
  switch (node.type) {
    case CTLTYPE_INT:
      return isUnsigned(node) ? viewOf(bytes).getUint32(0, true) : viewOf(bytes).getInt32(0, true);
    case CTLTYPE_QUAD:
      return viewOf(bytes).getBigInt64(0, true);
    case CTLTYPE_BOOL: {
      const value = bytes[0] as number;
      if (value > 1) {
        throw EINVAL;
      }
      return value;
    }
    default:
      return bytes.slice();
  }
}

/**
 * What the bytes of a value mean to a local caller: a quad is a bigint only where a number cannot hold it.
 */
export function sysctlShow(node: SysctlNode, bytes: Uint8Array): SysctlDecoded {
  if (node.spec.decode !== undefined) {
    return node.spec.decode(bytes);
  }
  switch (node.type) {
    case CTLTYPE_INT:
      return isUnsigned(node) ? viewOf(bytes).getUint32(0, true) : viewOf(bytes).getInt32(0, true);
    case CTLTYPE_QUAD: {
      const value = viewOf(bytes).getBigInt64(0, true);
      return BigInt(Number(value)) === value && Number.isSafeInteger(Number(value)) ? Number(value) : value;
    }
    case CTLTYPE_BOOL:
      return bytes[0] === 1;
    case CTLTYPE_STRING:
      return cString(bytes);
    default:
      return bytes;
  }
}

/** The bytes of what a local caller wants a node to be. @throws EINVAL not a value of its type */
export function sysctlUnshow(node: SysctlNode, value: SysctlDecoded): Uint8Array {
  return sysctlEncode(node, sysctlTyped(node, value));
}

/** The same as the kernel keeps it. @throws EINVAL */
export function sysctlTyped(node: SysctlNode, value: SysctlDecoded): SysctlValue {
  const typed = typedValue(node, value);
  if (typed === null) {
    throw EINVAL;
  }
  return typed;
}

function typedValue(node: SysctlNode, value: SysctlDecoded): SysctlValue | null {
  switch (node.type) {
    case CTLTYPE_INT:
      return typeof value === 'number' &&
        (value >> 0 === value || (isUnsigned(node) && value >>> 0 === value))
        ? value
        : null;
    case CTLTYPE_QUAD: {
      const quad = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
      return typeof quad === 'bigint' && BigInt.asIntN(64, quad) === quad ? quad : null;
    }
    case CTLTYPE_BOOL:
      return typeof value === 'boolean' ? Number(value) : null;
    case CTLTYPE_STRING:
      return typeof value === 'string' && !value.includes('\0') ? value : null;
    default:
      return value instanceof Uint8Array && value.length > 0 ? value : null;
  }
}
