/**
 * Structures as bytes: described field by field, at their natural alignment, little-endian, as NetBSD/amd64
 * lays them out.
 *
 * A description is a list of names and kinds in C's order. From it follow the TypeScript type, the encoder
 * and the decoder, so that the three cannot disagree. What an encoder is not given is zero. Kernel addresses
 * are always zero and not decoded: there is nothing behind them.
 */
import { EINVAL } from '../sys/errno.ts';
import type { Sigset, Timespec, Timeval } from '../sys/types.ts';
import { KASSERT } from './kassert.ts';

/**
 * `i64` and `u64` are numbers: counts and sizes here stay below 2^53. `timeval`: two words of 32 bits.
 * `timespec`: two of 64.
 */
type Word = 'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'u32' | 'i64' | 'u64';
/** What is always zero and not decoded. */
type Untold = 'address' | 'pad8' | 'pad32';
type Kind = Word | Untold | 'timeval' | 'timespec' | 'sigset' | `char[${number}]` | `u32[${number}]`;
type Layout = readonly (readonly [name: string, kind: Kind])[];

type ValueOf<K extends Kind> = K extends Word
  ? number
  : K extends 'timeval'
    ? Timeval
    : K extends 'timespec'
      ? Timespec
      : K extends 'sigset'
        ? Sigset
        : K extends `char[${number}]`
          ? string
          : K extends `u32[${number}]`
            ? readonly number[]
            : never;

type Fields<L extends Layout> = { [F in L[number] as F[1] extends Untold ? never : F[0]]: ValueOf<F[1]> };

export interface Struct<T> {
  /** Bytes. */
  readonly size: number;
  encode(value: Partial<T>): Uint8Array;
  /** Bytes after the first `size` are not looked at. @throws EINVAL too few bytes */
  decode(bytes: Uint8Array): T;
}

/** What a codec encodes and decodes. */
export type TypeOf<S> = S extends Struct<infer T> ? T : never;

/** How one kind lies in memory. */
interface Codec {
  readonly size: number;
  readonly align: number;
  readonly put: (view: DataView, at: number, value: never) => void;
  readonly get: (view: DataView, at: number) => unknown;
}

function word(size: number, put: (v: DataView, at: number, n: number) => void, get: Codec['get']): Codec {
  return { size, align: size, put, get };
}

/** 2^32. */
const WORD = 0x1_0000_0000;

const WORDS: Readonly<Record<Word, Codec>> = {
  i8: word(
    1,
    (v, at, n) => v.setInt8(at, n),
    (v, at) => v.getInt8(at),
  ),
  u8: word(
    1,
    (v, at, n) => v.setUint8(at, n),
    (v, at) => v.getUint8(at),
  ),
  i16: word(
    2,
    (v, at, n) => v.setInt16(at, n, true),
    (v, at) => v.getInt16(at, true),
  ),
  u16: word(
    2,
    (v, at, n) => v.setUint16(at, n, true),
    (v, at) => v.getUint16(at, true),
  ),
  i32: word(
    4,
    (v, at, n) => v.setInt32(at, n, true),
    (v, at) => v.getInt32(at, true),
  ),
  u32: word(
    4,
    (v, at, n) => v.setUint32(at, n, true),
    (v, at) => v.getUint32(at, true),
  ),
  i64: word(
    8,
    (v, at, n) => {
      v.setUint32(at, n >>> 0, true);
      v.setInt32(at + 4, Math.floor(n / WORD), true);
    },
    (v, at) => v.getInt32(at + 4, true) * WORD + v.getUint32(at, true),
  ),
  u64: word(
    8,
    (v, at, n) => {
      v.setUint32(at, n >>> 0, true);
      v.setUint32(at + 4, Math.floor(n / WORD), true);
    },
    (v, at) => v.getUint32(at + 4, true) * WORD + v.getUint32(at, true),
  ),
};

function array(count: number): Codec {
  return {
    size: 4 * count,
    align: 4,
    put: (view, at, values: readonly number[]) => {
      for (let i = 0; i < count; i++) {
        view.setUint32(at + 4 * i, values[i] ?? 0, true);
      }
    },
    get: (view, at) => {
      const values: number[] = [];
      for (let i = 0; i < count; i++) {
        values.push(view.getUint32(at + 4 * i, true));
      }
      return values;
    },
  };
}

