/**
 * Native host: reader-writer locks, on words shared with C++ and with every isolate of the process.
 *
 * What one lwp does alone with a lock is done here by changing one word: enter, leave, upgrade, downgrade.
 * The state is 0, or `READING` or `WRITING` and the lwp's handle; the number of readers when they are
 * several, who are listed in C++, and everything else is a call. The protocol is that of
 * `native/rumpuser/rwlock.cc`.
 *
 * NetBSD: lib/librumpuser/rumpuser_pth.c, rumpuser(3).
 */
import { EBUSY } from '../sys/errno.ts';
import { isLock, KIND_RWLOCK, lockHandle, slotOf } from './lock_words.ts';
import { lockResult, type NativeBinding } from './native_binding.ts';
import { type LockHandle, RumpuserAssertion, type RwMode } from './rumpuser.ts';
import type { Upcalls } from './upcalls.ts';

/** `native/rumpuser/lock_table.h` has the same numbers. */
const STATE = 1;
const WRITERS_WAITING = 2;
const READERS_WAITING = 4;
const READING = 0x10000000;
const WRITING = 0x20000000;

export class NativeRwlocks {
  readonly #binding: NativeBinding;
  readonly #tenant: number;
  readonly #upcalls: Upcalls;
  readonly #words: Int32Array;
  readonly #current: Uint32Array;
  readonly #plainLeave: boolean;

  constructor(binding: NativeBinding, tenant: number, upcalls: Upcalls) {
    this.#binding = binding;
    this.#tenant = tenant;
    this.#upcalls = upcalls;
    this.#words = binding.lockWords;
    this.#current = binding.curlwp;
    this.#plainLeave = binding.leavingNeedsNoFence;
  }

  /** @throws ENOMEM */
  init(): LockHandle {
    return lockResult(this.#binding, this.#binding.rwInit(this.#tenant));
  }

  enter(mode: RwMode, rw: LockHandle): void {
    if (this.#take(mode, rw)) return;
    const number = modeNumber('rwEnter', mode);
    const result = this.#binding.rwEnterIfFree(number, lockHandle('rwEnter', rw));
    if (result === -EBUSY.errno)
      this.#upcalls.around(() => lockResult(this.#binding, this.#binding.rwEnter(number, rw)));
    else lockResult(this.#binding, result);
  }

  /** @throws EBUSY */
  tryenter(mode: RwMode, rw: LockHandle): void {
    if (this.#take(mode, rw)) return;
    const result = this.#binding.rwTryenter(modeNumber('rwTryenter', mode), lockHandle('rwTryenter', rw));
    lockResult(this.#binding, result);
  }

  /** @throws EBUSY */
  tryupgrade(rw: LockHandle): void {
    const state = slotOf(rw) + STATE;
    const me = this.#current[0] as number;
    const alone = READING | me;
    if (this.#isMine(rw) && Atomics.compareExchange(this.#words, state, alone, WRITING | me) === alone)
      return;
    lockResult(this.#binding, this.#binding.rwTryupgrade(lockHandle('rwTryupgrade', rw)));
  }

  downgrade(rw: LockHandle): void {
    const me = this.#current[0] as number;
    if (!this.#isMine(rw) || this.#words[slotOf(rw) + STATE] !== (WRITING | me)) {
      this.#binding.rwDowngrade(lockHandle('rwDowngrade', rw));
      return;
    }
    this.#leaveWriting(rw, READING | me);
  }

  exit(rw: LockHandle): void {
    const words = this.#words;
    const state = slotOf(rw) + STATE;
    const me = this.#current[0] as number;
    if (!this.#isMine(rw)) this.#binding.rwExit(lockHandle('rwExit', rw));
    else if (words[state] === (WRITING | me)) this.#leaveWriting(rw, 0);
    // Others may begin to read at any moment, and then it is for the addon.
    else if (Atomics.compareExchange(words, state, READING | me, 0) === (READING | me)) this.#letIn(rw);
    else this.#binding.rwExit(rw);
  }

  destroy(rw: LockHandle): void {
    this.#binding.rwDestroy(lockHandle('rwDestroy', rw));
  }

  held(mode: RwMode, rw: LockHandle): boolean {
    if (!this.#isRwlock(rw))
      return this.#binding.rwHeld(modeNumber('rwHeld', mode), lockHandle('rwHeld', rw));
    const state = Atomics.load(this.#words, slotOf(rw) + STATE);
    if (modeNumber('rwHeld', mode) === 0) return state > 0 && state < WRITING;
    return state === (WRITING | (this.#current[0] as number));
  }

  #take(mode: RwMode, rw: LockHandle): boolean {
    const words = this.#words;
    const slot = slotOf(rw);
    const me = this.#current[0] as number;
    // A look first: the exchange costs as much when it fails.
    if (!this.#isMine(rw) || words[slot + STATE] !== 0) return false;
    let state: number;
    if (mode === 'writer') state = WRITING | me;
    // Writers go first.
    else if (mode === 'reader' && words[slot + WRITERS_WAITING] === 0) state = READING | me;
    else return false;
    return Atomics.compareExchange(words, slot + STATE, 0, state) === 0;
  }

  /** To 0 or to reading: nobody else changes the state while it says "writing". */
  #leaveWriting(rw: LockHandle, state: number): void {
    if (this.#plainLeave) this.#words[slotOf(rw) + STATE] = state;
    else Atomics.store(this.#words, slotOf(rw) + STATE, state);
    this.#letIn(rw);
  }

  #letIn(rw: LockHandle): void {
    const words = this.#words;
    const slot = slotOf(rw);
    const waiting = this.#plainLeave
      ? (words[slot + WRITERS_WAITING] as number) | (words[slot + READERS_WAITING] as number)
      : Atomics.load(words, slot + WRITERS_WAITING) | Atomics.load(words, slot + READERS_WAITING);
    if (waiting !== 0) this.#binding.rwWake(rw);
  }

  /** Whether it is a rwlock, and the caller an lwp that can hold it. */
  #isMine(rw: LockHandle): boolean {
    return this.#isRwlock(rw) && this.#current[0] !== 0;
  }

  #isRwlock(rw: LockHandle): boolean {
    return isLock(this.#words, KIND_RWLOCK, rw);
  }
}

function modeNumber(call: string, mode: RwMode): number {
  if (mode === 'reader') return 0;
  if (mode === 'writer') return 1;
  throw new RumpuserAssertion(`${call}: no such mode: ${String(mode)}`);
}
