/**
 * The kernel's random numbers: a ChaCha20 keystream keyed once, at boot, from the host. Under the simulated
 * host it is the same stream for the same seed.
 *
 * NetBSD: sys/lib/libkern/arc4random.c, sys/kern/subr_cprng.c. The cipher: RFC 8439, section 2.3.
 */
import { RUMPUSER_RANDOM_NOWAIT, type Rumpuser } from '../rumpuser/rumpuser.ts';
import { KASSERT } from './kassert.ts';

const ROUNDS = 20;
const BLOCK_WORDS = 16;

export class Random {
  readonly #state = new Uint32Array(BLOCK_WORDS);
  readonly #block = new Uint32Array(BLOCK_WORDS);
  #used = BLOCK_WORDS;

  /** @throws EAGAIN the host has no entropy yet */
  constructor(host: Rumpuser) {
    this.#state.set([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
    for (let key = new Uint8Array(this.#state.buffer, 16, 32); key.length > 0; ) {
      const filled = host.getrandom(key, RUMPUSER_RANDOM_NOWAIT);
      KASSERT(filled > 0, 'the host gave no random bytes and no error');
      key = key.subarray(filled);
    }
  }

  /** 32 random bits. */
  next32(): number {
    if (this.#used === BLOCK_WORDS) {
      this.#refill();
    }
    return this.#block[this.#used++] as number;
  }

  /** Fill `buf`. */
  bytes(buf: Uint8Array): void {
    for (let i = 0; i < buf.length; i += 4) {
      const word = this.next32();
      for (let j = 0; j < 4 && i + j < buf.length; j++) {
        buf[i + j] = word >>> (8 * j);
      }
    }
  }

  #refill(): void {
    const x = this.#block;
    x.set(this.#state);
    for (let round = 0; round < ROUNDS; round += 2) {
      quarter(x, 0, 4, 8, 12);
      quarter(x, 1, 5, 9, 13);
      quarter(x, 2, 6, 10, 14);
      quarter(x, 3, 7, 11, 15);
      quarter(x, 0, 5, 10, 15);
      quarter(x, 1, 6, 11, 12);
      quarter(x, 2, 7, 8, 13);
      quarter(x, 3, 4, 9, 14);
    }
    for (let i = 0; i < BLOCK_WORDS; i++) {
      x[i] = (x[i] as number) + (this.#state[i] as number);
    }
    this.#state[12] = (this.#state[12] as number) + 1;
    if (this.#state[12] === 0) {
      this.#state[13] = (this.#state[13] as number) + 1;
    }
    this.#used = 0;
  }
}

function quarter(x: Uint32Array, a: number, b: number, c: number, d: number): void {
  mix(x, a, b, d, 16);
  mix(x, c, d, b, 12);
  mix(x, a, b, d, 8);
  mix(x, c, d, b, 7);
}

/** x[a] += x[b]; x[d] = rotl(x[d] ^ x[a], n) */
function mix(x: Uint32Array, a: number, b: number, d: number, n: number): void {
  const sum = ((x[a] as number) + (x[b] as number)) >>> 0;
  const v = (x[d] as number) ^ sum;
  x[a] = sum;
  x[d] = (v << n) | (v >>> (32 - n));
}
