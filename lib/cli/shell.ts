/**
 * The shell in its kernel: a process that forks a child for every program, waits for it, and remembers its
 * status.
 *
 * NetBSD: sh(1).
 */
import { constants, type Kernel, type Proc, SIGSET_EMPTY } from '../api/index.ts';
import { type Evaluator, runCompound } from './compound.ts';
import { complain, messageOf, printable } from './exits.ts';
import { type Expansion, ExpansionError, expandPattern, expandText, expandWords } from './expand.ts';
import { glob } from './glob.ts';
import { parse } from './grammar.ts';
import { Jobs, statusOf } from './jobs.ts';
import { Loops } from './loops.ts';
import type { Pattern } from './pattern.ts';
import { type Program, runMain, Self } from './program.ts';
import { PROGRAMS } from './programs/index.ts';
import { redirect, redirected } from './redirect.ts';
import { Runner } from './runner.ts';
import { type Expanded, expandRedirects, expandSimple, nameOf } from './simple.ts';
import { FAILED, type Stage } from './stage.ts';
import { outputOf } from './subshell.ts';
import type { AndOr, Command, Compound, List, Pipeline, Simple } from './tree.ts';

const { SIG_IGN, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU } = constants;

/** Signals somebody at the terminal sends to programs, and not to the shell. */
const IGNORED = [SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU] as const;

/** Variables before these are set for good: POSIX calls them special. */
const SPECIAL: ReadonlySet<string> = new Set([':', 'break', 'continue', 'exit', 'unset']);

/** Whether somebody sits in front of it: then it survives what ends a program, and tells of its jobs. */
export type ShellKind = 'script' | 'interactive';

