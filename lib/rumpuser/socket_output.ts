/**
 * What waits to be sent over a socket of the host: small pieces are put together, large ones sent from where they lie.
 */
import type { NativeSockets } from './native_sockets.ts';

/** Bytes of a piece that is not copied. */
const LARGE = 4096;

export class SocketOutput {
  readonly #sockets: NativeSockets;
  /** From `#first` on, and who is told that a piece has gone. */
  readonly #pieces: Uint8Array[] = [];
  readonly #written: ((() => void) | undefined)[] = [];
  #first = 0;
  /** Bytes that wait. */
  length = 0;

  constructor(sockets: NativeSockets) {
    this.#sockets = sockets;
  }

  push(piece: Uint8Array, written: (() => void) | undefined): void {
    this.#pieces.push(piece);
    this.#written.push(written);
    this.length += piece.length;
  }

  /** Send what the host takes. @returns a negative errno, else what is left */
  send(number: number): number {
    while (this.length > 0) {
      const wanted = this.#put(number);
      const sent = this.#sent;
      if (sent < 0) return sent;
      this.#gone(sent);
      if (sent < wanted) break;
    }
    return this.length;
  }

  /** What the last send answered. */
  #sent = 0;

  /** Send as much as goes at once. @returns how much that is */
  #put(number: number): number {
    const { binding } = this.#sockets;
    const before = this.#gather(this.#first, 0);
    const large = this.#pieces[this.#first + this.#gathered];
    if (large === undefined || large.length < LARGE) {
      this.#sent = binding.send(number, before);
      return before;
    }
    const after = this.#gather(this.#first + this.#gathered + 1, before);
    this.#sent = binding.sendAround(number, before, large, after);
    return before + large.length + after;
  }

  /** How many pieces the last gathering took. */
  #gathered = 0;

  /** Copy small pieces, from one on, behind the first bytes of `output`. @returns how many bytes */
  #gather(from: number, at: number): number {
    const { output } = this.#sockets.binding;
    let end = at;
    let i = from;
    for (; i < this.#pieces.length; i++) {
      const piece = this.#pieces[i] as Uint8Array;
      if (piece.length >= LARGE || end + piece.length > output.length) break;
      output.set(piece, end);
      end += piece.length;
    }
    this.#gathered = i - from;
    return end - at;
  }

  #gone(count: number): void {
    this.length -= count;
    for (let left = count; left > 0; ) {
      const piece = this.#pieces[this.#first] as Uint8Array;
      if (left < piece.length) {
        this.#pieces[this.#first] = piece.subarray(left);
        return;
      }
      left -= piece.length;
      this.#written[this.#first++]?.();
    }
    if (this.length === 0) this.#empty();
  }

  /** By `pop`: setting a length is dear. */
  #empty(): void {
    while (this.#pieces.pop() !== undefined) {
      this.#written.pop();
    }
    this.#first = 0;
  }

  /** Nothing more will be sent. */
  drop(): void {
    for (const written of this.#written.slice(this.#first)) written?.();
    this.length = 0;
    this.#empty();
  }
}
