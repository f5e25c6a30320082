/** The real command, as it is installed, as a child process. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const MAIN = fileURLToPath(new URL('../../bundle/rump.js', import.meta.url));

/** No RUMP_* variables of whoever runs the tests. */
export const ENV: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('RUMP_') && name !== 'NODE_OPTIONS'),
);

export interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Run `rump` with `args` and `input` to its end. */
export function rump(args: readonly string[], input: string | Uint8Array = ''): Result {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    input,
    env: ENV,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

/** Run lines in a shell. */
export function sh(...lines: string[]): Result {
  return rump(['sh'], `${lines.join('\n')}\n`);
}

/** A shell that is still running. */
export class Running {
  readonly child: ChildProcessWithoutNullStreams;
  /** How it ended: its status, or the name of a signal. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  stdout = '';
  stderr = '';
  #wake: () => void = () => {};

  constructor(file: string, args: readonly string[], env: NodeJS.ProcessEnv = ENV) {
    this.child = spawn(file, args, { env });
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.#wake();
    });
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    // The command may go before it has read everything.
    this.child.stdin.on('error', () => {});
    this.ended = new Promise((resolve) => {
      this.child.on('close', (status, signal) => {
        resolve(status ?? signal);
        this.#wake();
      });
    });
  }

  /**
   * Write `text`, then wait until the output since then has `expected`. @throws when the command ends before
   */
  async send(text: string, expected: string | RegExp): Promise<string> {
    const from = this.stdout.length;
    this.child.stdin.write(text);
    return await this.until(expected, from);
  }

  async until(expected: string | RegExp, from = 0): Promise<string> {
    for (;;) {
      const since = this.stdout.slice(from);
      if (typeof expected === 'string' ? since.includes(expected) : expected.test(since)) {
        return since;
      }
      if (this.child.exitCode !== null) {
        throw new Error(`ended before ${String(expected)}: ${JSON.stringify(since)} ${this.stderr}`);
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** A command started and left running. */
export function start(...args: string[]): Running {
  return new Running(process.execPath, [MAIN, ...args]);
}
