/**
 * A thread's side of the gate: its slot, the requests it makes there, and the signals that come back.
 */
import { encodeCall, type ForeignCall } from '../../emul/netbsd/client.ts';
import type { Handles } from '../../emul/netbsd/handles.ts';
import { siginfoCodec } from '../../emul/netbsd/structs.ts';
import {
  GATE_ASK,
  GATE_SIGINFO,
  GATE_SYSCALL,
  SLOT_ARG,
  SLOT_BYTES,
  SLOT_CLIENT,
  SLOT_ERROR,
  SLOT_LENGTH,
  SLOT_NUMBER,
  SLOT_REQUEST,
  SLOT_RETVAL,
  SLOT_SCRATCH,
  SLOT_SESSION,
  Slots,
} from '../../gate/slots.ts';
import { GateCaller } from '../../rumpuser/native_gate.ts';
import { EIO, ENXIO, Errno, ESRCH, errnoByNumber } from '../../sys/errno.ts';
import type { SysentRow } from '../../sys/sysent.ts';
import type { Siginfo } from '../../sys/types.ts';
import { KernelDead } from '../errors.ts';
import type { SignalHandlers } from '../handlers.ts';
import { CallMemory } from './memory.ts';

/** Bytes of an answer that are asked for at first. */
const ANSWER_ROOM = 16384;

/** The two words of an answer. */
export type Answer = readonly [bigint, bigint];

function wordsIn(slots: Slots, slot: number): Answer {
  return [slots.long(slot, SLOT_RETVAL), slots.long(slot, SLOT_RETVAL + 1)];
}

function numberIn(slots: Slots, slot: number): number {
  return slots.number(slot, SLOT_RETVAL);
}

function dead(): KernelDead {
  return new KernelDead('kernel is dead (its thread has halted it or ended)');
}

export class GateSession {
  readonly #caller: GateCaller;
  readonly #slots: Slots;
  readonly #slot: number;
  readonly #spinNs: number;
  /** The kernel runs on this very thread: what lets it serve. */
  readonly #serve: (() => void) | undefined;
  /** Handlers of the processes that came in by this. */
  readonly #handlers = new Map<number, SignalHandlers>();
  #closed = false;

  /** @throws KernelDead; Errno EAGAIN all slots of the process are taken */
  constructor(gate: number, spinNs: number, serve?: () => void) {
    this.#caller = new GateCaller(gate);
    this.#slots = new Slots(this.#caller.memory, this.#caller.address);
    this.#spinNs = spinNs;
    this.#serve = serve;
    this.#slot = alive(() => this.#caller.claim());
  }

  /** The idler that is rung for signals. */
  get waiter(): number {
    return this.#caller.waiter(() => this.#signals());
  }

  /** On the kernel's own thread. */
  get here(): boolean {
    return this.#serve !== undefined;
  }

  /** Signals of that client are its own to handle. */
  handle(client: number, handlers: SignalHandlers): void {
    this.#handlers.set(client, handlers);
  }

  /** Make a request and wait for its answer. @throws Errno what it says; KernelDead */
  request(request: number, client: number, ...args: readonly bigint[]): Answer {
    this.#prepare(this.#slot, request, client, args);
    return this.#called(wordsIn);
  }

