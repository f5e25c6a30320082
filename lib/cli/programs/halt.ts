/** NetBSD: halt(8), reboot(8). */
import { constants } from '../../api/index.ts';
import { getopt, UsageError } from '../getopt.ts';
import type { Program, Self } from '../program.ts';

const { RB_AUTOBOOT, RB_HALT, RB_NOSYNC, RB_POWERDOWN } = constants;

async function stop(self: Self, args: readonly string[], howto: number): Promise<number> {
  const { options, operands } = getopt(args, 'npq');
  if (operands.length > 0) {
    throw new UsageError(`unexpected argument ${operands[0]}`);
  }
  const nosync = options.has('n') || options.has('q') ? RB_NOSYNC : 0;
  // Returns only when it is refused.
  await self.sys.reboot(howto | nosync | (options.has('p') ? RB_POWERDOWN : 0), null);
  return 0;
}

export const halt: Program = {
  name: 'halt',
  synopsis: '[-npq]',
  summary: 'stop the kernel and leave the shell; -n, -q without sync',
  runs: 'child',
  main: (self, args) => stop(self, args, RB_HALT),
};

export const reboot: Program = {
  name: 'reboot',
  synopsis: '[-npq]',
  summary: 'stop the kernel and boot a new one; -p: do not',
  runs: 'child',
  main: (self, args) => stop(self, args, RB_AUTOBOOT),
};
