/** What a benchmark file exports, and how one row of it is measured. */
import { measure } from 'mitata';

/**
 * What a row must reach. Times are compared as ratios to the C pthread mutex pair (lock and unlock,
 * uncontended) measured in the same run, because that travels between machines.
 * - `pairs`: at most so many pthread pairs;
 * - `ns`: at most so many nanoseconds where a pair is 14.8 ns, hence `ns / 14.8` pairs;
 * - `ratioOf`: at most `times` the figure of another row of the same run;
 * - `bytes`: at most so many bytes, no time at all.
 */
export type Target =
  | { readonly pairs: number }
  | { readonly ns: number }
  | { readonly ratioOf: string; readonly times: number }
  | { readonly bytes: number };

export interface BenchRow {
  readonly name: string;
  /** Absent: a row to compare others with. */
  readonly target?: Target;
  /** What the real rump kernel and others need, for the reader. */
  readonly others?: string;
  /**
   * Prepares and returns what is timed, or what takes its own figure; called once, when its turn has come.
   * The figure is nanoseconds per operation, unless the target says bytes.
   */
  readonly setup: () => Trial | Promise<Trial>;
}

export interface TimedTrial {
  /** Called very often. May return a promise, which is then part of the time. */
  readonly fn: () => unknown;
  /** Operations in one call of `fn`; 1 when absent. */
  readonly ops?: number;
  readonly teardown?: () => void | Promise<void>;
}

export interface MeasuredTrial {
  /** Takes the figure by itself. */
  readonly measure: () => number | Promise<number>;
  readonly teardown?: () => void | Promise<void>;
}

export type Trial = TimedTrial | MeasuredTrial;

/** The figure of one row: the median, because collections and neighbours distort the mean. */
export async function figureOf(row: BenchRow): Promise<number> {
  const trial = await row.setup();
  try {
    if ('measure' in trial) {
      return await trial.measure();
    }
    const stats = await measure(trial.fn);
    return stats.p50 / (trial.ops ?? 1);
  } finally {
    await trial.teardown?.();
  }
}
