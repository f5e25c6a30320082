/**
 * Seeded random numbers: the only source of chance under the simulated host, so that a seed replays a run.
 *
 * The generator is sfc32 (Chris Doty-Humphrey's "small fast counting", 128 bits of state, public domain), the
 * seeding splitmix32. Not for secrets.
 */

const TWO_32 = 2 ** 32;

/** One stream of random numbers. The same seed gives the same stream on every machine. */
export class Prng {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /**
   * @param seed any number or text. A number and its decimal text are the same seed, so a printed seed
   * replays.
   */
  constructor(seed: number | string) {
    const [low, high] = hash64(String(seed));
    this.#a = splitmix32(low);
    this.#b = splitmix32(high);
    this.#c = splitmix32(low ^ Math.imul(high, 0x9e3779b1));
    // The first outputs of nearby states are alike; a dozen rounds mix them apart.
    for (let round = 0; round < 12; round++) this.next32();
  }

  /** The next integer in [0, 2^32). */
  next32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** An integer in [0, n), every one as likely. @param n integer from 1 to 2^32. @throws RangeError */
  below(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > TWO_32)
      throw new RangeError(`Prng.below: ${n} is not in 1..2^32`);
    // Draws from the incomplete last stretch of n would make its low numbers likelier.
    const limit = TWO_32 - (TWO_32 % n);
    let draw = this.next32();
    while (draw >= limit) draw = this.next32();
    return draw % n;
  }

  /** A number in [0, 1) with all 53 bits random. */
  float(): number {
    const high = this.next32() >>> 5;
    return (high * 2 ** 26 + (this.next32() >>> 6)) / 2 ** 53;
  }

  /** Fill `buf`. Four bytes a draw, little end first; the last draw may be used in part. */
  bytes(buf: Uint8Array): void {
    let word = 0;
    for (let i = 0; i < buf.length; i++) {
      if ((i & 3) === 0) word = this.next32();
      buf[i] = word & 0xff;
      word >>>= 8;
    }
  }
}

/**
 * Two independent 32-bit hashes (FNV-1a with different bases, multiplied differently) of the text's UTF-16
 * units.
 */
function hash64(text: string): [number, number] {
  let low = 0x811c9dc5;
  let high = 0xcbf29ce4;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit ^ (low >>> 15), 0x85ebca6b);
  }
  return [low, high];
}

/** One output of splitmix32: every bit of the state moves every bit of the result. */
function splitmix32(state: number): number {
  let z = (state + 0x9e3779b9) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return z ^ (z >>> 15);
}
