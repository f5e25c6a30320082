/**
 * The life of a process that the shell forks: its descriptors are put in place, its program runs, it exits.
 */
import { constants, type Proc, SIGSET_EMPTY } from '../api/index.ts';
import { complain, messageOf, printable } from './exits.ts';
import { type Program, runMain, type Self } from './program.ts';
import { RedirectError, redirect } from './redirect.ts';
import type { Redirect } from './words.ts';

const { SIG_DFL } = constants;

/** Exit statuses of sh(1). */
export const NOT_FOUND = 127;
export const FAILED = 2;

export interface Stage {
  readonly program: Program;
  readonly args: readonly string[];
  readonly redirects: readonly Redirect<string>[];
}

/** Which descriptors lead to the neighbours in a pipeline. */
export interface Plumbing {
  /** Becomes standard input. */
  readonly input: number | null;
  /** Becomes standard output. */
  readonly output: number | null;
  /** The end of the next pipe that the next stage has. */
  readonly unused: number | null;
}

/** What stands for a program that does not exist. */
export function notFound(name: string): Program {
  return {
    name,
    synopsis: '',
    summary: 'not found',
    runs: 'child',
    async main() {
      complain(`${printable(name) || "''"}: not found`);
      return NOT_FOUND;
    },
  };
}

/** What stands for a command whose words expanded to none. */
export function nothing(status: number): Program {
  return { name: '', synopsis: '', summary: 'nothing', runs: 'child', main: async () => status };
}

/** Run a stage in its process, which may be killed at any time. `defaults`: signals the shell ignores. */
export async function runStage(
  self: Self,
  stage: Stage,
  plumbing: Plumbing,
  defaults: readonly number[],
): Promise<void> {
  let status = FAILED;
  try {
    // The shell goes to sleep first: that is what ps shall see.
    await self.sys.sched_yield();
    await takeDefaults(self.proc, defaults);
    await plumb(self.proc, plumbing);
    await redirect(self.sys, stage.redirects);
    status = await runMain(self, stage.args);
  } catch (error) {
    // Unless it was killed, its own complaint could not be written.
    status = error instanceof RedirectError ? FAILED : 1;
    complainOf(self, error);
  }
  try {
    await self.sys.exit(status);
  } catch (error) {
    complainOf(self, error);
  }
}

/** The signals that the shell takes in its own way end a program again. @throws SysError ESRCH */
export async function takeDefaults(
  { promises: sys }: Pick<Proc, 'promises'>,
  signals: readonly number[],
): Promise<void> {
  for (const signo of signals) {
    await sys.sigaction(signo, { handler: SIG_DFL, mask: SIGSET_EMPTY, flags: 0 });
  }
}

async function plumb(
  { promises: sys }: Pick<Proc, 'promises'>,
  { input, output, unused }: Plumbing,
): Promise<void> {
  if (input !== null) {
    await sys.dup2(input, 0);
    await sys.close(input);
  }
  if (output !== null) {
    await sys.dup2(output, 1);
    await sys.close(output);
  }
  if (unused !== null) {
    await sys.close(unused);
  }
}

/** What ended a program is known from its status; what did not end it is said here. */
function complainOf({ proc, program }: Self, error: unknown): void {
  if (proc.alive) {
    complain(`${printable(program.name)}: ${messageOf(error)}`);
  }
}
