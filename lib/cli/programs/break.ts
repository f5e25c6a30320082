/** NetBSD: sh(1), break, continue, read, unset and the colon. */
import { getopt, UsageError } from '../getopt.ts';
import type { Program, Self } from '../program.ts';

const NEWLINE = 10;
const BACKSLASH = 92;

function leaving(name: 'break' | 'continue', summary: string): Program {
  return {
    name,
    synopsis: '[loops]',
    summary,
    runs: 'shell',
    async main(self, args) {
      const [count = '1', ...more] = getopt(args, '').operands;
      if (more.length > 0 || !/^\d{1,9}$/.test(count) || Number(count) === 0) {
        throw new UsageError(`${more[0] ?? count}: not a number of loops`);
      }
      self.loops.leave(name, Number(count));
      return 0;
    },
  };
}

export const breakProgram = leaving('break', 'leave the loop, or as many');
export const continueProgram = leaving('continue', 'go on with the next round of the loop');

export const colon: Program = {
  name: ':',
  synopsis: '[word ...]',
  summary: 'nothing, after the words have been expanded',
  runs: 'shell',
  main: async () => 0,
};

export const unset: Program = {
  name: 'unset',
  synopsis: 'name ...',
  summary: 'forget variables',
  runs: 'shell',
  async main(self, args) {
    for (const name of getopt(args, '').operands) {
      self.variables.delete(nameOf(name));
    }
    return 0;
  },
};

/** @throws UsageError */
function nameOf(text: string): string {
  if (!/^[A-Za-z_]\w*$/.test(text)) {
    throw new UsageError(`${text}: not a name`);
  }
  return text;
}

/** A character, and whether a backslash was before it. */
interface Char {
  readonly byte: number;
  readonly escaped: boolean;
}

/**
 * A line of standard input. Not a byte more is taken, because the next belongs to whoever reads then.
 * @param raw backslashes are characters as others are
 */
async function lineOf(
  self: Self,
  raw: 'raw' | 'escapes',
): Promise<{ chars: Char[]; ended: 'newline' | 'input' }> {
  const chars: Char[] = [];
  const byte = new Uint8Array(1);
  for (let escaped = false; (await self.sys.read(0, byte)) > 0; ) {
    const [value] = byte as unknown as [number];
    if (value === NEWLINE && !escaped) {
      return { chars, ended: 'newline' };
    }
    if (value === BACKSLASH && !escaped && raw === 'escapes') {
      escaped = true;
      continue;
    }
    if (value !== NEWLINE) {
      chars.push({ byte: value, escaped });
    }
    escaped = false;
  }
  return { chars, ended: 'input' };
}

const isBlank = ({ byte, escaped }: Char): boolean => !escaped && (byte === 32 || byte === 9);

/** Cut into as many words as there are names; the last is what is left. */
function cut(chars: readonly Char[], count: number): string[] {
  let at = 0;
  const skip = (blank: boolean): void => {
    while (at < chars.length && isBlank(chars[at] as Char) === blank) {
      at++;
    }
  };
  const text = (part: readonly Char[]): string => Buffer.from(part.map(({ byte }) => byte)).toString();
  const words: string[] = [];
  while (words.length < count - 1) {
    skip(true);
    const start = at;
    skip(false);
    words.push(text(chars.slice(start, at)));
  }
  skip(true);
  return [...words, text(chars.slice(at, chars.findLastIndex((char) => !isBlank(char)) + 1))];
}

export const read: Program = {
  name: 'read',
  synopsis: '[-r] name ...',
  summary: 'a line of standard input, its words as variables (-r: backslashes are no escapes)',
  runs: 'shell',
  async main(self, args) {
    const { options, operands } = getopt(args, 'r');
    const names = operands.map(nameOf);
    if (names.length === 0) {
      throw new UsageError('no name');
    }
    const { chars, ended } = await lineOf(self, options.has('r') ? 'raw' : 'escapes');
    for (const [i, word] of cut(chars, names.length).entries()) {
      self.variables.set(names[i] as string, word);
    }
    return ended === 'newline' ? 0 : 1;
  },
};
