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
/** A prefork of a client with the extension: its parent will ask how the child has ended. */
export const PREFORK_WAITED = 1;

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
  /** A view of what has been received, which may be much more. */
  readonly body: Uint8Array;
  /** It is all that is in its memory, and that is the receiver's now. */
  readonly alone: boolean;
}

export function encodeFrame(
  reqno: bigint,
  cls: number,
  type: number,
  u: number,
  ...parts: readonly Uint8Array[]
): Uint8Array {
  const bytes = new Uint8Array(frameLength(parts));
  putFrame(bytes, reqno, cls, type, u, parts);
  return bytes;
}

/** Bytes of a frame whose body has these parts. */
export function frameLength(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, HEADER);
}

/** The frame in memory that has its length. */
export function putFrame(
  bytes: Uint8Array,
  reqno: bigint,
  cls: number,
  type: number,
  u: number,
  parts: readonly Uint8Array[],
): void {
  putHeader(bytes, reqno, cls, type, u);
  let at = HEADER;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
}

/** Make a frame of `bytes`, whose body is there. @returns a view of them */
export function putHeader(bytes: Uint8Array, reqno: bigint, cls: number, type: number, u: number): DataView {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  view.setBigUint64(0, BigInt(bytes.length), true);
  view.setBigUint64(8, reqno, true);
  view.setUint16(16, cls, true);
  view.setUint16(18, type, true);
  view.setUint32(20, u, true);
  return view;
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

const NOTHING = new Uint8Array(0) as Readonly<Uint8Array>;

/** Puts a stream together into frames. Room is made as bytes come, not as a header promises them. */
export class Reassembly {
  /** Bytes that have come and been given to nobody, from `#at` to `#end`; the rest is room for more, if it is ours. */
  #bytes: Uint8Array = NOTHING as Uint8Array;
  #view = new DataView(NOTHING.buffer);
  #at = 0;
  #end = 0;
  #ours = false;
  /** Bytes of a frame at most. */
  max: number;

  readonly #take: (length: number) => Uint8Array;

  /** @param take makes memory of so many bytes or more */
  constructor(max: number, take: (length: number) => Uint8Array = (length) => new Uint8Array(length)) {
    this.max = max;
    this.#take = take;
  }

  push(chunk: Uint8Array): void {
    const left = this.#end - this.#at;
    if (left === 0) {
      this.#use(chunk, chunk.length);
      this.#ours = false;
      return;
    }
    if (!this.#ours || this.#bytes.length - this.#end < chunk.length) {
      const needed = left + chunk.length;
      const more = this.#take(Math.max(needed, Math.min(2 * needed, this.#promised(left))));
      more.set(this.#bytes.subarray(this.#at, this.#end));
      this.#use(more, left);
      this.#ours = true;
    }
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  #use(bytes: Uint8Array, end: number): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = 0;
    this.#end = end;
  }

  /** Bytes of the frame that has begun, as far as it can be said. */
  #promised(left: number): number {
    return left < HEADER ? this.max : Number(this.#view.getBigUint64(this.#at, true));
  }

  /** The next whole frame, null when there is none yet. @returns 'bad' for a length that cannot be */
  next(): Frame | null | 'bad' {
    const at = this.#at;
    const left = this.#end - at;
    if (left < HEADER) {
      return null;
    }
    const view = this.#view;
    const length = view.getUint32(at, true);
    if (length < HEADER || length > this.max || view.getUint32(at + 4, true) !== 0) {
      return 'bad';
    }
    if (left < length) {
      return null;
    }
    const frame = {
      reqno: view.getBigUint64(at + 8, true),
      class: view.getUint16(at + 16, true),
      type: view.getUint16(at + 18, true),
      u: view.getUint32(at + 20, true),
      body: this.#bytes.subarray(at + HEADER, at + length),
      alone: this.#ours && at === 0 && left === length,
    };
    this.#at = at + length;
    if (frame.alone) {
      this.#use(NOTHING as Uint8Array, 0);
      this.#ours = false;
    }
    return frame;
  }
}
