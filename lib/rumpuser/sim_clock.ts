/**
 * Simulated host: virtual time, and when the pump runs.
 *
 * Time stands still while code runs. It moves in three places only: a sleep (`sleep`, `idle`), a slow call or
 * much work without a pause (`advance`), and the event loop finding nothing left to do at the present time
 * (`#laterTurn`). Waiting
 * therefore costs nothing, and what happens at which time depends on the calls made and on nothing else.
 */
import { EINVAL } from '../sys/errno.ts';
import type { Timespec } from '../sys/types.ts';
import { RUMPUSER_CLOCK_ABSMONO, RUMPUSER_CLOCK_RELWALL, RumpuserAssertion } from './rumpuser.ts';
import type { SimLwps } from './sim_lwps.ts';

const NS = 1_000_000_000;

/**
 * How long the host has been up when the kernel's clock starts. Not zero: a kernel that mixes up host
 * monotonic time and time since creation must notice here, not first on the native host.
 */
const UPTIME_SEC = 1_000_000;

/**
 * Pumps from the microtask queue before one goes round the event loop, so that a chain of them cannot starve
 * it.
 */
const MICROTASK_TURNS = 64;

/** Something that finishes by itself at a time: block I/O under way. */
export interface SimEvents {
  /** When the next one finishes, Infinity when none is under way. */
  nextNs(): number;
  /**
   * Note what has finished by now. @returns whether any has that nobody was told of yet: it rings the
   * doorbell.
   */
  settle(nowNs: number): boolean;
  /** Finished ones wait to be collected. */
  readonly ready: boolean;
}

export class SimClock {
  readonly #lwps: SimLwps;
  readonly #start: Timespec;
  #nowNs = 0;
  #events: SimEvents | undefined;

  #pump: (() => void) | undefined;
  #armedNs = Number.POSITIVE_INFINITY;
  #wanted: 'nothing' | 'bell' | 'pump' = 'nothing';
  #microtasks = 0;
  #microtaskQueued = false;
  #immediate: NodeJS.Immediate | undefined;

  constructor(lwps: SimLwps, start: Timespec) {
    if (!Number.isSafeInteger(start.sec) || !isNsec(start.nsec))
      throw new RangeError('startTime: not a time');
    this.#lwps = lwps;
    this.#start = { sec: start.sec, nsec: start.nsec };
  }

  get nowNs(): number {
    return this.#nowNs;
  }

  /** What finishes by itself from now on. */
  watch(events: SimEvents): void {
    this.#events = events;
  }

  gettime(clock: number): Timespec {
    if (clock === RUMPUSER_CLOCK_RELWALL) return this.#after(this.#start);
    if (clock === RUMPUSER_CLOCK_ABSMONO) return this.#after({ sec: UPTIME_SEC, nsec: 0 });
    throw EINVAL;
  }

  /** @throws EINVAL */
  sleep(clock: number, sec: number, nsec: number): void {
    if (!Number.isSafeInteger(sec) || sec < 0 || !isNsec(nsec)) throw EINVAL;
    if (clock !== RUMPUSER_CLOCK_RELWALL && clock !== RUMPUSER_CLOCK_ABSMONO) throw EINVAL;
    const untilNs =
      clock === RUMPUSER_CLOCK_RELWALL ? this.#nowNs + sec * NS + nsec : (sec - UPTIME_SEC) * NS + nsec;
    this.#lwps.unschedule();
    this.advance(untilNs);
    this.#lwps.schedule();
  }

  /** Move time on to `untilNs`, if that is ahead; the armed deadline and what finishes on the way ring. */
  advance(untilNs: number): void {
    if (untilNs > this.#nowNs) this.#nowNs = untilNs;
    if (this.#events?.settle(this.#nowNs)) this.ring();
    if (this.#armedNs <= this.#nowNs) {
      this.#armedNs = Number.POSITIVE_INFINITY;
      this.ring();
    }
  }

  /** Not wrapped in the upcalls: the caller is the scheduler itself, which has no lwp on the CPU. */
  idle(deadlineNs: number): void {
    if (Number.isNaN(deadlineNs)) throw new RumpuserAssertion('idle: the deadline is not a number');
    if (this.#wanted !== 'bell' && !this.#events?.ready) {
      const untilNs = Math.min(deadlineNs, this.#nextNs());
      if (untilNs === Number.POSITIVE_INFINITY) {
        throw new RumpuserAssertion(
          'idle: would sleep forever: no deadline, and nothing could ring the doorbell',
        );
      }
      this.advance(untilNs);
    }
    // Whatever rang has done its work by ending this idle; it asks for no pump as well.
    if (this.#wanted === 'bell') this.#wanted = 'nothing';
  }

  onPump(pump: () => void): void {
    this.#pump = pump;
  }

  arm(deadlineNs: number): void {
    if (Number.isNaN(deadlineNs)) throw new RumpuserAssertion('arm: the deadline is not a number');
    this.#armedNs = deadlineNs;
    this.later();
  }

  defer(): void {
    this.#wanted = 'pump';
    this.#soon();
  }

  ring(): void {
    if (this.#wanted === 'nothing') this.#wanted = 'bell';
    this.#soon();
  }

  /** The kernel is gone: no pump, no deadline, nothing left in the event loop. */
  stop(): void {
    this.#pump = undefined;
    this.#events = undefined;
    this.#armedNs = Number.POSITIVE_INFINITY;
    this.#wanted = 'nothing';
    clearImmediate(this.#immediate);
    this.#immediate = undefined;
  }

  /**
   * Come back when the event loop has done everything there is to do at the present time, if anything comes
   * then.
   */
  later(): void {
    if (
      this.#immediate !== undefined ||
      (this.#wanted === 'nothing' && this.#nextNs() === Number.POSITIVE_INFINITY)
    ) {
      return;
    }
    this.#immediate = setImmediate(() => this.#laterTurn());
  }

  #soon(): void {
    if (this.#microtaskQueued) return;
    if (this.#microtasks >= MICROTASK_TURNS) {
      this.later();
      return;
    }
    this.#microtaskQueued = true;
    this.#microtasks++;
    queueMicrotask(() => {
      this.#microtaskQueued = false;
      if (this.#wanted !== 'nothing') this.#runPump();
    });
  }

  /** The event loop has gone round. Pump if asked to; only when nobody asked, move time to the next event. */
  #laterTurn(): void {
    this.#immediate = undefined;
    this.#microtasks = 0;
    if (this.#wanted === 'nothing') {
      const nextNs = this.#nextNs();
      if (nextNs !== Number.POSITIVE_INFINITY) this.advance(nextNs);
    }
    try {
      if (this.#wanted !== 'nothing') this.#runPump();
    } finally {
      this.later();
    }
  }

  #runPump(): void {
    this.#wanted = 'nothing';
    if (this.#lwps.caller !== 0) {
      throw new RumpuserAssertion(`pump: lwp ${this.#lwps.caller} is still current at the end of the turn`);
    }
    this.#pump?.();
  }

  #nextNs(): number {
    return Math.min(this.#armedNs, this.#events?.nextNs() ?? Number.POSITIVE_INFINITY);
  }

  #after(base: Timespec): Timespec {
    const nsec = base.nsec + Math.floor(this.#nowNs % NS);
    return { sec: base.sec + Math.floor(this.#nowNs / NS) + Math.floor(nsec / NS), nsec: nsec % NS };
  }
}

function isNsec(nsec: number): boolean {
  return Number.isInteger(nsec) && nsec >= 0 && nsec < NS;
}
