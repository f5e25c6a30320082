/** NetBSD: printf(1). */
import { UsageError } from '../getopt.ts';
import type { Program, Self } from '../program.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\',
  '"': '"',
  a: '\u0007',
  b: '\b',
  e: '\u001b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** Widest that a number or text is made. */
const WIDTH_MAX = 65_536;
const BITS = 64;

const DIRECTIVE = /%([-+ #0]*)(\d+|\*)?(?:\.(\d*|\*))?([diouxXcsb%])/y;

interface Directive {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | null;
  readonly letter: string;
}

/** Takes the arguments, one after the other. */
class Arguments {
  readonly #args: readonly string[];
  #at = 0;
  /** Something was no number. */
  readonly wrong: string[] = [];

  constructor(args: readonly string[]) {
    this.#args = args;
  }

  get taken(): number {
    return this.#at;
  }

  get left(): boolean {
    return this.#at < this.#args.length;
  }

  text(): string {
    return this.#args[this.#at++] ?? '';
  }

  /** As C writes them, or a character after a quote. */
  number(): bigint {
    const text = this.text();
    const quoted = /^['"](.)/su.exec(text)?.[1];
    if (quoted !== undefined) {
      return BigInt(quoted.codePointAt(0) as number);
    }
    const [, sign, digits] = /^\s*([-+]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)$/.exec(text) ?? [];
    if (digits === undefined) {
      if (text !== '') {
        this.wrong.push(text);
      }
      return 0n;
    }
    const value = BigInt(/^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits);
    return sign === '-' ? -value : value;
  }
}

function padded(text: string, { flags, width }: Directive): string {
  return flags.includes('-') ? text.padEnd(width) : text.padStart(width);
}

function integer(value: bigint, directive: Directive): string {
  const { flags, width, precision, letter } = directive;
  const radix = letter === 'o' ? 8 : letter === 'x' || letter === 'X' ? 16 : 10;
  const signed = letter === 'd' || letter === 'i';
  const magnitude = signed ? (value < 0n ? -value : value) : BigInt.asUintN(BITS, value);
  const mark =
    flags.includes('#') && magnitude !== 0n ? ({ 8: '0', 16: '0x' } as Record<number, string>)[radix] : '';
  const sign = signed ? (value < 0n ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '') : '';
  const digits = precision === 0 && magnitude === 0n ? '' : magnitude.toString(radix);
  const head = `${sign}${mark ?? ''}`;
  const zeros = flags.includes('0') && !flags.includes('-') && precision === null ? width - head.length : 0;
  const text = `${head}${digits.padStart(Math.max(precision ?? 0, zeros), '0')}`;
  return padded(letter === 'X' ? text.toUpperCase() : text, directive);
}

/** Set when `\c` was met: nothing more is written. */
interface Ended {
  ended: boolean;
}

/** A text with escapes: octal ones are `\0ddd` in arguments, `\ddd` in formats. */
function unescaped(text: string, octal: RegExp, state: Ended): string {
  let out = '';
  for (let at = 0; at < text.length && !state.ended; at++) {
    const c = text[at] as string;
    if (c !== '\\' || at === text.length - 1) {
      out += c;
      continue;
    }
    octal.lastIndex = at;
    const [all, digits] = octal.exec(text) ?? [];
    const next = text[++at] as string;
    if (all !== undefined) {
      out += String.fromCharCode(Number.parseInt(digits || '0', 8) & 0xff);
      at += all.length - 2;
    } else if (next === 'c' && octal === IN_ARGUMENT) {
      state.ended = true;
    } else {
      out += ESCAPES[next] ?? `\\${next}`;
    }
  }
  return out;
}

const IN_FORMAT = /\\([0-7]{1,3})/y;
const IN_ARGUMENT = /\\0?([0-7]{1,3}|(?<=0))/y;

function converted(directive: Directive, args: Arguments, state: Ended): string {
  const { precision, letter } = directive;
  switch (letter) {
    case '%':
      return '%';
    case 'c':
      return padded([...args.text()][0] ?? '', directive);
    case 's':
    case 'b': {
      const text = letter === 's' ? args.text() : unescaped(args.text(), IN_ARGUMENT, state);
      return padded(precision === null ? text : text.slice(0, precision), directive);
    }
    default:
      return integer(args.number(), directive);
  }
}

/** A width or precision, which may be an argument. */
function sizeOf(text: string | undefined, args: Arguments): number {
  const size = text === '*' ? Number(args.number()) : Number(text ?? 0);
  if (Math.abs(size) > WIDTH_MAX) {
    throw new UsageError(`${size}: wider than ${WIDTH_MAX}`);
  }
  return size;
}

/** One round through the format. @throws UsageError */
function round(format: string, args: Arguments, state: Ended): string {
  let out = '';
  for (let at = 0; at < format.length && !state.ended; ) {
    const next = format.indexOf('%', at);
    const end = next < 0 ? format.length : next;
    out += unescaped(format.slice(at, end), IN_FORMAT, state);
    at = end;
    if (next < 0) {
      break;
    }
    DIRECTIVE.lastIndex = at;
    const [all, flags = '', width, precision, letter] = DIRECTIVE.exec(format) ?? [];
    if (all === undefined || letter === undefined) {
      throw new UsageError(`${format.slice(at, at + 10)}: not a conversion`);
    }
    const wide = sizeOf(width, args);
    const directive = {
      flags: wide < 0 ? `${flags}-` : flags,
      width: Math.abs(wide),
      precision: precision === undefined ? null : sizeOf(precision, args),
      letter,
    };
    out += converted(directive, args, state);
    at += all.length;
  }
  return out;
}

async function write(self: Self, format: string, args: Arguments): Promise<void> {
  const state: Ended = { ended: false };
  for (;;) {
    const { taken } = args;
    await self.out(Buffer.from(round(format, args, state), 'latin1'));
    // What takes none would go on for ever.
    if (!args.left || state.ended || args.taken === taken) {
      return;
    }
  }
}

export const printf: Program = {
  name: 'printf',
  synopsis: 'format [argument ...]',
  summary: 'write the arguments as the format says',
  runs: 'child',
  async main(self, args) {
    // A character for each byte: what escapes make need not be text.
    const bytes = args.map((arg) => Buffer.from(arg).toString('latin1'));
    const [format, ...rest] = args[0] === '--' ? bytes.slice(1) : bytes;
    if (format === undefined) {
      throw new UsageError('no format');
    }
    const taking = new Arguments(rest);
    await write(self, format, taking);
    for (const text of taking.wrong) {
      await self.err(`${Buffer.from(text, 'latin1')}: not a number`);
    }
    return taking.wrong.length === 0 ? 0 : 1;
  },
};
