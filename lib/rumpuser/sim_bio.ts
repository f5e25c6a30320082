/**
 * Simulated host: what host threads do, block I/O and operations on directories, finished at a seeded virtual
 * time after it was asked for.
 *
 * Requests overtake each other as they would on real host threads, in an order that the seed decides.
 */
import { EINVAL, Errno } from '../sys/errno.ts';
import type { Prng } from './prng.ts';
import { RUMPUSER_BIO_READ, RUMPUSER_BIO_SYNC, RUMPUSER_BIO_WRITE } from './rumpuser.ts';
import type { SimEvents } from './sim_clock.ts';
import type { SimFiles, SimTarget } from './sim_files.ts';
import { isOffset, readAt, writeAt } from './sim_files.ts';

/** A request takes as long as a fast disk's: this much and up to twice as much again. */
const MIN_NS = 20_000;
const SPREAD_NS = 40_000;

export type BioDone = (count: number, error: Errno | null) => void;

/** What a fault plan adds to one request. */
export interface BioFault {
  readonly delayNs: number;
  readonly fail: Errno | undefined;
}

export const NO_FAULT: BioFault = Object.freeze({ delayNs: 0, fail: undefined });

interface Request {
  readonly data: Uint8Array;
  readonly atNs: number;
  /** Move the bytes. @throws the errno to report */
  readonly transfer: () => number;
  readonly done: BioDone;
}

export class SimBio implements SimEvents {
  readonly #files: SimFiles;
  readonly #random: Prng;
  /** By time, and by order of asking within one. */
  readonly #underWay: Request[] = [];
  #ready: { data: Uint8Array; done: BioDone; count: number; error: Errno | null }[] = [];

  constructor(files: SimFiles, random: Prng) {
    this.#files = files;
    this.#random = random;
  }

  /** Requests whose `done` has not been called. */
  get pending(): number {
    return this.#underWay.length + this.#ready.length;
  }

  get ready(): boolean {
    return this.#ready.length > 0;
  }

  /** A request that is not reaped yet has its bytes there. */
  moves(buffer: ArrayBufferLike): boolean {
    return [...this.#underWay, ...this.#ready].some(({ data }) => data.buffer === buffer);
  }

  nextNs(): number {
    return this.#underWay[0]?.atNs ?? Number.POSITIVE_INFINITY;
  }

  /** Bytes move, and errors show, when the request finishes: until then nobody may count on either. */
  submit(
    fd: number,
    op: number,
    data: Uint8Array,
    off: number,
    done: BioDone,
    nowNs: number,
    fault: BioFault,
  ): void {
    this.begin(data, this.#transfer(fd, op, data, off), done, nowNs, fault);
  }

  /** The same for any work; `data` is where its bytes go. */
  begin(data: Uint8Array, work: () => number, done: BioDone, nowNs: number, fault: BioFault): void {
    const atNs = nowNs + MIN_NS + this.#random.below(SPREAD_NS) + fault.delayNs;
    const transfer = fault.fail === undefined ? work : failing(fault.fail);
    const later = this.#underWay.findIndex((other) => other.atNs > atNs);
    this.#underWay.splice(later === -1 ? this.#underWay.length : later, 0, { data, atNs, transfer, done });
  }

  settle(nowNs: number): boolean {
    let finished = false;
    while (this.nextNs() <= nowNs) {
      const { data, transfer, done } = this.#underWay.shift() as Request;
      this.#ready.push({ data, done, ...outcomeOf(transfer) });
      finished = true;
    }
    return finished;
  }

  /** @returns how many were handed over; those that a `done` adds wait for the next call. */
  reap(): number {
    const ready = this.#ready;
    this.#ready = [];
    for (const [index, { done, count, error }] of ready.entries()) {
      try {
        done(count, error);
      } catch (thrown) {
        this.#ready.unshift(...ready.slice(index + 1));
        throw thrown;
      }
    }
    return ready.length;
  }

  #transfer(fd: number, op: number, data: Uint8Array, off: number): () => number {
    const direction = op & ~RUMPUSER_BIO_SYNC;
    if ((direction !== RUMPUSER_BIO_READ && direction !== RUMPUSER_BIO_WRITE) || !isOffset(off))
      return failing(EINVAL);
    const target = attempt(() => this.#files.target(fd));
    if (target instanceof Errno) return failing(target);
    if (direction === RUMPUSER_BIO_READ) return () => readAt(target, [data], off);
    return () => write(target, op, data, off);
  }
}

function write(target: SimTarget, op: number, data: Uint8Array, off: number): number {
  const count = writeAt(target, [data], off);
  if ((op & RUMPUSER_BIO_SYNC) !== 0) target.node.content?.sync(off, off + count);
  return count;
}

function failing(error: Errno): () => never {
  return () => {
    throw error;
  };
}

function outcomeOf(transfer: () => number): { count: number; error: Errno | null } {
  const count = attempt(transfer);
  return count instanceof Errno ? { count: 0, error: count } : { count, error: null };
}

/** The result, or the errno that was thrown. */
function attempt<T>(action: () => T): T | Errno {
  try {
    return action();
  } catch (thrown) {
    if (thrown instanceof Errno) return thrown;
    throw thrown;
  }
}
