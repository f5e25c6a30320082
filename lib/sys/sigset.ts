/**
 * Signal sets as immutable values.
 *
 * NetBSD: sys/sys/sigtypes.h (__sigaddset and so on), sigsetops(3).
 */
import type { Sigset } from './types.ts';

/** The empty set. */
export const SIGSET_EMPTY: Sigset = Object.freeze([0, 0, 0, 0] as const);
/** Every bit set, also those that no signal has yet. */
export const SIGSET_FULL: Sigset = Object.freeze([0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff] as const);

const wordOf = (signo: number): number => (signo - 1) >>> 5;
const bitOf = (signo: number): number => (1 << ((signo - 1) & 31)) >>> 0;

function map(set: Sigset, f: (word: number, index: number) => number): Sigset {
  return Object.freeze([
    f(set[0], 0) >>> 0,
    f(set[1], 1) >>> 0,
    f(set[2], 2) >>> 0,
    f(set[3], 3) >>> 0,
  ] as const);
}

/** The set of these signals. @param signos each 1 to 128; the caller has checked them. */
export function sigset(...signos: readonly number[]): Sigset {
  return signos.reduce(sigaddset, SIGSET_EMPTY);
}

export function sigaddset(set: Sigset, signo: number): Sigset {
  return map(set, (word, i) => (i === wordOf(signo) ? word | bitOf(signo) : word));
}

export function sigdelset(set: Sigset, signo: number): Sigset {
  return map(set, (word, i) => (i === wordOf(signo) ? word & ~bitOf(signo) : word));
}

export function sigismember(set: Sigset, signo: number): boolean {
  return ((set[wordOf(signo)] ?? 0) & bitOf(signo)) !== 0;
}

/** In either. */
export function sigplusset(a: Sigset, b: Sigset): Sigset {
  return map(a, (word, i) => word | (b[i] ?? 0));
}

/** In the first but not in the second. */
export function sigminusset(a: Sigset, b: Sigset): Sigset {
  return map(a, (word, i) => word & ~(b[i] ?? 0));
}

/** In both. */
export function sigandset(a: Sigset, b: Sigset): Sigset {
  return map(a, (word, i) => word & (b[i] ?? 0));
}

export function sigisempty(set: Sigset): boolean {
  return (set[0] | set[1] | set[2] | set[3]) === 0;
}

/** Lowest signal in the set, 0 when it is empty: the one to deliver first. */
export function sigfirst(set: Sigset): number {
  const index = set.findIndex((word) => word !== 0);
  const word = set[index];
  return word === undefined ? 0 : index * 32 + (31 - Math.clz32(word & -word)) + 1;
}
