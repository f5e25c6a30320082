/** NetBSD: kill(1). */
import { constants, SysError } from '../../api/index.ts';
import { printable, SIGNALLED } from '../exits.ts';
import { HelpWanted, UsageError } from '../getopt.ts';
import type { Program, Self } from '../program.ts';

const { NSIG, SIGTERM, signame, signumber } = constants;

/** @throws UsageError */
function signalOf(text: string): number {
  const signo = /^\d+$/.test(text) ? Number(text) : signumber(text);
  if (signo === undefined || signo >= NSIG) {
    throw new UsageError(`${text}: no such signal`);
  }
  return signo;
}

/** The names of all signals, or of one by its number or by the exit status it caused. */
async function list(self: Self, status: string | undefined): Promise<number> {
  if (status === undefined) {
    const names = Array.from({ length: NSIG - 1 }, (_, i) => signame(i + 1)?.slice(3));
    await self.out(`${names.filter((name) => name !== undefined).join(' ')}\n`);
    return 0;
  }
  const number = /^\d+$/.test(status) ? Number(status) : Number.NaN;
  const name = signame(number > SIGNALLED ? number - SIGNALLED : number);
  if (name === undefined) {
    throw new UsageError(`${status}: no such signal`);
  }
  await self.out(`${name.slice(3)}\n`);
  return 0;
}

/**
 * What to send (`-9`, `-TERM`, `-s TERM`), and to whom; a negative number is a process group.
 * @throws UsageError
 */
function parse(args: readonly string[]): { signo: number; pids: readonly string[] } {
  const [first = '', second] = args;
  if (!first.startsWith('-')) {
    return { signo: SIGTERM, pids: args };
  }
  if (first === '--') {
    return { signo: SIGTERM, pids: args.slice(1) };
  }
  if (first === '-s' && second === undefined) {
    throw new UsageError('option -s needs a value');
  }
  const signo = signalOf(first === '-s' ? (second as string) : first.slice(1));
  const rest = args.slice(first === '-s' ? 2 : 1);
  return { signo, pids: rest[0] === '--' ? rest.slice(1) : rest };
}

export const kill: Program = {
  name: 'kill',
  synopsis: '[-s signal | -signal] pid ... | -l [status]',
  summary: 'send a signal to processes',
  runs: 'child',
  async main(self, args) {
    if (args[0] === '--help') {
      throw new HelpWanted();
    }
    if (args[0] === '-l') {
      return await list(self, args[1]);
    }
    const { signo, pids } = parse(args);
    if (pids.length === 0) {
      throw new UsageError('no process given');
    }
    let status = 0;
    for (const pid of pids) {
      const number = /^-?\d{1,9}$/.test(pid) ? Number(pid) : null;
      try {
        if (number === null) {
          throw new UsageError('not a process number');
        }
        await self.sys.kill(number, signo);
      } catch (error) {
        if (!(error instanceof SysError || error instanceof UsageError) || !self.proc.alive) {
          throw error;
        }
        await self.err(`${printable(pid)}: ${error instanceof SysError ? error.strerror : error.message}`);
        status = 1;
      }
    }
    return status;
  },
};
