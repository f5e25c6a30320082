/**
 * The shell in its kernel: a process that forks a child for every program, waits for it, and remembers its
 * status.
 *
 * NetBSD: sh(1).
 */
import { constants, type Kernel, type Proc, SIGSET_EMPTY, SysError } from '../api/index.ts';
import { complain, messageOf, printable } from './exits.ts';
import { type Expansion, expandText, expandWords } from './expand.ts';
import { type Command, type Pipeline, parse } from './grammar.ts';
import { type Job, Jobs, statusOf } from './jobs.ts';
import { startPipeline } from './pipeline.ts';
import { type Program, runMain, Self } from './program.ts';
import { PROGRAMS } from './programs/index.ts';
import { redirected } from './redirect.ts';
import { FAILED, notFound, nothing, type Stage } from './stage.ts';
import { outputOf } from './subshell.ts';
import type { Assignment, Redirect } from './words.ts';

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
  readonly #jobs: Jobs;
  readonly #variables = new Map<string, string>();
  /** The shell this one runs commands for, in a process of its own. */
  readonly #parent: Shell | null;
  /** Ctrl-C came while these commands ran. */
  #interrupted = false;

  /** @param inside the shell that this is a part of, and its process. @throws SysError */
  constructor(
    kernel: Kernel,
    kind: ShellKind = 'script',
    inside: { parent: Shell; proc: Proc } | null = null,
  ) {
    this.#kernel = kernel;
    this.#kind = kind;
    this.#parent = inside?.parent ?? null;
    this.#jobs = new Jobs(inside === null ? 'own' : 'shared');
    if (inside !== null) {
      const { parent, proc } = inside;
      this.#proc = proc;
      this.status = parent.status;
      this.#variables = new Map(parent.#variables);
      this.#jobs.last = parent.#jobs.last;
      return;
    }
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
      if (pipeline.when !== 'always' && (pipeline.when === 'success') !== (this.status === 0)) {
        continue;
      }
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
    const pgid = this.#jobs.foreground?.pgid;
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
    let name = 'sh';
    try {
      const [{ assignments }] = pipeline.commands as [Command];
      if (assignments.length > 0) {
        return await this.#assign(assignments);
      }
      const stages: Stage[] = [];
      for (const command of pipeline.commands) {
        stages.push(await this.#stage(command));
      }
      const [only] = stages as [Stage];
      name = printable(only.program.name) || "''";
      if (stages.length === 1 && pipeline.runs === 'foreground' && only.program.runs === 'shell') {
        const self = this.#self(only.program, this.#proc);
        return await redirected(self.sys, only.redirects, () => runMain(self, only.args));
      }
      return await this.#run(pipeline, stages);
    } catch (error) {
      // The end of the shell or of its kernel is for the caller to see; fork, pipe and wait4 may also be refused.
      if (this.alive) {
        complain(`${name}: ${messageOf(error)}`);
      }
      return FAILED;
    }
  }

  /** @returns how the last command ended whose output became a value. @throws SysError KernelDead */
  async #assign(assignments: readonly Assignment[]): Promise<number> {
    const expansion = this.#expansion();
    for (const { name, value } of assignments) {
      this.#variables.set(name, await expandText(value, expansion));
    }
    return expansion.status;
  }

  /** How words expand now; `status` is that of the commands whose output was last asked for. */
  #expansion(): Expansion & { status: number } {
    const expansion = {
      status: 0,
      param: (name: string): string => {
        switch (name) {
          case '?':
            return String(this.status);
          case '$':
            return this.#pid;
          case '!':
            return this.#jobs.last;
          default:
            return this.#variables.get(name) ?? '';
        }
      },
      output: async (commands: string): Promise<string> => {
        const { text, status } = await outputOf(commands, {
          shell: this.#proc,
          jobs: this.#jobs,
          defaults: this.#defaults,
          run: (proc, what) => this.#inside(proc, what),
        });
        expansion.status = status;
        return text;
      },
    };
    return expansion;
  }

  /** `$$`: that of the shell which the commands were given to. */
  get #pid(): string {
    return this.#parent === null ? String(this.#proc.pid) : this.#parent.#pid;
  }

  /** Signals that programs take otherwise than the shell. */
  get #defaults(): readonly number[] {
    return this.#kind === 'interactive' ? [SIGINT, ...IGNORED] : [];
  }

  /**
   * Run commands as this shell would, in process `proc`, a child, which then still lives unless they ended it.
   * @returns the status of the last. @throws SysError KernelDead
   */
  async #inside(proc: Proc, commands: string): Promise<number> {
    const parsed = parse(commands);
    if (parsed.kind !== 'pipelines') {
      complain(parsed.kind === 'error' ? printable(parsed.message) : `${parsed.open} is not closed`);
      return FAILED;
    }
    const shell = new Shell(this.#kernel, 'script', { parent: this, proc });
    await shell.execute(parsed.pipelines);
    return shell.status;
  }

  async #stage({ words, redirects }: Command): Promise<Stage> {
    const expansion = this.#expansion();
    const expanded: string[] = [];
    for (const word of words) {
      expanded.push(...(await expandWords(word, expansion)));
    }
    const made: Redirect<string>[] = [];
    for (const { fd, from } of redirects) {
      if (typeof from !== 'object') {
        made.push({ fd, from });
      } else if ('path' in from) {
        made.push({ fd, from: { path: await expandText(from.path, expansion), how: from.how } });
      } else {
        made.push({ fd, from: { text: `${await expandText(from.text, expansion)}\n` } });
      }
    }
    const [name, ...args] = expanded;
    const program = name === undefined ? nothing(expansion.status) : PROGRAMS.find((p) => p.name === name);
    return { program: program ?? notFound(name ?? ''), args, redirects: made };
  }

  #self(program: Program, proc: Proc): Self {
    return new Self(program, proc, {
      programs: PROGRAMS,
      status: this.status,
      jobs: this.#jobs,
      run: (commands) => this.#inside(proc, commands),
    });
  }

  /** @throws SysError KernelDead */
  async #run({ runs, text }: Pipeline, stages: readonly Stage[]): Promise<number> {
    const job = this.#jobs.start(text);
    if (runs === 'foreground') {
      this.#jobs.foreground = job;
    }
    try {
      const bodies = await startPipeline(stages, {
        shell: this.#proc,
        job,
        self: (stage, proc) => this.#self(stage.program, proc),
        groups: this.#jobs.groups,
        defaults: this.#defaults,
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
      this.#jobs.foreground = null;
    }
  }

  /** Wait until a job has ended, or somebody has stopped it. @throws SysError KernelDead */
  async #finish(job: Job, stages: readonly Stage[]): Promise<void> {
    await this.#jobs.untilOver(this.#proc.promises, job);
    if (job.state === 'ended') {
      this.#jobs.remove(job);
      return;
    }
    const how = `stopped by ${signame(WSTOPSIG(job.status))}; fg or bg lets it go on`;
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
