/** A model of an arena that is nothing but a list of what is taken, and commands to run against both. */

import type { VmemConstraints } from '../../lib/kern/vmem_fit.ts';
import type { VmemStrategy } from '../../lib/kern/vmem_map.ts';
import { fc } from '../fc.ts';

export interface Range {
  readonly start: number;
  readonly size: number;
}

/** Whether `size` at `at` is what the constraints ask for. */
export function obeys(at: number, size: number, quantum: number, c: VmemConstraints): boolean {
  const { align = quantum, phase = 0, nocross, minaddr = 0, maxaddr = Number.MAX_SAFE_INTEGER } = c;
  const last = at + size - 1;
  return (
    (at - phase) % align === 0 &&
    at >= minaddr &&
    last <= maxaddr &&
    (nocross === undefined || Math.floor(at / nocross) === Math.floor(last / nocross))
  );
}

/** The lowest place between `start` and `end` that obeys, found by looking at each; -1 when there is none. */
export function lowestFit(
  start: number,
  end: number,
  size: number,
  quantum: number,
  c: VmemConstraints,
): number {
  for (let at = start; at + size <= end; at++) {
    if (obeys(at, size, quantum, c)) {
      return at;
    }
  }
  return -1;
}

export class VmemModel {
  readonly #spans: readonly Range[];
  readonly #quantum: number;
  readonly taken: Range[] = [];

  constructor(quantum: number, spans: readonly Range[]) {
    this.#quantum = quantum;
    this.#spans = spans;
  }

  get inuse(): number {
    return this.taken.reduce((sum, { size }) => sum + size, 0);
  }

  /** The free stretches, by looking at every unit. */
  gaps(): Range[] {
    return this.#spans.flatMap(({ start, size }) => {
      const inside = this.taken
        .filter((r) => r.start >= start && r.start < start + size)
        .sort((a, b) => a.start - b.start);
      const ends = [...inside, { start: start + size, size: 0 }];
      let from = start;
      return ends.flatMap((r) => {
        const gap = { start: from, size: r.start - from };
        from = r.start + r.size;
        return gap.size > 0 ? [gap] : [];
      });
    });
  }

  /** The free stretches where the request fits. */
  fitting(size: number, c: VmemConstraints): Range[] {
    return this.gaps().filter((g) => lowestFit(g.start, g.start + g.size, size, this.#quantum, c) >= 0);
  }
}

export type VmemCommand =
  | {
      readonly do: 'alloc';
      readonly size: number;
      readonly strategy: VmemStrategy;
      readonly c: VmemConstraints;
    }
  | { readonly do: 'free'; readonly which: number };

const STRATEGIES = ['instantfit', 'bestfit', 'nextfit'] as const;

/** Constraints that make sense for sizes up to `sizeMax`, on a quantum of 1. */
export function constraints(sizeMax: number, addressMax: number): fc.Arbitrary<VmemConstraints> {
  const nocrossMin = Math.ceil(Math.log2(sizeMax));
  return fc
    .record(
      {
        alignShift: fc.nat(5),
        phase: fc.nat(31),
        nocrossShift: fc.integer({ min: nocrossMin, max: nocrossMin + 3 }),
        bounds: fc.tuple(fc.nat(addressMax), fc.nat(addressMax)),
      },
      { requiredKeys: [] },
    )
    .map(({ alignShift, phase, nocrossShift, bounds }) => {
      const align = 2 ** (alignShift ?? 0);
      return {
        ...(alignShift === undefined ? {} : { align }),
        ...(phase === undefined ? {} : { phase: phase % align }),
        ...(nocrossShift === undefined ? {} : { nocross: 2 ** nocrossShift }),
        ...(bounds === undefined ? {} : { minaddr: Math.min(...bounds), maxaddr: Math.max(...bounds) }),
      };
    });
}

export function vmemCommands(sizeMax: number, addressMax: number): fc.Arbitrary<VmemCommand[]> {
  const alloc = fc.record({
    do: fc.constant('alloc' as const),
    size: fc.integer({ min: 1, max: sizeMax }),
    strategy: fc.constantFrom<VmemStrategy>(...STRATEGIES),
    c: fc.oneof(fc.constant({}), constraints(sizeMax, addressMax)),
  });
  const free = fc.record({ do: fc.constant('free' as const), which: fc.nat() });
  return fc.array(fc.oneof(alloc, free), { maxLength: 60 });
}
