/** Processes at work: children that sleep, exit and are killed, and a parent that waits for them all. */
import { constants, type Proc } from '../../api/index.ts';
import { getopt, UsageError } from '../getopt.ts';
import type { Program, Self } from '../program.ts';

const { SIGTERM, signame, WEXITSTATUS, WIFSIGNALED, WTERMSIG } = constants;

interface Child {
  /** How long it sleeps, milliseconds. Null: until somebody ends it. */
  readonly sleepMs: number | null;
  readonly status: number;
}

const CHILDREN: readonly Child[] = [
  { sleepMs: 300, status: 3 },
  { sleepMs: 100, status: 0 },
  { sleepMs: null, status: 0 },
  { sleepMs: 200, status: 42 },
];

/** What the child does. It ends in exit(2), or in the middle of its sleep by a signal. */
async function work(self: Proc, { sleepMs, status }: Child): Promise<void> {
  const time = sleepMs === null ? { sec: 1_000_000, nsec: 0 } : { sec: 0, nsec: sleepMs * 1_000_000 };
  try {
    await self.promises.nanosleep(time);
    await self.promises.exit(status);
  } catch (error) {
    if (self.alive) {
      throw error;
    }
  }
}

function fate(status: number): string {
  return WIFSIGNALED(status)
    ? `was killed by ${signame(WTERMSIG(status))}`
    : `exited with status ${WEXITSTATUS(status)}`;
}

/** Wait for the next child. @throws SysError */
async function collect(self: Self): Promise<number> {
  const { pid, status } = await self.sys.wait4(-1, 0);
  await self.out(`wait4: ${pid} ${fate(status)}\n`);
  return pid;
}

export const forkDemo: Program = {
  name: 'fork-demo',
  synopsis: '',
  summary: 'fork children that sleep, exit and are killed; wait for all',
  runs: 'child',
  async main(self, args) {
    if (getopt(args, '').operands.length > 0) {
      throw new UsageError('no operands, please');
    }
    const running: Promise<void>[] = [];
    let sleeper = 0;
    for (const child of CHILDREN) {
      const proc = await self.fork();
      const plan =
        child.sleepMs === null ? 'sleeps until killed' : `sleeps ${child.sleepMs} ms, exits ${child.status}`;
      await self.out(`fork: ${proc.pid} ${plan}\n`);
      if (child.sleepMs === null) {
        sleeper = proc.pid;
      }
      running.push(work(proc, child));
    }
    for (let left = CHILDREN.length; left > 0; left--) {
      if (left === 1) {
        await self.out(`kill: SIGTERM to ${sleeper}\n`);
        await self.sys.kill(sleeper, SIGTERM);
      }
      await collect(self);
    }
    await Promise.all(running);
    await self.out(`all ${CHILDREN.length} children are gone\n`);
    return 0;
  },
};
