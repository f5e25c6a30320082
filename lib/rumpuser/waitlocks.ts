/**
 * Native host: reader-writer locks and condition variables. Their state is in C++; what is decided here is when the
 * virtual CPU is given up and taken back.
 *
 * NetBSD: lib/librumpuser/rumpuser_pth.c, rumpuser(3).
 */
import { EBUSY, EINVAL } from '../sys/errno.ts';
import { lockHandle, type NativeMutexes } from './locks.ts';
import { lockResult, type NativeBinding } from './native_binding.ts';
import { type LockHandle, RumpuserAssertion, type RwMode } from './rumpuser.ts';
import type { Upcalls } from './upcalls.ts';

export class NativeRwlocks {
  readonly #binding: NativeBinding;
  readonly #tenant: number;
  readonly #upcalls: Upcalls;

  constructor(binding: NativeBinding, tenant: number, upcalls: Upcalls) {
    this.#binding = binding;
    this.#tenant = tenant;
    this.#upcalls = upcalls;
  }

  /** @throws ENOMEM */
  init(): LockHandle {
    return lockResult(this.#binding, this.#binding.rwInit(this.#tenant));
  }

  enter(mode: RwMode, rw: LockHandle): void {
    const number = modeNumber('rwEnter', mode);
    const result = this.#binding.rwTryenter(number, lockHandle('rwEnter', rw));
    if (result === -EBUSY.errno)
      this.#upcalls.around(() => lockResult(this.#binding, this.#binding.rwEnter(number, rw)));
    else lockResult(this.#binding, result);
  }

  /** @throws EBUSY */
  tryenter(mode: RwMode, rw: LockHandle): void {
    const result = this.#binding.rwTryenter(modeNumber('rwTryenter', mode), lockHandle('rwTryenter', rw));
    lockResult(this.#binding, result);
  }

  /** @throws EBUSY */
  tryupgrade(rw: LockHandle): void {
    lockResult(this.#binding, this.#binding.rwTryupgrade(lockHandle('rwTryupgrade', rw)));
  }

  downgrade(rw: LockHandle): void {
    this.#binding.rwDowngrade(lockHandle('rwDowngrade', rw));
  }

  exit(rw: LockHandle): void {
    this.#binding.rwExit(lockHandle('rwExit', rw));
  }

  destroy(rw: LockHandle): void {
    this.#binding.rwDestroy(lockHandle('rwDestroy', rw));
  }

  held(mode: RwMode, rw: LockHandle): boolean {
    return this.#binding.rwHeld(modeNumber('rwHeld', mode), lockHandle('rwHeld', rw));
  }
}

function modeNumber(call: string, mode: RwMode): number {
  if (mode === 'reader') return 0;
  if (mode === 'writer') return 1;
  throw new RumpuserAssertion(`${call}: no such mode: ${String(mode)}`);
}

export class NativeCvs {
  readonly #binding: NativeBinding;
  readonly #tenant: number;
  readonly #upcalls: Upcalls;
  readonly #mutexes: NativeMutexes;

  constructor(binding: NativeBinding, tenant: number, upcalls: Upcalls, mutexes: NativeMutexes) {
    this.#binding = binding;
    this.#tenant = tenant;
    this.#upcalls = upcalls;
    this.#mutexes = mutexes;
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
    const block = this.#prepare(call, cv, m, timeoutNs);
    const depth = this.#mutexes.depth(m);
    const cpuFirst = this.#mutexes.isRetakenAfterCpu(m);
    let result = 0;
    this.#upcalls.around(() => {
      result = block();
      if (!cpuFirst) this.#mutexes.retake(m, depth);
    });
    if (cpuFirst) this.#mutexes.retake(m, depth);
    lockResult(this.#binding, result);
  }

  waitNowrap(cv: LockHandle, m: LockHandle): void {
    const block = this.#prepare('cvWaitNowrap', cv, m, Number.POSITIVE_INFINITY);
    const depth = this.#mutexes.depth(m);
    const result = block();
    this.#mutexes.retake(m, depth);
    lockResult(this.#binding, result);
  }

  signal(cv: LockHandle): void {
    this.#binding.cvSignal(lockHandle('cvSignal', cv));
  }

  broadcast(cv: LockHandle): void {
    this.#binding.cvBroadcast(lockHandle('cvBroadcast', cv));
  }

  hasWaiters(cv: LockHandle): boolean {
    return this.#binding.cvHasWaiters(lockHandle('cvHasWaiters', cv));
  }

  /** Finds misuse before the CPU is given up. */
  #prepare(call: string, cv: LockHandle, m: LockHandle, timeoutNs: number): () => number {
    if (typeof timeoutNs !== 'number' || Number.isNaN(timeoutNs)) throw EINVAL;
    lockHandle(call, cv);
    this.#binding.cvHasWaiters(cv);
    if (!this.#mutexes.isMine(m)) this.#binding.cvBlock(cv, lockHandle(call, m), 0);
    return () => this.#binding.cvBlock(cv, m, timeoutNs);
  }
}
