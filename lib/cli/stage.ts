/**
 * The life of a process that the shell forks: its descriptors are put in place, its program runs, it exits.
 */
import { constants, type Proc, SIGSET_EMPTY } from '../api/index.ts';
import { complain, messageOf, printable } from './exits.ts';
import { ExpansionError } from './expand.ts';
import type { Program } from './program.ts';
import { RedirectError } from './redirect.ts';

const { SIG_DFL } = constants;

/** Exit statuses of sh(1). */
export const NOT_FOUND = 127;
export const FAILED = 2;

export interface Stage {
  /** What its process is called until it knows better. */
  readonly name: string;
  /** What it does. @returns its status. @throws SysError RedirectError ExpansionError KernelDead */
  readonly run: (proc: Proc) => Promise<number>;
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

/** Run a stage in its process, which may be killed at any time. `defaults`: signals the shell ignores. */
export async function runStage(
  proc: Proc,
  stage: Stage,
  plumbing: Plumbing,
  defaults: readonly number[],
): Promise<void> {
  let status = FAILED;
  try {
    // The shell goes to sleep first: that is what ps shall see.
    await proc.promises.sched_yield();
    await takeDefaults(proc, defaults);
    await plumb(proc, plumbing);
    status = await stage.run(proc);
  } catch (error) {
    // Unless it was killed, its own complaint could not be written.
    status = error instanceof RedirectError || error instanceof ExpansionError ? FAILED : 1;
    complainOf(proc, error);
  }
  try {
    if (proc.alive) {
      await proc.promises.exit(status);
    }
  } catch (error) {
    complainOf(proc, error);
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
function complainOf(proc: Proc, error: unknown): void {
  if (proc.alive) {
    const who = error instanceof ExpansionError ? '' : `${printable(proc.comm) || "''"}: `;
    complain(`${who}${messageOf(error)}`);
  }
}
