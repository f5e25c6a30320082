/** NetBSD: grep(1), as with -F: the pattern is text, not an expression. */
import { getopt, UsageError } from '../getopt.ts';
import type { Program } from '../program.ts';
import { lines } from '../stdin.ts';

/** Exit status when nothing is found. */
const NONE = 1;

/** Lower case of the letters A to Z; all else stays. */
function folded(line: Buffer): Buffer {
  return Buffer.from(line).map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte)) as Buffer;
}

export const grep: Program = {
  name: 'grep',
  synopsis: '[-Fcinqvx] text',
  summary: 'the lines of standard input that have the text in them, -v: have not',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 'Fcinqvx');
    const [text, ...files] = operands;
    if (text === undefined || files.length > 0) {
      throw new UsageError(text === undefined ? 'no text to look for' : 'there are no files yet');
    }
    const fold = options.has('i') ? folded : (line: Buffer) => line;
    const wanted = fold(Buffer.from(text));
    let found = 0;
    let number = 0;
    for await (const whole of lines(self)) {
      let batch = '';
      for (const line of whole) {
        number++;
        const candidate = fold(line);
        if ((options.has('x') ? candidate.equals(wanted) : candidate.includes(wanted)) === options.has('v')) {
          continue;
        }
        found++;
        // One character for each byte, whatever it means.
        batch += `${options.has('n') ? `${number}:` : ''}${line.toString('latin1')}\n`;
      }
      if (options.has('q') && found > 0) {
        return 0;
      }
      if (!options.has('c') && !options.has('q')) {
        await self.out(Buffer.from(batch, 'latin1'));
      }
    }
    if (options.has('c')) {
      await self.out(`${found}\n`);
    }
    return found > 0 ? 0 : NONE;
  },
};
