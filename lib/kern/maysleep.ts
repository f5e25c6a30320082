/**
 * What may sleep is a generator. `MaySleep<T>` is the only generator type in the kernel, and the
 * sleep queue (`sleepq.ts`) and the dispatcher's preemption point (`sched.ts`) hold its only bare `yield`s;
 * everything else is a plain function or says `yield*`. Code between two `yield*` is therefore atomic.
 */
import type { Lwp } from './lwp.ts';

/** What a sleeping lwp hands to the dispatcher: nothing but the fact. Its reasons stand in the `Lwp`. */
export interface Sleeping {
  readonly sleeping: true;
}
export const SLEEPING: Sleeping = Object.freeze({ sleeping: true });

export type MaySleep<T> = Generator<Sleeping, T, void>;

/** The body of a coroutine: an lwp's stay in the kernel. */
export type LwpBody<T = unknown> = (l: Lwp) => MaySleep<T>;

/**
 * The answer at once, or what has to be run for it because it sleeps. For paths that mostly need not sleep: a
 * generator costs as much as a whole system call. A value of such a type is never itself a generator.
 */
export type Soon<T> = T | MaySleep<T>;

/** Does it have to be run? */
export function isMaySleep<T>(answer: Soon<T>): answer is MaySleep<T> {
  return (
    typeof answer === 'object' && answer !== null && 'next' in answer && typeof answer.next === 'function'
  );
}

/** Go on with an answer: at once if it is there, else in the coroutine that waits for it. */
export function andThen<A, B>(first: Soon<A>, next: (answer: A) => Soon<B>): Soon<B> {
  return isMaySleep(first) ? thenSleeping(first, next) : next(first);
}

function* thenSleeping<A, B>(first: MaySleep<A>, next: (answer: A) => Soon<B>): MaySleep<B> {
  const answer = next(yield* first);
  return isMaySleep(answer) ? yield* answer : answer;
}

/** Run what may have to be run, for who is in a coroutine anyway. */
export function* waitFor<T>(answer: Soon<T>): MaySleep<T> {
  return isMaySleep(answer) ? yield* answer : answer;
}
