/** NetBSD: dmesg(8). */
import { constants } from '../../api/index.ts';
import { getopt, UsageError } from '../getopt.ts';
import type { Program } from '../program.ts';
import { sysctlText } from '../sysctl.ts';

const { CTL_KERN, KERN_MSGBUF } = constants;

export const dmesg: Program = {
  name: 'dmesg',
  synopsis: '',
  summary: "the kernel's messages since boot",
  runs: 'child',
  async main(self, args) {
    if (getopt(args, '').operands.length > 0) {
      throw new UsageError('no operands, please');
    }
    await self.out(await sysctlText(self, [CTL_KERN, KERN_MSGBUF]));
    return 0;
  },
};
