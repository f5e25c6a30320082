/** The commands there are. */
import { printable } from '../exits.ts';
import { type Program, usageOf } from '../program.ts';

const NOTES = `words may be quoted ('..', "..", \\x); ; && || join commands, | their output and input
# begins a comment; & puts commands into the background; x=1 sets $x; $(..) is what commands print
2>&1, > and < redirect; * ? [..] are names of files; if, while, for, case, (..) and {..} are as in sh(1)
`;

export const help: Program = {
  name: 'help',
  synopsis: '[command]',
  summary: 'what commands there are',
  runs: 'child',
  async main(self, args) {
    const [name] = args;
    if (name !== undefined && name !== '--help') {
      const program = self.programs.find((p) => p.name === name);
      if (program === undefined) {
        await self.err(`${printable(name)}: no such command`);
        return 1;
      }
      await self.out(`${usageOf(program)}\n${program.summary}\n`);
      return 0;
    }
    const rows = self.programs.map((p) => [`${p.name} ${p.synopsis}`.trimEnd(), p.summary] as const);
    const width = Math.max(...rows.map(([call]) => call.length));
    await self.out(rows.map(([call, summary]) => `${call.padEnd(width)}  ${summary}\n`).join(''));
    await self.out(NOTES);
    return 0;
  },
};
