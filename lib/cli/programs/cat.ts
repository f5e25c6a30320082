/** NetBSD: cat(1). */
import { forEachOperand, piecesOf } from '../files.ts';
import { getopt } from '../getopt.ts';
import type { Program } from '../program.ts';

export const cat: Program = {
  name: 'cat',
  synopsis: '[file ...]',
  summary: 'copy files, or standard input, to standard output',
  runs: 'child',
  async main(self, args) {
    const { operands } = getopt(args, '');
    return forEachOperand(self, operands.length === 0 ? ['-'] : operands, async (path) => {
      for await (const piece of piecesOf(self, path)) {
        await self.out(piece);
      }
    });
  },
};
