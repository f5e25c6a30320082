/** NetBSD: wc(1). */
import { getopt, UsageError } from '../getopt.ts';
import type { Program } from '../program.ts';
import { pieces } from '../stdin.ts';

const NEWLINE = 10;
const SPACE = 32;

/** The six of isspace(3): tab to carriage return, and the blank. */
function isSpace(byte: number): boolean {
  return byte === SPACE || (byte >= 9 && byte <= 13);
}

export const wc: Program = {
  name: 'wc',
  synopsis: '[-clw]',
  summary: 'count the lines, words and bytes of standard input',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 'clw');
    if (operands.length > 0) {
      throw new UsageError('there are no files yet');
    }
    const counts = { l: 0, w: 0, c: 0 };
    let before = SPACE;
    for await (const piece of pieces(self)) {
      counts.c += piece.length;
      for (const byte of piece) {
        if (byte === NEWLINE) {
          counts.l++;
        }
        if (isSpace(before) && !isSpace(byte)) {
          counts.w++;
        }
        before = byte;
      }
    }
    const letters = (['l', 'w', 'c'] as const).filter((c) => options.size === 0 || options.has(c));
    await self.out(`${letters.map((c) => ` ${String(counts[c]).padStart(7)}`).join('')}\n`);
    return 0;
  },
};
