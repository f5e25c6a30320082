/** NetBSD: sleep(1). */
import { getopt, UsageError } from '../getopt.ts';
import type { Program } from '../program.ts';

/** Longest sleep, seconds: 68 years. Virtual time would take its time to get further. */
const SEC_MAX = 0x7fffffff;

/** Seconds and nanoseconds of a decimal number, exactly. @throws UsageError */
export function timespecOf(text: string): { sec: number; nsec: number } {
  const match = /^(\d*)(?:\.(\d*))?$/.exec(text);
  const [, whole = '', fraction = ''] = match ?? [];
  if (match === null || whole + fraction === '') {
    throw new UsageError(`${text}: not a number of seconds`);
  }
  const sec = Number(whole);
  if (sec > SEC_MAX) {
    throw new UsageError(`${text}: too long`);
  }
  return { sec, nsec: Number(fraction.slice(0, 9).padEnd(9, '0')) };
}

export const sleep: Program = {
  name: 'sleep',
  synopsis: 'seconds',
  summary: 'wait; fractions are welcome',
  runs: 'child',
  async main(self, args) {
    const { operands } = getopt(args, '');
    const [seconds] = operands;
    if (seconds === undefined || operands.length > 1) {
      throw new UsageError(seconds === undefined ? 'no number of seconds' : 'more than one number');
    }
    await self.sys.nanosleep(timespecOf(seconds));
    return 0;
  },
};
