/** NetBSD: cat(1). */
import { getopt, UsageError } from '../getopt.ts';
import type { Program } from '../program.ts';
import { pieces } from '../stdin.ts';

export const cat: Program = {
  name: 'cat',
  synopsis: '',
  summary: 'copy standard input to standard output',
  runs: 'child',
  async main(self, args) {
    if (getopt(args, '').operands.some((operand) => operand !== '-')) {
      throw new UsageError('there are no files yet');
    }
    for await (const piece of pieces(self)) {
      await self.out(piece);
    }
    return 0;
  },
};
