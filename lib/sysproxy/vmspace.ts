/**
 * The memory of a client, reached through its connection: each copy in is a question and an answer, a copy out is told
 * and not answered.
 *
 * NetBSD: lib/librumpuser/rumpuser_sp.c (rumpuser_sp_copyin and the like).
 */
import type { Lwp } from '../kern/lwp.ts';
import type { MaySleep, Soon } from '../kern/maysleep.ts';
import { hyperwait } from '../kern/synch.ts';
import type { RemoteVmspace } from '../kern/vmspace.ts';
import { EFAULT, ENAMETOOLONG, ENOMEM, type Errno } from '../sys/errno.ts';
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
import type { Attached } from './segments.ts';

interface Question {
  readonly type: number;
  answer: Uint8Array | null;
  readonly done: (error: Errno | null) => void;
}

export class WireVmspace implements RemoteVmspace {
  readonly kind = 'remote';
  refcnt = 1;
  readonly #send: (frame: Uint8Array) => void;
  #reqno = 0n;
  readonly #questions = new Map<bigint, Question>();
  /** What the calls under way have brought along, by the lwps that serve them. */
  readonly attached = new Map<Lwp, Attached>();
  #gone = false;

  constructor(send: (frame: Uint8Array) => void) {
    this.#send = send;
  }

  *#ask(l: Lwp, type: number, body: Uint8Array): MaySleep<Uint8Array> {
    if (this.#gone) {
      throw EFAULT;
    }
    const reqno = this.#reqno++;
    let question: Question | null = null;
    yield* hyperwait(l, 'spcopy', (done) => {
      question = { type, answer: null, done };
      this.#questions.set(reqno, question);
      this.#send(encodeFrame(reqno, RUMPSP_REQ, type, 0, body));
    });
    return (question as Question | null)?.answer ?? new Uint8Array(0);
  }

  /** An answer, or an error, has come. @returns whether anybody had asked */
  answered(frame: Frame): boolean {
    const question = this.#questions.get(frame.reqno);
    if (question === undefined) {
      return false;
    }
    this.#questions.delete(frame.reqno);
    if (frame.class === RUMPSP_RESP) {
      question.answer = frame.body.slice();
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
    return this.attached.get(l)?.range(address, length) ?? this.#copyin(l, address, length);
  }

  *#copyin(l: Lwp, address: bigint, length: number): MaySleep<Uint8Array> {
    const bytes = yield* this.#ask(l, RUMPSP_COPYIN, words(BigInt(length), address));
    // Fewer than were asked for: the client has not got them.
    if (bytes.length !== length) {
      throw EFAULT;
    }
    return bytes;
  }

  copyinstr(l: Lwp, address: bigint, max: number): Soon<Uint8Array> {
    return this.attached.get(l)?.text(address, max) ?? this.#copyinstr(l, address, max);
  }

  *#copyinstr(l: Lwp, address: bigint, max: number): MaySleep<Uint8Array> {
    const bytes = yield* this.#ask(l, RUMPSP_COPYINSTR, words(BigInt(max), address));
    const end = bytes.indexOf(0);
    if (end < 0 || end >= max) {
      throw bytes.length >= max ? ENAMETOOLONG : EFAULT;
    }
    return bytes.subarray(0, end);
  }

  copyout(l: Lwp, address: bigint, data: Uint8Array): void {
    if (this.#gone) {
      throw EFAULT;
    }
    this.attached.get(l)?.written(address, data.length);
    this.#send(
      encodeFrame(this.#reqno++, RUMPSP_REQ, RUMPSP_COPYOUT, 0, words(BigInt(data.length), address), data),
    );
  }

  *anonmmap(l: Lwp, length: number): MaySleep<bigint> {
    const bytes = yield* this.#ask(l, RUMPSP_ANONMMAP, words(BigInt(length)));
    if (bytes.length < 8) {
      throw ENOMEM;
    }
    return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  }

  raise(signo: number): void {
    if (!this.#gone) {
      this.#send(encodeFrame(this.#reqno++, RUMPSP_REQ, RUMPSP_RAISE, signo));
    }
  }
}
