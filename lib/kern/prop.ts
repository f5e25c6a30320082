/**
 * Property dictionaries: what a module is loaded with, in the shapes that proplib knows. They are plain
 * objects that have been checked, copied and frozen; nobody needs calls to look into them.
 *
 * NetBSD: common/lib/libprop, proplib(3), prop_dictionary(3).
 */
import { isBytes } from '../sys/bytes.ts';
import { EINVAL } from '../sys/errno.ts';

/** Numbers are integers; a bigint is for what a number cannot hold exactly. Bytes are a copy. */
export type PropValue =
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly PropValue[]
  | PropDictionary;

export interface PropDictionary {
  readonly [key: string]: PropValue;
}

/** Deepest nesting: a structure that contains itself has no end. */
const DEPTH_MAX = 32;
const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

/**
 * A checked, frozen copy of a dictionary. Looks at all of `value`, which may run its owner's code. @throws
 * EINVAL
 */
export function propDictionary(value: unknown): PropDictionary {
  if (!isPlain(value)) {
    throw EINVAL;
  }
  return dictionary(value, 0);
}

/** Equal in shape and content. */
export function propEquals(a: PropValue, b: PropValue): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') {
    return a === b;
  }
  const bytes = a instanceof Uint8Array;
  if (bytes !== b instanceof Uint8Array || Array.isArray(a) !== Array.isArray(b)) {
    return false;
  }
  const [left, right] = [a as PropDictionary, b as PropDictionary];
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every(
      (key) => Object.hasOwn(right, key) && propEquals(left[key] as PropValue, right[key] as PropValue),
    )
  );
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  // That of another realm's objects has no prototype either.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function dictionary(value: object, depth: number): PropDictionary {
  if (Object.getOwnPropertySymbols(value).length > 0) {
    throw EINVAL;
  }
  return Object.freeze(
    Object.fromEntries(Object.entries(value).map(([key, v]) => [key, copy(v, depth + 1)])),
  );
}

function copy(value: unknown, depth: number): PropValue {
  if (depth > DEPTH_MAX) {
    throw EINVAL;
  }
  switch (typeof value) {
    case 'boolean':
    case 'string':
      return value;
    case 'number':
      return Number.isSafeInteger(value) ? value + 0 : invalid();
    case 'bigint':
      return value >= INT64_MIN && value <= UINT64_MAX ? value : invalid();
    case 'object':
      if (isBytes(value)) {
        return Uint8Array.from(value);
      }
      if (Array.isArray(value)) {
        return Object.freeze(Array.from(value, (v) => copy(v, depth + 1)));
      }
      return isPlain(value) ? dictionary(value, depth) : invalid();
    default:
      return invalid();
  }
}

function invalid(): never {
  throw EINVAL;
}
