/**
 * Simulated host: lock handles and mutexes.
 *
 * With one host thread nobody else can ever let a lock go or signal: a call that would wait is a certain
 * deadlock, and says so. The one exception is what the kernel does in the `unschedule` upcall, which runs
 * before the verdict.
 */
import { EBUSY, EINVAL } from '../sys/errno.ts';
import type { LockHandle } from './rumpuser.ts';
import {
  RUMPUSER_MTX_KMUTEX,
  RUMPUSER_MTX_RECURSIVE,
  RUMPUSER_MTX_SPIN,
  RumpuserAssertion,
} from './rumpuser.ts';
import type { SimLwps } from './sim_lwps.ts';

export interface SimMutex {
  readonly kind: 'mutex';
  readonly flags: number;
  /** Lwp handle, 0 when free. */
  owner: number;
  /** How often the owner has entered. */
  depth: number;
}

export interface SimRwlock {
  readonly kind: 'rwlock';
  /** Lwp handle of the writer, 0 when there is none. */
  writer: number;
  /** How often each lwp that reads has entered. */
  readonly readers: Map<number, number>;
}

export interface SimCv {
  readonly kind: 'cv';
  waiters: number;
  /** Of those, how many have been woken and not yet run. */
  woken: number;
}

export type SimLock = SimMutex | SimRwlock | SimCv;

/**
 * Every lock ever made; a destroyed one leaves its place empty, so that its handle is never another lock's.
 */
export class SimLockTable {
  readonly #locks: (SimLock | undefined)[] = [undefined];

  add(lock: SimLock): LockHandle {
    return this.#locks.push(lock) - 1;
  }

  remove(handle: LockHandle): void {
    this.#locks[handle] = undefined;
  }

  /** The lock of that kind, or an assertion in the name of `call`. */
  get<K extends SimLock['kind']>(call: string, kind: K, handle: LockHandle): Extract<SimLock, { kind: K }> {
    const lock = this.#locks[handle];
    if (lock?.kind === kind) return lock as Extract<SimLock, { kind: K }>;
    if (lock !== undefined)
      throw new RumpuserAssertion(`${call}: lock ${handle} is a ${lock.kind}, not a ${kind}`);
    const known = Number.isInteger(handle) && handle > 0 && handle < this.#locks.length;
    throw new RumpuserAssertion(
      known ? `${call}: ${kind} ${handle} is destroyed` : `${call}: no lock ${handle}`,
    );
  }
}

/** The calling lwp; an assertion when there is none, because a lock's owner is an lwp. */
export function lockCaller(lwps: SimLwps, call: string, kind: SimLock['kind'], handle: LockHandle): number {
  const caller = lwps.caller;
  if (caller === 0) throw new RumpuserAssertion(`${call}: ${kind} ${handle}: no lwp is current`);
  return caller;
}

export class SimMutexes {
  readonly #table: SimLockTable;
  readonly #lwps: SimLwps;

  constructor(table: SimLockTable, lwps: SimLwps) {
    this.#table = table;
    this.#lwps = lwps;
  }

  /** @throws EINVAL */
  init(flags: number): LockHandle {
    if ((flags & ~(RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX | RUMPUSER_MTX_RECURSIVE)) !== 0) throw EINVAL;
    return this.#table.add({ kind: 'mutex', flags, owner: 0, depth: 0 });
  }

  /** Spin mutexes keep the CPU however they are entered. */
  enter(call: string, handle: LockHandle, cpu: 'released' | 'kept'): void {
    const mutex = this.#get(call, handle);
    if (this.#take(call, handle, mutex)) return;
    const caller = this.#lwps.caller;
    if (cpu === 'released' && (mutex.flags & RUMPUSER_MTX_SPIN) === 0) {
      this.#lwps.unschedule();
      const free = mutex.owner === 0;
      this.#lwps.schedule();
      if (free && this.#take(call, handle, mutex)) return;
    }
    throw new RumpuserAssertion(
      `${call}: deadlock: lwp ${caller} wants mutex ${handle}, which lwp ${mutex.owner} holds and nobody can release`,
    );
  }

  /** @throws EBUSY */
  tryenter(handle: LockHandle): void {
    const mutex = this.#get('mutexTryenter', handle);
    const caller = lockCaller(this.#lwps, 'mutexTryenter', 'mutex', handle);
    if (mutex.owner !== 0 && !(mutex.owner === caller && isRecursive(mutex))) throw EBUSY;
    mutex.owner = caller;
    mutex.depth++;
  }

  exit(handle: LockHandle): void {
    const mutex = this.#getOwned('mutexExit', handle);
    if (--mutex.depth === 0) mutex.owner = 0;
  }

  destroy(handle: LockHandle): void {
    const mutex = this.#get('mutexDestroy', handle);
    if (mutex.owner !== 0) {
      throw new RumpuserAssertion(`mutexDestroy: mutex ${handle} is held by lwp ${mutex.owner}`);
    }
    this.#table.remove(handle);
  }

  owner(handle: LockHandle): number {
    return this.#get('mutexOwner', handle).owner;
  }

  /** Let go of a mutex as often as the caller entered it. @returns how often, for `retake`. */
  release(call: string, handle: LockHandle): number {
    const mutex = this.#getOwned(call, handle);
    const depth = mutex.depth;
    mutex.owner = 0;
    mutex.depth = 0;
    return depth;
  }

  retake(call: string, handle: LockHandle, depth: number): void {
    this.enter(call, handle, 'kept');
    this.#get(call, handle).depth = depth;
  }

  /** Of a mutex that is not for interrupt context (spin) the CPU may be taken back while it is held. */
  retakenAfterCpu(call: string, handle: LockHandle): boolean {
    const both = RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX;
    return (this.#get(call, handle).flags & both) === both;
  }

  #take(call: string, handle: LockHandle, mutex: SimMutex): boolean {
    const caller = lockCaller(this.#lwps, call, 'mutex', handle);
    if (mutex.owner === caller && !isRecursive(mutex)) {
      throw new RumpuserAssertion(
        `${call}: deadlock: mutex ${handle} is already held by lwp ${caller}, the caller`,
      );
    }
    if (mutex.owner !== 0 && mutex.owner !== caller) return false;
    mutex.owner = caller;
    mutex.depth++;
    return true;
  }

  #get(call: string, handle: LockHandle): SimMutex {
    return this.#table.get(call, 'mutex', handle);
  }

  #getOwned(call: string, handle: LockHandle): SimMutex {
    const mutex = this.#get(call, handle);
    const caller = this.#lwps.caller;
    if (mutex.owner === 0) {
      throw new RumpuserAssertion(`${call}: mutex ${handle} is not held (caller: lwp ${caller})`);
    }
    if (mutex.owner !== caller) {
      throw new RumpuserAssertion(
        `${call}: mutex ${handle} is held by lwp ${mutex.owner}, not by lwp ${caller}`,
      );
    }
    return mutex;
  }
}

function isRecursive(mutex: SimMutex): boolean {
  return (mutex.flags & RUMPUSER_MTX_RECURSIVE) !== 0;
}
