/**
 * What a program is, and how one runs: in a process of its own, with nothing but system calls.
 */
import { type Kernel, KernelDead, type Proc, type PromiseCalls, SysError } from '../api/index.ts';
import { EX_SOFTWARE, messageOf, printable } from './exits.ts';
import { HelpWanted, UsageError } from './getopt.ts';
import type { Jobs } from './jobs.ts';
import type { Loops } from './loops.ts';

export interface Program {
  readonly name: string;
  /** Its arguments: `[-s] [name]`. */
  readonly synopsis: string;
  /** What it does, in a few words. */
  readonly summary: string;
  /**
   * In a child of the shell (`child`), or, when it changes the very process, in the shell's own (`shell`).
   */
  readonly runs: 'child' | 'shell';
  /** @returns the exit status */
  readonly main: (self: Self, args: readonly string[]) => Promise<number>;
}

/** What a program sees of the shell that runs it. */
export interface Surroundings {
  readonly programs: readonly Program[];
  readonly status: number;
  readonly jobs: Jobs;
  readonly loops: Loops;
  readonly variables: Map<string, string>;
  /** Run commands in the program's own process, as the shell would. @returns the status of the last */
  readonly run: (commands: string) => Promise<number>;
}

/** Its process: of this program's kernel, or of one elsewhere, which has no handle here. */
export type SelfProc = Pick<Proc, 'promises' | 'pid' | 'alive'> & Partial<Pick<Proc, 'kernel'>>;

/** The program as it sees itself. */
export class Self {
  readonly program: Program;
  readonly proc: SelfProc;
  /** The programs there are, for help. */
  readonly programs: readonly Program[];
  /** Exit status of the command before. */
  readonly lastStatus: number;
  /** The shell's. */
  readonly jobs: Jobs;
  /** The loops of the shell that it runs in. */
  readonly loops: Loops;
  /** Those of the shell, or its own when it is a child. */
  readonly variables: Map<string, string>;
  /** Run commands in this process, as the shell would. @returns the status of the last. @throws SysError */
  readonly run: (commands: string) => Promise<number>;

  constructor(
    program: Program,
    proc: SelfProc,
    { programs, status, jobs, loops, variables, run }: Surroundings,
  ) {
    this.program = program;
    this.proc = proc;
    this.programs = programs;
    this.lastStatus = status;
    this.jobs = jobs;
    this.loops = loops;
    this.variables = variables;
    this.run = run;
  }

  /** Its system calls. All may sleep: also a call that never does waits while the process is stopped. */
  get sys(): PromiseCalls {
    return this.proc.promises;
  }

  /** @throws Error it is elsewhere */
  get kernel(): Kernel {
    const { kernel } = this.proc;
    if (kernel === undefined) {
      throw new Error('this program needs its kernel in this process');
    }
    return kernel;
  }

  /** A child, which does nothing by itself. @throws SysError */
  async fork(): Promise<Proc> {
    return this.kernel.proc(await this.sys.fork());
  }

  /** Write to standard output. @throws SysError */
  async out(data: string | Uint8Array): Promise<void> {
    await this.#write(1, data);
  }

  /**
   * Write a complaint to standard error, after the program's name. Where that leads nowhere nobody wants to
   * know. @throws SysError ESRCH it was killed
   */
  async err(text: string): Promise<void> {
    await this.complain(`${this.program.name}: ${text}\n`);
  }

  /** The same of whole lines, as they are. */
  async complain(lines: string): Promise<void> {
    try {
      await this.#write(2, lines);
    } catch (error) {
      if (!(error instanceof SysError && this.proc.alive)) {
        throw error;
      }
    }
  }

  async #write(fd: number, data: string | Uint8Array): Promise<void> {
    for (let rest = typeof data === 'string' ? new TextEncoder().encode(data) : data; rest.length > 0; ) {
      rest = rest.subarray(await this.sys.write(fd, rest));
    }
  }
}

export function usageOf(program: Program): string {
  return `usage: ${program.name} ${program.synopsis}`.trimEnd();
}

/**
 * Run `main` and turn what it throws into a line on standard error and a status.
 * @throws KernelDead; SysError ESRCH it was killed
 */
export async function runMain(self: Self, args: readonly string[]): Promise<number> {
  const { program, proc } = self;
  try {
    return await program.main(self, args);
  } catch (error) {
    if (error instanceof KernelDead || !proc.alive) {
      throw error;
    }
    return await report(self, error);
  }
}

async function report(self: Self, error: unknown): Promise<number> {
  const { program } = self;
  if (error instanceof HelpWanted) {
    await self.out(`${usageOf(program)}\n${program.summary}\n`);
    return 0;
  }
  if (error instanceof UsageError) {
    await self.err(`${printable(error.message)} (${usageOf(program)})`);
    return 1;
  }
  if (error instanceof SysError) {
    await self.err(`${error.syscall}: ${error.strerror}`);
    return 1;
  }
  await self.err(`internal error: ${messageOf(error)}`);
  return EX_SOFTWARE;
}
