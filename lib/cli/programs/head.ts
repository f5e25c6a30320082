/** NetBSD: head(1). */
import { forEachOperand, piecesOf } from '../files.ts';
import { getopt, UsageError } from '../getopt.ts';
import type { Program } from '../program.ts';

const NEWLINE = 10;

/** Index after the `count`th newline, or -1 when there are fewer: then `found` of them. */
function after(bytes: Uint8Array, count: number): { end: number; found: number } {
  let end = 0;
  for (let found = 0; found < count; found++) {
    const newline = bytes.indexOf(NEWLINE, end);
    if (newline < 0) {
      return { end: -1, found };
    }
    end = newline + 1;
  }
  return { end, found: count };
}

export const head: Program = {
  name: 'head',
  synopsis: '[-n count | -count] [file ...]',
  summary: 'the first lines of files or standard input, 10 or count',
  runs: 'child',
  async main(self, args) {
    const [first = '', ...rest] = args;
    const old = /^-(\d+)$/.exec(first)?.[1];
    const { options, operands } = getopt(old === undefined ? args : rest, old === undefined ? 'n:' : '');
    const count = old ?? options.get('n') ?? '10';
    if (!/^\d{1,15}$/.test(count) || Number(count) === 0) {
      throw new UsageError(`${count}: not a number of lines`);
    }
    const files = operands.length === 0 ? ['-'] : operands;
    return forEachOperand(self, files, async (path) => {
      if (files.length > 1) {
        await self.out(`${path === files[0] ? '' : '\n'}==> ${path} <==\n`);
      }
      let left = Number(count);
      for await (const piece of piecesOf(self, path)) {
        const { end, found } = after(piece, left);
        if (end >= 0) {
          await self.out(piece.subarray(0, end));
          return;
        }
        await self.out(piece);
        left -= found;
      }
    });
  },
};