export class Shell {
  /** Exit status of the last command. */
  status = 0;
  readonly #kernel: Kernel;
  readonly #proc: Proc;
  readonly #kind: ShellKind;
  readonly #jobs: Jobs;
  readonly #loops = new Loops();
  readonly #variables: Map<string, string>;
  /** The shell this one runs commands for, in a process of its own. */
  readonly #parent: Shell | null;
  /** Ctrl-C came while these commands ran. */
  #interrupted = false;
  readonly #runner: Runner;

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
    this.#variables = new Map(inside === null ? [] : inside.parent.#variables);
    if (inside !== null) {
      const { parent, proc } = inside;
      this.#proc = proc;
      this.status = parent.status;
      this.#jobs.last = parent.#jobs.last;
      // To leave a loop that a part of the shell is in is to leave that part.
      this.#loops.depth = parent.#loops.depth;
      this.#runner = this.#running();
      return;
    }
    this.#proc = kernel.newproc({ comm: 'sh' });
    this.#runner = this.#running();
    this.#proc.sys.setsid();
    if (kind === 'interactive') {
      // Caught, not ignored: it ends the waiting of `wait`.
      this.#proc.sys.sigaction(SIGINT, { handler: () => {}, mask: SIGSET_EMPTY, flags: 0 });
      for (const signo of IGNORED) {
        this.#proc.sys.sigaction(signo, { handler: SIG_IGN, mask: SIGSET_EMPTY, flags: 0 });
      }
    }
  }

  #running(): Runner {
    return new Runner(this.#proc, {
      jobs: this.#jobs,
      defaults: this.#defaults,
      interrupted: () => this.#interrupted,
      told: this.#kind === 'interactive' ? 'jobs' : 'nothing',
    });
  }

  /** False when the shell's own process has ended; `status` then says how. */
  get alive(): boolean {
    return this.#proc.alive;
  }

  /** Run commands one after the other, until the shell or its kernel ends. */
  async execute(list: List): Promise<void> {
    this.#interrupted = false;
    await this.#list(list);
    if (!this.#kernel.running) {
      return;
    }
    if (!this.alive) {
      this.status = statusOf(this.#proc.status ?? 0);
    } else if (!this.#interrupted) {
      await this.#runner.reap();
    }
  }

  /**
   * Ctrl-C while commands run: SIGINT to the pipeline in the foreground, else to the shell itself; the rest of
   * the line is forgotten.
   */
  interrupt(): void {
    this.#interrupted = true;
    this.#runner.interrupt();
  }

  /** Leave: the process exits with the status of the last command. */
  exit(): void {
    if (this.alive) {
      this.#proc.exit(this.status);
    }
  }

  /** Nothing more is to run here. */
  get #over(): boolean {
    return !this.#kernel.running || !this.alive || this.#interrupted || this.#loops.leaving;
  }

  async #list(list: List): Promise<void> {
    for (const andOr of list) {
      if (andOr.runs === 'background') {
        await this.#runner.reap();
        this.status = await this.#background(andOr);
      } else {
        await this.#andOr(andOr);
      }
      if (this.#over) {
        return;
      }
    }
  }

  async #andOr({ pipelines, text }: AndOr): Promise<void> {
    for (const pipeline of pipelines) {
      if (pipeline.when === 'always' || (pipeline.when === 'success') === (this.status === 0)) {
        // It is a system call too: a loop that makes no other lets the host go on, and can be stopped and killed.
        await this.#runner.reap();
        const status = await this.#pipeline(pipeline, text);
        this.status = pipeline.status === 'inverted' ? Number(status === 0) : status;
      }
      if (this.#over) {
        return;
      }
    }
  }

  async #background(andOr: AndOr): Promise<number> {
    const { pipelines, text } = andOr;
    const [{ commands, status }] = pipelines as [Pipeline];
    const list: List = [{ ...andOr, runs: 'foreground' }];
    const stages =
      pipelines.length === 1 && status === 'own'
        ? commands.map((command) => this.#stage(command))
        : [this.#childStage('sh', (shell) => shell.#through(list))];
    try {
      return await this.#runner.run(stages, text, 'background');
    } catch (error) {
      return this.#refused(stages[0]?.name ?? 'sh', error);
    }
  }

  async #pipeline({ commands }: Pipeline, text: string): Promise<number> {
    const [command] = commands as [Command];
    const stages =
      commands.length > 1 || command.kind === 'subshell' ? commands.map((each) => this.#stage(each)) : [];
    try {
      if (stages.length > 0) {
        return await this.#runner.run(stages, text, 'foreground');
      }
      return command.kind === 'simple' ? await this.#simple(command, text) : await this.#compound(command);
    } catch (error) {
      return this.#refused(stages[0]?.name ?? 'sh', error);
    }
  }

  /** The end of the shell or of its kernel is for the caller to see; fork, pipe and wait4 may also be refused. */
  #refused(name: string, error: unknown): number {
    if (!this.alive) {
      return FAILED;
    }
    if (error instanceof ExpansionError) {
      complain(printable(error.message));
      this.#interrupted = true;
      if (this.#kind === 'script') {
        this.status = FAILED;
        this.exit();
      }
      return FAILED;
    }
    complain(`${name}: ${messageOf(error)}`);
    return FAILED;
  }

  /** In this process, with the redirections undone afterwards. */
  async #compound(command: Compound): Promise<number> {
    const redirects = await expandRedirects(command.redirects, this.#expansion());
    await redirected(this.#proc.promises, redirects, () => runCompound(this.#evaluator, command));
    return this.status;
  }

  get #evaluator(): Evaluator {
    const shell = this;
    return {
      get status() {
        return shell.status;
      },
      set status(status) {
        shell.status = status;
      },
      loops: this.#loops,
      get over() {
        return shell.#over;
      },
      run: (list) => this.#list(list),
      words: (word) => expandWords(word, this.#expansion()),
      text: (word) => expandText(word, this.#expansion()),
      pattern: (word): Promise<Pattern> => expandPattern(word, this.#expansion()),
      assign: (name, value) => void this.#variables.set(name, value),
    };
  }

  async #simple(command: Simple, text: string): Promise<number> {
    const expansion = this.#expansion();
    const expanded = await expandSimple(command, expansion);
    if (expanded === null) {
      return await this.#assign(command, expansion);
    }
    const { program, args, redirects, variables } = expanded;
    try {
      if (program.runs !== 'shell') {
        const stage = this.#childStage(program.name, (shell) => shell.#exec(expanded));
        return await this.#runner.run([stage], text, 'foreground');
      }
      const before = variables.map(([name]) => [name, this.#variables.get(name)] as const);
      this.#setAll(variables);
      try {
        const self = this.#self(program, this.#proc, this.#jobs);
        return await redirected(self.sys, redirects, () => runMain(self, args));
      } finally {
        this.#setAll(SPECIAL.has(program.name) ? [] : before);
      }
    } catch (error) {
      return this.#refused(printable(program.name) || "''", error);
    }
  }

  #setAll(variables: readonly (readonly [name: string, value: string | undefined])[]): void {
    for (const [name, value] of variables) {
      if (value === undefined) {
        this.#variables.delete(name);
      } else {
        this.#variables.set(name, value);
      }
    }
  }

  /** @returns how the last command ended whose output became a value. @throws SysError KernelDead */
  async #assign(
    { assignments, redirects }: Simple,
    expansion: Expansion & { status: number },
  ): Promise<number> {
    const made = await expandRedirects(redirects, expansion);
    await redirected(this.#proc.promises, made, async () => {
      for (const { name, value } of assignments) {
        this.#variables.set(name, await expandText(value, expansion));
      }
    });
    return expansion.status;
  }

  /** How words expand now; `status` is that of the commands whose output was last asked for. */
  #expansion(): Expansion & { status: number } {
    const expansion = {
      status: 0,
      param: (name: string) => this.#param(name),
      assign: (name: string, value: string): void => {
        if (!/^\w+$/.test(name)) {
          throw new ExpansionError(`${name}: not a variable`);
        }
        this.#variables.set(name, value);
      },
      output: async (commands: List, what: string): Promise<string> => {
        const { text, status } = await outputOf(what, {
          shell: this.#proc,
          jobs: this.#jobs,
          defaults: this.#defaults,
          run: (proc) => this.#child(proc).#through(commands),
        });
        expansion.status = status;
        return text;
      },
      files: (pattern: string) => glob(this.#proc.promises, pattern),
    };
    return expansion;
  }

  /** The value of a parameter, undefined when it is not set. */
  #param(name: string): string | undefined {
    switch (name) {
      case '?':
        return String(this.status);
      case '$':
        return this.#pid;
      case '!':
        return this.#jobs.last === '' ? undefined : this.#jobs.last;
      default:
        return this.#variables.get(name);
    }
  }

  /** `$$`: that of the shell which the commands were given to. */
  get #pid(): string {
    return this.#parent === null ? String(this.#proc.pid) : this.#parent.#pid;
  }

  /** Signals that programs take otherwise than the shell. */
  get #defaults(): readonly number[] {
    return this.#kind === 'interactive' ? [SIGINT, ...IGNORED] : [];
  }

  /** A shell as this one is now, in process `proc`, a child, which it may end. */
  #child(proc: Proc): Shell {
    return new Shell(this.#kernel, 'script', { parent: this, proc });
  }

  /** Run commands. @returns the status of the last */
  async #through(list: List): Promise<number> {
    await this.execute(list);
    return this.status;
  }

  /** Run a text as commands in process `proc`, a child. @returns the status of the last. @throws SysError KernelDead */
  async #inside(proc: Proc, commands: string): Promise<number> {
    const parsed = parse(commands);
    if (parsed.kind !== 'list') {
      complain(parsed.kind === 'error' ? printable(parsed.message) : `${parsed.open} is not closed`);
      return FAILED;
    }
    const shell = this.#child(proc);
    shell.#loops.depth = 0;
    return await shell.#through(parsed.list);
  }

  #stage(command: Command): Stage {
    return this.#childStage(nameOf(command), (shell) => shell.#last(command));
  }

  #childStage(name: string, run: (shell: Shell) => Promise<number>): Stage {
    return { name, run: (proc) => run(this.#child(proc)) };
  }

  /** Run the last command of this process. @returns its status */
  async #last(command: Command): Promise<number> {
    if (command.kind !== 'simple') {
      await redirect(this.#proc.promises, await expandRedirects(command.redirects, this.#expansion()));
      await runCompound(this.#evaluator, command);
      return this.status;
    }
    const expansion = this.#expansion();
    const expanded = await expandSimple(command, expansion);
    return expanded === null ? await this.#assign(command, expansion) : await this.#exec(expanded);
  }

  /** Let this process be a program. @returns its status. @throws RedirectError SysError KernelDead */
  async #exec({ program, args, redirects, variables }: Expanded): Promise<number> {
    this.#proc.comm = program.name;
    this.#setAll(variables);
    // A program that tells of jobs tells of those of the shell that it was started by.
    const self = this.#self(program, this.#proc, (this.#parent ?? this).#jobs);
    await redirect(self.sys, redirects);
    return await runMain(self, args);
  }

  /** @param jobs those it sees */
  #self(program: Program, proc: Proc, jobs: Jobs): Self {
    return new Self(program, proc, {
      programs: PROGRAMS,
      status: this.status,
      jobs,
      loops: this.#loops,
      variables: this.#variables,
      run: (commands) => this.#inside(proc, commands),
    });
  }
}
