/**
 * The shell in its kernel: a process that forks a child for every program, waits for it, and remembers its status.
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
    for (const command of commands) {
      this.#reap();
      this.status = await this.#command(command);
      if (!this.#kernel.running) {
        return;
      }
      if (!this.alive) {
        this.status = statusOf(this.#proc.status ?? 0);
        return;
      }
    }
  }

  /** Ctrl-C: SIGINT to the program in the foreground and its children. Without one, nothing. */
  interrupt(): 'sent' | 'nobody' {
    if (this.#foreground === null) {
      return 'nobody';
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
    return 'sent';
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
    const child = this.#proc.fork();
    child.comm = program.name;
    child.sys.setpgid(0, 0);
    this.#foreground = child;
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
  #reap(): void {
    try {
      while (this.#proc.sys.wait4(-1, WNOHANG).pid !== 0);
    } catch (error) {
      if (!(error instanceof SysError && error.code === 'ECHILD')) {
        throw error;
      }
    }
  }
}

/** The life of a forked program: main, then exit(2). It may be killed at any time. */
async function run(self: Self, args: readonly string[]): Promise<void> {
  try {
    // The shell goes to sleep first: that is what ps shall see.
    await self.promises.sched_yield();
    self.sys.exit(await runMain(self, args));
  } catch (error) {
    if (self.proc.alive) {
      // Its complaint could not be written either.
      complain(`${self.program.name}: ${messageOf(error)}`);
      self.sys.exit(1);
    }
  }
}

/** `$?` for a wait status. */
function statusOf(status: number): number {
  return WIFSIGNALED(status) ? SIGNALLED + WTERMSIG(status) : WEXITSTATUS(status);
}
