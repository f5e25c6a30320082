/** Simulated host: memory, which comes from the JavaScript heap under a limit of its own. */
import { EINVAL, ENOMEM } from '../sys/errno.ts';
import type { HostMemory } from './rumpuser.ts';
import { RumpuserAssertion } from './rumpuser.ts';

const PAGE = 4096;

/** Longest block and widest alignment, as on the native host. */
const LENGTH_MAX = 2 ** 32 - 1;
const ALIGNMENT_MAX = 2 ** 30;

/**
 * What fresh `malloc` memory holds at its start: nobody may count on zeroes. Only so much, because it costs
 * time.
 */
const POISON = 0xa5;
const POISON_BYTES = PAGE;

const ORIGIN = { free: 'malloc', unmap: 'anonmmap' } as const;
type Origin = (typeof ORIGIN)[keyof typeof ORIGIN];

class SimBlock implements HostMemory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly origin: Origin;
  /** Bytes it counts for. */
  readonly counted: number;
  readonly #address: number;

  constructor(bytes: Uint8Array<ArrayBuffer>, origin: Origin, counted: number, address: number) {
    this.bytes = bytes;
    this.origin = origin;
    this.counted = counted;
    this.#address = address;
  }

  get address(): bigint {
    return BigInt(this.#address);
  }

  /** From now on every view of it has length 0, here and in the kernel. */
  detach(): void {
    structuredClone(this.bytes.buffer, { transfer: [this.bytes.buffer] });
  }
}

export class SimMemory {
  readonly #limit: number;
  readonly #live = new Set<SimBlock>();
  #inUse = 0;
  /** Addresses are only numbers here; each is given out once, so that a stale one is nobody's. */
  #nextAddress = 0x7f00_0000_0000;

  /** @param limit bytes in use at most */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes allocated and not yet freed. */
  get inUse(): number {
    return this.#inUse;
  }

  /** @throws EINVAL ENOMEM */
  malloc(length: number, alignment: number): HostMemory {
    if (!Number.isInteger(alignment) || alignment < 1 || alignment > ALIGNMENT_MAX) throw EINVAL;
    if ((alignment & (alignment - 1)) !== 0) throw EINVAL;
    const block = this.#allocate('malloc', length, length, alignment);
    block.bytes.fill(POISON, 0, POISON_BYTES);
    return block;
  }

  /** @throws EINVAL ENOMEM */
  anonmmap(length: number): HostMemory {
    return this.#allocate('anonmmap', length, Math.ceil(length / PAGE) * PAGE, PAGE);
  }

  /** @param busy tells whether somebody is still to move bytes there */
  release(call: keyof typeof ORIGIN, memory: HostMemory, busy: (buffer: ArrayBufferLike) => boolean): void {
    if (!(memory instanceof SimBlock)) throw new RumpuserAssertion(`${call}: not memory of this host`);
    const at = `0x${memory.address.toString(16)}`;
    if (memory.origin !== ORIGIN[call]) {
      throw new RumpuserAssertion(
        `${call}: memory at ${at} came from ${memory.origin}, not from ${ORIGIN[call]}`,
      );
    }
    if (!this.#live.has(memory)) {
      const state = memory.bytes.length === 0 ? 'already free' : "another host's";
      throw new RumpuserAssertion(`${call}: memory at ${at} is ${state}`);
    }
    if (busy(memory.bytes.buffer)) {
      throw new RumpuserAssertion(`${call}: memory at ${at} has block I/O under way`);
    }
    this.#live.delete(memory);
    this.#inUse -= memory.counted;
    memory.detach();
  }

  releaseAll(): void {
    for (const block of this.#live) block.detach();
    this.#live.clear();
    this.#inUse = 0;
  }

  #allocate(origin: Origin, length: number, counted: number, alignment: number): SimBlock {
    if (!Number.isSafeInteger(length) || length <= 0) throw EINVAL;
    if (length > LENGTH_MAX || counted > this.#limit - this.#inUse) throw ENOMEM;
    const address = Math.ceil(this.#nextAddress / alignment) * alignment;
    const block = new SimBlock(newBytes(length), origin, counted, address);
    this.#nextAddress = address + counted;
    this.#inUse += counted;
    this.#live.add(block);
    return block;
  }
}

function newBytes(length: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (error) {
    // The engine has no room for it.
    if (error instanceof RangeError) throw ENOMEM;
    throw error;
  }
}
