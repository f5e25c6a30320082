/** What a simulated host is made from. */
import type { Timespec } from '../sys/types.ts';
import type { Fault } from './sim_faults.ts';
import type { SimProcessOptions } from './sim_process.ts';
import type { SimHostFiles } from './sim_tree.ts';

export interface SimulatedHostOptions extends SimProcessOptions {
  /** What all chance comes from. A number and its decimal text are the same seed. Default 0. */
  readonly seed?: number | string;
  /** Told everything written to the console, as it is written. May throw: see `consoleFailure`. */
  readonly console?: (text: string) => void;
  /** Host files at the start, by absolute path. */
  readonly files?: SimHostFiles;
  readonly faults?: readonly Fault[];
  /** Wall-clock time at the start. Default: 1 January 2010. */
  readonly startTime?: Timespec;
  /** Host memory in bytes. Default: as much as there is. */
  readonly memlimit?: number;
}

const OPTIONS: ReadonlySet<string> = new Set<keyof SimulatedHostOptions>([
  'console',
  'env',
  'faults',
  'files',
  'hostname',
  'libraries',
  'memlimit',
  'ncpu',
  'objects',
  'pids',
  'seed',
  'startTime',
]);

/** @throws TypeError no object, or one with what is no option: a seed that is misspelt would be no seed */
export function checkSimOptions(options: SimulatedHostOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`simulatedHost: options must be an object, not ${String(options)}`);
  }
  const unknown = Object.keys(options).find((name) => !OPTIONS.has(name));
  if (unknown !== undefined) {
    throw new TypeError(`simulatedHost: no option "${unknown}"`);
  }
}

export const DEFAULT_SEED = 0;
export const DEFAULT_START: Readonly<Timespec> = Object.freeze({ sec: 1_262_304_000, nsec: 0 });
