/**
 * The layout of a slot, as both sides of the gate see it: a request and its answer in 8 KiB of shared memory.
 * `native/rumpuser/gate.h` has the same, and the protocol by which a slot changes hands.
 */

export const SLOT_BYTES = 8192;
/** Where a slot's free room begins, for what the arguments point at. */
export const SLOT_SCRATCH = 256;
/** Arguments of eight bytes. */
export const SLOT_ARGS = 14;

/** 32-bit words of a slot. */
export const SLOT_REQUEST = 2;
export const SLOT_CLIENT = 3;
export const SLOT_NUMBER = 4;
export const SLOT_ERROR = 5;
export const SLOT_LENGTH = 6;
export const SLOT_SESSION = 49;
export const SLOT_GONE = 50;
export const SLOT_RAISED = 53;
/** 64-bit words of a slot. */
export const SLOT_RETVAL = 4;
export const SLOT_ARG = 6;

/**
 * What may be asked, in SLOT_REQUEST. SLOT_CLIENT is who asks, SLOT_SESSION the slot it came in by; the answer
 * is an errno in SLOT_ERROR and two words.
 */
/** System call SLOT_NUMBER with SLOT_LENGTH bytes of arguments. */
export const GATE_SYSCALL = 0;
/**
 * Come in, by a key, with the idler that is rung for signals (or 0), and whether on the kernel's own thread. Answers
 * with a client and its pid.
 */
export const GATE_ATTACH = 1;
/** A child of the client's process. Answers as ATTACH does. */
export const GATE_FORK = 2;
/** Another lwp of the client's process. Answers with a client and its lid. */
export const GATE_NEWLWP = 3;
/** The client leaves: its process exits with a status, or its lwp does. */
export const GATE_LEAVE = 4;
/** Ask the kernel's owner: the address and length of a question, and where the answer goes and how long it may be. */
export const GATE_ASK = 5;
/** Signals that wait for the client: one bit each, in the two words of the answer. */
export const GATE_SIGNALS = 6;
/** The first of them: its number or 0 in the answer, its `siginfo_t` where the room of the slot begins. */
export const GATE_SIGINFO = 7;

/** The slots of the process as words. */
export class Slots {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly longs: BigInt64Array;
  readonly view: DataView;
  /** Where they are in the process. */
  readonly address: bigint;

  constructor(memory: Uint8Array, address: bigint) {
    this.bytes = memory;
    this.words = new Int32Array(memory.buffer, memory.byteOffset, memory.byteLength / 4);
    this.longs = new BigInt64Array(memory.buffer, memory.byteOffset, memory.byteLength / 8);
    this.view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
    this.address = address;
  }

  word(slot: number, at: number): number {
    return this.words[slot * (SLOT_BYTES / 4) + at] as number;
  }

  setWord(slot: number, at: number, value: number): void {
    this.words[slot * (SLOT_BYTES / 4) + at] = value;
  }

  long(slot: number, at: number): bigint {
    return this.longs[slot * (SLOT_BYTES / 8) + at] as bigint;
  }

  setLong(slot: number, at: number, value: bigint): void {
    this.longs[slot * (SLOT_BYTES / 8) + at] = value;
  }

  /** A 64-bit word whose value is a number, below 2^53 either way. */
  setNumber(slot: number, at: number, value: number): void {
    const word = slot * (SLOT_BYTES / 4) + 2 * at;
    this.words[word] = value;
    this.words[word + 1] = Math.floor(value / 2 ** 32);
  }

  /** The same, read. */
  number(slot: number, at: number): number {
    const word = slot * (SLOT_BYTES / 4) + 2 * at;
    return (this.words[word + 1] as number) * 2 ** 32 + ((this.words[word] as number) >>> 0);
  }

  /** The free room of a slot. */
  scratch(slot: number): Uint8Array {
    return this.bytes.subarray(slot * SLOT_BYTES + SLOT_SCRATCH, (slot + 1) * SLOT_BYTES);
  }

  scratchAddress(slot: number): bigint {
    return this.address + BigInt(slot * SLOT_BYTES + SLOT_SCRATCH);
  }

  /** `length` bytes of the free room of `slot` at an address, or null when that is somewhere else. */
  within(slot: number, address: bigint, length: number): Uint8Array | null {
    const offset = address - this.scratchAddress(slot);
    if (offset < 0n || offset + BigInt(length) > BigInt(SLOT_BYTES - SLOT_SCRATCH)) {
      return null;
    }
    const at = slot * SLOT_BYTES + SLOT_SCRATCH + Number(offset);
    return this.bytes.subarray(at, at + length);
  }

  /** Signals wait for the caller. */
  raise(slot: number): void {
    Atomics.store(this.words, slot * (SLOT_BYTES / 4) + SLOT_RAISED, 1);
  }

  /** Have signals come since? */
  takeRaised(slot: number): boolean {
    const at = slot * (SLOT_BYTES / 4) + SLOT_RAISED;
    return this.words[at] !== 0 && Atomics.exchange(this.words, at, 0) !== 0;
  }
}
