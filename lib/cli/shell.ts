/**
 * The shell in its kernel: a process that forks a child for every program, waits for it, and remembers its
 * status.
 *
 * NetBSD: sh(1).
 */
import { constants, type Kernel, type Proc, SIGSET_EMPTY, SysError } from '../api/index.ts';
import { complain, messageOf, printable } from './exits.ts';
import type { Command, Pipeline } from './grammar.ts';
import { type Job, Jobs, statusOf } from './jobs.ts';
import { startPipeline } from './pipeline.ts';
import { type Program, runMain, Self } from './program.ts';
import { PROGRAMS } from './programs/index.ts';
import { redirected } from './redirect.ts';
import { FAILED, notFound, type Stage } from './stage.ts';
import { expand, type Param } from './words.ts';

const { SIG_IGN, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU } = constants;
const { signame, WCONTINUED, WNOHANG, WSTOPSIG, WUNTRACED } = constants;

/** Signals somebody at the terminal sends to programs, and not to the shell. */
const IGNORED = [SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU] as const;

/** Whether somebody sits in front of it: then it survives what ends a program, and tells of its jobs. */
export type ShellKind = 'script' | 'interactive';

export class Shell {
  /** Exit status of the last command. */
  status = 0;
  readonly #kernel: Kernel;
  readonly #proc: Proc;
  readonly #kind: ShellKind;
  readonly #jobs = new Jobs();
  #foreground: Job | null = null;
  /** Ctrl-C came while these commands ran. */
  #interrupted = false;

  /** @throws SysError */
  constructor(kernel: Kernel, kind: ShellKind = 'script') {
    this.#kernel = kernel;
    this.#kind = kind;
    this.#proc = kernel.newproc({ comm: 'sh' });
    this.#proc.sys.setsid();
    if (kind === 'interactive') {
      // Caught, not ignored: it ends the waiting of `wait`.
      this.#proc.sys.sigaction(SIGINT, { handler: () => {}, mask: SIGSET_EMPTY, flags: 0 });
      for (const signo of IGNORED) {
        this.#proc.sys.sigaction(signo, { handler: SIG_IGN, mask: SIGSET_EMPTY, flags: 0 });
      }
    }
  }

  /** False when the shell's own process has ended; `status` then says how. */
  get alive(): boolean {
    return this.#proc.alive;
  }

  /** Run pipelines one after the other, until the shell or its kernel ends. */
  async execute(pipelines: readonly Pipeline[]): Promise<void> {
    this.#interrupted = false;
    for (const pipeline of pipelines) {
      await this.#reap();
      this.status = await this.#pipeline(pipeline);
      if (!this.#kernel.running) {
        return;
      }
      if (!this.alive) {
        this.status = statusOf(this.#proc.status ?? 0);
        return;
      }
      if (this.#interrupted) {
        return;
      }
    }
    await this.#reap();
  }

  /**
   * Ctrl-C while commands run: SIGINT to the pipeline in the foreground, else to the shell itself; the rest of
   * the line is forgotten.
   */
  interrupt(): void {
    this.#interrupted = true;
    const pgid = this.#foreground?.pgid;
    try {
      // A stopped shell could not send anything, nor wait for what comes of it.
      this.#proc.kill('SIGCONT');
      this.#proc.sys.kill(pgid === undefined ? this.#proc.pid : -pgid, SIGINT);
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

  async #pipeline(pipeline: Pipeline): Promise<number> {
    const stages = pipeline.commands.map((command) => this.#stage(command));
    const [only] = stages as [Stage];
    try {
      if (stages.length === 1 && pipeline.runs === 'foreground' && only.program.runs === 'shell') {
        const self = this.#self(only.program, this.#proc);
        return await redirected(self.sys, only.redirects, () => runMain(self, only.args));
      }
      return await this.#run(pipeline, stages);
    } catch (error) {
      // The end of the shell or of its kernel is for the caller to see; fork, pipe and wait4 may also be refused.
      if (this.alive) {
        complain(`${printable(only.program.name) || "''"}: ${messageOf(error)}`);
      }
      return FAILED;
    }
  }

  #stage({ words, redirects }: Command): Stage {
    const params: Record<Param, string> = {
      '?': String(this.status),
      $: String(this.#proc.pid),
      '!': this.#jobs.last,
    };
    const [name = '', ...args] = words.map((word) => expand(word, params));
    const made = redirects.map(({ fd, from }) =>
      typeof from === 'object'
        ? { fd, from: { path: expand(from.path, params), how: from.how } }
        : { fd, from },
    );
    return { program: PROGRAMS.find((p) => p.name === name) ?? notFound(name), args, redirects: made };
  }

  #self(program: Program, proc: Proc): Self {
    return new Self(program, proc, { programs: PROGRAMS, status: this.status, jobs: this.#jobs });
  }

  /** @throws SysError KernelDead */
  async #run({ runs, text }: Pipeline, stages: readonly Stage[]): Promise<number> {
    const job = this.#jobs.start(text);
    if (runs === 'foreground') {
      this.#foreground = job;
    }
    try {
      const bodies = await startPipeline(stages, {
        shell: this.#proc,
        job,
        self: (stage, proc) => this.#self(stage.program, proc),
        defaults: this.#kind === 'interactive' ? [SIGINT, ...IGNORED] : [],
      });
      if (runs === 'background') {
        this.#jobs.last = String(job.pid);
        await this.#tell(`[${job.number}] ${job.pid}\n`);
        return 0;
      }
      if (this.#interrupted) {
        this.interrupt();
      }
      await this.#finish(job, stages);
      if (job.state === 'ended') {
        await Promise.all(bodies);
      }
      return statusOf(job.status);
    } catch (error) {
      if (this.alive) {
        await this.#finish(job, stages);
      }
      throw error;
    } finally {
      this.#foreground = null;
    }
  }

  /** Wait until a job has ended, or somebody has stopped it. @throws SysError KernelDead */
  async #finish(job: Job, stages: readonly Stage[]): Promise<void> {
    while (job.state === 'running') {
      try {
        const { pid, status } = await this.#proc.promises.wait4(-(job.pgid as number), WUNTRACED);
        job.note(pid, status);
      } catch (error) {
        if (!(error instanceof SysError && error.code === 'EINTR')) {
          throw error;
        }
      }
    }
    if (job.state === 'ended') {
      this.#jobs.remove(job);
      return;
    }
    const whom = job.size > 1 ? `-- -${job.pgid}` : job.pgid;
    const how = `stopped by ${signame(WSTOPSIG(job.status))}; kill -CONT ${whom} lets it go on`;
    complain(`${stages[0]?.program.name}: ${how}`);
  }

  /** Bury children that ended while nobody waited for them; jobs that are through are told of. */
  async #reap(): Promise<void> {
    try {
      for (;;) {
        const { pid, status } = await this.#proc.promises.wait4(-1, WNOHANG | WUNTRACED | WCONTINUED);
        if (pid === 0) {
          break;
        }
        this.#jobs.note(pid, status);
      }
    } catch (error) {
      if (!(error instanceof SysError && error.code === 'ECHILD')) {
        throw error;
      }
    }
    for (const job of this.#jobs.list().filter(({ state }) => state === 'ended')) {
      this.#jobs.remove(job);
      await this.#tell(`${job}\n`);
    }
  }

  /** Say something about jobs to somebody at the terminal. */
  async #tell(text: string): Promise<void> {
    if (this.#kind === 'interactive') {
      await this.#proc.promises.write(2, new TextEncoder().encode(text));
    }
  }
}
