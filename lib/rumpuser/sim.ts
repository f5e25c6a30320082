/**
 * The simulated host: every hypercall in plain TypeScript, deterministic, on a machine that exists only here.
 *
 * Time is virtual (`sim_clock.ts`), chance is seeded (`prng.ts`), files and memory are the process's own, what would
 * leave the process is written down, and any call may be told to fail (`sim_faults.ts`). The same seed and the same
 * calls give the same run. It has one host thread: there are no others to create, and a call that only another thread
 * could end is a certain deadlock, reported as a `RumpuserAssertion`. Lwp and lock handles are unique within one host.
 */
import { EOPNOTSUPP, ESRCH } from '../sys/errno.ts';
import type { Timespec } from '../sys/types.ts';
import { Prng } from './prng.ts';
import type { DlObject, FileType, HostMemory, Hyperup, LockHandle, Rumpuser, RwMode } from './rumpuser.ts';
import type { BioDone, BioFault } from './sim_bio.ts';
import { SimBio } from './sim_bio.ts';
import { SimClock } from './sim_clock.ts';
import { SimConsole } from './sim_console.ts';
import type { Fault, FaultPlanHost } from './sim_faults.ts';
import { faulty, planFaults } from './sim_faults.ts';
import { SimFiles } from './sim_files.ts';
import { SimCvs, SimLockTable, SimMutexes } from './sim_locks.ts';
import { SimLwps } from './sim_lwps.ts';
import { SimMemory } from './sim_memory.ts';
import type { SimProcessOptions } from './sim_process.ts';
import { SimProcess } from './sim_process.ts';
import { SimRwlocks } from './sim_rwlocks.ts';
import type { SimHostFiles } from './sim_tree.ts';

export type { Fault, Hypercall } from './sim_faults.ts';
export type { SimHostFile, SimHostFiles } from './sim_tree.ts';

export interface SimulatedHostOptions extends SimProcessOptions {
  /** What all chance comes from. A number and its decimal text are the same seed. Default 0. */
  readonly seed?: number | string;
  /** Told everything written to the console, as it is written. May throw: see `consoleFailure`. */
  readonly console?: (text: string) => void;
  readonly files?: SimHostFiles;
  readonly faults?: readonly Fault[];
  /** Wall-clock time at the start. Default: January 2010, when rump kernels learned to be processes' servers. */
  readonly startTime?: Timespec;
  /** Host memory in bytes. Default: as much as there is. */
  readonly memlimit?: number;
}

const DEFAULT_START: Timespec = { sec: 1_262_304_000, nsec: 0 };
const NO_FAULT: BioFault = { delayNs: 0, fail: undefined };

/** A simulated host: what a kernel needs of it (`Rumpuser`), and what a test may look at. Made by `simulatedHost`. */
export class SimulatedHost implements Rumpuser {
  readonly kind = 'simulated';
  /** The seed as text: `simulatedHost({ seed })` with it is the same machine again. */
  readonly seed: string;

  readonly curlwp: Uint32Array;

  readonly #lwps = new SimLwps();
  readonly #clock: SimClock;
  readonly #process: SimProcess;
  readonly #console: SimConsole;
  readonly #memory: SimMemory;
  // Made when first used: most hosts are made by the thousand, for a kernel that touches a few of these.
  #streams: Map<string, Prng> | undefined;
  #files: SimFiles | undefined;
  #bio: SimBio | undefined;
  #locks: Locks | undefined;
  #random: Prng | undefined;
  #sched: Prng | undefined;
  #faultsInjected = 0;

