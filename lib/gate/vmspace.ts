/**
 * The memory of a caller in this process: copies are copies, and never sleep. What lies in the caller's slot is
 * in view; the rest is the host's to copy, because its address may be anything.
 *
 * NetBSD: sys/rump/librump/rumpkern/rumpcopy.c.
 */
import type { Lwp } from '../kern/lwp.ts';
import type { RemoteVmspace } from '../kern/vmspace.ts';
import type { HostGate } from '../rumpuser/rumpuser_ways.ts';
import { EFAULT, ENAMETOOLONG, ENOMEM, Errno } from '../sys/errno.ts';
import type { Siginfo } from '../sys/types.ts';
import type { Slots } from './slots.ts';

/** Text is looked at in pieces that end where pages do: the page behind its NUL need not be there. */
const PAGE = 4096n;
/** Bytes moved by one call. */
const TRANSFER_MAX = 16 << 20;

export class GateVmspace implements RemoteVmspace {
  readonly kind = 'thread';
  readonly transferMax = TRANSFER_MAX;
  refcnt = 1;
  readonly #host: HostGate;
  readonly #slots: Slots;
  readonly #raise: (info: Siginfo) => void;
  /** The slot each lwp serves now. */
  readonly serving: Map<Lwp, number>;

  constructor(host: HostGate, slots: Slots, serving: Map<Lwp, number>, raise: (info: Siginfo) => void) {
    this.#host = host;
    this.#slots = slots;
    this.serving = serving;
    this.#raise = raise;
  }

  #slot(l: Lwp): number {
    const slot = this.serving.get(l);
    if (slot === undefined) {
      throw EFAULT;
    }
    return slot;
  }

  copyin(l: Lwp, address: bigint, length: number): Uint8Array {
    const slot = this.#slot(l);
    const near = this.#slots.within(slot, address, length);
    if (near !== null) {
      return near.slice();
    }
    const bytes = new Uint8Array(length);
    this.#host.copyin(slot, address, bytes);
    return bytes;
  }

  copyinstr(l: Lwp, address: bigint, max: number): Uint8Array {
    const pieces: Uint8Array[] = [];
    let at = address;
    for (let left = max; left > 0; ) {
      const piece = this.copyin(l, at, Math.min(left, Number(PAGE - (at % PAGE))));
      const end = piece.indexOf(0);
      pieces.push(end < 0 ? piece : piece.subarray(0, end));
      if (end >= 0) {
        return pieces.length === 1 ? (pieces[0] as Uint8Array) : joined(pieces);
      }
      at += BigInt(piece.length);
      left -= piece.length;
    }
    throw ENAMETOOLONG;
  }

  copyout(l: Lwp, address: bigint, data: Uint8Array): void {
    const slot = this.#slot(l);
    const near = this.#slots.within(slot, address, data.length);
    if (near === null) {
      this.#host.copyout(slot, address, data);
    } else {
      near.set(data);
    }
  }

  /** What a thread of this process uses up is its own. */
  room(_l: Lwp, length: number): Uint8Array {
    return new Uint8Array(length);
  }

  /** Memory for the caller is the caller's to get. */
  anonmmap(): never {
    throw ENOMEM;
  }

  raise(info: Siginfo): void {
    this.#raise(info);
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** An errno's number, for an answer. @throws what is none */
export function errnoOf(error: unknown): number {
  if (error instanceof Errno) {
    return error.errno;
  }
  throw error;
}
