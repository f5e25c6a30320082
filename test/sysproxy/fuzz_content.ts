/** What chance puts into frames: numbers, and what a client's memory holds. */
import {
  CONTROL,
  CONTROLLEN,
  IOV,
  IOVLEN,
  MMSGHDR_SIZE,
  MSGHDR_SIZE,
  NAME,
  NAMELEN,
} from '../../lib/emul/netbsd/msghdr.ts';
import { IOVEC_SIZE } from '../../lib/emul/netbsd/transfer.ts';
import { words } from '../../lib/sysproxy/frame.ts';

/** mulberry32. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to n - 1. */
  below(n: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * n);
  }

  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  one(outOf: number): boolean {
    return this.below(outOf) === 0;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}

/** What is in the memory of one that means harm. */
export class Content {
  readonly #chance: Chance;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  word(): bigint {
    const chance = this.#chance;
    switch (chance.below(8)) {
      case 0:
        return BigInt(chance.of([0, 1, 2, 3, 4, 5, 6, 7, 8, 100]));
      case 1:
        return chance.of([
          -1n,
          -2n,
          1n << 31n,
          1n << 32n,
          1n << 62n,
          -(1n << 63n),
          0xffff_ffffn,
          65536n,
          4096n,
        ]);
      case 2:
        return BigInt(chance.below(0x10000));
      case 3:
        return BigInt(chance.of([0x200 | 2, 0x601, 0x4004667f, 0x8004667e, 0o666, 0o777, 1024]));
      case 4:
        return BigInt(chance.below(2 ** 31)) * BigInt(chance.below(2 ** 31));
      default:
        return this.address();
    }
  }

  /** Its page says what is there. */
  address(): bigint {
    const chance = this.#chance;
    return 0x10000n + BigInt(chance.below(64)) * 0x1000n + BigInt(chance.of([0, 8, 4095]));
  }

  /** Mostly an address. */
  pointer(): bigint {
    return this.#chance.one(8) ? BigInt.asUintN(64, this.word()) : this.address();
  }

  segments(user: 'a' | 'b' | 'sane'): Uint8Array {
    const chance = this.#chance;
    const parts: Uint8Array[] = [];
    for (let i = chance.below(chance.one(10) ? 80 : 4); i > 0; i--) {
      const bytes = this.of(user, chance.below(300));
      const length = chance.one(8) ? chance.below(2 ** 31) : bytes.length;
      parts.push(words(this.word() & ((1n << 63n) - 1n), BigInt(length)), bytes);
      parts.push(new Uint8Array((8 - (bytes.length % 8)) % 8));
    }
    return Buffer.concat(parts);
  }

  /** What is in a client's memory: paths, structures, anything. B is after the secret. */
  of(user: 'a' | 'b' | 'sane', length: number): Uint8Array {
    const chance = this.#chance;
    const paths = [
      '/tmp',
      '/tmp/f',
      '/tmp/d',
      '/tmp/d/f',
      '/dev/null',
      '/dev/zero',
      '.',
      '..',
      '/',
      '',
      'tmpfs',
    ];
    if (user === 'b') {
      paths.push('/secret', '/tmp/../secret', '/dev/mem', '/dev/kmem');
    }
    if ((length === MSGHDR_SIZE || length === MMSGHDR_SIZE) && !chance.one(3)) {
      return this.message(length);
    }
    if (length > 0 && length <= 64 * IOVEC_SIZE && length % IOVEC_SIZE === 0 && !chance.one(3)) {
      return this.vector(length);
    }
    if (chance.one(2)) {
      const path = Buffer.from(`${chance.of(paths)}\0`);
      return length < path.length ? path.subarray(0, length) : path;
    }
    const bytes = chance.one(2) ? chance.bytes(Math.min(length, 64)) : new Uint8Array(Math.min(length, 256));
    if (bytes.length >= 8 && chance.one(2)) {
      Buffer.from(bytes.buffer).writeUInt32LE(chance.below(10), 0);
    }
    return bytes;
  }

  /** One that could be sent or received. */
  message(length: number): Uint8Array {
    const chance = this.#chance;
    const bytes = Buffer.alloc(length);
    const pointer = (at: number, none: number): void => {
      bytes.writeBigUInt64LE(chance.one(none) ? 0n : this.pointer(), at);
    };
    const count = (at: number, ...usual: readonly number[]): void => {
      bytes.writeInt32LE(chance.of(chance.one(5) ? [-1, -(2 ** 31), 2 ** 31 - 1] : usual), at);
    };
    pointer(NAME, 2);
    count(NAMELEN, 0, 2, 3, 16, 255, 256);
    pointer(IOV, 9);
    count(IOVLEN, 0, 1, 1, 2, 5, 1024, 1025);
    pointer(CONTROL, 2);
    count(CONTROLLEN, 0, 15, 16, 24, 64, 4096, 4097);
    return bytes;
  }

  /** Where pieces could be; of two, it could also be a control message with descriptors. */
  vector(length: number): Uint8Array {
    const chance = this.#chance;
    if (length <= 2 * IOVEC_SIZE && chance.one(3)) {
      return new Uint8Array(Int32Array.of(24, 0xffff, 1, 0, chance.below(8), chance.below(8)).buffer, 0, 24);
    }
    const lengths = [0n, 1n, 5n, 100n, 4096n, 1n << 20n];
    const words = Array.from({ length: length / 8 }, (_, i) =>
      i % 2 === 0 || chance.one(9) ? this.pointer() : chance.of(lengths),
    );
    return new Uint8Array(BigUint64Array.from(words).buffer);
  }
}