  /** @throws TypeError RangeError */
  constructor(options: SimulatedHostOptions) {
    const { seed = 0, memlimit = Number.POSITIVE_INFINITY, faults } = options;
    if (typeof seed !== 'string' && typeof seed !== 'number')
      throw new TypeError('seed is neither number nor text');
    if (!(memlimit >= 0)) throw new RangeError(`memlimit is ${memlimit}`);
    this.curlwp = this.#lwps.curlwp;
    this.seed = String(seed);
    this.#clock = new SimClock(this.#lwps, options.startTime ?? DEFAULT_START);
    this.#process = new SimProcess(options);
    this.#console = new SimConsole(options.console);
    this.#memory = new SimMemory(memlimit);
    if (options.files !== undefined) this.#files = new SimFiles(options.files);
    if (faults !== undefined) this.#inject(faults);
  }

  // ---- what a test may look at ---------------------------------------------------------------

  /** Everything written to the console. */
  get output(): string {
    return this.#console.text;
  }

  /** What the console listener threw last, undefined while it has not. */
  get consoleFailure(): unknown {
    return this.#console.failure;
  }

  /** First value given to `exit`, undefined before. */
  get exited(): number | undefined {
    return this.#process.exited;
  }

  /** Signals sent to host processes, in order. */
  get kills(): readonly { readonly pid: number; readonly signo: number }[] {
    return this.#process.kills;
  }

  /** Last value given to `seterrno`, 0 before. */
  get errno(): number {
    return this.#process.errno;
  }

  /** Undefined in the foreground; `status` is what `daemonizeDone` reported. */
  get background(): { readonly status: number | undefined } | undefined {
    return this.#process.background;
  }

  /** Bytes of `malloc` and `anonmmap` not yet given back. */
  get memoryInUse(): number {
    return this.#memory.inUse;
  }

  /** How many faults of the plan have struck. */
  get faultsInjected(): number {
    return this.#faultsInjected;
  }

  /** The content of a host file. @throws ENOENT ENOTDIR EISDIR */
  readFile(path: string): Uint8Array {
    const content = this.#fileTable.content(path);
    const bytes = new Uint8Array(content.size);
    content.read(bytes, 0);
    return bytes;
  }

  /** Pages of 4 KiB of a host file written and not yet synchronised. @throws ENOENT ENOTDIR EISDIR */
  unsyncedPages(path: string): number {
    return this.#fileTable.content(path).unsyncedPages;
  }

  /** The random stream of that name: one sequence per name and seed, however the other streams are used. */
  prng(name: string): Prng {
    this.#streams ??= new Map();
    const present = this.#streams.get(name);
    if (present !== undefined) return present;
    const stream = new Prng(`${this.seed}/${name}`);
    this.#streams.set(name, stream);
    return stream;
  }

  // ---- Rumpuser ----------------------------------------------------------------------------------

  init(version: number, upcalls: Hyperup): void {
    this.#lwps.bind(version, upcalls);
  }

  fini(): void {
    this.#clock.stop();
    this.#bio = undefined;
    this.#lwps.unbind();
  }

  lwpCreate(): number {
    return this.#lwps.create();
  }

  lwpDestroy(handle: number): void {
    this.#lwps.destroy(handle);
  }

  curlwpSet(handle: number): void {
    this.#lwps.set(handle);
  }

  curlwpClear(handle: number): void {
    this.#lwps.clear(handle);
  }

  clockGettime(clock: number): Timespec {
    return this.#clock.gettime(clock);
  }

  monotonicNs(): number {
    return this.#clock.nowNs;
  }

  clockSleep(clock: number, sec: number, nsec: number): void {
    this.#clock.sleep(clock, sec, nsec);
  }

  idle(deadlineNs: number): void {
    this.#clock.idle(deadlineNs);
  }

  onPump(pump: () => void): void {
    this.#clock.onPump(pump);
  }

  arm(deadlineNs: number): void {
    this.#clock.arm(deadlineNs);
  }

  defer(): void {
    this.#clock.defer();
  }

  doorbell(): void {
    this.#clock.ring();
  }

  busy(): boolean {
    return this.#bio !== undefined && this.#bio.pending > 0;
  }

  schedPick(n: number): number {
    this.#sched ??= this.prng('sched');
    return this.#sched.below(n);
  }

