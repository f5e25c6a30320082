/**
 * A JavaScript caller's own things, where a C program has a pointer the kernel only keeps: what it gives as `udata` of
 * an event, or as a signal handler. The kernel knows them by numbers.
 */

/** Numbers from here on are ours; below are the caller's own. */
const FIRST = 1n << 62n;

export class Handles {
  readonly #numbers = new Map<unknown, bigint>();
  readonly #things = new Map<bigint, unknown>();

  /** The number of a thing, the same every time; it is kept for as long as this is. A bigint is its own. */
  of(thing: unknown): bigint {
    if (typeof thing === 'bigint') {
      return thing;
    }
    let number = this.#numbers.get(thing);
    if (number === undefined) {
      number = FIRST + BigInt(this.#numbers.size);
      this.#numbers.set(thing, number);
      this.#things.set(number, thing);
    }
    return number;
  }

  /** The thing that has a number; a number that is nobody's is itself. */
  at(number: bigint): unknown {
    return this.#things.has(number) ? this.#things.get(number) : number;
  }
}
