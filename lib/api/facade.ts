/**
 * `proc.sys` and `proc.promises`: a method for every system call of the table, made once from it.
 *
 * NetBSD: the generated calls of sys/rump/librump/rumpkern/rump_syscalls.c.
 */

import type { Lwp } from '../kern/lwp.ts';
import { lwpCreate, lwpFree, lwpUnlink } from '../kern/lwpcreate.ts';
import { KernelDead } from '../kern/panic.ts';
import { enterable, syscallAsync, syscallSync } from '../kern/syscall.ts';
import { LSZOMB, LW_WEXIT } from '../sys/constants/lwp.ts';
import { SIGNALS } from '../sys/constants/signal.ts';
import { WIFSIGNALED, WTERMSIG } from '../sys/constants/wait.ts';
import { EBUSY, EDEADLK, EFAULT, EINVAL, ENOSYS, Errno, ESRCH } from '../sys/errno.ts';
import { SYSCALLS } from '../sys/syscalls.master.ts';
import {
  type ArgsOf,
  type CallName,
  isCallable,
  localArgs,
  type ResultOf,
  syscallByCall,
  syscallByNumber,
} from '../sys/syscalls.ts';
import type { SysentRow } from '../sys/sysent.ts';
import { type ArgChecks, argChecks, type Filled } from './args.ts';
import { SysError } from './errors.ts';

/** Whose calls these are. */
export interface Caller {
  /** The kernel has died: `fini` gives the host back what it took. */
  readonly kernel: { fini(): void };
  readonly lwp: Lwp;
  /** Take another lwp: the first was left asleep. */
  renew(): void;
}

/** The synchronous calls: they return, or throw `SysError`. */
export type SysCalls = { readonly [C in CallName]: (...args: ArgsOf<C>) => ResultOf<C> };
/** The same calls as promises. */
export type PromiseCalls = { readonly [C in CallName]: (...args: ArgsOf<C>) => Promise<ResultOf<C>> };

/** Where the facades keep their caller, out of the way of the calls' names. */
export const CALLER = Symbol('caller');

/** An object with the calls of `C`, whatever that is. */
export class Facade<C = Caller> {
  readonly [CALLER]: C;

  constructor(caller: C) {
    this[CALLER] = caller;
  }
}

/** Turn what came out of the kernel into what the caller gets. */
function edge(caller: Caller, error: unknown, row: SysentRow, args: readonly unknown[]): unknown {
  const l = caller.lwp;
  if (error instanceof KernelDead) {
    caller.kernel.fini();
    return error;
  }
  if (!(error instanceof Errno)) {
    return error;
  }
  const [path, dest] = pathsOf(row, args);
  return new SysError(error, row.call, detailOf(caller, l, error), path, dest);
}

/** What an errno alone does not say. */
function detailOf(caller: Caller, l: Lwp, error: Errno): string | undefined {
  if (error === EDEADLK && l.deadlock !== null) {
    const asleep = l.deadlock;
    l.deadlock = null;
    caller.renew();
    return `nothing can wake this call; asleep: ${asleep}`;
  }
  if (error === ESRCH && !l.proc.alive) {
    const { xstat, pid } = l.proc;
    const how = WIFSIGNALED(xstat)
      ? `was killed by SIG${SIGNALS[WTERMSIG(xstat)]?.name ?? '?'}`
      : 'has exited';
    return `process ${pid} ${how}`;
  }
  if (error === EBUSY && l.kernel.curlwp !== null) {
    return 'the kernel is not re-entrant: this call was made from inside it';
  }
  return undefined;
}

/** The paths among the arguments, for the message. */
export function pathsOf(row: SysentRow, args: readonly unknown[]): [path?: string, dest?: string] {
  const paths: string[] = [];
  for (const [i, [, type]] of localArgs(row).entries()) {
    const value = args[i];
    if (type.startsWith('path') && typeof value === 'string') {
      paths.push(value);
    }
  }
  return paths as [string?, string?];
}

export type Method<C = Caller> = (this: Facade<C>, ...args: unknown[]) => unknown;

function makeSync(row: SysentRow, { checks, filled }: ArgChecks): Method {
  if (checks.length === 0) {
    return function (this: Facade) {
      const caller = this[CALLER];
      try {
        return syscallSync(caller.lwp, row);
      } catch (error) {
        throw edge(caller, error, row, []);
      }
    };
  }
  if (checks.length <= 3 && filled.length === 0) {
    const [check0 = nothing, check1 = nothing, check2 = nothing] = checks;
    return function (this: Facade, a: unknown, b: unknown, c: unknown) {
      const caller = this[CALLER];
      const a0 = check0(a);
      const a1 = check1(b);
      const a2 = check2(c);
      try {
        return syscallSync(caller.lwp, row, a0, a1, a2);
      } catch (error) {
        throw edge(caller, error, row, [a, b, c]);
      }
    };
  }
  return function (this: Facade, ...args: unknown[]) {
    const caller = this[CALLER];
    const copies = checks.map((check, i) => check(args[i]));
    let value: unknown;
    try {
      value = syscallSync(caller.lwp, row, ...copies);
    } catch (error) {
      giveOut(row, filled, args, copies, 'quietly');
      throw edge(caller, error, row, args);
    }
    giveOut(row, filled, args, copies, 'loudly', value);
    return value;
  };
}

/**
 * Fill the caller's objects with what the kernel has written, in a call that returns `value`. It runs the
 * caller's code when they have setters.
 * @throws SysError EFAULT one of them cannot be written to; quietly when the call has failed already
 */
