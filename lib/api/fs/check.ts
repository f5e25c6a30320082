/**
 * Checking what callers pass, with the errors that node:fs gives. Nothing here makes a system call, so what is wrong
 * changes nothing.
 */
import { fileURLToPath } from 'node:url';
import { types } from 'node:util';
import { isBytes } from '../../sys/bytes.ts';
import { nameDecode } from '../../sys/pathname.ts';
import { invalidArgType, invalidArgValue, outOfRange } from './errors.ts';

/** A path as callers name one. */
export type PathLike = string | Uint8Array | URL;
export type BufferEncodingOption = BufferEncoding | 'buffer';

const PATH_KINDS = 'of type string or an instance of Buffer or URL';

/** Node looks at the shape, so that a URL of another realm is one too. */
function isUrl(value: unknown): value is URL {
  return (
    value instanceof URL ||
    (typeof value === 'object' &&
      value !== null &&
      typeof (value as URL).href === 'string' &&
      typeof (value as URL).protocol === 'string' &&
      (value as { auth?: unknown }).auth === undefined)
  );
}

/**
 * A path as the kernel takes it. Bytes that are no UTF-8 become what stands for them there; half a surrogate pair
 * in a string is U+FFFD, as in all of Node.
 */
export function toPath(value: unknown, name = 'path'): string {
  if (typeof value === 'string') {
    if (value.includes('\0')) {
      throw invalidArgValue(name, value, 'must be a string, Uint8Array, or URL without null bytes');
    }
    return (value as unknown as { toWellFormed(): string }).toWellFormed();
  }
  if (isBytes(value)) {
    if (value.includes(0)) {
      throw invalidArgValue(name, value, 'must be a string, Uint8Array, or URL without null bytes');
    }
    return nameDecode(value);
  }
  if (isUrl(value)) {
    return toPath(fileURLToPath(value), name);
  }
  throw invalidArgType(name, PATH_KINDS, value);
}

/** @throws ERR_INVALID_ARG_TYPE no number; ERR_OUT_OF_RANGE no integer of that range */
export function toInteger(value: unknown, name: string, min: number, max: number): number {
  if (typeof value !== 'number') {
    throw invalidArgType(name, 'of type number', value);
  }
  if (!Number.isInteger(value)) {
    throw outOfRange(name, 'an integer', value);
  }
  if (value < min || value > max) {
    throw outOfRange(name, `>= ${min} && <= ${max}`, value);
  }
  return value;
}

/** Is this a file that is open, where a path may be too? As Node: what 32 bits hold. */
export function isFd(value: unknown): value is number {
  return typeof value === 'number' && (value === (value | 0) || value === value >>> 0);
}

export function toFd(value: unknown, name = 'fd'): number {
  return toInteger(value, name, 0, 2147483647);
}

const UINT32_MAX = 4294967295;

/** A mode: a number, or octal digits. */
export function toMode(value: unknown, name = 'mode', absent?: number): number {
  if (value === undefined || value === null) {
    if (absent !== undefined) {
      return absent;
    }
  }
  if (typeof value === 'string') {
    if (!/^[0-7]+$/.test(value)) {
      throw invalidArgValue(name, value, 'must be a 32-bit unsigned integer or an octal string');
    }
    return toInteger(Number.parseInt(value, 8), name, 0, UINT32_MAX);
  }
  return toInteger(value, name, 0, UINT32_MAX);
}

/** A user or group; -1 leaves it. */
export function toId(value: unknown, name: string): number {
  const id = toInteger(value, name, -1, UINT32_MAX);
  return id === UINT32_MAX ? -1 : id;
}

/** Options that are an object and nothing else. */
export function toObject(value: unknown, name = 'options'): object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidArgType(name, 'of type object', value);
  }
  return value;
}

/** Options that are an object, an encoding in a string, or absent. */
export function toOptions<T extends object>(value: unknown, defaults: T): T {
  if (value === null || value === undefined || typeof value === 'function') {
    return defaults;
  }
  if (typeof value === 'string') {
    return { ...defaults, encoding: toEncoding(value) };
  }
  if (typeof value !== 'object') {
    throw invalidArgType('options', 'one of type string or object', value);
  }
  const options = { ...defaults, ...value } as T & { encoding?: unknown; signal?: unknown };
  toEncoding(options.encoding);
  toSignal(options.signal);
  return options;
}

/** @throws ERR_INVALID_ARG_VALUE neither an encoding of Buffer, nor 'buffer', nor absent, as an empty one is */
export function toEncoding(value: unknown): BufferEncodingOption | undefined {
  if (value && value !== 'buffer' && !(typeof value === 'string' && Buffer.isEncoding(value))) {
    throw invalidArgValue('encoding', value, 'is invalid encoding');
  }
  return value ? (value as BufferEncodingOption) : undefined;
}

export function toSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  if (typeof value !== 'object' || !('aborted' in value)) {
    throw invalidArgType('options.signal', 'an instance of AbortSignal', value);
  }
  return value as AbortSignal;
}

export function toBoolean(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') {
    throw invalidArgType(name, 'of type boolean', value);
  }
  return value;
}

export type Callback = (...args: unknown[]) => void;

export function toCallback(value: unknown, name = 'cb'): Callback {
  if (typeof value !== 'function') {
    throw invalidArgType(name, 'of type function', value);
  }
  return value as Callback;
}

/** The bytes of a Buffer, typed array or DataView: a view, not a copy. */
export function bytesOf(view: ArrayBufferView): Uint8Array {
  return view instanceof Uint8Array ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

export function toBytes(value: unknown, name = 'buffer'): Uint8Array {
  if (!ArrayBuffer.isView(value)) {
    throw invalidArgType(name, 'an instance of Buffer, TypedArray, or DataView', value);
  }
  return bytesOf(value);
}

/** Buffers for readv and writev. */
export function toVector(value: unknown): Uint8Array[] {
  if (!Array.isArray(value) || !value.every((item) => ArrayBuffer.isView(item))) {
    throw invalidArgType('buffers', 'an ArrayBufferView[]', value);
  }
  return value.map(bytesOf);
}

/** What a whole file is made of. */
export function toData(value: unknown, encoding: unknown): Uint8Array {
  if (typeof value === 'string') {
    return Buffer.from(value, (encoding ?? 'utf8') as BufferEncoding);
  }
  if (!ArrayBuffer.isView(value)) {
    throw invalidArgType('data', 'of type string or an instance of Buffer, TypedArray, or DataView', value);
  }
  return bytesOf(value);
}

/** A time in seconds: a number, a string of one, or a Date. As Node, what lies before 1970 as a number is now. */
export function toSeconds(value: unknown, name = 'time'): number {
  if (typeof value === 'string' && Number.isFinite(Number(value))) {
    return Number(value);
  }
  if (typeof value === 'number' && Number.isFinite(value)) {
    return value < 0 ? Date.now() / 1000 : value;
  }
  if (types.isDate(value) && Number.isFinite(value.getTime())) {
    return value.getTime() / 1000;
  }
  throw invalidArgType(name, 'an instance of Date or an Time in seconds', value);
}
