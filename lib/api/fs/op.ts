/**
 * An operation is written once, over system calls that return or that promise: it is given `proc.sys`, calls that
 * are made at once or `proc.promises`, and what a call answers goes through `then` (one call) or `yield` (several: a
 * program). `forms.ts` makes the synchronous, callback and promise forms of it.
 *
 * An operation checks its arguments before its first call and before it returns a program: so what a caller
 * passes wrongly is thrown at once by the callback form, as Node does.
 */
import type { PromiseCalls, SysCalls } from '../facade.ts';

/** The process whose files these are, wherever its kernel is. */
export interface FsProc {
  readonly sys: SysCalls;
  readonly promises: PromiseCalls;
  readonly alive: boolean;
  /**
   * Calls for one operation, which answer at once where they need not sleep; `end` when it is done, which says whether
   * the event loop is to have a turn.
   */
  begin?(): Calls;
  end?(calls: Calls): boolean;
}

/**
 * The calls of a process: by type those that return. An operation must not look at an answer but by `then` or
 * `yield`.
 */
export type Calls = SysCalls;

/** A sequence of calls: it yields what a call answered and is given the value. */
// biome-ignore lint/suspicious/noExplicitAny: what comes back is of the type that was yielded
export type Program<T> = Generator<unknown, T, any>;

/** `f` of what a call answers. */
export function then<T, U>(answer: T, f: (value: T) => U): U {
  return answer instanceof Promise ? (answer.then(f) as U) : f(answer);
}

/** Run a program whose calls have returned. */
export function runSync<T>(program: Program<T>): T {
  let step = program.next();
  while (step.done !== true) {
    step = program.next(step.value);
  }
  return step.value;
}

/** The event loop's. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Calls that are made in a row before others get a turn. */
const CALLS_PER_TURN = 512;

/** Run a program whose calls promise, or have returned: at once as far as that goes. */
export function runAsync<T>(program: Program<T>): T | Promise<T> {
  let step = program.next();
  for (let n = 1; step.done !== true; n++) {
    if (step.value instanceof Promise || n === CALLS_PER_TURN) {
      return runOn(program, step.value);
    }
    step = program.next(step.value);
  }
  return step.value;
}

/** @param answer of the call that it waits for, which may be there */
async function runOn<T>(program: Program<T>, answer: unknown): Promise<T> {
  let step: IteratorResult<unknown, T> = { done: false, value: answer };
  for (let n = 1; step.done !== true; n++) {
    let value: unknown = step.value;
    if (value instanceof Promise) {
      try {
        value = await value;
      } catch (error) {
        step = program.throw(error);
        continue;
      }
    }
    if (n % CALLS_PER_TURN === 0) {
      await turn();
    }
    step = program.next(value);
  }
  return step.value;
}
