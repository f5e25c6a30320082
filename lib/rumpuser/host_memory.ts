/**
 * Native host: memory outside the JavaScript heap, as external ArrayBuffers.
 *
 * A block lives until it is freed, not until it is garbage: native code may hold its address. What is left
 * when the kernel goes is freed with it, and with the isolate at the latest.
 *
 * NetBSD: lib/librumpuser/rumpuser_mem.c.
 */
import { EINVAL, ENOMEM } from '../sys/errno.ts';
import { type HostBinding, throwing } from './host_errno.ts';
import type { HostMemory } from './rumpuser.ts';
import { RumpuserAssertion } from './rumpuser.ts';

/** Longest block: what one Uint8Array can view on every supported Node. */
const LENGTH_MAX = 2 ** 32 - 1;

const ORIGIN = { free: 'malloc', unmap: 'anonmmap' } as const;
type Origin = (typeof ORIGIN)[keyof typeof ORIGIN];

class NativeBlock implements HostMemory {
  readonly bytes: Uint8Array;
  readonly origin: Origin;
  readonly location: number;

  constructor(bytes: Uint8Array, origin: Origin, location: number) {
    this.bytes = bytes;
    this.origin = origin;
    this.location = location;
  }

  get address(): bigint {
    return BigInt(this.location);
  }
}

export class HostMemoryBlocks {
  readonly #binding: HostBinding;
  readonly #live = new Set<NativeBlock>();

  constructor(binding: HostBinding) {
    this.#binding = binding;
  }

  malloc(length: number, alignment: number): HostMemory {
    checkLength(length);
    if (
      !(
        Number.isInteger(alignment) &&
        alignment >= 1 &&
        alignment <= 2 ** 30 &&
        (alignment & (alignment - 1)) === 0
      )
    )
      throw EINVAL;
    return this.#adopt('malloc', throwing(this.#binding.malloc(length, alignment)));
  }

  anonmmap(length: number): HostMemory {
    checkLength(length);
    return this.#adopt('anonmmap', throwing(this.#binding.anonmmap(length)));
  }

  release(call: keyof typeof ORIGIN, memory: HostMemory): void {
    if (!(memory instanceof NativeBlock)) throw new RumpuserAssertion(`${call}: not memory of this host`);
    const at = `0x${memory.location.toString(16)}`;
    if (memory.origin !== ORIGIN[call]) {
      throw new RumpuserAssertion(
        `${call}: memory at ${at} came from ${memory.origin}, not from ${ORIGIN[call]}`,
      );
    }
    if (!this.#live.has(memory)) {
      const state = memory.bytes.length === 0 ? 'already free' : "another host's";
      throw new RumpuserAssertion(`${call}: memory at ${at} is ${state}`);
    }
    if (this.#binding.memoryRelease(memory.location, memory.bytes.buffer) !== 0) {
      throw new RumpuserAssertion(`${call}: memory at ${at} has block I/O under way`);
    }
    this.#live.delete(memory);
  }

  /** Block I/O under way keeps its memory until it is through; nobody sees it any more. */
  releaseAll(): void {
    for (const block of this.#live) this.#binding.memoryAbandon(block.location, block.bytes.buffer);
    this.#live.clear();
  }

  #adopt(origin: Origin, location: number): HostMemory {
    const block = new NativeBlock(new Uint8Array(this.#binding.memoryView(location)), origin, location);
    this.#live.add(block);
    return block;
  }
}

function checkLength(length: number): void {
  if (!Number.isSafeInteger(length) || length <= 0) throw EINVAL;
  if (length > LENGTH_MAX) throw ENOMEM;
}
