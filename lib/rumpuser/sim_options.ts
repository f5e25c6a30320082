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

export const DEFAULT_SEED = 0;
export const DEFAULT_START: Readonly<Timespec> = Object.freeze({ sec: 1_262_304_000, nsec: 0 });
