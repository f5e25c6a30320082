/**
 * `rump sh`: a kernel, a shell in it, and the lines it is given.
 */
import { fstatSync } from 'node:fs';
import { BootOptionError, boot, constants, type Kernel, simulatedHost } from '../api/index.ts';
import { bootReport } from './bootlog.ts';
import {
  complain,
  EX_IOERR,
  EX_SOFTWARE,
  EX_UNAVAILABLE,
  EX_USAGE,
  messageOf,
  outputFailed,
  printable,
  SIGNALLED,
} from './exits.ts';
import { parse } from './grammar.ts';
import { HostInput } from './hostio.ts';
import { type Input, LINE_MAX, streamInput, textInput } from './input.ts';
import { Shell, type ShellKind } from './shell.ts';
import { terminalInput } from './terminal.ts';
import type { List } from './tree.ts';

export interface ShOptions {
  readonly verbose: boolean;
  /** Run these lines instead of standard input's. */
  readonly commands: string | undefined;
  readonly ncpu: number | undefined;
  readonly hostname: string | undefined;
  /** Boot on a simulated host with this seed. */
  readonly seed: string | undefined;
}

/** Most lines that quotes and backslashes may join. Each is looked at again with every further one. */
const JOINED_MAX = 1000;
/** Status of a line that cannot be parsed, as sh(1) has it. */
const SYNTAX = 2;

/** @returns the exit status of the command */
export async function sh(options: ShOptions): Promise<number> {
  process.stdout.on('error', outputFailed);
  // Nobody is left to tell.
  process.stderr.on('error', () => {});
  if (options.commands === undefined && fstatSync(0).isDirectory()) {
    complain('standard input is a directory');
    return EX_IOERR;
  }
  try {
    return await new Session(options).run();
  } catch (error) {
    complain(messageOf(error));
    return error instanceof BootOptionError ? EX_USAGE : EX_UNAVAILABLE;
  }
}

class Session {
  readonly #options: ShOptions;
  readonly #input: Input;
  /** What programs read, when the commands do not come from there. */
  readonly #stdin = new HostInput();
  #kernel: Kernel;
  #shell: Shell;
  #interrupted = false;

  constructor(options: ShOptions) {
    this.#options = options;
    this.#kernel = this.#boot();
    this.#shell = new Shell(this.#kernel, this.#kind());
    this.#input = this.#openInput();
  }

  async run(): Promise<number> {
    const stuck = (): void => this.#stuck();
    process.on('beforeExit', stuck);
    try {
      return await this.#lines();
    } finally {
      process.off('beforeExit', stuck);
      this.#input.close();
      this.#stdin.end();
      if (this.#kernel.running) {
        this.#shell.exit();
        this.#kernel.halt();
      }
    }
  }

  async #lines(): Promise<number> {
    for (;;) {
      const list = await this.#read();
      if (this.#interrupted) {
        return SIGNALLED + constants.SIGINT;
      }
      if (list === null) {
        return this.#shell.status;
      }
      await this.#shell.execute(list);
      if (!this.#kernel.running && this.#kernel.dead !== 'rebooted') {
        return this.#afterDeath();
      }
      if (!this.#kernel.running) {
        this.#kernel = this.#boot();
        this.#shell = new Shell(this.#kernel, this.#kind());
      } else if (!this.#shell.alive) {
        return this.#shell.status;
      }
    }
  }

  /** A halt is what was asked for; everything else is a fault. */
  #afterDeath(): number {
    const { dead } = this.#kernel;
    if (dead === 'halted') {
      return 0;
    }
    complain(printable(dead));
    return EX_SOFTWARE;
  }

  /** The commands of the next line, and of those that continue it. Null at the end of the input. */
  async #read(): Promise<List | null> {
    let text = '';
    let open: string | null = null;
    for (let lines = 1; ; lines++) {
      const line = await this.#input.next(open === null ? 'ready' : 'more');
      if (line.kind === 'end') {
        return open === null ? null : this.#refuse(`${open} is not closed at the end of the input`, null);
      }
      if (line.kind === 'interrupted') {
        this.#shell.status = SIGNALLED + constants.SIGINT;
        return [];
      }
      if (line.kind === 'bad') {
        return this.#refuse(line.reason, line.fatal ? null : []);
      }
      text = open === null ? line.text : `${text}\n${line.text}`;
      const parsed = parse(text);
      if (parsed.kind === 'list') {
        return parsed.list;
      }
      if (parsed.kind === 'error') {
        return this.#refuse(printable(parsed.message), []);
      }
      if (lines === JOINED_MAX || text.length > LINE_MAX) {
        return this.#refuse(`${parsed.open} is not closed after ${lines} lines`, null);
      }
      ({ open } = parsed);
    }
  }

  #refuse<T>(message: string, result: T): T {
    complain(message);
    this.#shell.status = SYNTAX;
    return result;
  }

  #kind(): ShellKind {
    const { isTTY } = process.stdin;
    return this.#options.commands === undefined && isTTY && process.stdout.isTTY ? 'interactive' : 'script';
  }

  #openInput(): Input {
    const { commands } = this.#options;
    if (this.#kind() === 'interactive') {
      return terminalInput({
        histfile: process.env['RUMP_HISTFILE'],
        interrupt: () => this.#shell.interrupt(),
      });
    }
    const input = commands === undefined ? streamInput(process.stdin) : textInput(commands);
    // Not at a prompt, Ctrl-C ends the program in the foreground and then the shell, as it does in sh(1).
    process.on('SIGINT', () => {
      this.#interrupted = true;
      this.#shell.interrupt();
      input.close();
    });
    return input;
  }

  #boot(): Kernel {
    const { verbose, ncpu, hostname, seed, commands } = this.#options;
    const kernel = boot({
      ...(verbose ? { verbose } : {}),
      ...(seed === undefined
        ? {}
        : { host: simulatedHost({ seed, console: (text) => void process.stdout.write(text) }) }),
      ...(commands === undefined ? {} : { stdin: this.#stdin }),
      ncpu,
      hostname,
    });
    if (verbose) {
      process.stdout.write(bootReport(kernel.bootlog));
    }
    return kernel;
  }

  /** The host has nothing left to do, and yet the shell waits: its process was stopped. */
  #stuck(): void {
    complain('the shell sleeps, and nobody is left to wake it');
    process.exit(EX_SOFTWARE);
  }
}
