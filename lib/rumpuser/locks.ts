/**
 * Native host: mutexes, on words shared with C++ and with every isolate of the process.
 *
 * The two paths that matter, entering a free mutex and leaving one nobody waits for, are done here with the
 * protocol of `native/rumpuser/mutex.cc`; everything else is a call.
 *
 * NetBSD: lib/librumpuser/rumpuser_pth.c, rumpuser(3).
 */
import { EBUSY } from '../sys/errno.ts';
import { isLock, KIND_MUTEX, lockHandle, slotOf } from './lock_words.ts';
import { lockResult, type NativeBinding } from './native_binding.ts';
import type { LockHandle } from './rumpuser.ts';
import { RUMPUSER_MTX_KMUTEX, RUMPUSER_MTX_RECURSIVE, RUMPUSER_MTX_SPIN } from './rumpuser.ts';
import type { Upcalls } from './upcalls.ts';

/** `native/rumpuser/lock_table.h` has the same numbers. */
const OWNER = 1;
const DEPTH = 2;
const FLAGS = 3;
const WAITERS = 4;

export class NativeMutexes {
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

  /** @throws EINVAL ENOMEM */
  init(flags: number): LockHandle {
    return lockResult(this.#binding, this.#binding.mutexInit(this.#tenant, flags));
  }

  enter(m: LockHandle): void {
    if (!this.#take(m) && !this.#reenter(m)) this.#block(m);
  }

  enterNowrap(m: LockHandle): void {
    if (!this.#take(m) && !this.#reenter(m)) {
      lockResult(this.#binding, this.#binding.mutexEnterNowrap(lockHandle('mutexEnterNowrap', m)));
    }
  }

  /** @throws EBUSY */
  tryenter(m: LockHandle): void {
    if (this.#take(m)) return;
    const result = this.#binding.mutexTryenter(lockHandle('mutexTryenter', m));
    if (result === -EBUSY.errno) throw EBUSY;
    lockResult(this.#binding, result);
  }

  exit(m: LockHandle): void {
    const words = this.#words;
    const slot = slotOf(m);
    const me = this.#current[0] as number;
    // What is not a mutex of the caller's, and what was entered several times, is for the addon.
    if (!this.#isMutex(m) || me === 0 || words[slot + OWNER] !== me) {
      this.#binding.mutexExit(lockHandle('mutexExit', m));
      return;
    }
    const depth = words[slot + DEPTH] as number;
    if (depth !== 0) {
      words[slot + DEPTH] = depth - 1;
      return;
    }
    let waiters: number;
    if (this.#plainLeave) {
      words[slot + OWNER] = 0;
      waiters = words[slot + WAITERS] as number;
    } else {
      Atomics.store(words, slot + OWNER, 0);
      waiters = Atomics.load(words, slot + WAITERS);
    }
    if (waiters !== 0) this.#binding.mutexWake(m);
  }

  destroy(m: LockHandle): void {
    this.#binding.mutexDestroy(lockHandle('mutexDestroy', m));
  }

  owner(m: LockHandle): number {
    return this.#binding.mutexOwner(lockHandle('mutexOwner', m));
  }

  /** Whether the caller owns the mutex: a wait checks that before it gives the CPU up. */
  isMine(m: LockHandle): boolean {
    const slot = slotOf(m);
    const me = this.#current[0] as number;
    return this.#isMutex(m) && me !== 0 && this.#words[slot + OWNER] === me;
  }

  /** How often the owner entered it beyond the first time. */
  depth(m: LockHandle): number {
    return this.#words[slotOf(m) + DEPTH] as number;
  }

  /** A mutex of interrupt context must not be held while waiting for a CPU. */
  isRetakenAfterCpu(m: LockHandle): boolean {
    const both = RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX;
    return (this.#flags(m) & both) === both;
  }

  /** Enter again after a wait, as often as before it. */
  retake(call: string, m: LockHandle, depth: number): void {
    lockResult(this.#binding, this.#binding.mutexRetake(call, m, depth));
  }

  #take(m: LockHandle): boolean {
    const slot = slotOf(m);
    const me = this.#current[0] as number;
    return (
      this.#isMutex(m) &&
      me !== 0 &&
      // A look first: the exchange costs as much when it fails.
      this.#words[slot + OWNER] === 0 &&
      Atomics.compareExchange(this.#words, slot + OWNER, 0, me) === 0
    );
  }

  /** Only the owner writes the depth. */
  #reenter(m: LockHandle): boolean {
    if (!this.isMine(m) || (this.#flags(m) & RUMPUSER_MTX_RECURSIVE) === 0) return false;
    const depth = slotOf(m) + DEPTH;
    this.#words[depth] = (this.#words[depth] as number) + 1;
    return true;
  }

  #block(m: LockHandle): void {
    const enter = () => lockResult(this.#binding, this.#binding.mutexEnter(lockHandle('mutexEnter', m)));
    // The addon says what is wrong with a misused mutex, and that needs no CPU given up.
    const waits = this.#isMutex(m) && this.#current[0] !== 0 && !this.isMine(m);
    if (!waits || (this.#flags(m) & RUMPUSER_MTX_SPIN) !== 0) enter();
    else this.#upcalls.around(enter);
  }

  #flags(m: LockHandle): number {
    return this.#words[slotOf(m) + FLAGS] as number;
  }

  #isMutex(m: LockHandle): boolean {
    return isLock(this.#words, KIND_MUTEX, m);
  }
}
