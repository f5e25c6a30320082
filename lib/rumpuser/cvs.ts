/**
 * Native host: condition variables. Who waits is listed in C++; the shared word counts them, so that a signal
 * to nobody is a look at it. Also decided here is when the virtual CPU is given up and taken back.
 *
 * NetBSD: lib/librumpuser/rumpuser_pth.c, rumpuser(3).
 */
import { EINVAL } from '../sys/errno.ts';
import { isLock, KIND_CV, lockHandle, slotOf } from './lock_words.ts';
import type { NativeMutexes } from './locks.ts';
import { lockResult, type NativeBinding } from './native_binding.ts';
import type { LockHandle } from './rumpuser.ts';
import type { Upcalls } from './upcalls.ts';

/** `native/rumpuser/lock_table.h` has the same numbers. */
const SLEEPERS = 1;

export class NativeCvs {
  readonly #binding: NativeBinding;
  readonly #tenant: number;
  readonly #upcalls: Upcalls;
  readonly #mutexes: NativeMutexes;
  readonly #words: Int32Array;

  constructor(binding: NativeBinding, tenant: number, upcalls: Upcalls, mutexes: NativeMutexes) {
    this.#binding = binding;
    this.#tenant = tenant;
    this.#upcalls = upcalls;
    this.#mutexes = mutexes;
    this.#words = binding.lockWords;
  }

  /** @throws ENOMEM */
  init(): LockHandle {
    return lockResult(this.#binding, this.#binding.cvInit(this.#tenant));
  }

  destroy(cv: LockHandle): void {
    this.#binding.cvDestroy(lockHandle('cvDestroy', cv));
  }

  /** @param timeoutNs Infinity waits for a signal alone. @throws ETIMEDOUT EINVAL */
  wait(call: string, cv: LockHandle, m: LockHandle, timeoutNs: number): void {
    this.#check(call, cv, m, timeoutNs);
    const depth = this.#mutexes.depth(m);
    const cpuFirst = this.#mutexes.isRetakenAfterCpu(m);
    let result = 0;
    this.#upcalls.around(() => {
      result = this.#binding.cvBlock(call, cv, m, timeoutNs);
      if (!cpuFirst) this.#mutexes.retake(call, m, depth);
    });
    if (cpuFirst) this.#mutexes.retake(call, m, depth);
    lockResult(this.#binding, result);
  }

  waitNowrap(cv: LockHandle, m: LockHandle): void {
    this.#check('cvWaitNowrap', cv, m, Number.POSITIVE_INFINITY);
    const depth = this.#mutexes.depth(m);
    const result = this.#binding.cvBlock('cvWaitNowrap', cv, m, Number.POSITIVE_INFINITY);
    this.#mutexes.retake('cvWaitNowrap', m, depth);
    lockResult(this.#binding, result);
  }

  signal(cv: LockHandle): void {
    if (!this.#isCv(cv) || this.#sleepers(cv) !== 0) this.#binding.cvSignal(lockHandle('cvSignal', cv));
  }

  broadcast(cv: LockHandle): void {
    if (!this.#isCv(cv) || this.#sleepers(cv) !== 0) this.#binding.cvBroadcast(lockHandle('cvBroadcast', cv));
  }

  hasWaiters(cv: LockHandle): boolean {
    if (!this.#isCv(cv)) return this.#binding.cvHasWaiters(lockHandle('cvHasWaiters', cv));
    return this.#sleepers(cv) !== 0;
  }

  /** Finds misuse before the CPU is given up. */
  #check(call: string, cv: LockHandle, m: LockHandle, timeoutNs: number): void {
    if (typeof timeoutNs !== 'number' || Number.isNaN(timeoutNs)) throw EINVAL;
    if (!this.#isCv(cv) || !this.#mutexes.isMine(m))
      this.#binding.cvCheck(call, lockHandle(call, cv), lockHandle(call, m));
  }

  /** Who was counted before a mutex was left is seen by who entered it afterwards: no wait is overlooked. */
  #sleepers(cv: LockHandle): number {
    return Atomics.load(this.#words, slotOf(cv) + SLEEPERS);
  }

  #isCv(cv: LockHandle): boolean {
    return isLock(this.#words, KIND_CV, cv);
  }
}
