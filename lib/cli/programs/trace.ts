/** NetBSD: ktrace(1), ktruss(1), sh(1). */
import { writeFileSync } from 'node:fs';
import { messageOf, printable } from '../exits.ts';
import { getopt, UsageError } from '../getopt.ts';
import type { Program } from '../program.ts';
import { ofChildren, traceText } from '../tracetext.ts';
import { quote } from '../words.ts';

/** Exit status when the trace could not be kept. */
const EX_CANTCREAT = 73;

export const trace: Program = {
  name: 'trace',
  synopsis: '[-o file] command [argument ...] | [-o file] -c commands',
  summary: 'run commands and show their system calls (-o: to a file of the host, for Chrome or Perfetto)',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 'c:o:');
    const commands = options.get('c');
    if ((commands === undefined) === (operands.length === 0)) {
      throw new UsageError(commands === undefined ? 'no command' : 'a command or -c');
    }
    const kept = self.kernel.trace();
    let status: number;
    try {
      status = await self.run(commands ?? operands.map(quote).join(' '));
    } finally {
      kept.stop();
    }
    if (kept.dropped > 0) {
      await self.err(`the first ${kept.dropped} events are lost`);
    }
    const file = options.get('o');
    if (file === undefined) {
      await self.complain(traceText(ofChildren(kept.events, self.proc.pid)));
      return status;
    }
    try {
      writeFileSync(file, kept.toChrome());
    } catch (error) {
      await self.err(`${printable(file)}: ${messageOf(error)}`);
      return EX_CANTCREAT;
    }
    return status;
  },
};

export const shell: Program = {
  name: 'sh',
  synopsis: '-c commands',
  summary: 'run commands in a process of their own',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 'c:');
    const commands = options.get('c');
    if (commands === undefined || operands.length > 0) {
      throw new UsageError(commands === undefined ? 'no commands' : `unexpected argument ${operands[0]}`);
    }
    return await self.run(commands);
  },
};