  /** Make a system call and wait. @throws Errno, KernelDead */
  call(client: number, row: SysentRow, copies: readonly unknown[], handles: Handles): unknown {
    const memory = new CallMemory(this.#caller, this.#slots, this.#slot, 'in place', handles);
    const call = encodeCall(row, memory, copies);
    this.#prepareCall(this.#slot, client, row, call.args);
    return resultOf(call, () => this.#called(wordsIn, () => memory.finish()));
  }

  /** A system call that takes and gives numbers: nothing of it has to be in memory. */
  callPlain(client: number, row: SysentRow, args: readonly number[]): number {
    const slot = this.#slot;
    for (let i = 0; i < args.length; i++) {
      this.#slots.setNumber(slot, SLOT_ARG + i, args[i] as number);
    }
    this.#header(slot, GATE_SYSCALL, client, row.number, 8 * args.length);
    return this.#called(numberIn);
  }

  /** Ask the kernel's owner. @throws Errno EOPNOTSUPP nobody answers; KernelDead */
  ask(question: Uint8Array): Uint8Array {
    let room = new Uint8Array(ANSWER_ROOM);
    const asked = (bytes: Uint8Array): number =>
      Number(
        this.request(
          GATE_ASK,
          0,
          bytes.length === 0 ? 0n : this.#caller.addressOf(bytes),
          BigInt(bytes.length),
          this.#caller.addressOf(room),
          BigInt(room.length),
        )[0],
      );
    let length = asked(question);
    while (length > room.length) {
      room = new Uint8Array(length);
      length = asked(new Uint8Array(0));
    }
    return room.subarray(0, length);
  }

  /** Make a system call and go on. */
  async post(client: number, row: SysentRow, copies: readonly unknown[], handles: Handles): Promise<unknown> {
    const slot = alive(() => this.#caller.claim());
    const memory = new CallMemory(this.#caller, this.#slots, slot, 'copied', handles);
    try {
      const call = encodeCall(row, memory, copies);
      this.#prepareCall(slot, client, row, call.args);
      await this.#posted(slot);
      memory.finish();
      this.#signals();
      return resultOf(call, () => told(this.#slots.word(slot, SLOT_ERROR), wordsIn(this.#slots, slot)));
    } finally {
      this.#caller.release(slot);
    }
  }

  #posted(slot: number): Promise<void> {
    return new Promise((resolve, reject) => {
      alive(() => this.#caller.post(slot, (living) => (living ? resolve() : reject(dead()))));
    });
  }

  /** Leave, with everything this session acts for. Again: no-op. */
  close(): void {
    if (!this.#closed) {
      this.#closed = true;
      this.#caller.close(this.#slot);
    }
  }

  #prepareCall(slot: number, client: number, row: SysentRow, args: Uint8Array): void {
    this.#slots.bytes.set(args, slot * SLOT_BYTES + SLOT_ARG * 8);
    this.#header(slot, GATE_SYSCALL, client, row.number, args.length);
  }

  #prepare(slot: number, request: number, client: number, args: readonly bigint[]): void {
    for (const [i, arg] of args.entries()) {
      this.#slots.setLong(slot, SLOT_ARG + i, arg);
    }
    this.#header(slot, request, client, 0, 8 * args.length);
  }

  #header(slot: number, request: number, client: number, number: number, length: number): void {
    if (this.#closed) {
      throw dead();
    }
    this.#slots.setWord(slot, SLOT_REQUEST, request);
    this.#slots.setWord(slot, SLOT_CLIENT, client);
    this.#slots.setWord(slot, SLOT_NUMBER, number);
    this.#slots.setWord(slot, SLOT_LENGTH, length);
    if (slot !== this.#slot) {
      this.#slots.setWord(slot, SLOT_SESSION, this.#slot);
    }
  }

  /** @param read what is wanted of the slot with the answer */
  #called<T>(read: (slots: Slots, slot: number) => T, finish?: () => void): T {
    alive(() => this.#caller.call(this.#slot, this.#spinNs, this.#serve));
    finish?.();
    // Read before handlers run, which make calls of their own.
    const error = this.#slots.word(this.#slot, SLOT_ERROR);
    const answer = read(this.#slots, this.#slot);
    this.#signals();
    return told(error, answer);
  }

  #signals(): void {
    if (this.#closed || !this.#slots.takeRaised(this.#slot)) {
      return;
    }
    for (const [client, handlers] of this.#handlers) {
      for (let info = this.#signal(client); info !== null; info = this.#signal(client)) {
        handlers.raise(info.signo, info);
      }
    }
  }

  /** What the kernel has raised for a client and nobody has been told yet, one at a time. */
  #signal(client: number): Siginfo | null {
    try {
      const at = this.#slot * SLOT_BYTES + SLOT_SCRATCH;
      let bytes = new Uint8Array(0);
      this.#prepare(this.#slot, GATE_SIGINFO, client, []);
      const [signo] = this.#called(wordsIn, () => {
        bytes = this.#slots.bytes.slice(at, at + siginfoCodec.size);
      });
      return signo === 0n ? null : siginfoCodec.decode(bytes);
    } catch (error) {
      // It has exited meanwhile.
      if (error !== ESRCH) {
        throw error;
      }
      this.#handlers.delete(client);
      return null;
    }
  }
}

/** @throws Errno what an answer says */
function told<T>(error: number, answer: T): T {
  if (error !== 0) {
    throw errnoByNumber(error) ?? EIO;
  }
  return answer;
}

/** @throws what `answer` throws, with what the call tells even so */
function resultOf(call: ForeignCall, answer: () => Answer): unknown {
  let words: Answer;
  try {
    words = answer();
  } catch (error) {
    call.failed();
    throw error;
  }
  return call.result(words);
}

/** @throws KernelDead where the host says ENXIO */
function alive<T>(fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    throw error instanceof Errno && error === ENXIO ? dead() : error;
  }
}
