/** NetBSD: hostname(1). */
import { constants } from '../../api/index.ts';
import { getopt, UsageError } from '../getopt.ts';
import type { Program } from '../program.ts';
import { sysctlText } from '../sysctl.ts';

const MIB = [constants.CTL_KERN, constants.KERN_HOSTNAME] as const;

export const hostname: Program = {
  name: 'hostname',
  synopsis: '[-s] [name]',
  summary: 'show or set the name of this host',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 's');
    const [name] = operands;
    if (operands.length > 1) {
      throw new UsageError('more than one name');
    }
    if (name === undefined) {
      const now = await sysctlText(self, MIB);
      await self.out(`${options.has('s') ? now.replace(/\..*/, '') : now}\n`);
    } else {
      await self.sys.sysctl(MIB, null, new TextEncoder().encode(name));
    }
    return 0;
  },
};
