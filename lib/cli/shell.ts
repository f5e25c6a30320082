/**
 * The shell in its kernel: a process that forks a child for every program, waits for it, and remembers its
 * status.
 */
import { constants, type Kernel, type Proc, SysError } from '../api/index.ts';
import { complain, messageOf, printable, SIGNALLED } from './exits.ts';
import { type Program, runMain, Self } from './program.ts';
import { PROGRAMS } from './programs/index.ts';
import { type Command, expand } from './words.ts';

const { SIGINT, signame, WEXITSTATUS, WIFSIGNALED, WIFSTOPPED, WNOHANG, WSTOPSIG, WTERMSIG, WUNTRACED } =
  constants;

/** Exit statuses of sh(1). */
const NOT_FOUND = 127;
const FAILED = 2;

export class Shell {
  /** Exit status of the last command. */
  status = 0;
  readonly #kernel: Kernel;
  readonly #proc: Proc;
  #foreground: Proc | null = null;
  /** Ctrl-C came while these commands ran. */
  #interrupted = false;

  /** @throws SysError */
  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#proc = kernel.newproc({ comm: 'sh' });
    this.#proc.sys.setsid();
  }

  /** False when the shell's own process has ended; `status` then says how. */
  get alive(): boolean {
    return this.#proc.alive;
  }

  /** Run commands one after the other, until the shell or its kernel ends. */
  async execute(commands: readonly Command[]): Promise<void> {
    this.#interrupted = false;
    for (const command of commands) {
      await this.#reap();
      this.status = await this.#command(command);
      if (!this.#kernel.running || this.#interrupted) {
        return;
      }
      if (!this.alive) {
        this.status = statusOf(this.#proc.status ?? 0);
        return;
      }
    }
  }

  /**
   * Ctrl-C while commands run: SIGINT to the program in the foreground and its children; the rest of the line
   * is forgotten.
   */
  interrupt(): void {
    this.#interrupted = true;
    if (this.#foreground === null) {
      return;
    }
    try {
      // A stopped shell could not send anything, nor wait for what comes of it.
      this.#proc.kill('SIGCONT');
      this.#proc.sys.kill(-this.#foreground.pid, SIGINT);
    } catch (error) {
      if (!(error instanceof SysError)) {
        throw error;
      }
    }
  }

  /** Leave: the process exits with the status of the last command. */
  exit(): void {
    if (this.alive) {
      this.#proc.exit(this.status);
    }
  }

  async #command(command: Command): Promise<number> {
    const params = { '?': String(this.status), $: String(this.#proc.pid) };
    const [name = '', ...args] = command.map((word) => expand(word, params));
    const program = PROGRAMS.find((p) => p.name === name);
    if (program === undefined) {
      complain(`${printable(name) || "''"}: not found`);
      return NOT_FOUND;
    }
    try {
      return program.runs === 'shell'
        ? await runMain(this.#self(program, this.#proc), args)
        : await this.#child(program, args);
    } catch (error) {
      // The end of the shell or of its kernel is for the caller to see; fork and wait4 may also be refused.
      if (this.alive) {
        complain(`${name}: ${messageOf(error)}`);
      }
      return FAILED;
    }
  }

  #self(program: Program, proc: Proc): Self {
    return new Self(program, proc, PROGRAMS, this.status);
  }

  /** Fork, run, wait. @throws SysError KernelDead */
  async #child(program: Program, args: readonly string[]): Promise<number> {
    // All calls are asynchronous: whoever of them is stopped sleeps, and the host goes on.
    const child = this.#kernel.proc(await this.#proc.promises.fork());
    child.comm = program.name;
    await this.#proc.promises.setpgid(child.pid, child.pid);
    this.#foreground = child;
    if (this.#interrupted) {
      this.interrupt();
    }
    try {
      const waited = this.#proc.promises.wait4(child.pid, WUNTRACED);
      const body = run(this.#self(program, child), args);
      const { status } = await waited;
      if (WIFSTOPPED(status)) {
        const how = `stopped by ${signame(WSTOPSIG(status))}; kill -CONT ${child.pid} lets it go on`;
        complain(`${program.name}: ${how}`);
        return SIGNALLED + WSTOPSIG(status);
      }
      await body;
      return statusOf(status);
    } finally {
      this.#foreground = null;
    }
  }

  /** Bury children that ended after nobody waited for them any more. */
  async #reap(): Promise<void> {
    try {
      while ((await this.#proc.promises.wait4(-1, WNOHANG)).pid !== 0);
    } catch (error) {
      if (!(error instanceof SysError && error.code === 'ECHILD')) {
        throw error;
      }
    }
  }
}

/** The life of a forked program: main, then exit(2). It may be killed at any time. */
async function run(self: Self, args: readonly string[]): Promise<void> {
  let status = 1;
  try {
    // The shell goes to sleep first: that is what ps shall see.
    await self.sys.sched_yield();
    status = await runMain(self, args);
  } catch (error) {
    // Unless it was killed, its own complaint could not be written.
    complainOf(self, error);
  }
  try {
    await self.sys.exit(status);
  } catch (error) {
    complainOf(self, error);
  }
}

/** What ended a program is known from its status; what did not end it is said here. */
function complainOf({ proc, program }: Self, error: unknown): void {
  if (proc.alive) {
    complain(`${program.name}: ${messageOf(error)}`);
  }
}

/** `$?` for a wait status. */
function statusOf(status: number): number {
  return WIFSIGNALED(status) ? SIGNALLED + WTERMSIG(status) : WEXITSTATUS(status);
}
