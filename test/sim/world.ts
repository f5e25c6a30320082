/** One simulated run: a kernel on a simulated host, what its lwps share, and what has been seen. */
import { Condvar } from '../../lib/kern/condvar.ts';
import type { Kernel } from '../../lib/kern/kernel.ts';
import { Kmutex } from '../../lib/kern/kmutex.ts';
import type { Lwp } from '../../lib/kern/lwp.ts';
import type { Proc } from '../../lib/kern/proc.ts';
import { Rwlock } from '../../lib/kern/rwlock.ts';
import type { Prng } from '../../lib/rumpuser/prng.ts';
import type { SimulatedHost } from '../../lib/rumpuser/sim.ts';
import { Model } from './model.ts';

/** Most items in the buffer that producers and consumers share. */
export const BUFFER_MAX = 3;

export class World {
  readonly k: Kernel;
  readonly host: SimulatedHost;
  /** All that the workload decides. The scheduler draws from a stream of its own. */
  readonly random: Prng;
  readonly model: Model;
  readonly transcript: string[] = [];
  readonly problems: string[] = [];

  /** Programs end, and sleepers go home. */
  closing = false;
  /** Processes forked and not yet given a program. */
  readonly newborn: Proc[] = [];
  /** What has been put off to the next turn of the run. */
  readonly later: (() => void)[] = [];
  /** Lwps with a program that has not ended, and kernel threads. */
  busy = 0;

  // What lwps contend for, and who ought to have it.
  readonly mutex = new Kmutex('simmutex');
  inMutex: Lwp | null = null;
  readonly rwlock = new Rwlock();
  readonly readers = new Set<Lwp>();
  writer: Lwp | null = null;
  readonly bufferLock = new Kmutex('simbuf');
  inBuffer: Lwp | null = null;
  readonly notEmpty = new Condvar('simget');
  readonly notFull = new Condvar('simput');
  readonly buffer: number[] = [];
  produced = 0;
  consumed = 0;
  readonly channel = {};
  /** Callouts armed by the workload, fired or stopped. */
  armed = 0;
  disarmed = 0;
  /** Lwps the host has given out and not got back. */
  hostLwps = 0;
  softintsAsked = 0;
  softintsRun = 0;

  constructor(k: Kernel, host: SimulatedHost) {
    this.k = k;
    this.host = host;
    this.random = host.prng('workload');
    this.model = new Model(this);
  }

  say(text: string): void {
    this.transcript.push(`${this.host.monotonicNs()} ${text}`);
  }

  /** A rule has been broken. */
  problem(text: string): void {
    this.problems.push(text);
    this.say(`PROBLEM ${text}`);
  }

  expect(holds: boolean, otherwise: string | (() => string)): void {
    if (!holds) {
      this.problem(typeof otherwise === 'string' ? otherwise : otherwise());
    }
  }

  oneOf<T>(choices: readonly T[]): T {
    return choices[this.random.below(choices.length)] as T;
  }
}
