/**
 * Values that no caller should pass, and some that one should: each by a name, for a failing run to be read.
 */

import type { Kernel, Proc } from '../../lib/api/index.ts';
import { SYSCTLNODE_SIZE } from '../../lib/kern/sysctl_node.ts';
import {
  CTL_CREATE,
  CTL_DESTROY,
  CTL_KERN,
  CTL_PROC,
  CTL_VENDOR,
  PROC_CURPROC,
  PROC_PID_LIMIT,
} from '../../lib/sys/constants/sysctl.ts';

/** What a caller's own getter throws: it must come out as it is. */
export class Boom extends Error {
  override readonly name = 'Boom';
}

export interface Scene {
  readonly kernel: Kernel;
  readonly proc: Proc;
}

export type Maker = (scene: Scene) => unknown;

function thrower(): never {
  throw new Boom('boom');
}

/** An object whose every property is `get`. */
function withGetters(get: () => unknown): object {
  const names = [
    'sec',
    'nsec',
    'usec',
    'cur',
    'max',
    'length',
    '0',
    'type',
    'start',
    'family',
    'data',
    'size',
    'ss_sp',
    'name',
    'iov',
    'control',
    'hdr',
  ];
  return Object.defineProperties(
    {},
    Object.fromEntries(names.map((name) => [name, { get, enumerable: true, configurable: true }])),
  );
}

/** A proxy that has something to say to every look at it. */
function trapped(target: object, trap: () => unknown): object {
  const names = [
    'get',
    'has',
    'ownKeys',
    'getOwnPropertyDescriptor',
    'getPrototypeOf',
    'set',
    'defineProperty',
  ];
  return new Proxy(target, Object.fromEntries(names.map((name) => [name, trap])));
}

