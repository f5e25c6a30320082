/**
 * Which loops of a shell are to be left.
 *
 * NetBSD: sh(1), break and continue.
 */
export class Loops {
  /** How many it is in. */
  depth = 0;
  /** How many of them are to be left, the inner ones first; of the last only this round when it `continue`s. */
  #leaving = 0;
  #how: 'break' | 'continue' = 'break';

  get leaving(): boolean {
    return this.#leaving > 0;
  }

  /** Outside of loops: nothing. */
  leave(how: 'break' | 'continue', count: number): void {
    this.#how = how;
    this.#leaving = Math.min(count, this.depth);
  }

  /** A loop asks whether it is left. */
  left(): boolean {
    if (this.#leaving === 0) {
      return false;
    }
    this.#leaving--;
    return this.#leaving > 0 || this.#how === 'break';
  }
}
