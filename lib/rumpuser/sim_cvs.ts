/**
 * Simulated host: condition variables. With one host thread only the kernel's own `unschedule` upcall can
 * signal; a wait that it leaves asleep lets its timeout pass, or is a certain deadlock.
 */
import { EINVAL, ETIMEDOUT } from '../sys/errno.ts';
import type { LockHandle } from './rumpuser.ts';
import { RumpuserAssertion } from './rumpuser.ts';
import type { SimClock } from './sim_clock.ts';
import type { SimCv, SimLockTable, SimMutexes } from './sim_locks.ts';
import { lockCaller } from './sim_locks.ts';
import type { SimLwps } from './sim_lwps.ts';

export class SimCvs {
  readonly #table: SimLockTable;
  readonly #mutexes: SimMutexes;
  readonly #lwps: SimLwps;
  readonly #clock: SimClock;

  constructor(table: SimLockTable, mutexes: SimMutexes, lwps: SimLwps, clock: SimClock) {
    this.#table = table;
    this.#mutexes = mutexes;
    this.#lwps = lwps;
    this.#clock = clock;
  }

  init(): LockHandle {
    return this.#table.add({ kind: 'cv', waiters: 0, woken: 0 });
  }

  destroy(handle: LockHandle): void {
    const cv = this.#get('cvDestroy', handle);
    if (cv.waiters !== 0) throw new RumpuserAssertion(`cvDestroy: cv ${handle} has ${cv.waiters} waiting`);
    this.#table.remove(handle);
  }

  /** @param timeoutNs Infinity waits for a signal alone. @throws ETIMEDOUT EINVAL */
  wait(
    call: string,
    handle: LockHandle,
    mutex: LockHandle,
    cpu: 'released' | 'kept',
    timeoutNs: number,
  ): void {
    if (Number.isNaN(timeoutNs)) throw EINVAL;
    const cv = this.#get(call, handle);
    const cpuFirst = this.#mutexes.retakenAfterCpu(call, mutex);
    const caller = lockCaller(this.#lwps, call, 'cv', handle);
    const depth = this.#mutexes.release(call, mutex);
    cv.waiters++;
    if (cpu === 'released') this.#lwps.unschedule();
    const outcome = this.#outcome(cv, timeoutNs);
    cv.waiters--;
    if (cpu === 'released' && cpuFirst) this.#lwps.schedule();
    this.#mutexes.retake(call, mutex, depth);
    if (cpu === 'released' && !cpuFirst) this.#lwps.schedule();

    if (outcome === 'timed out') throw ETIMEDOUT;
    if (outcome === 'stuck') {
      throw new RumpuserAssertion(
        `${call}: deadlock: nobody can signal cv ${handle}, for which lwp ${caller} waits`,
      );
    }
  }

  signal(handle: LockHandle): void {
    const cv = this.#get('cvSignal', handle);
    if (cv.woken < cv.waiters) cv.woken++;
  }

  broadcast(handle: LockHandle): void {
    const cv = this.#get('cvBroadcast', handle);
    cv.woken = cv.waiters;
  }

  hasWaiters(handle: LockHandle): boolean {
    const cv = this.#get('cvHasWaiters', handle);
    return cv.waiters > cv.woken;
  }

  #outcome(cv: SimCv, timeoutNs: number): 'woken' | 'timed out' | 'stuck' {
    if (cv.woken > 0) {
      cv.woken--;
      return 'woken';
    }
    if (timeoutNs === Number.POSITIVE_INFINITY) return 'stuck';
    this.#clock.advance(this.#clock.nowNs + timeoutNs);
    return 'timed out';
  }

  #get(call: string, handle: LockHandle): SimCv {
    return this.#table.get(call, 'cv', handle);
  }
}