export function giveOut(
  row: SysentRow,
  filled: readonly Filled[],
  args: readonly unknown[],
  copies: readonly unknown[],
  how: 'loudly' | 'quietly',
  value?: unknown,
): void {
  for (const { at, give } of filled) {
    try {
      give(args[at], copies[at], value);
    } catch (error) {
      if (how === 'loudly') {
        const why = error instanceof Error ? error.message : String(error);
        throw new SysError(EFAULT, row.call, `argument ${at + 1} cannot be written to: ${why}`);
      }
    }
  }
}

function nothing(_value: unknown): undefined {
  return undefined;
}

/** Every asynchronous call has an lwp of its own, so that a process can make several at once. */
function makeAsync(row: SysentRow, { checks, filled }: ArgChecks): Method {
  return function (this: Facade, ...args: unknown[]) {
    const caller = this[CALLER];
    let copies: readonly unknown[] = [];
    const call = new Promise((resolve, reject) => {
      copies = checks.map((check, i) => check(args[i]));
      const l = borrow(caller, row, args);
      const done = (value: unknown, error: unknown): void => {
        giveBack(l);
        if (error === undefined) {
          resolve(value);
        } else {
          reject(thrown(caller, error, row, args));
        }
      };
      try {
        if (l.kernel.sysproxy === null) {
          syscallAsync(l, row, copies, done);
        } else {
          done(syscallSync(l, row, ...copies), undefined);
        }
      } catch (error) {
        done(undefined, error);
      }
    });
    return givenOut(call, row, filled, args, () => copies);
  };
}

/**
 * A call with the caller's objects filled when it has ended. They may have setters: nobody is inside the kernel any
 * more then.
 */
export function givenOut(
  call: Promise<unknown>,
  row: SysentRow,
  filled: readonly Filled[],
  args: readonly unknown[],
  copies: () => readonly unknown[],
): Promise<unknown> {
  if (filled.length === 0) {
    return call;
  }
  return call.then(
    (value) => {
      giveOut(row, filled, args, copies(), 'loudly', value);
      return value;
    },
    (error: unknown) => {
      giveOut(row, filled, args, copies(), 'quietly');
      throw error;
    },
  );
}

/** `edge`, while the kernel may still be telling others that it has died. */
export function thrown(caller: Caller, error: unknown, row: SysentRow, args: readonly unknown[]): unknown {
  if (error instanceof KernelDead) {
    queueMicrotask(() => caller.kernel.fini());
    return error;
  }
  return edge(caller, error, row, args);
}

export function borrow(caller: Caller, row: SysentRow, args: readonly unknown[]): Lwp {
  const { proc, kernel } = caller.lwp;
  try {
    enterable(kernel);
    if (!proc.alive) {
      throw ESRCH;
    }
    const l = lwpCreate(proc);
    // It acts for the same thread of the program: one mask, one set of pending signals.
    l.sigctx = caller.lwp.sigctx;
    return l;
  } catch (error) {
    throw edge(caller, error, row, args);
  }
}

export function giveBack(l: Lwp): void {
  if (l.kernel.state === 'dead' || l.stat === LSZOMB) {
    return;
  }
  if ((l.flag & LW_WEXIT) === 0) {
    if (l.proc.nlwps === 1 && !l.proc.exiting) {
      // The others left while this call was under way: the last lwp of a process does not go, it exits.
      syscallAsync(l, EXIT, [0], () => {});
      return;
    }
    lwpUnlink(l);
  }
  lwpFree(l);
}

const EXIT = syscallByCall('exit');

/** syscall(2): call `code` with the arguments of that call. */
export function indirect(this: Facade<unknown>, code: unknown, ...args: unknown[]): unknown {
  const row = typeof code === 'number' ? syscallByNumber(code) : undefined;
  const method =
    row === undefined ? undefined : (this as unknown as Record<string, Method<unknown>>)[row.call];
  if (row === undefined || !isCallable(row) || method === undefined) {
    throw new SysError(typeof code === 'number' ? ENOSYS : EINVAL, 'syscall', `call ${String(code)}`);
  }
  return method.apply(this, args);
}

/** A facade class with a method for every call a local caller can name, and syscall(2) itself. */
export function facadeOf<C>(
  make: (row: SysentRow, checks: ArgChecks) => Method<C>,
  syscall: Method<C>,
): new (
  caller: C,
) => Facade<C> {
  const Calls = class extends Facade<C> {};
  for (const row of SYSCALLS as readonly SysentRow[]) {
    if (isCallable(row)) {
      Object.defineProperty(Calls.prototype, row.call, lazily(Calls.prototype, row, make));
    }
  }
  for (const name of ['syscall', '__syscall']) {
    Object.defineProperty(Calls.prototype, name, { value: syscall });
  }
  return Calls;
}

/** A method is made when it is first used: a program uses a few of the five hundred. */
function lazily<C>(
  prototype: object,
  row: SysentRow,
  make: (row: SysentRow, checks: ArgChecks) => Method<C>,
): PropertyDescriptor {
  return {
    configurable: true,
    get() {
      const value = make(row, argChecks(row));
      Object.defineProperty(value, 'name', { value: row.call });
      Object.defineProperty(prototype, row.call, { value });
      return value;
    },
  };
}

/** Made when first asked for: five hundred properties take time, and few programs want both kinds. */
export function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const syncFacade = once(() => facadeOf(makeSync, indirect));
const asyncFacade = once(() =>
  facadeOf(makeAsync, async function (this: Facade, ...args) {
    return indirect.apply(this, args as [unknown, ...unknown[]]);
  }),
);

export function sysCalls(caller: Caller): SysCalls {
  return new (syncFacade())(caller) as unknown as SysCalls;
}

export function promiseCalls(caller: Caller): PromiseCalls {
  return new (asyncFacade())(caller) as unknown as PromiseCalls;
}
