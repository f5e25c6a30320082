/** The unit of all times: lock and unlock of an uncontended pthread mutex, in C, in this run. */
import { loadBinding } from '../lib/rumpuser/binding.ts';

const PAIRS = 1_000_000;
const ROUNDS = 9;

interface Binding {
  bench(kind: 'pthread' | 'mutex' | 'sleeping' | 'looking', rounds: number): number;
}

/** Nanoseconds there and back between two threads in C++: asleep or looking while they wait. The median of some. */
export function thereAndBackNs(kind: 'sleeping' | 'looking', rounds: number): number {
  const { bench } = loadBinding() as Binding;
  const figures = Array.from({ length: ROUNDS }, () => bench(kind, rounds)).sort((a, b) => a - b);
  return figures[ROUNDS >> 1] ?? Number.NaN;
}

/** Nanoseconds of a pair, in C++: of the host's mutex, or of the hypercall's. The median of some rounds. */
export function pairNs(kind: 'pthread' | 'mutex'): number {
  const { bench } = loadBinding() as Binding;
  const figures = Array.from({ length: ROUNDS }, () => bench(kind, PAIRS)).sort((a, b) => a - b);
  return figures[ROUNDS >> 1] ?? Number.NaN;
}
