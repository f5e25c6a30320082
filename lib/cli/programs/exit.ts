/** NetBSD: sh(1), exit(2). */
import { UsageError } from '../getopt.ts';
import type { Program } from '../program.ts';

export const exit: Program = {
  name: 'exit',
  synopsis: '[status]',
  summary: 'leave the shell, as the end of the input does',
  runs: 'shell',
  async main(self, args) {
    const [status = String(self.lastStatus)] = args;
    if (args.length > 1 || !/^\d{1,9}$/.test(status)) {
      throw new UsageError(args.length > 1 ? 'one status' : `${status}: not a number`);
    }
    await self.sys.exit(Number(status) & 0xff);
    return 0;
  },
};
