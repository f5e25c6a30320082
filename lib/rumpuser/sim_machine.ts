/**
 * The parts of a simulated host. What every kernel uses is made with it, the rest when first used: hosts are
 * made by the thousand, for kernels that touch a few of these.
 */
import { EAGAIN, EINVAL } from '../sys/errno.ts';
import { Prng } from './prng.ts';
import type { FsRequest, HostMemory } from './rumpuser.ts';
import { RUMPUSER_CLOCK_RELWALL, RUMPUSER_RANDOM_HARD, RUMPUSER_RANDOM_NOWAIT } from './rumpuser.ts';
import type { BioDone, BioFault } from './sim_bio.ts';
import { SimBio } from './sim_bio.ts';
import { SimClock } from './sim_clock.ts';
import { SimConsole } from './sim_console.ts';
import { SimCvs } from './sim_cvs.ts';
import { isOffset, readAt, SimFiles } from './sim_files.ts';
import { SimFsops } from './sim_fsop.ts';
import { SimLockTable, SimMutexes } from './sim_locks.ts';
import { SimLwps } from './sim_lwps.ts';
import { SimMemory } from './sim_memory.ts';
import type { SimulatedHostOptions } from './sim_options.ts';
import { DEFAULT_SEED, DEFAULT_START } from './sim_options.ts';
import { SimProcess } from './sim_process.ts';
import { SimRwlocks } from './sim_rwlocks.ts';
import { type SimHostFiles, SimTree } from './sim_tree.ts';

const NOTHING = new Uint8Array(0);

interface Locks {
  readonly mutexes: SimMutexes;
  readonly rwlocks: SimRwlocks;
  readonly cvs: SimCvs;
}

interface Storage {
  readonly files: SimFiles;
  readonly fsops: SimFsops;
}

export class SimMachine {
  readonly seed: string;
  readonly lwps = new SimLwps();
  readonly clock: SimClock;
  readonly process: SimProcess;
  readonly console: SimConsole;
  readonly memory: SimMemory;
  readonly #streams = new Map<string, Prng>();
  #storage: Storage | undefined;
  #locks: Locks | undefined;
  #bio: SimBio | undefined;
  #stopped = false;
  #random: Prng | undefined;
  #sched: Prng | undefined;
  #now: Prng | undefined;

  /** @throws TypeError RangeError */
  constructor(options: SimulatedHostOptions) {
    const { seed = DEFAULT_SEED, memlimit = Number.POSITIVE_INFINITY, files } = options;
    if (typeof seed !== 'string' && typeof seed !== 'number')
      throw new TypeError('seed is neither number nor text');
    if (!(memlimit >= 0)) throw new RangeError(`memlimit is ${memlimit}`);
    this.seed = String(seed);
    this.clock = new SimClock(this.lwps, options.startTime ?? DEFAULT_START);
    this.process = new SimProcess(options);
    this.console = new SimConsole(options.console);
    this.memory = new SimMemory(memlimit);
    // Not put off: files that make no sense are the maker's mistake, not the first reader's.
    if (files !== undefined) this.#storage = newStorage(files, this.clock);
  }

  get files(): SimFiles {
    this.#storage ??= newStorage({}, this.clock);
    return this.#storage.files;
  }

  get fsops(): SimFsops {
    this.#storage ??= newStorage({}, this.clock);
    return this.#storage.fsops;
  }

  get locks(): Locks {
    this.#locks ??= newLocks(this.lwps, this.clock);
    return this.#locks;
  }

  /** @throws EINVAL */
  getrandom(buf: Uint8Array, flags: number): number {
    if ((flags & ~(RUMPUSER_RANDOM_HARD | RUMPUSER_RANDOM_NOWAIT)) !== 0) throw EINVAL;
    this.#random ??= this.prng('random');
    this.#random.bytes(buf);
    return buf.length;
  }

  /** What decides which lwp runs next. */
  get sched(): Prng {
    this.#sched ??= this.prng('sched');
    return this.#sched;
  }

  prng(name: string): Prng {
    const present = this.#streams.get(name);
    if (present !== undefined) return present;
    const stream = new Prng(`${this.seed}/${name}`);
    this.#streams.set(name, stream);
    return stream;
  }

  /** Block I/O requests whose `done` has not been called. */
  get bioPending(): number {
    return this.#bio?.pending ?? 0;
  }

  /** @throws EINVAL when the kernel is gone */
  submit(fd: number, op: number, data: Uint8Array, off: number, done: BioDone, fault: BioFault): void {
    this.#threads.submit(fd, op, data, off, done, this.clock.nowNs, fault);
    this.clock.later();
  }

  /** @throws EINVAL when the kernel is gone, or for what is no request */
  submitFsop(request: FsRequest, done: BioDone, fault: BioFault): void {
    const threads = this.#threads;
    threads.begin(request.data ?? NOTHING, this.fsops.prepare(request), done, this.clock.nowNs, fault);
    this.clock.later();
  }

  /** At once, or not, as the seed decides. @throws EAGAIN */
  fsopNow(request: FsRequest): number {
    const { fsops } = this;
    if (!fsops.immediate(request) || this.#mustWait) throw EAGAIN;
    return fsops.prepare(request)();
  }

  /** @throws EAGAIN */
  readNow(fd: number, data: Uint8Array, off: number): number {
    if (!isOffset(off)) throw EINVAL;
    if (this.#mustWait) throw EAGAIN;
    // Not all of it need be in memory.
    const part = data.subarray(0, 1 + this.#nowRandom.below(Math.max(1, data.length)));
    return readAt(this.files.target(fd), [part], off);
  }

  get #mustWait(): boolean {
    return this.#nowRandom.below(2) === 0;
  }

  get #nowRandom(): Prng {
    this.#now ??= this.prng('now');
    return this.#now;
  }

  get #threads(): SimBio {
    if (this.#stopped) throw EINVAL;
    if (this.#bio === undefined) {
      this.#bio = new SimBio(this.files, this.prng('bio'));
      this.clock.watch(this.#bio);
    }
    return this.#bio;
  }

  reap(): number {
    return this.#bio?.reap() ?? 0;
  }

  /** Give memory back, unless block I/O is still to move bytes there. */
  release(call: 'free' | 'unmap', memory: HostMemory): void {
    this.memory.release(call, memory, (buffer) => this.#bio?.moves(buffer) ?? false);
  }

  /** The kernel is gone; files, locks and time stay as they are. */
  stop(): void {
    this.#stopped = true;
    this.clock.stop();
    this.#bio = undefined;
    this.memory.releaseAll();
    this.lwps.unbind();
  }
}

function newStorage(files: SimHostFiles, clock: SimClock): Storage {
  const tree = new SimTree(files, () => clock.gettime(RUMPUSER_CLOCK_RELWALL));
  const opened = new SimFiles(tree);
  return { files: opened, fsops: new SimFsops(tree, opened) };
}

function newLocks(lwps: SimLwps, clock: SimClock): Locks {
  const table = new SimLockTable();
  const mutexes = new SimMutexes(table, lwps);
  return { mutexes, rwlocks: new SimRwlocks(table, lwps), cvs: new SimCvs(table, mutexes, lwps, clock) };
}
