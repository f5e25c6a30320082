/**
 * What callers ask of whoever owns a kernel with a thread of its own. A question waits until the kernel is not at work:
 * its answer may be to end it.
 */
import type { Lwp } from '../kern/lwp.ts';
import { EOPNOTSUPP } from '../sys/errno.ts';
import type { Session } from './session.ts';
import { SLOT_ARG, type Slots } from './slots.ts';
import { errnoOf } from './vmspace.ts';

/** Who answers what callers ask of a kernel that has a thread of its own. */
export interface GateOwner {
  /** There are questions: `answerQuestions` is to be called, outside the kernel. */
  asked(): void;
  /** The kernel has ended, and its callers are about to be told. */
  died(): void;
  /** @throws an errno */
  answer(question: Uint8Array): Uint8Array;
}

/** Tell the slot how it ended: an errno, or 0 and the bytes of the answer. */
type Done = (slot: number, error: number, length: number) => void;

export class Questions {
  readonly #owner: GateOwner | null;
  readonly #slots: Slots;
  readonly #done: Done;
  readonly #asked: (() => void)[] = [];
  #dead = false;

  constructor(owner: GateOwner | null, slots: Slots, done: Done) {
    this.#owner = owner;
    this.#slots = slots;
    this.#done = done;
  }

  get waiting(): boolean {
    return this.#asked.length > 0;
  }

  died(): void {
    this.#dead = true;
    this.#owner?.died();
  }

  /** @param l whose memory is copied. @throws EOPNOTSUPP nobody answers */
  ask(slot: number, session: Session, l: Lwp): void {
    const owner = this.#owner;
    if (owner === null) {
      throw EOPNOTSUPP;
    }
    const [address, length, to, room] = [0, 1, 2, 3].map((i) => this.#slots.long(slot, SLOT_ARG + i));
    // One that has no room is kept until it is asked for again, by an empty question.
    const question = length === 0n ? null : session.vm.copyin(l, address as bigint, Number(length));
    this.#asked.push(() => {
      session.vm.serving.set(l, slot);
      try {
        if (question !== null) {
          session.unread = owner.answer(question);
        }
        if (this.#dead) {
          // That was the answer, and everybody has been told.
          return;
        }
        const answer = session.unread ?? new Uint8Array(0);
        if (answer.length <= Number(room)) {
          session.vm.copyout(l, to as bigint, answer);
          session.unread = null;
        }
        this.#done(slot, 0, answer.length);
      } catch (error) {
        this.#done(slot, errnoOf(error), 0);
      } finally {
        session.vm.serving.delete(l);
      }
    });
    owner.asked();
  }

  /** Answer those that wait, outside the kernel. */
  answer(): void {
    for (let next = this.#asked.shift(); next !== undefined; next = this.#asked.shift()) {
      next();
    }
  }
}
