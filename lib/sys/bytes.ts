/**
 * Looking at a caller's bytes without running the caller's code.
 *
 * A Uint8Array may be of a subclass, and carry a `length`, `subarray` or `set` of its own; its elements cannot
 * be intercepted. So the kernel reads the elements as they are, and everything else by the methods that the
 * language had when this module was loaded. That spares a copy of the view, which costs more than all else
 * about a small transfer.
 *
 * Memory that was given away, or shrunk from under a view, leaves that view a length of 0.
 */
const prototype = Object.getPrototypeOf(Uint8Array.prototype) as object;

function getterOf(name: string | symbol): () => unknown {
  return Object.getOwnPropertyDescriptor(prototype, name)?.get as () => unknown;
}

function methodOf(name: string): unknown {
  return Object.getOwnPropertyDescriptor(prototype, name)?.value;
}

const tagOf = getterOf(Symbol.toStringTag) as () => string;
const bufferOf = getterOf('buffer') as () => ArrayBuffer;
const offsetOf = getterOf('byteOffset') as () => number;
const lengthOf = getterOf('length') as () => number;
const setOf = methodOf('set') as (source: Uint8Array, at: number) => void;

/** Is it bytes in truth, whatever it says of itself? A proxy is not. */
export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && tagOf.call(value) === 'Uint8Array';
}

/** How many there are. */
export function bytesLength(bytes: Uint8Array): number {
  return lengthOf.call(bytes);
}

/**
 * A view of `length` bytes from `from` on, with nothing of the caller's in front of them.
 * @throws TypeError, RangeError there is no such memory
 */
export function bytesView(bytes: Uint8Array, from: number, length: number): Uint8Array {
  return new Uint8Array(bufferOf.call(bytes), offsetOf.call(bytes) + from, length);
}

/** Copy all of `source` to `target` from `at` on. There must be room. */
export function bytesSet(target: Uint8Array, source: Uint8Array, at: number): void {
  setOf.call(target, source, at);
}
