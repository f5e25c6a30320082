/**
 * Calls that are made at once, for a piece of work that waits for nobody as long as its calls do not sleep.
 */
import { LW_EAGER, type Lwp } from '../kern/lwp.ts';
import { SLEEPING } from '../kern/maysleep.ts';
import { syscallAsync, syscallSync, syscallTold } from '../kern/syscall.ts';
import type { SysentRow } from '../sys/sysent.ts';
import type { ArgChecks } from './args.ts';
import {
  borrow,
  CALLER,
  type Caller,
  type Facade,
  facadeOf,
  giveBack,
  givenOut,
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
    let value: unknown;
    try {
      copies = checks.map((check, i) => check(args[i]));
      way.lwp ??= eagerLwp(caller, row, args);
    } catch (error) {
      return Promise.reject(error);
    }
    try {
      value = begin(way.lwp, row, copies);
    } catch (error) {
      giveOut(row, filled, args, copies, 'quietly');
      return Promise.reject(thrown(caller, error, row, args));
    }
    if (!(value instanceof Promise)) {
      giveOut(row, filled, args, copies, 'loudly', value);
      return value;
    }
    const call = value.catch((error: unknown) => {
      throw thrown(caller, error, row, args);
    });
    return givenOut(call, row, filled, args, () => copies);
  };
}

function eagerLwp(caller: Caller, row: SysentRow, args: readonly unknown[]): Lwp {
  const l = borrow(caller, row, args);
  l.flag |= LW_EAGER;
  return l;
}

/** @returns what the call returns, or a promise of it. @throws an errno, KernelDead */
function begin(l: Lwp, row: SysentRow, copies: readonly unknown[]): unknown {
  const traced = l.kernel.trace !== null;
  const value = traced ? SLEEPING : syscallSync(l, row, ...copies);
  if (value !== SLEEPING) {
    return value;
  }
  return new Promise((resolve, reject) => {
    const done = (result: unknown, error: unknown): void =>
      error === undefined ? resolve(result) : reject(error as Error);
    if (traced) {
      syscallAsync(l, row, copies, done);
    } else {
      syscallTold(l, done);
    }
  });
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
