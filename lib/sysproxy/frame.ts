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

/** A frame that has come. What it is made of is the receiver's, or valid only while it is looked at. */
export class Frame {
  readonly reqno: bigint;
  readonly class: number;
  readonly type: number;
  /** Number of the system call, error, kind of handshake or signal. */
  readonly u: number;
  /** What has come, which may be much more, and where in it the body is. */
  readonly view: DataView;
  readonly at: number;
  readonly length: number;
  /** It is all that is in its memory, and that is the receiver's now. */
  readonly alone: boolean;

  /** The frame that begins at `at` and has `length` bytes. */
  constructor(view: DataView, at: number, length: number, alone: boolean) {
    this.reqno = view.getBigUint64(at + 8, true);
    this.class = view.getUint16(at + 16, true);
    this.type = view.getUint16(at + 18, true);
    this.u = view.getUint32(at + 20, true);
    this.view = view;
    this.at = at + HEADER;
    this.length = length - HEADER;
    this.alone = alone;
  }

  /** A view of it. */
  get body(): Uint8Array {
    return new Uint8Array(this.view.buffer, this.view.byteOffset + this.at, this.length);
  }

  /** A copy of it, or itself if nobody else has it. */
  kept(): Uint8Array {
    return this.length === 0 ? NOTHING : this.alone ? this.body : this.body.slice();
  }
}

const NOTHING = new Uint8Array(0);

const WORD = 8;

export function encodeFrame(
  reqno: bigint,
  cls: number,
  type: number,
  u: number,
  ...parts: readonly Uint8Array[]
): Uint8Array {
  const length = frameLength(parts);
  if (length <= DRAFT) {
    draft.header(length, reqno, cls, type, u);
    putParts(draft.bytes, parts);
    return draft.bytes.slice(0, length);
  }
  const bytes = new Uint8Array(length);
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
  putParts(bytes, parts);
}

function putParts(bytes: Uint8Array, parts: readonly Uint8Array[]): void {
  let at = HEADER;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
}

/** Make a frame of `bytes`, whose body is there. */
export function putHeader(bytes: Uint8Array, reqno: bigint, cls: number, type: number, u: number): void {
  draft.header(bytes.length, reqno, cls, type, u);
  bytes.set(draft.head);
}

/** Answer to a call: its error and what it returns. */
export function answerFrame(reqno: bigint, error: number, retval: readonly [bigint, bigint]): Uint8Array {
  const length = HEADER + 3 * WORD;
  draft.header(length, reqno, RUMPSP_RESP, RUMPSP_SYSCALL, 0);
  draft.view.setUint32(HEADER, error, true);
  draft.view.setUint32(HEADER + 4, 0, true);
  draft.view.setBigInt64(HEADER + WORD, retval[0], true);
  draft.view.setBigInt64(HEADER + 2 * WORD, retval[1], true);
  return draft.bytes.slice(0, length);
}

/** Words of 64 bits. */
export function words(...values: readonly bigint[]): Uint8Array {
  const length = WORD * values.length;
  const { bytes, view } = length <= DRAFT ? draft : new Draft(length);
  for (const [i, value] of values.entries()) {
    view.setBigInt64(WORD * i, value, true);
  }
  return bytes.slice(0, length);
}

/** Where something is put together: a view of memory that has just been made is dear. Nothing is kept there. */
class Draft {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly head: Uint8Array;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.view = new DataView(this.bytes.buffer);
    this.head = this.bytes.subarray(0, HEADER);
  }

  header(length: number, reqno: bigint, cls: number, type: number, u: number): void {
    const { view } = this;
    view.setUint32(0, length, true);
    view.setUint32(4, 0, true);
    view.setBigUint64(8, reqno, true);
    view.setUint16(16, cls, true);
    view.setUint16(18, type, true);
    view.setUint32(20, u, true);
  }
}

/** Bytes of what is small. */
const DRAFT = 64;
const draft = new Draft(DRAFT);

/** Puts a stream together into frames. Room is made as bytes come, not as a header promises them. */
export class Reassembly {
  /** Bytes that have come and been given to nobody, from `#at` to `#end`; the rest is room for more, if it is ours. */
  #bytes: Uint8Array = NOTHING;
  #view: DataView = new DataView(NOTHING.buffer);
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

  /** `length` bytes have come. They are looked at until `keep`. */
  push(chunk: Uint8Array, length = chunk.length): void {
    if (this.#end === this.#at) {
      this.#use(chunk, length);
      this.#ours = false;
      return;
    }
    if (!this.#ours || this.#bytes.length - this.#end < length) {
      this.#own(length);
    }
    this.#bytes.set(length === chunk.length ? chunk : chunk.subarray(0, length), this.#end);
    this.#end += length;
  }

  /** What has been pushed will be no more: keep what nobody has taken yet. */
  keep(): void {
    if (!this.#ours && this.#end > this.#at) {
      this.#own(0);
    }
  }

  /** Let what is left lie in memory of ours, with room for so many bytes or what is known to come. */
  #own(room: number): void {
    const left = this.#end - this.#at;
    const needed = left + room;
    const more = this.#take(Math.max(needed, Math.min(2 * needed, this.#promised(left))));
    more.set(this.#bytes.subarray(this.#at, this.#end));
    this.#use(more, left);
    this.#ours = true;
  }

  #use(bytes: Uint8Array, end: number): void {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
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
    const frame = new Frame(view, at, length, this.#ours && at === 0 && left === length);
    this.#at = at + length;
    if (frame.alone) {
      this.#use(NOTHING, 0);
      this.#ours = false;
    }
    return frame;
  }
}
