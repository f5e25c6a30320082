/** NetBSD: echo(1). */
import type { Program } from '../program.ts';

export const echo: Program = {
  name: 'echo',
  synopsis: '[-n] [word ...]',
  summary: 'write the words ($? is the status of the command before)',
  runs: 'child',
  async main(self, args) {
    const [first] = args;
    await self.out(first === '-n' ? args.slice(1).join(' ') : `${args.join(' ')}\n`);
    return 0;
  },
};
