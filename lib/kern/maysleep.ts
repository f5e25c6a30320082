/**
 * What may sleep is a generator. `MaySleep<T>` is the only generator type in the kernel, and the
 * sleep queue (`sleepq.ts`) and the dispatcher's preemption point (`sched.ts`) hold its only bare `yield`s; everything else is a
 * plain function or says `yield*`. Code between two `yield*` is therefore atomic.
 */
import type { Lwp } from './lwp.ts';

/** What a sleeping lwp hands to the dispatcher: nothing but the fact. Its reasons stand in the `Lwp`. */
export const SLEEPING = Symbol('sleeping');
export type Sleeping = typeof SLEEPING;

export type MaySleep<T> = Generator<Sleeping, T, void>;

/** The body of a coroutine: an lwp's stay in the kernel. */
export type LwpBody<T = unknown> = (l: Lwp) => MaySleep<T>;
