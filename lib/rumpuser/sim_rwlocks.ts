/** Simulated host: reader/writer locks. As with mutexes, a call that would wait is a certain deadlock. */
import { EBUSY } from '../sys/errno.ts';
import type { LockHandle, RwMode } from './rumpuser.ts';
import { RumpuserAssertion } from './rumpuser.ts';
import type { SimLockTable, SimRwlock } from './sim_locks.ts';
import { lockCaller } from './sim_locks.ts';
import type { SimLwps } from './sim_lwps.ts';

export class SimRwlocks {
  readonly #table: SimLockTable;
  readonly #lwps: SimLwps;

  constructor(table: SimLockTable, lwps: SimLwps) {
    this.#table = table;
    this.#lwps = lwps;
  }

  init(): LockHandle {
    return this.#table.add({ kind: 'rwlock', writer: 0, readers: new Map() });
  }

  enter(mode: RwMode, handle: LockHandle): void {
    checkMode('rwEnter', mode);
    const rwlock = this.#get('rwEnter', handle);
    const caller = lockCaller(this.#lwps, 'rwEnter', 'rwlock', handle);
    if (take(rwlock, mode, caller)) return;
    if (rwlock.writer === caller || rwlock.readers.has(caller)) {
      const purpose = rwlock.writer === caller ? 'writing' : 'reading';
      throw new RumpuserAssertion(
        `rwEnter: deadlock: rwlock ${handle} is already held for ${purpose} by lwp ${caller}, the caller`,
      );
    }
    this.#lwps.unschedule();
    const taken = take(rwlock, mode, caller);
    this.#lwps.schedule();
    if (taken) return;
    throw new RumpuserAssertion(
      `rwEnter: deadlock: lwp ${caller} wants rwlock ${handle} as ${mode}, ` +
        `but it is ${holders(rwlock)} and nobody can release it`,
    );
  }

  /** @throws EBUSY */
  tryenter(mode: RwMode, handle: LockHandle): void {
    checkMode('rwTryenter', mode);
    const rwlock = this.#get('rwTryenter', handle);
    const caller = lockCaller(this.#lwps, 'rwTryenter', 'rwlock', handle);
    if (!take(rwlock, mode, caller)) throw EBUSY;
  }

  /** @throws EBUSY when it is entered for reading a second time, by whomever */
  tryupgrade(handle: LockHandle): void {
    const rwlock = this.#get('rwTryupgrade', handle);
    const caller = lockCaller(this.#lwps, 'rwTryupgrade', 'rwlock', handle);
    const entered = rwlock.readers.get(caller);
    if (entered === undefined) {
      throw new RumpuserAssertion(`rwTryupgrade: rwlock ${handle} is not held for reading by lwp ${caller}`);
    }
    if (entered > 1 || rwlock.readers.size > 1) throw EBUSY;
    rwlock.readers.clear();
    rwlock.writer = caller;
  }

  downgrade(handle: LockHandle): void {
    const rwlock = this.#get('rwDowngrade', handle);
    const caller = lockCaller(this.#lwps, 'rwDowngrade', 'rwlock', handle);
    if (rwlock.writer !== caller) {
      throw new RumpuserAssertion(`rwDowngrade: rwlock ${handle} is not held for writing by lwp ${caller}`);
    }
    rwlock.writer = 0;
    rwlock.readers.set(caller, 1);
  }

  exit(handle: LockHandle): void {
    const rwlock = this.#get('rwExit', handle);
    const caller = lockCaller(this.#lwps, 'rwExit', 'rwlock', handle);
    const entered = rwlock.readers.get(caller);
    if (rwlock.writer === caller) rwlock.writer = 0;
    else if (entered === undefined) {
      throw new RumpuserAssertion(`rwExit: rwlock ${handle} is not held by lwp ${caller}`);
    } else if (entered === 1) rwlock.readers.delete(caller);
    else rwlock.readers.set(caller, entered - 1);
  }

  destroy(handle: LockHandle): void {
    const rwlock = this.#get('rwDestroy', handle);
    if (rwlock.writer !== 0 || rwlock.readers.size > 0) {
      throw new RumpuserAssertion(`rwDestroy: rwlock ${handle} is ${holders(rwlock)}`);
    }
    this.#table.remove(handle);
  }

  held(mode: RwMode, handle: LockHandle): boolean {
    checkMode('rwHeld', mode);
    const rwlock = this.#get('rwHeld', handle);
    if (mode === 'reader') return rwlock.readers.size > 0;
    return rwlock.writer !== 0 && rwlock.writer === this.#lwps.caller;
  }

  #get(call: string, handle: LockHandle): SimRwlock {
    return this.#table.get(call, 'rwlock', handle);
  }
}

function checkMode(call: string, mode: RwMode): void {
  if (mode === 'reader' || mode === 'writer') return;
  throw new RumpuserAssertion(`${call}: no such mode: ${String(mode)}`);
}

function take(rwlock: SimRwlock, mode: RwMode, caller: number): boolean {
  if (rwlock.writer !== 0 || (mode === 'writer' && rwlock.readers.size > 0)) return false;
  if (mode === 'writer') rwlock.writer = caller;
  else rwlock.readers.set(caller, (rwlock.readers.get(caller) ?? 0) + 1);
  return true;
}

/** `held by lwp 3`, or by how many readers. */
function holders(rwlock: SimRwlock): string {
  if (rwlock.writer !== 0) return `held by lwp ${rwlock.writer}`;
  return `held by ${rwlock.readers.size} for reading (lwp ${[...rwlock.readers.keys()].join(', ')})`;
}