  getparam(name: string): string | undefined {
    return this.#process.getparam(name);
  }

  getrandom(buf: Uint8Array, _flags: number): number {
    this.#random ??= this.prng('random');
    this.#random.bytes(buf);
    return buf.length;
  }

  putchar(byte: number): void {
    this.#console.putchar(byte);
  }

  dprintf(text: string): void {
    this.#console.write(text);
  }

  exit(code: number): void {
    this.#process.exit(code);
  }

  kill(pid: number, signo: number): void {
    this.#process.kill(pid, signo);
  }

  seterrno(errno: number): void {
    this.#process.seterrno(errno);
  }

  malloc(length: number, alignment: number): HostMemory {
    return this.#memory.malloc(length, alignment);
  }

  free(memory: HostMemory): void {
    this.#memory.release('free', 'malloc', memory);
  }

  anonmmap(length: number): HostMemory {
    return this.#memory.anonmmap(length);
  }

  unmap(memory: HostMemory): void {
    this.#memory.release('unmap', 'anonmmap', memory);
  }

  open(path: string, flags: number): number {
    return this.#fileTable.open(path, flags);
  }

  close(fd: number): void {
    this.#fileTable.close(fd);
  }

  getfileinfo(path: string): { size: number; type: FileType } {
    return this.#fileTable.getfileinfo(path);
  }

  iovread(fd: number, buffers: readonly Uint8Array[], off: number): number {
    return this.#fileTable.read(fd, buffers, off);
  }

  iovwrite(fd: number, buffers: readonly Uint8Array[], off: number): number {
    return this.#fileTable.write(fd, buffers, off);
  }

  bio(fd: number, op: number, data: Uint8Array, off: number, done: BioDone): void {
    this.#submit(fd, op, data, off, done, NO_FAULT);
  }

  reap(): number {
    return this.#bio?.reap() ?? 0;
  }

  syncfd(fd: number, flags: number, start: number, length: number): void {
    this.#fileTable.sync(fd, flags, start, length);
  }

  mutexInit(flags: number): LockHandle {
    return this.#lockTable.mutexes.init(flags);
  }

  mutexEnter(m: LockHandle): void {
    this.#lockTable.mutexes.enter('mutexEnter', m, 'released');
  }

  mutexEnterNowrap(m: LockHandle): void {
    this.#lockTable.mutexes.enter('mutexEnterNowrap', m, 'kept');
  }

  mutexTryenter(m: LockHandle): void {
    this.#lockTable.mutexes.tryenter(m);
  }

  mutexExit(m: LockHandle): void {
    this.#lockTable.mutexes.exit(m);
  }

  mutexDestroy(m: LockHandle): void {
    this.#lockTable.mutexes.destroy(m);
  }

  mutexOwner(m: LockHandle): number {
    return this.#lockTable.mutexes.owner(m);
  }

  rwInit(): LockHandle {
    return this.#lockTable.rwlocks.init();
  }

  rwEnter(mode: RwMode, rw: LockHandle): void {
    this.#lockTable.rwlocks.enter(mode, rw);
  }

  rwTryenter(mode: RwMode, rw: LockHandle): void {
    this.#lockTable.rwlocks.tryenter(mode, rw);
  }

  rwTryupgrade(rw: LockHandle): void {
    this.#lockTable.rwlocks.tryupgrade(rw);
  }

  rwDowngrade(rw: LockHandle): void {
    this.#lockTable.rwlocks.downgrade(rw);
  }

  rwExit(rw: LockHandle): void {
    this.#lockTable.rwlocks.exit(rw);
  }

  rwDestroy(rw: LockHandle): void {
    this.#lockTable.rwlocks.destroy(rw);
  }

  rwHeld(mode: RwMode, rw: LockHandle): boolean {
    return this.#lockTable.rwlocks.held(mode, rw);
  }

  cvInit(): LockHandle {
    return this.#lockTable.cvs.init();
  }

