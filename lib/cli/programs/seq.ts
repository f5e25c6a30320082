/** NetBSD: seq(1), for integers. */
import { HelpWanted, UsageError } from '../getopt.ts';
import type { Program } from '../program.ts';

/** Characters written at a time. */
const BATCH = 16_384;

/** @throws UsageError */
function integer(text: string): number {
  const value = /^[+-]?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) {
    throw new UsageError(`${text}: not an integer`);
  }
  return value;
}

export const seq: Program = {
  name: 'seq',
  synopsis: '[first [increment]] last',
  summary: 'count',
  runs: 'child',
  async main(self, args) {
    if (args[0] === '--help') {
      throw new HelpWanted();
    }
    // What begins with a dash is a negative number here.
    const [last, first = 1, ...more] = [args.at(-1), ...args.slice(0, -1)].map((arg) =>
      arg === undefined ? undefined : integer(arg),
    );
    if (last === undefined || more.length > 1) {
      throw new UsageError(last === undefined ? 'no last number' : 'more than three numbers');
    }
    const [step = first <= last ? 1 : -1] = more;
    if (step === 0 || Math.sign(step) * Math.sign(last - first) < 0) {
      throw new UsageError(step === 0 ? 'the increment is 0' : `${last} is not reached by steps of ${step}`);
    }
    let batch = '';
    for (let n = first; step > 0 ? n <= last : n >= last; n += step) {
      batch += `${n}\n`;
      if (batch.length >= BATCH) {
        await self.out(batch);
        batch = '';
      }
    }
    await self.out(batch);
    return 0;
  },
};
