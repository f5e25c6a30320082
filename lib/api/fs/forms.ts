/**
 * The three forms of an operation. All of them give Node's errors.
 *
 * Callbacks run from `process.nextTick`, never inside a promise: what one throws is an uncaught exception, as it
 * is with node:fs.
 */
import type { SysCalls } from '../facade.ts';
import { type Callback, toCallback } from './check.ts';
import { nodeError } from './errors.ts';
import { type Calls, type FsProc, type Program, runAsync, runSync, turn } from './op.ts';

/** One that makes one call, and one that is a program of several. */
export type Op = (sys: Calls, a: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown) => unknown;
export type Form = (a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown) => unknown;

/** The promised calls under the type of those that return: an operation looks at neither. */
function promised(proc: FsProc): Calls {
  return proc.promises as unknown as SysCalls;
}

function isProgram(value: unknown): value is Program<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { throw?: unknown }).throw === 'function'
  );
}

function named(form: Form, name: string): Form {
  return Object.defineProperty(form, 'name', { value: name });
}

export function syncForm(proc: FsProc, op: Op): Form {
  const { sys } = proc;
  return named((a, b, c, d, e) => {
    try {
      const value = op(sys, a, b, c, d, e);
      return isProgram(value) ? runSync(value) : value;
    } catch (error) {
      throw nodeError(error);
    }
  }, `${op.name}Sync`);
}

/**
 * Let `op` make its calls without this thread's waiting for them. Rejects with Node's errors. @throws what a caller has
 * passed wrongly, at once
 */
export function perform<T>(proc: FsProc, op: (calls: Calls) => T | Program<T>): Promise<T> {
  const calls = proc.begin?.() ?? promised(proc);
  let answer: T | Program<T>;
  try {
    answer = op(calls);
  } catch (error) {
    proc.end?.(calls);
    throw error;
  }
  let value: T | Promise<T>;
  try {
    value = isProgram(answer) ? (runAsync(answer) as T | Promise<T>) : answer;
  } catch (error) {
    return finish(proc, calls, Promise.reject(error as Error));
  }
  if (value instanceof Promise) {
    return finish(proc, calls, value);
  }
  const ended = Promise.resolve(value);
  return proc.end?.(calls) === true ? ended.finally(turn) : ended;
}

async function finish<T>(proc: FsProc, calls: Calls, value: Promise<T>): Promise<T> {
  try {
    return await value;
  } catch (error) {
    throw nodeError(error);
  } finally {
    if (proc.end?.(calls) === true) {
      await turn();
    }
  }
}

export function promiseForm(proc: FsProc, op: Op): Form {
  return named((a, b, c, d, e) => {
    try {
      return perform(proc, (calls) => op(calls, a, b, c, d, e));
    } catch (error) {
      return Promise.reject(nodeError(error));
    }
  }, op.name);
}

/** Give a promise's end to a callback: `results` turns its value into the callback's arguments. */
export function settle<T>(
  promise: Promise<T>,
  callback: Callback,
  results: (value: T) => unknown[] = (value) => (value === undefined ? [] : [value]),
): void {
  promise.then(
    (value) => process.nextTick(callback, null, ...results(value)),
    (error: unknown) => process.nextTick(callback, error),
  );
}

/** Calls that nothing comes of: an operation that is given them checks its arguments. */
const NO_CALLS = new Proxy({}, { get: () => () => new Promise(() => {}) }) as Calls;

/** What Node checks the arguments of before it misses the callback. */
const ARGUMENTS_FIRST: ReadonlySet<string> = new Set([
  'access',
  'chmod',
  'copyFile',
  'fchmod',
  'fchown',
  'ftruncate',
  'futimes',
  'open',
  'truncate',
]);

/** The callback is the first function behind the first argument, as optional arguments may be left out. */
export function callbackForm(proc: FsProc, op: Op): Form {
  const last = op.length - 1;
  return named((...args: unknown[]) => {
    const at = args.findIndex((arg, i) => i > 0 && typeof arg === 'function');
    const [a, b, c, d, e] = at < 0 ? args : args.slice(0, at);
    if (at < 0 && ARGUMENTS_FIRST.has(op.name)) {
      op(NO_CALLS, a, b, c, d, e);
    }
    const callback = toCallback(at < 0 ? args[Math.max(last, args.length - 1)] : args[at]);
    settle(
      perform(proc, (calls) => op(calls, a, b, c, d, e)),
      callback,
    );
  }, op.name);
}
