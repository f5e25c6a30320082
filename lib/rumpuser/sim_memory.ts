/** Simulated host: memory, which comes from the JavaScript heap under a limit of its own. */
import { EINVAL, ENOMEM } from '../sys/errno.ts';
import type { HostMemory } from './rumpuser.ts';
import { RumpuserAssertion } from './rumpuser.ts';

const PAGE = 4096;

/** What fresh `malloc` memory holds at its start: nobody may count on zeroes. Only so much, because it costs time. */
const POISON = 0xa5;
const POISON_BYTES = PAGE;

class SimBlock implements HostMemory {
  readonly bytes: Uint8Array;
  readonly origin: 'malloc' | 'anonmmap';
  readonly #address: number;

  constructor(bytes: Uint8Array, address: number, origin: 'malloc' | 'anonmmap') {
    this.bytes = bytes;
    this.origin = origin;
    this.#address = address;
  }

  get address(): bigint {
    return BigInt(this.#address);
  }
}

export class SimMemory {
  readonly #limit: number;
  /** Bytes each live block counts for. */
  readonly #live = new Map<HostMemory, number>();
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
    if (
      !Number.isSafeInteger(alignment) ||
      alignment < 1 ||
      2 ** Math.round(Math.log2(alignment)) !== alignment
    ) {
      throw EINVAL;
    }
    const block = this.#allocate(length, length, alignment, 'malloc');
    block.bytes.fill(POISON, 0, POISON_BYTES);
    return block;
  }

  /** @throws EINVAL ENOMEM */
  anonmmap(length: number): HostMemory {
    return this.#allocate(length, Math.ceil(length / PAGE) * PAGE, PAGE, 'anonmmap');
  }

  release(call: 'free' | 'unmap', origin: 'malloc' | 'anonmmap', memory: HostMemory): void {
    if (!(memory instanceof SimBlock)) throw new RumpuserAssertion(`${call}: not memory of this host`);
    const at = `0x${memory.address.toString(16)}`;
    if (memory.origin !== origin) {
      throw new RumpuserAssertion(`${call}: memory at ${at} came from ${memory.origin}, not from ${origin}`);
    }
    const counted = this.#live.get(memory);
    if (counted === undefined) {
      const detached = memory.bytes.length === 0;
      throw new RumpuserAssertion(
        `${call}: memory at ${at} is ${detached ? 'already free' : "another host's"}`,
      );
    }
    this.#live.delete(memory);
    this.#inUse -= counted;
    const buffer = memory.bytes.buffer as ArrayBuffer;
    // Detaches: from now on every view of it has length 0, here and in the kernel.
    structuredClone(buffer, { transfer: [buffer] });
  }

  #allocate(length: number, counted: number, alignment: number, origin: SimBlock['origin']): SimBlock {
    if (!Number.isSafeInteger(length) || length <= 0) throw EINVAL;
    if (counted > this.#limit - this.#inUse) throw ENOMEM;
    const address = Math.ceil(this.#nextAddress / alignment) * alignment;
    if (address + counted > Number.MAX_SAFE_INTEGER) throw ENOMEM;
    const block = new SimBlock(newBytes(length), address, origin);
    this.#nextAddress = address + counted;
    this.#inUse += counted;
    this.#live.set(block, counted);
    return block;
  }
}

function newBytes(length: number): Uint8Array {
  try {
    return new Uint8Array(length);
  } catch (error) {
    // The engine has no room, or no length that large.
    if (error instanceof RangeError) throw ENOMEM;
    throw error;
  }
}
