/** NetBSD: wc(1). */
import { forEachOperand, piecesOf } from '../files.ts';
import { getopt } from '../getopt.ts';
import type { Program, Self } from '../program.ts';

const NEWLINE = 10;
const SPACE = 32;

/** The six of isspace(3): tab to carriage return, and the blank. */
function isSpace(byte: number): boolean {
  return byte === SPACE || (byte >= 9 && byte <= 13);
}

export const wc: Program = {
  name: 'wc',
  synopsis: '[-clw] [file ...]',
  summary: 'count the lines, words and bytes of files or standard input',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 'clw');
    const letters = (['l', 'w', 'c'] as const).filter((c) => options.size === 0 || options.has(c));
    const line = (counts: Counts, name: string): string =>
      `${letters.map((c) => ` ${String(counts[c]).padStart(7)}`).join('')}${name === '' ? '' : ` ${name}`}\n`;
    const total = { l: 0, w: 0, c: 0 };
    const status = await forEachOperand(self, operands.length === 0 ? ['-'] : operands, async (path) => {
      const counts = await count(self, path);
      for (const letter of ['l', 'w', 'c'] as const) {
        total[letter] += counts[letter];
      }
      await self.out(line(counts, operands.length === 0 ? '' : path));
    });
    if (operands.length > 1) {
      await self.out(line(total, 'total'));
    }
    return status;
  },
};

interface Counts {
  l: number;
  w: number;
  c: number;
}

async function count(self: Self, path: string): Promise<Counts> {
  const counts = { l: 0, w: 0, c: 0 };
  let before = SPACE;
  for await (const piece of piecesOf(self, path)) {
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
  return counts;
}
