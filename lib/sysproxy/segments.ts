/**
 * Attached memory: what a call points at travels with it, and need not be asked for. Ours; a client and a server that
 * do not both know it never see it.
 *
 * Behind the registers of a call come segments: address and length, eight bytes each, and the bytes, padded to eight.
 */
import type { Piece } from '../emul/netbsd/encoder.ts';
import { nameDecode } from '../sys/pathname.ts';
import { HANDSHAKE_ATTACH } from './frame.ts';

/** Segments of a call at most, and their bytes in what our own client sends. */
export const SEGMENTS_MAX = 64;
const ATTACHED_MAX = 128 << 10;
const HEAD = 16;

function padded(length: number): number {
  return (length + 7) & ~7;
}

/** Does a handshake say, behind the name that ends at `end`, that its client attaches? */
export function asksToAttach(body: Uint8Array, end: number): boolean {
  const rest = body.subarray(end + 1, end + 1 + HANDSHAKE_ATTACH.length);
  return nameDecode(rest) === HANDSHAKE_ATTACH;
}

/** The segments that begin at `from` of a call's body, as views of it. @returns null when they do not parse */
export function segmentsOf(body: Uint8Array, from: number): Piece[] | null {
  const segments: Piece[] = [];
  if (body.length <= from) {
    return segments;
  }
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  for (let at = from; at < body.length; ) {
    if (body.length - at < HEAD || segments.length === SEGMENTS_MAX) {
      return null;
    }
    const address = view.getBigUint64(at, true);
    const length = view.getBigUint64(at + 8, true);
    at += HEAD;
    // The last one's padding is there, too.
    if (length > BigInt(body.length - at) || padded(Number(length)) > body.length - at) {
      return null;
    }
    if (address + length > 1n << 64n) {
      return null;
    }
    segments.push({ address, bytes: body.subarray(at, at + Number(length)) });
    at += padded(Number(length));
  }
  return segments;
}

/** What one call has brought along, for as long as it runs. */
export class Attached {
  #segments: readonly Piece[];

  constructor(segments: readonly Piece[]) {
    this.#segments = segments;
  }

  /** @returns null unless all of it lies in one segment */
  range(address: bigint, length: number): Uint8Array | null {
    for (const { address: base, bytes } of this.#segments) {
      const offset = address - base;
      if (offset >= 0n && offset + BigInt(length) <= BigInt(bytes.length)) {
        return bytes.subarray(Number(offset), Number(offset) + length);
      }
    }
    return null;
  }

  /** Text without its NUL. @returns null unless that comes within `max` bytes of one segment */
  text(address: bigint, max: number): Uint8Array | null {
    for (const { address: base, bytes } of this.#segments) {
      const offset = address - base;
      if (offset >= 0n && offset < BigInt(bytes.length)) {
        const at = Number(offset);
        const end = bytes.indexOf(0, at);
        if (end >= 0 && end - at < max) {
          return bytes.subarray(at, end);
        }
      }
    }
    return null;
  }

  /** The client's memory is another now than what it has sent. */
  written(address: bigint, length: number): void {
    const end = address + BigInt(length);
    this.#segments = this.#segments.filter(
      ({ address: base, bytes }) => end <= base || address >= base + BigInt(bytes.length),
    );
  }
}

/** As many of `segments` as a call may bring along, as parts of its body. What does not fit will be asked for. */
export function encodeSegments(segments: readonly Piece[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let left = ATTACHED_MAX;
  for (const { address, bytes } of segments) {
    if (parts.length === 3 * SEGMENTS_MAX) {
      break;
    }
    if (bytes.length > 0 && bytes.length <= left) {
      left -= bytes.length;
      const head = new Uint8Array(HEAD);
      const view = new DataView(head.buffer);
      view.setBigUint64(0, address, true);
      view.setBigUint64(8, BigInt(bytes.length), true);
      parts.push(head, bytes, new Uint8Array(padded(bytes.length) - bytes.length));
    }
  }
  return parts;
}
