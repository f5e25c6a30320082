/**
 * The simulated host: every hypercall in plain TypeScript, deterministic, on a machine that exists only here.
 *
 * Time is virtual (`sim_clock.ts`), chance is seeded (`prng.ts`), files and memory are the process's own,
 * what would leave the process is written down, and any call may be told to fail (`sim_faults.ts`). The same
 * seed and the same calls give the same run. It has one host thread: there are no others to create, and a
 * call that only another thread could end is a certain deadlock, reported as a `RumpuserAssertion`. Lwp and
 * lock handles are unique within one host.
 */
import type { Prng } from './prng.ts';
import type { FsRequest } from './rumpuser.ts';
import type { BioDone, BioFault } from './sim_bio.ts';
import { SimCalls } from './sim_calls.ts';
import type { Fault, FaultPlanHost, Hypercall } from './sim_faults.ts';
import { faulty, planFaults } from './sim_faults.ts';
import { SimMachine } from './sim_machine.ts';
import { checkSimOptions, type SimulatedHostOptions } from './sim_options.ts';

export type { Fault, Hypercall } from './sim_faults.ts';
export type { SimulatedHostOptions } from './sim_options.ts';
export type { SimHostFile, SimHostFiles } from './sim_tree.ts';

/**
 * A simulated host: what a kernel needs of it (`Rumpuser`), and what a test may look at. Made by
 * `simulatedHost`.
 */
export class SimulatedHost extends SimCalls {
  #faultsInjected = 0;

  /** @throws TypeError RangeError */
  constructor(options: SimulatedHostOptions) {
    super(new SimMachine(options));
    if (options.faults !== undefined) this.#inject(options.faults);
  }

  /** The seed as text: `simulatedHost({ seed })` with it is the same machine again. */
  get seed(): string {
    return this.machine.seed;
  }

  /** Everything written to the console. */
  get output(): string {
    return this.machine.console.text;
  }

  /** What the console listener threw last, undefined while it has not. */
  get consoleFailure(): unknown {
    return this.machine.console.failure;
  }

  /** First value given to `exit`, undefined before. */
  get exited(): number | undefined {
    return this.machine.process.exited;
  }

  /** Signals sent to host processes, in order. */
  get kills(): readonly { readonly pid: number; readonly signo: number }[] {
    return this.machine.process.kills;
  }

  /** Last value given to `seterrno`, 0 before. */
  get errno(): number {
    return this.machine.process.errno;
  }

  /** Undefined in the foreground; `status` is what `daemonizeDone` reported. */
  get background(): { readonly status: number | undefined } | undefined {
    return this.machine.process.background;
  }

  /** Bytes of `malloc` and `anonmmap` not yet given back. */
  get memoryInUse(): number {
    return this.machine.memory.inUse;
  }

  /** How many faults of the plan have struck. */
  get faultsInjected(): number {
    return this.#faultsInjected;
  }

  /** The content of a host file. @throws ENOENT ENOTDIR EISDIR */
  readFile(path: string): Uint8Array {
    const content = this.machine.files.content(path);
    const bytes = new Uint8Array(content.size);
    content.read(bytes, 0);
    return bytes;
  }

  /** Pages of 4 KiB of a host file written and not yet synchronised. @throws ENOENT ENOTDIR EISDIR */
  unsyncedPages(path: string): number {
    return this.machine.files.content(path).unsyncedPages;
  }

  /** The random stream of that name: one sequence per name and seed, however the other streams are used. */
  prng(name: string): Prng {
    return this.machine.prng(name);
  }

  /** Replace the calls that the plan names, on this object alone. */
  #inject(faults: readonly Fault[]): void {
    const { clock } = this.machine;
    const host: FaultPlanHost = {
      prng: (name) => this.prng(name),
      delay: (ns) => clock.advance(clock.nowNs + ns),
      struck: () => this.#faultsInjected++,
    };
    for (const [call, strike] of planFaults(faults, host)) {
      const method = this[call] as (...args: never[]) => unknown;
      Object.defineProperty(this, call, {
        value: this.#onThread(call, strike) ?? faulty(method.bind(this), strike, host),
      });
    }
  }

  /** The replacement of a call that host threads do, undefined for others. */
  #onThread(call: Hypercall, strike: () => BioFault): unknown {
    if (call === 'bio') {
      return (fd: number, op: number, data: Uint8Array, off: number, done: BioDone) =>
        this.machine.submit(fd, op, data, off, done, strike());
    }
    if (call === 'fsop')
      return (request: FsRequest, done: BioDone) => this.machine.submitFsop(request, done, strike());
    return undefined;
  }
}

/** A host for one kernel. @throws TypeError RangeError for options that make no sense, naming them */
export function simulatedHost(options: SimulatedHostOptions = {}): SimulatedHost {
  checkSimOptions(options);
  return new SimulatedHost(options);
}
