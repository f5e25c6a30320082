/**
 * Frames of the sysproxy protocol, version 0.4: a header of 24 bytes and a body, little-endian.
 *
 * NetBSD: lib/librumpuser/sp_common.c (struct rsp_hdr).
 */

export const HEADER = 24;

// Classes.
export const RUMPSP_REQ = 0;
export const RUMPSP_RESP = 1;
export const RUMPSP_ERROR = 2;

// Types.
export const RUMPSP_HANDSHAKE = 0;
export const RUMPSP_SYSCALL = 1;
export const RUMPSP_COPYIN = 2;
export const RUMPSP_COPYINSTR = 3;
export const RUMPSP_COPYOUT = 4;
export const RUMPSP_ANONMMAP = 6;
export const RUMPSP_PREFORK = 7;
export const RUMPSP_RAISE = 8;

// Handshakes.
export const HANDSHAKE_GUEST = 0;
export const HANDSHAKE_AUTH = 1;
export const HANDSHAKE_FORK = 2;
export const HANDSHAKE_EXEC = 3;

/** Behind the name in a handshake of a guest or of exec: this client attaches memory to its calls. */
export const HANDSHAKE_ATTACH = '+attach\0';
/** The bit of a handshake's second word that says: so be it. */
export const HANDSHAKE_ATTACHED = 1;

// Errors.
export const RUMPSP_ERR_TRYAGAIN = 1;
export const RUMPSP_ERR_AUTH = 2;
export const RUMPSP_ERR_INVALID_PREFORK = 3;
export const RUMPSP_ERR_RFORK_FAILED = 4;
export const RUMPSP_ERR_INEXEC = 5;
export const RUMPSP_ERR_MALFORMED_REQUEST = 7;

export interface Frame {
  readonly reqno: bigint;
  readonly class: number;
  readonly type: number;
  /** Number of the system call, error, kind of handshake or signal. */
  readonly u: number;
  /** A view of what has been received: good until the next frame is asked for. */
  readonly body: Uint8Array;
}

export function encodeFrame(
  reqno: bigint,
  cls: number,
  type: number,
  u: number,
  ...parts: readonly Uint8Array[]
): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, HEADER);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(length), true);
  view.setBigUint64(8, reqno, true);
  view.setUint16(16, cls, true);
  view.setUint16(18, type, true);
  view.setUint32(20, u, true);
  let at = HEADER;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Words of 64 bits. */
export function words(...values: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(8 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) {
    view.setBigUint64(8 * i, BigInt.asUintN(64, value), true);
  }
  return bytes;
}

/** Puts a stream together into frames. */
export class Reassembly {
  #chunks: Uint8Array[] = [];
  #have = 0;
  readonly #max: number;

  /** @param max bytes of a frame at most */
  constructor(max: number) {
    this.#max = max;
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#have += chunk.length;
  }

  /** The next whole frame, null when there is none yet. @returns 'bad' for a length that cannot be */
  next(): Frame | null | 'bad' {
    if (this.#have < HEADER) {
      return null;
    }
    const first = this.#join(HEADER);
    const view = new DataView(first.buffer, first.byteOffset, first.byteLength);
    const length = view.getBigUint64(0, true);
    if (length < BigInt(HEADER) || length > BigInt(this.#max)) {
      return 'bad';
    }
    if (this.#have < Number(length)) {
      return null;
    }
    const all = this.#join(Number(length));
    const header = new DataView(all.buffer, all.byteOffset, HEADER);
    const frame: Frame = {
      reqno: header.getBigUint64(8, true),
      class: header.getUint16(16, true),
      type: header.getUint16(18, true),
      u: header.getUint32(20, true),
      body: all.subarray(HEADER, Number(length)),
    };
    this.#drop(Number(length));
    return frame;
  }

  /** The first chunk, made to hold at least `length` bytes. */
  #join(length: number): Uint8Array {
    const [first] = this.#chunks;
    if (first !== undefined && first.length >= length) {
      return first;
    }
    const all = new Uint8Array(this.#have);
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    this.#chunks = [all];
    return all;
  }

  #drop(length: number): void {
    const [first, ...rest] = this.#chunks;
    const left = (first as Uint8Array).subarray(length);
    this.#chunks = left.length === 0 ? rest : [left, ...rest];
    this.#have -= length;
  }
}
