/**
 * `rump ctl trace`: what happens in the kernel of a server, as it happens.
 *
 * NetBSD: ktrace(1), kdump(1).
 */
import { constants, type TraceEvent } from '../api/index.ts';
import { getopt, UsageError } from './getopt.ts';
import type { Program, Self } from './program.ts';
import { TraceLines } from './tracetext.ts';

const DEVICE = '/dev/ktrace';
const CHUNK = 65_536;

/** Columns of process numbers and commands: what comes later is not known. */
const PIDS = 5;
const COMMS = 8;

/** What the device says: events, and how many of them it had no room for. */
type Told = TraceEvent | { readonly type: 'lost'; readonly count: number };

/** The device's lines, as they come. @throws SysError */
async function* linesOf(self: Self): AsyncGenerator<string, undefined> {
  const fd = await self.sys.open(DEVICE, constants.O_RDONLY);
  const bytes = new Uint8Array(CHUNK);
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const length = await self.sys.read(fd, bytes);
      const lines = `${rest}${decoder.decode(bytes.subarray(0, length), { stream: true })}`.split('\n');
      rest = lines.pop() as string;
      yield* lines;
    }
  } finally {
    if (self.proc.alive) {
      await self.sys.close(fd);
    }
  }
}

/** Bytes are written as digits. */
function revived(_key: string, value: unknown): unknown {
  if (typeof value === 'object' && value !== null && 'hex' in value && typeof value.hex === 'string') {
    return new Uint8Array(Buffer.from(value.hex, 'hex'));
  }
  return value;
}

function numberOf(options: ReadonlyMap<string, string>, letter: string): number | null {
  const text = options.get(letter);
  if (text !== undefined && !/^[1-9]\d{0,9}$/.test(text)) {
    throw new UsageError(`-${letter} ${text}: not a number`);
  }
  return text === undefined ? null : Number(text);
}

export const traceServer: Program = {
  name: 'trace',
  synopsis: '[-j] [-n count] [-p pid]',
  summary: 'show what processes do (-j: as JSON, -n: so many lines, -p: one process)',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 'jn:p:');
    if (operands.length > 0) {
      throw new UsageError('no operands, please');
    }
    const pid = numberOf(options, 'p');
    let left = numberOf(options, 'n') ?? Number.POSITIVE_INFINITY;
    const text = new TraceLines(PIDS, COMMS);
    for await (const line of linesOf(self)) {
      const event = JSON.parse(line, revived) as Told;
      if (event.type === 'lost') {
        await self.err(`${event.count} events are lost`);
        continue;
      }
      if (pid !== null && event.pid !== pid) {
        continue;
      }
      for (const shown of options.has('j') ? [`${line}\n`] : text.of(event)) {
        await self.out(shown);
        left--;
        if (left === 0) {
          return 0;
        }
      }
    }
    return 0;
  },
};