function detached(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

/** Bytes of a kind whose every member throws. */
export class Odd extends Uint8Array {
  static get [Symbol.species](): typeof Odd {
    return thrower();
  }
  override get length(): number {
    return thrower();
  }
  override get byteLength(): number {
    return thrower();
  }
  override get byteOffset(): number {
    return thrower();
  }
  override get buffer(): ArrayBuffer {
    return thrower();
  }
  override subarray(): Uint8Array<ArrayBuffer> {
    return thrower();
  }
  override slice(): Uint8Array<ArrayBuffer> {
    return thrower();
  }
  override set(): void {
    thrower();
  }
  override fill(): this {
    return thrower();
  }
  override [Symbol.iterator](): ArrayIterator<number> {
    return thrower();
  }
}

/** Bytes with properties of their own where those of all bytes are looked for. */
export function ownProperties(bytes: Uint8Array): Uint8Array {
  const names = [
    'length',
    'byteLength',
    'byteOffset',
    'buffer',
    'constructor',
    'subarray',
    'slice',
    'set',
    'fill',
  ];
  return Object.defineProperties(
    bytes,
    Object.fromEntries(
      [...names, Symbol.iterator, Symbol.toStringTag].map((name) => [name, { get: thrower }]),
    ),
  );
}

/** The compiler's library does not know of memory that changes its size, which Node has. */
export function resizable(length: number, maxByteLength: number): ArrayBuffer & { resize(n: number): void } {
  return Reflect.construct(ArrayBuffer, [length, { maxByteLength }]) as ReturnType<typeof resizable>;
}

function cyclic(): object {
  const ring: Record<string, unknown> = { sec: 1, nsec: 1 };
  ring['self'] = ring;
  return ring;
}

/** A number, then a text, then nothing: another value at each look. */
function changing(): object {
  let looks = 0;
  return withGetters(() => [1, 'x', undefined, Number.NaN, {}][looks++ % 5]);
}

function reentering({ kernel, proc }: Scene): object {
  return withGetters(() => proc.sys.getpid() + kernel.ps().length);
}

/** Answers as every wrong kind of thing does when it is taken for a number, a text or a list. */
const coercible = {
  valueOf: thrower,
  toString: thrower,
  [Symbol.toPrimitive]: thrower,
  [Symbol.iterator]: thrower,
};

export const MAKERS: Readonly<Record<string, Maker>> = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  NaN: () => Number.NaN,
  Infinity: () => Number.POSITIVE_INFINITY,
  '-Infinity': () => Number.NEGATIVE_INFINITY,
  '-0': () => -0,
  '0.5': () => 0.5,
  '2**31': () => 2 ** 31,
  '2**32-1': () => 2 ** 32 - 1,
  '2**32': () => 2 ** 32,
  '2**53': () => 2 ** 53,
  '1e308': () => 1e308,
  '-(2**31)': () => -(2 ** 31),
  '-(2**31)-1': () => -(2 ** 31) - 1,
  '1n': () => 1n,
  '-(2n**64n)': () => -(2n ** 64n),
  "''": () => '',
  "'7'": () => '7',
  "'a\\0b'": () => 'a\0b',
  'half a surrogate pair': () => '\ud800',
  'a long text': () => 'x'.repeat(100_000),
  'a symbol': () => Symbol('s'),
  'a function': () => () => 7,
  'a throwing function': () => thrower,
  '{}': () => ({}),
  'no prototype': () => Object.create(null) as unknown,
  'fields of wrong types': () => ({ sec: '1', nsec: {}, usec: 1n, cur: Symbol('s'), max: [] }),
  'bigint fields': () => ({ sec: 1n, nsec: 1n, usec: 1n, cur: 1n, max: 1n }),
  'fields that throw when computed with': () => ({
    sec: coercible,
    nsec: coercible,
    usec: coercible,
    cur: coercible,
    max: coercible,
  }),
  coercible: () => coercible,
  'throwing getters': () => withGetters(thrower),
  're-entering getters': reentering,
  changing,
  cyclic,
  frozen: () => Object.freeze({ sec: 0, nsec: 5 }),
  'a stack of odd sizes': () => ({ sp: -1n, size: Number.NaN, flags: 1.5 }),
  'a small stack': () => ({ sp: 4096n, size: 16, flags: 0 }),
  'a timer of half a time': () => ({ value: { sec: 1, usec: 1, nsec: 1 }, interval: { sec: -1, usec: 1e9 } }),
  'an address of odd parts': () => ({ family: 1, data: new Odd(4) }),
  'a message of odd parts': () => ({
    name: { family: -0, data: [] },
    iov: [new Odd(4)],
    control: new Odd(16),
  }),
  'an event of odd parts': () => ({ notify: 1, signo: 99, value: 'x' }),
  'a name that makes a node': () => [CTL_VENDOR, CTL_CREATE],
  'a name that ends a node': () => [CTL_KERN, CTL_DESTROY],
  'a name of limits': () => [CTL_PROC, PROC_CURPROC, PROC_PID_LIMIT, 1, 1],
  'a node, nearly': () => new Uint8Array(SYSCTLNODE_SIZE).fill(1),
  'throwing proxy': () => trapped({}, thrower),
  'throwing proxy of an array': () => trapped([1], thrower),
  'throwing proxy of bytes': () => trapped(new Uint8Array(4), thrower),
  'proxy of bytes': () => new Proxy(new Uint8Array(4), {}),
  'revoked proxy': () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  '[]': () => [],
  '[undefined]': () => [undefined],
  'a sparse array': () => new Array(5),
  'an array of odd things': () => [null, {}, 'x', Symbol('s'), 1n, Number.NaN],
  'an array of bytes': () => [new Uint8Array(2), new Uint8Array(0)],
  'an array with a map of its own': () => Object.assign([1, 2], { map: () => 'surprise', every: thrower }),
  'an array of endless length': () => new Proxy([], { get: (_t, key) => (key === 'length' ? 2 ** 50 : 1) }),
  'an array of a length that is none': () =>
    new Proxy([], { get: (_t, key) => (key === 'length' ? 'many' : 1) }),
  'an array that throws in the middle': () => Object.defineProperty([1, 2, 3], 1, { get: thrower }),
  'detached bytes': () => detached(8),
  'an array of detached bytes': () => [detached(8)],
  'a subclass of bytes': () => new Odd(4),
  'bytes whose every property is their own': () => ownProperties(new Uint8Array(4)),
  'a Buffer': () => Buffer.from('four'),
  'bytes that shrank': () => {
    const buffer = resizable(8, 8);
    const bytes = new Uint8Array(buffer, 4, 4);
    buffer.resize(2);
    return bytes;
  },
  'bytes with a length of their own': () =>
    Object.defineProperty(new Uint8Array(4), 'length', { get: thrower }),
  'bytes with a subarray of their own': () => Object.assign(new Uint8Array(4), { subarray: thrower }),
  'words, not bytes': () => new Uint32Array(4),
  'a data view': () => new DataView(new ArrayBuffer(4)),
  'a buffer': () => new ArrayBuffer(4),
  'shared bytes': () => new Uint8Array(new SharedArrayBuffer(4)),
  'a date': () => new Date(0),
  'a map': () => new Map([[1, 2]]),
  'a set of descriptors': () => new Set([0, 1]),
  'a set of odd things': () => new Set([-1, 0.5, Number.NaN, 2 ** 40, 'x', 1n, null, {}, Symbol('s')]),
  'a set of signals': () => [1, 0, 0, 0],
  'a set with methods of its own': () =>
    Object.assign(new Set([1]), { has: thrower, forEach: thrower, add: thrower }),
  'a promise': () => Promise.resolve(1),
  'the process': ({ proc }) => proc,
  'the kernel': ({ kernel }) => kernel,

  // What makes sense, so that calls also get further than their first argument.
  '-1': () => -1,
  '0': () => 0,
  '1': () => 1,
  '2': () => 2,
  '3': () => 3,
  '9': () => 9,
  '17': () => 17,
  '19': () => 19,
  '100': () => 100,
  'own pid': ({ proc }) => proc.pid,
  'own group': ({ proc }) => -proc.pid,
  "'name'": () => 'name',
  bytes: () => new Uint8Array([104, 105]),
  'a little time': () => ({ sec: 0, nsec: 1, usec: 1 }),
  'a long time': () => ({ sec: 1_000_000, nsec: 0, usec: 0 }),
  'no time': () => ({ sec: -1, nsec: 1e9, usec: -1 }),
  'a limit': () => ({ cur: 5, max: 10 }),
  'a limit the wrong way round': () => ({ cur: 10, max: 5 }),
};
