/**
 * The memory of a client, reached through its connection: each copy in is a question and an answer, a copy out is told
 * and not answered. And the memory of the kernel's that the client's calls use up meanwhile.
 *
 * NetBSD: lib/librumpuser/rumpuser_sp.c (rumpuser_sp_copyin and the like).
 */
import { siginfoCodec } from '../emul/netbsd/structs.ts';
import type { Lwp } from '../kern/lwp.ts';
import type { MaySleep, Soon } from '../kern/maysleep.ts';
import { hyperwait } from '../kern/synch.ts';
import type { RemoteVmspace } from '../kern/vmspace.ts';
import { EFAULT, ENAMETOOLONG, ENOMEM, type Errno } from '../sys/errno.ts';
import type { Siginfo } from '../sys/types.ts';
import {
  encodeFrame,
  type Frame,
  RUMPSP_ANONMMAP,
  RUMPSP_COPYIN,
  RUMPSP_COPYINSTR,
  RUMPSP_COPYOUT,
  RUMPSP_RAISE,
  RUMPSP_REQ,
  RUMPSP_RESP,
  words,
} from './frame.ts';
import { copyoutFrame, type Rooms } from './rooms.ts';
import type { Attached } from './segments.ts';

/** Bytes that all calls of a client under way may use up: requests, what is copied in, what is to be copied out. */
export const MEMORY_MAX = 16 << 20;
/** Bytes that one call moves, whatever else is under way. */
const TRANSFER_MIN = 1 << 20;
const TRANSFER_STEP = 64 << 10;
/** Bytes that are asked for at once. */
const COPYIN_MAX = 512 << 10;
/** Bytes of an address. */
const POINTER = 8;

interface Question {
  /** Bytes that an answer may have. */
  readonly max: number;
  answer: Uint8Array | null;
  readonly done: (error: Errno | null) => void;
}

/** A call under way. */
interface Call {
  /** What it has brought along. */
  readonly attached: Attached | null;
  /** What it uses up. */
  bytes: number;
  /** What it fills, and has not copied out. */
  rooms: Set<ArrayBufferLike> | null;
}

export class WireVmspace implements RemoteVmspace {
  readonly kind = 'remote';
  /** The client knows the extension. */
  extended = false;
  refcnt = 1;
  readonly freed: () => void;
  readonly #send: (frame: Uint8Array, written?: () => void) => void;
  readonly #rooms: Rooms;
  #reqno = 0n;
  readonly #questions = new Map<bigint, Question>();
  /** By the lwps that serve them. */
  readonly #calls = new Map<Lwp, Call>();
  #bytes = 0;
  #fatal = 0;
  #gone = false;

  /** @param freed called inside the kernel when the process has exited */
  constructor(rooms: Rooms, send: (frame: Uint8Array, written?: () => void) => void, freed: () => void) {
    this.#rooms = rooms;
    this.#send = send;
    this.freed = freed;
  }

  /** Calls under way. */
  get calls(): number {
    return this.#calls.size;
  }

  /** The signal that has ended the client's program, should it have gone now; 0 none. */
  get fatal(): number {
    return this.#fatal;
  }

  /** Half of what there is memory for: another call may want some. */
  get transferMax(): number {
    const half = (MEMORY_MAX - this.#bytes + TRANSFER_STEP) >> 1;
    return Math.max(TRANSFER_MIN, half - (half % TRANSFER_STEP));
  }

  /** Is there memory for so much more? */
  affords(length: number): boolean {
    return this.#bytes + length <= MEMORY_MAX;
  }

  /** Its program makes a call: it lives on, whatever has been raised. */
  survived(): void {
    this.#fatal = 0;
  }

  /** `l` serves a call with a request of `length` bytes. */
  begin(l: Lwp, length: number, attached: Attached | null): void {
    this.survived();
    this.#calls.set(l, { attached, bytes: length, rooms: null });
    this.#bytes += length;
  }

  /** It has ended. */
  end(l: Lwp): void {
    const call = this.#calls.get(l);
    if (call !== undefined) {
      this.#bytes -= call.bytes;
      this.#calls.delete(l);
      for (const buffer of call.rooms ?? []) {
        this.#rooms.give(new Uint8Array(buffer));
      }
    }
  }

  /** The call uses up more. @throws ENOMEM */
  #charge(l: Lwp, length: number): Call {
    const call = this.#calls.get(l);
    if (call === undefined || !this.affords(length)) {
      throw ENOMEM;
    }
    call.bytes += length;
    this.#bytes += length;
    return call;
  }

