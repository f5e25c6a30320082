/** NetBSD: cd and umask of sh(1); pwd(1). */
import { getopt, UsageError } from '../getopt.ts';
import type { Program } from '../program.ts';

export const cd: Program = {
  name: 'cd',
  synopsis: '[directory]',
  summary: 'go to another directory, or to /',
  runs: 'shell',
  async main(self, args) {
    const { operands } = getopt(args, '');
    if (operands.length > 1) {
      throw new UsageError('too many directories');
    }
    await self.sys.chdir(operands[0] ?? '/');
    return 0;
  },
};

export const pwd: Program = {
  name: 'pwd',
  synopsis: '',
  summary: 'the directory one is in',
  runs: 'child',
  async main(self, args) {
    getopt(args, '');
    await self.out(`${await self.sys.getcwd()}\n`);
    return 0;
  },
};

export const umask: Program = {
  name: 'umask',
  synopsis: '[mask]',
  summary: 'the bits that new files do not get',
  runs: 'shell',
  async main(self, args) {
    const [mask, ...more] = getopt(args, '').operands;
    if (more.length > 0 || (mask !== undefined && !/^[0-7]{1,4}$/.test(mask))) {
      throw new UsageError(`${mask}: not a mask`);
    }
    if (mask !== undefined) {
      await self.sys.umask(Number.parseInt(mask, 8));
      return 0;
    }
    const now = await self.sys.umask(0);
    await self.sys.umask(now);
    await self.out(`${now.toString(8).padStart(4, '0')}\n`);
    return 0;
  },
};
