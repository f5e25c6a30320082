/**
 * Memory of frames. Large pieces are used again: new memory of that size costs more than the call it is for.
 *
 * What a call fills for its client lies in the middle of the frame it will be sent in: it is not copied for that.
 */
import { HEADER, putHeader, RUMPSP_COPYOUT, RUMPSP_REQ, words } from './frame.ts';

/** Bytes before the data of a copy out: header, length, address. */
const HEAD = HEADER + 16;
/** Bytes of a piece that is worth keeping, and of one that is too large to; how many are kept. */
export const KEPT_MIN = 8192;
const KEPT_MAX = 256 << 10;
const KEPT = 4;

export class Rooms {
  readonly #kept: Uint8Array[] = [];

  /** Memory of `length` bytes or more, with whatever is in it. */
  take(length: number): Uint8Array {
    const at = length < KEPT_MIN ? -1 : this.#kept.findIndex((bytes) => bytes.length >= length);
    return (at < 0 ? undefined : this.#kept.splice(at, 1)[0]) ?? new Uint8Array(length);
  }

  /** Zeroed memory, in the middle of a frame of its own. */
  takeRoom(length: number): Uint8Array {
    return this.take(HEAD + length)
      .subarray(HEAD, HEAD + length)
      .fill(0);
  }

  /** Nobody looks at what is in the memory of `bytes` any more. */
  give(bytes: Uint8Array): void {
    const whole = new Uint8Array(bytes.buffer);
    if (whole.length >= KEPT_MIN && whole.length <= KEPT_MAX && this.#kept.length < KEPT) {
      this.#kept.push(whole);
    }
  }
}

/** The frame that copies out `data`, which is the beginning of a room. */
export function copyoutFrame(reqno: bigint, address: bigint, data: Uint8Array): Uint8Array {
  const frame = new Uint8Array(data.buffer, 0, HEAD + data.length);
  putHeader(frame, reqno, RUMPSP_REQ, RUMPSP_COPYOUT, 0);
  frame.set(words(BigInt(data.length), address), HEADER);
  return frame;
}
