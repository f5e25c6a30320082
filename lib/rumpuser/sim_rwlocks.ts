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
    return this.#table.add({ kind: 'rwlock', writer: 0, readers: 0 });
  }

  enter(mode: RwMode, handle: LockHandle): void {
    const rwlock = this.#get('rwEnter', handle);
    const caller = lockCaller(this.#lwps, 'rwEnter', 'rwlock', handle);
    if (rwlock.writer === caller) {
      throw new RumpuserAssertion(
        `rwEnter: rwlock ${handle} is already held by lwp ${caller}, the caller, as writer`,
      );
    }
    if (take(rwlock, mode, caller)) return;
    this.#lwps.unschedule();
    const taken = take(rwlock, mode, caller);
    this.#lwps.schedule();
    if (taken) return;
    throw new RumpuserAssertion(
      `rwEnter: deadlock: lwp ${caller} wants rwlock ${handle} as ${mode}, ` +
        `which ${holders(rwlock)} and nobody can release`,
    );
  }

  /** @throws EBUSY */
  tryenter(mode: RwMode, handle: LockHandle): void {
    const rwlock = this.#get('rwTryenter', handle);
    const caller = lockCaller(this.#lwps, 'rwTryenter', 'rwlock', handle);
    if (!take(rwlock, mode, caller)) throw EBUSY;
  }

  /** @throws EBUSY when there are other readers */
  tryupgrade(handle: LockHandle): void {
    const rwlock = this.#get('rwTryupgrade', handle);
    const caller = lockCaller(this.#lwps, 'rwTryupgrade', 'rwlock', handle);
    if (rwlock.readers === 0) {
      throw new RumpuserAssertion(
        `rwTryupgrade: rwlock ${handle} is not held by readers (caller: lwp ${caller})`,
      );
    }
    if (rwlock.readers > 1) throw EBUSY;
    rwlock.readers = 0;
    rwlock.writer = caller;
  }

  downgrade(handle: LockHandle): void {
    const rwlock = this.#get('rwDowngrade', handle);
    this.#assertWriter('rwDowngrade', handle, rwlock);
    rwlock.writer = 0;
    rwlock.readers = 1;
  }

  exit(handle: LockHandle): void {
    const rwlock = this.#get('rwExit', handle);
    if (rwlock.readers > 0) {
      rwlock.readers--;
      return;
    }
    this.#assertWriter('rwExit', handle, rwlock);
    rwlock.writer = 0;
  }

  destroy(handle: LockHandle): void {
    const rwlock = this.#get('rwDestroy', handle);
    if (rwlock.writer !== 0 || rwlock.readers > 0) {
      throw new RumpuserAssertion(`rwDestroy: rwlock ${handle}, which ${holders(rwlock)}`);
    }
    this.#table.remove(handle);
  }

  held(mode: RwMode, handle: LockHandle): boolean {
    const rwlock = this.#get('rwHeld', handle);
    return mode === 'reader'
      ? rwlock.readers > 0
      : rwlock.writer !== 0 && rwlock.writer === this.#lwps.caller;
  }

  #assertWriter(call: string, handle: LockHandle, rwlock: SimRwlock): void {
    const caller = this.#lwps.caller;
    if (rwlock.writer !== 0 && rwlock.writer === caller) return;
    throw new RumpuserAssertion(
      `${call}: rwlock ${handle}, which ${holders(rwlock)}, is not lwp ${caller}'s to give`,
    );
  }

  #get(call: string, handle: LockHandle): SimRwlock {
    return this.#table.get(call, 'rwlock', handle);
  }
}

function take(rwlock: SimRwlock, mode: RwMode, caller: number): boolean {
  if (rwlock.writer !== 0 || (mode === 'writer' && rwlock.readers > 0)) return false;
  if (mode === 'writer') rwlock.writer = caller;
  else rwlock.readers++;
  return true;
}

function holders(rwlock: SimRwlock): string {
  if (rwlock.writer !== 0) return `lwp ${rwlock.writer} holds as writer`;
  return rwlock.readers === 0 ? 'nobody holds' : `${rwlock.readers} reader(s) hold`;
}
