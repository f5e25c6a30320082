/** NetBSD: grep(1), as with -F: the pattern is text, not an expression. */
import { forEachOperand } from '../files.ts';
import { getopt, UsageError } from '../getopt.ts';
import type { Program } from '../program.ts';
import { lines } from '../stdin.ts';

/** Exit status when nothing is found. */
const NONE = 1;
/** And when a file could not be read. */
const FAILED = 2;

/** Lower case of the letters A to Z; all else stays. */
function folded(line: Buffer): Buffer {
  return Buffer.from(line).map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte)) as Buffer;
}

export const grep: Program = {
  name: 'grep',
  synopsis: '[-Fcinqvx] text [file ...]',
  summary: 'the lines of files or standard input that have the text in them, -v: have not',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 'Fcinqvx');
    const [text, ...files] = operands;
    if (text === undefined) {
      throw new UsageError('no text to look for');
    }
    const fold = options.has('i') ? folded : (line: Buffer) => line;
    const wanted = fold(Buffer.from(text));
    let found = 0;
    const sources = files.length === 0 ? ['-'] : files;
    const status = await forEachOperand(self, sources, async (path) => {
      const title = sources.length > 1 ? `${path}:` : '';
      const before = found;
      let number = 0;
      for await (const whole of lines(self, path)) {
        let batch = '';
        for (const line of whole) {
          number++;
          const candidate = fold(line);
          if (
            (options.has('x') ? candidate.equals(wanted) : candidate.includes(wanted)) === options.has('v')
          ) {
            continue;
          }
          found++;
          // One character for each byte, whatever it means.
          batch += `${title}${options.has('n') ? `${number}:` : ''}${line.toString('latin1')}\n`;
        }
        if (options.has('q') && found > 0) {
          return;
        }
        if (!options.has('c') && !options.has('q')) {
          await self.out(Buffer.from(batch, 'latin1'));
        }
      }
      if (options.has('c')) {
        await self.out(`${title}${found - before}\n`);
      }
    });
    return status > 0 ? FAILED : found > 0 ? 0 : NONE;
  },
};
