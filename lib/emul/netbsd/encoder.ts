/**
 * A call of JavaScript's on its way to a kernel elsewhere: its registers, and the memory they point at.
 *
 * Every buffer and structure of a call lies in a segment of its own, at an address whose upper half is its number.
 * Where the caller has given bytes, the segment is these bytes: what the server copies out is there.
 *
 * NetBSD: lib/librumpclient/rumpclient.c.
 */
import { EFAULT } from '../../sys/errno.ts';
import { argOfType } from '../../sys/syscalls.ts';
import type { SysentRow } from '../../sys/sysent.ts';
import { Handles } from './handles.ts';

/** Where a call's arguments lie, for the kernel. */
export interface CallSegments {
  /** @returns the address of `bytes` */
  add(bytes: Uint8Array): bigint;
  remove(address: bigint): void;
  /** What the kernel knows by numbers only. */
  readonly handles: Handles;
}

/** A piece of the caller's memory. */
export interface Piece {
  readonly address: bigint;
  readonly bytes: Uint8Array;
}

/** Memory of a client: segments by number. */
export class Arena implements CallSegments {
  readonly handles: Handles;
  readonly #segments = new Map<bigint, Uint8Array>();
  #next = 1n;

  /** @param handles a forked child's: its parent's, for what it has inherited */
  constructor(handles = new Handles()) {
    this.handles = handles;
  }

  /** @returns the address of `bytes` */
  add(bytes: Uint8Array): bigint {
    const id = this.#next++;
    this.#segments.set(id, bytes);
    return id << 32n;
  }

  remove(address: bigint): void {
    this.#segments.delete(address >> 32n);
  }

  /** The bytes from `address` to the end of what lies there. @throws EFAULT */
  at(address: bigint): Uint8Array {
    const bytes = this.#segments.get(address >> 32n);
    const offset = Number(address & 0xffffffffn);
    if (bytes === undefined || offset > bytes.length) {
      throw EFAULT;
    }
    return bytes.subarray(offset);
  }

  /** @throws EFAULT */
  read(address: bigint, length: number): Uint8Array {
    const bytes = this.at(address);
    if (length > bytes.length) {
      throw EFAULT;
    }
    return bytes.subarray(0, length);
  }

  /** Text with its NUL, or `max` bytes of it. @throws EFAULT */
  readText(address: bigint, max: number): Uint8Array {
    const bytes = this.at(address).subarray(0, max);
    const end = bytes.indexOf(0);
    return end < 0 ? bytes : bytes.subarray(0, end + 1);
  }

  /** @throws EFAULT */
  write(address: bigint, data: Uint8Array): void {
    this.read(address, data.length).set(data);
  }
}

export class Encoder {
  readonly row: SysentRow;
  readonly arena: CallSegments;
  readonly slots: BigInt64Array;
  readonly segments: bigint[] = [];
  /** Those that the kernel will read. */
  readonly read: Piece[] = [];
  /** Out-arguments by name: how to read them when the call has ended. */
  readonly outs = new Map<string, (count: number) => unknown>();
  /** Objects of the caller's to be filled, when the call has returned a number. */
  readonly after: ((value: number) => void)[] = [];
  /** Those that tell something when the call has failed, too. */
  readonly always: (() => void)[] = [];
  /** What the caller gets instead of the registers: a number that an ioctl reads, what there is of modules. */
  instead: (() => unknown) | null = null;

  constructor(row: SysentRow, arena: CallSegments) {
    this.row = row;
    this.arena = arena;
    this.slots = new BigInt64Array(row.args.length);
  }

  set(i: number, value: bigint | number): void {
    this.slots[i] = BigInt.asIntN(64, BigInt(value));
  }

  /** A new segment, which the kernel will read. */
  give(bytes: Uint8Array): bigint {
    const address = this.place(bytes);
    this.read.push({ address, bytes });
    return address;
  }

  /** A new segment. */
  place(bytes: Uint8Array): bigint {
    const address = this.arena.add(bytes);
    this.segments.push(address);
    return address;
  }

  /** Segments of `pieces`, and one that says where they are. @returns the address of that */
  vector(pieces: readonly Uint8Array[], way: 'given' | 'filled'): bigint {
    const places = pieces.map((bytes) => ({ address: this.place(bytes), bytes }));
    const words = new BigUint64Array(2 * places.length);
    for (const [n, { address, bytes }] of places.entries()) {
      words[2 * n] = address;
      words[2 * n + 1] = BigInt(bytes.length);
    }
    const address = this.give(new Uint8Array(words.buffer));
    if (way === 'given') {
      this.read.push(...places);
    }
    return address;
  }

  /** A new segment that the kernel will read before all others: it says where they are. */
  giveFirst(bytes: Uint8Array): bigint {
    const address = this.place(bytes);
    this.read.unshift({ address, bytes });
    return address;
  }

  /** The slot that tells the length of `name`. */
  setLength(name: string, length: number): void {
    const i = argOfType(this.row, `len ${name}`);
    if (i >= 0) {
      this.set(i, length);
    }
  }
}
