/** NetBSD: uname(1). */
import { constants } from '../../api/index.ts';
import { getopt, UsageError } from '../getopt.ts';
import type { Program } from '../program.ts';
import { sysctlText } from '../sysctl.ts';

const { CTL_HW, CTL_KERN, HW_MACHINE, HW_MACHINE_ARCH } = constants;
const { KERN_HOSTNAME, KERN_OSRELEASE, KERN_OSTYPE, KERN_VERSION } = constants;

/** Option letters in the order of output, and where the value is. */
const FIELDS: readonly (readonly [letter: string, mib: readonly number[]])[] = [
  ['s', [CTL_KERN, KERN_OSTYPE]],
  ['n', [CTL_KERN, KERN_HOSTNAME]],
  ['r', [CTL_KERN, KERN_OSRELEASE]],
  ['v', [CTL_KERN, KERN_VERSION]],
  ['m', [CTL_HW, HW_MACHINE]],
  ['p', [CTL_HW, HW_MACHINE_ARCH]],
];

export const uname: Program = {
  name: 'uname',
  synopsis: '[-amnprsv]',
  summary: 'what kernel this is',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 'amnprsv');
    if (operands.length > 0) {
      throw new UsageError(`unexpected argument ${operands[0]}`);
    }
    const letters = new Set(options.size === 0 ? 's' : options.keys());
    if (letters.has('a')) {
      for (const letter of 'mnrsv') {
        letters.add(letter);
      }
    }
    const values: string[] = [];
    for (const [letter, mib] of FIELDS) {
      if (letters.has(letter)) {
        values.push(await sysctlText(self, mib));
      }
    }
    // The version has several lines.
    await self.out(`${values.map((value) => value.trim().replace(/\s+/g, ' ')).join(' ')}\n`);
    return 0;
  },
};
