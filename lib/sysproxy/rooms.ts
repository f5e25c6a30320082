/**
 * Memory that calls fill for their clients. It lies in the middle of the frame it will be sent in, so that nothing is
 * copied for that, and large pieces are used again: new memory of that size costs more than the call it is for.
 */
import { HEADER, putHeader, RUMPSP_COPYOUT, RUMPSP_REQ } from './frame.ts';

/** Bytes before the data of a copy out: header, length, address. */
const HEAD = HEADER + 16;
/** Bytes of a piece that is worth keeping, and of one that is too large to; how many are kept. */
const KEPT_MIN = 8192;
const KEPT_MAX = 256 << 10;
const KEPT = 4;

export class Rooms {
  readonly #kept: Uint8Array[] = [];

  /** Zeroed memory. */
  take(length: number): Uint8Array {
    if (length >= KEPT_MIN) {
      const at = this.#kept.findIndex((frame) => frame.length >= HEAD + length);
      const [frame] = at < 0 ? [] : this.#kept.splice(at, 1);
      if (frame !== undefined) {
        return frame.subarray(HEAD, HEAD + length).fill(0);
      }
    }
    return new Uint8Array(HEAD + length).subarray(HEAD);
  }

  /** Nobody looks at it any more. */
  give(room: Uint8Array): void {
    const whole = new Uint8Array(room.buffer);
    if (whole.length >= KEPT_MIN && whole.length <= KEPT_MAX && this.#kept.length < KEPT) {
      this.#kept.push(whole);
    }
  }
}

/** The frame that copies out `data`, which is the beginning of a room. */
export function copyoutFrame(reqno: bigint, address: bigint, data: Uint8Array): Uint8Array {
  const frame = new Uint8Array(data.buffer, 0, HEAD + data.length);
  const view = putHeader(frame, reqno, RUMPSP_REQ, RUMPSP_COPYOUT, 0);
  view.setUint32(4, 0, true);
  view.setUint32(HEADER, data.length, true);
  view.setUint32(HEADER + 4, 0, true);
  view.setBigUint64(HEADER + 8, address, true);
  return frame;
}
