/**
 * Calls that are made at once, for a piece of work that waits for nobody as long as its calls do not sleep.
 */
import type { Lwp } from '../kern/lwp.ts';
import { syscallAsync, syscallSync } from '../kern/syscall.ts';
import type { SysentRow } from '../sys/sysent.ts';
import type { ArgChecks } from './args.ts';
import {
  borrow,
  CALLER,
  type Caller,
  type Facade,
  facadeOf,
  giveBack,
  giveOut,
  indirect,
  type Method,
  once,
  type SysCalls,
  thrown,
} from './facade.ts';

/** Who makes calls at once: an lwp beside the caller's, from the first call on. */
export interface EagerCaller {
  readonly caller: Caller;
  lwp: Lwp | null;
}

/**
 * A call answers its value, as long as it does not sleep; else, and when it fails, a promise. One at a time: the next
 * is made when that has settled.
 */
function makeEager(row: SysentRow, { checks, filled }: ArgChecks): Method<EagerCaller> {
  return function (this: Facade<EagerCaller>, ...args: unknown[]) {
    const way = this[CALLER];
    const { caller } = way;
    let copies: readonly unknown[];
    try {
      copies = checks.map((check, i) => check(args[i]));
      way.lwp ??= borrow(caller, row, args);
    } catch (error) {
      return Promise.reject(error);
    }
    const call = new Outcome();
    if (way.lwp.kernel.sysproxy === null) {
      call.make(way.lwp, row, copies);
    } else {
      call.end(syscallSync(way.lwp, row, ...copies), undefined);
    }
    if (call.ended && call.error === undefined) {
      giveOut(row, filled, args, copies, 'loudly');
      return call.value;
    }
    return call.promise().then(
      (value) => {
        giveOut(row, filled, args, copies, 'loudly');
        return value;
      },
      (error: unknown) => {
        giveOut(row, filled, args, copies, 'quietly');
        throw thrown(caller, error, row, args);
      },
    );
  };
}

/** How a call has ended, or will. */
class Outcome {
  ended = false;
  value: unknown;
  error: unknown;
  #told: (() => void) | null = null;

  make(l: Lwp, row: SysentRow, copies: readonly unknown[]): void {
    try {
      syscallAsync(l, row, copies, (value, error) => this.end(value, error), 'at once');
    } catch (error) {
      this.end(undefined, error);
    }
  }

  end(value: unknown, error: unknown): void {
    this.ended = true;
    this.value = value;
    this.error = error;
    this.#told?.();
  }

  promise(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#told = () => (this.error === undefined ? resolve(this.value) : reject(this.error as Error));
      if (this.ended) {
        this.#told();
      }
    });
  }
}

const eagerFacade = once(() => facadeOf(makeEager, indirect));

/** Calls that are made at once, for one piece of work: they answer values, or promises. `eagerEnd` ends it. */
export function eagerCalls(caller: Caller): SysCalls {
  return new (eagerFacade())({ caller, lwp: null }) as unknown as SysCalls;
}

export function eagerEnd(calls: SysCalls): void {
  const way = (calls as unknown as Facade<EagerCaller>)[CALLER];
  if (way.lwp !== null) {
    giveBack(way.lwp);
    way.lwp = null;
  }
}