/** Most text is ASCII and short: for that, a loop is several times faster than a TextEncoder. */
function putText(bytes: Uint8Array, text: string): void {
  for (let i = 0; i < text.length && i < bytes.length; i++) {
    const c = text.charCodeAt(i);
    if (c >= 0x80) {
      bytes.set(new TextEncoder().encode(text).subarray(0, bytes.length));
      return;
    }
    bytes[i] = c;
  }
}

/** Text up to the first NUL, or all of it. */
export function cString(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) {
    const c = bytes[i] as number;
    if (c === 0) {
      break;
    }
    if (c >= 0x80) {
      const end = bytes.indexOf(0);
      return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
    }
    text += String.fromCharCode(c);
  }
  return text;
}

function chars(count: number): Codec {
  return {
    size: count,
    align: 1,
    put: (view, at, text: string) => putText(new Uint8Array(view.buffer, view.byteOffset + at, count), text),
    get: (view, at) => cString(new Uint8Array(view.buffer, view.byteOffset + at, count)),
  };
}

function pair(part: Codec, first: string, second: string): Codec {
  return {
    size: 2 * part.size,
    align: part.align,
    put: (view, at, value: Readonly<Record<string, number>>) => {
      part.put(view, at, value[first] as never);
      part.put(view, at + part.size, value[second] as never);
    },
    get: (view, at) => ({ [first]: part.get(view, at), [second]: part.get(view, at + part.size) }),
  };
}

const UNTOLD: ReadonlySet<string> = new Set<Untold>(['address', 'pad8', 'pad32']);

function codecOf(kind: Kind): Codec {
  switch (kind) {
    case 'address':
      return WORDS.u64;
    case 'pad8':
      return WORDS.u8;
    case 'pad32':
      return WORDS.u32;
    case 'timeval':
      return pair(WORDS.u32, 'sec', 'usec');
    case 'timespec':
      return pair(WORDS.i64, 'sec', 'nsec');
    case 'sigset':
      return array(4);
    default:
      if (kind.endsWith(']')) {
        const count = Number(kind.slice(kind.indexOf('[') + 1, -1));
        return kind.startsWith('char') ? chars(count) : array(count);
      }
      return WORDS[kind as Word];
  }
}

/** A structure from its description: names and kinds of its fields in C's order. */
export function struct<const L extends Layout>(layout: L): Struct<Fields<L>> {
  let size = 0;
  let aligned = 1;
  const fields = layout.map(([name, kind]) => {
    const codec = codecOf(kind);
    const at = Math.ceil(size / codec.align) * codec.align;
    size = at + codec.size;
    aligned = Math.max(aligned, codec.align);
    return { name, at, codec, told: !UNTOLD.has(kind) };
  });
  const told = fields.filter((field) => field.told);
  KASSERT(size % aligned === 0, `structure of ${size} bytes ends unaligned`);
  return {
    size,
    encode: (value: Readonly<Record<string, unknown>>) => {
      const bytes = new Uint8Array(size);
      const view = new DataView(bytes.buffer);
      for (const { name, at, codec } of told) {
        if (value[name] !== undefined) {
          codec.put(view, at, value[name] as never);
        }
      }
      return bytes;
    },
    decode: (bytes) => {
      if (bytes.length < size) {
        throw EINVAL;
      }
      const view = new DataView(bytes.buffer, bytes.byteOffset, size);
      const value: Record<string, unknown> = {};
      for (const { name, at, codec } of told) {
        value[name] = codec.get(view, at);
      }
      return value as Fields<L>;
    },
  };
}

/** The elements of an array of `codec`. @throws EINVAL not a whole number of them */
export function structArray<T>(codec: Struct<T>, bytes: Uint8Array): T[] {
  if (bytes.length % codec.size !== 0) {
    throw EINVAL;
  }
  return Array.from({ length: bytes.length / codec.size }, (_, i) =>
    codec.decode(bytes.subarray(i * codec.size)),
  );
}