  room(l: Lwp, length: number): Uint8Array {
    const call = this.#charge(l, length);
    const room = this.#rooms.takeRoom(length);
    call.rooms ??= new Set();
    call.rooms.add(room.buffer);
    return room;
  }

  *#ask(l: Lwp, type: number, max: number, body: Uint8Array): MaySleep<Uint8Array> {
    if (this.#gone) {
      throw EFAULT;
    }
    const reqno = this.#reqno++;
    let question: Question | null = null;
    yield* hyperwait(l, 'spcopy', (done) => {
      question = { max, answer: null, done };
      this.#questions.set(reqno, question);
      this.#send(encodeFrame(reqno, RUMPSP_REQ, type, 0, body));
    });
    return (question as Question | null)?.answer ?? new Uint8Array(0);
  }

  /** An answer, or an error, has come. @returns whether anybody had asked */
  answered({ reqno, class: cls, body }: Frame): boolean {
    const question = this.#questions.get(reqno);
    if (question === undefined) {
      return false;
    }
    this.#questions.delete(reqno);
    // More than was asked for is kept by nobody.
    if (cls === RUMPSP_RESP && body.length <= question.max) {
      question.answer = body.slice();
      question.done(null);
    } else {
      question.done(EFAULT);
    }
    return true;
  }

  /** The client has gone: nobody answers any more. */
  close(): void {
    this.#gone = true;
    for (const [reqno, question] of this.#questions) {
      this.#questions.delete(reqno);
      question.done(EFAULT);
    }
  }

  copyin(l: Lwp, address: bigint, length: number): Soon<Uint8Array> {
    return this.#calls.get(l)?.attached?.range(address, length) ?? this.#copyin(l, address, length);
  }

  *#copyin(l: Lwp, address: bigint, length: number): MaySleep<Uint8Array> {
    this.#charge(l, length);
    if (length <= COPYIN_MAX) {
      return yield* this.#piece(l, address, length);
    }
    const whole = new Uint8Array(length);
    for (let at = 0; at < length; at += COPYIN_MAX) {
      whole.set(yield* this.#piece(l, address + BigInt(at), Math.min(COPYIN_MAX, length - at)), at);
    }
    return whole;
  }

  *#piece(l: Lwp, address: bigint, length: number): MaySleep<Uint8Array> {
    const bytes = yield* this.#ask(l, RUMPSP_COPYIN, length, words(BigInt(length), address));
    // Fewer than were asked for: the client has not got them.
    if (bytes.length !== length) {
      throw EFAULT;
    }
    return bytes;
  }

  copyinstr(l: Lwp, address: bigint, max: number): Soon<Uint8Array> {
    return this.#calls.get(l)?.attached?.text(address, max) ?? this.#copyinstr(l, address, max);
  }

  *#copyinstr(l: Lwp, address: bigint, max: number): MaySleep<Uint8Array> {
    this.#charge(l, max);
    const bytes = yield* this.#ask(l, RUMPSP_COPYINSTR, max, words(BigInt(max), address));
    const end = bytes.indexOf(0);
    if (end < 0) {
      throw bytes.length >= max ? ENAMETOOLONG : EFAULT;
    }
    return bytes.subarray(0, end);
  }

  copyout(l: Lwp, address: bigint, data: Uint8Array): void {
    if (this.#gone) {
      throw EFAULT;
    }
    const call = this.#calls.get(l);
    call?.attached?.written(address, data.length);
    if (call?.rooms?.delete(data.buffer) === true) {
      this.#send(copyoutFrame(this.#reqno++, address, data), () => this.#rooms.give(data));
      return;
    }
    this.#send(
      encodeFrame(this.#reqno++, RUMPSP_REQ, RUMPSP_COPYOUT, 0, words(BigInt(data.length), address), data),
    );
  }

  *anonmmap(l: Lwp, length: number): MaySleep<bigint> {
    const bytes = yield* this.#ask(l, RUMPSP_ANONMMAP, POINTER, words(BigInt(length)));
    if (bytes.length < POINTER) {
      throw ENOMEM;
    }
    return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  }

  raise(info: Siginfo, action: 'handler' | 'default'): void {
    if (!this.#gone) {
      if (action === 'default' && this.#fatal === 0) {
        this.#fatal = info.signo;
      }
      const body = this.extended ? [siginfoCodec.encode(info)] : [];
      this.#send(encodeFrame(this.#reqno++, RUMPSP_REQ, RUMPSP_RAISE, info.signo, ...body));
    }
  }
}