  cvDestroy(cv: LockHandle): void {
    this.#lockTable.cvs.destroy(cv);
  }

  cvWait(cv: LockHandle, m: LockHandle): void {
    this.#lockTable.cvs.wait('cvWait', cv, m, 'released', Number.POSITIVE_INFINITY);
  }

  cvWaitNowrap(cv: LockHandle, m: LockHandle): void {
    this.#lockTable.cvs.wait('cvWaitNowrap', cv, m, 'kept', Number.POSITIVE_INFINITY);
  }

  cvTimedwait(cv: LockHandle, m: LockHandle, timeoutNs: number): void {
    this.#lockTable.cvs.wait('cvTimedwait', cv, m, 'released', timeoutNs);
  }

  cvSignal(cv: LockHandle): void {
    this.#lockTable.cvs.signal(cv);
  }

  cvBroadcast(cv: LockHandle): void {
    this.#lockTable.cvs.broadcast(cv);
  }

  cvHasWaiters(cv: LockHandle): boolean {
    return this.#lockTable.cvs.hasWaiters(cv);
  }

  /** There are no host threads here. @throws EOPNOTSUPP */
  threadCreate(_fn: bigint, _arg: bigint, _name: string, _options: { mustJoin: boolean }): number {
    throw EOPNOTSUPP;
  }

  /** No cookie was ever given out. @throws ESRCH */
  threadJoin(_cookie: number): void {
    throw ESRCH;
  }

  dlBootstrap(): readonly DlObject[] {
    return this.#process.dlBootstrap();
  }

  dlopen(path: string): readonly DlObject[] {
    return this.#process.dlopen(path, (file) => this.#fileTable.exists(file));
  }

  daemonizeBegin(): void {
    this.#process.daemonizeBegin();
  }

  daemonizeDone(error: number): void {
    this.#process.daemonizeDone(error);
  }

  get #fileTable(): SimFiles {
    this.#files ??= new SimFiles({});
    return this.#files;
  }

  get #lockTable(): Locks {
    this.#locks ??= newLocks(this.#lwps, this.#clock);
    return this.#locks;
  }

  #submit(fd: number, op: number, data: Uint8Array, off: number, done: BioDone, fault: BioFault): void {
    if (this.#bio === undefined) {
      this.#bio = new SimBio(this.#fileTable, this.prng('bio'));
      this.#clock.watch(this.#bio);
    }
    this.#bio.submit(fd, op, data, off, done, this.#clock.nowNs, fault);
    this.#clock.later();
  }

  /** Replace the calls that the plan names, on this object alone. */
  #inject(faults: readonly Fault[]): void {
    const host: FaultPlanHost = {
      prng: (name) => this.prng(name),
      delay: (ns) => this.#clock.advance(this.#clock.nowNs + ns),
      struck: () => this.#faultsInjected++,
    };
    for (const [call, strike] of planFaults(faults, host)) {
      const method = this[call] as (...args: never[]) => unknown;
      const replacement =
        call === 'bio'
          ? (fd: number, op: number, data: Uint8Array, off: number, done: BioDone) =>
              this.#submit(fd, op, data, off, done, strike())
          : faulty(method.bind(this), strike, host);
      Object.defineProperty(this, call, { value: replacement });
    }
  }
}

/** A host for one kernel. @throws TypeError RangeError for options that make no sense, naming them */
export function simulatedHost(options: SimulatedHostOptions = {}): SimulatedHost {
  return new SimulatedHost(options);
}

interface Locks {
  readonly mutexes: SimMutexes;
  readonly rwlocks: SimRwlocks;
  readonly cvs: SimCvs;
}

function newLocks(lwps: SimLwps, clock: SimClock): Locks {
  const table = new SimLockTable();
  const mutexes = new SimMutexes(table, lwps);
  return { mutexes, rwlocks: new SimRwlocks(table, lwps), cvs: new SimCvs(table, mutexes, lwps, clock) };
}
