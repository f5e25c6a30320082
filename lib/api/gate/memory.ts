/**
 * The memory of a call by the gate: what its arguments point at.
 *
 * Small things go into the free room of the call's slot, and come back from there. What has no room there is
 * pointed at where it is, which the caller must leave alone meanwhile: who waits for the answer does. For others
 * it is copied first, since a buffer of theirs may be detached under way.
 */
import type { CallSegments } from '../../emul/netbsd/encoder.ts';
import type { Handles } from '../../emul/netbsd/handles.ts';
import { SLOT_BYTES, SLOT_SCRATCH, type Slots } from '../../gate/slots.ts';
import type { GateCaller } from '../../rumpuser/native_gate.ts';

const ROOM = SLOT_BYTES - SLOT_SCRATCH;
/** Things begin at multiples of this, bytes. */
const ALIGN = 8;

interface Segment {
  /** What the call's maker looks at. */
  readonly bytes: Uint8Array;
  /** What the kernel sees instead. */
  readonly copy: Uint8Array;
}

export class CallMemory implements CallSegments {
  readonly #caller: GateCaller;
  readonly #slots: Slots;
  readonly #slot: number;
  readonly #copies: 'copied' | 'in place';
  readonly handles: Handles;
  readonly #segments: Segment[] = [];
  #used = 0;

  constructor(
    caller: GateCaller,
    slots: Slots,
    slot: number,
    large: 'copied' | 'in place',
    handles: Handles,
  ) {
    this.#caller = caller;
    this.#slots = slots;
    this.#slot = slot;
    this.#copies = large;
    this.handles = handles;
  }

  /** @returns the address of `bytes`, or of what stands for them until `finish` */
  add(bytes: Uint8Array): bigint {
    const { length } = bytes;
    if (length <= ROOM - this.#used) {
      const offset = this.#used;
      const at = this.#slot * SLOT_BYTES + SLOT_SCRATCH + offset;
      const copy = this.#slots.bytes.subarray(at, at + length);
      copy.set(bytes);
      this.#segments.push({ bytes, copy });
      this.#used = Math.min(ROOM, (offset + length + ALIGN - 1) & -ALIGN);
      return this.#slots.scratchAddress(this.#slot) + BigInt(offset);
    }
    if (this.#copies === 'in place') {
      return this.#caller.addressOf(bytes);
    }
    const copy = bytes.slice();
    this.#segments.push({ bytes, copy });
    return this.#caller.addressOf(copy);
  }

  /** All goes together, when the slot does. */
  remove(): void {}

  /** The call has ended: what the kernel has written is where the caller looks. */
  finish(): void {
    for (const { bytes, copy } of this.#segments) {
      bytes.set(copy);
    }
  }
}
