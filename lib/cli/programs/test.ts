/** NetBSD: test(1). */
import { constants, SysError } from '../../api/index.ts';
import type { FileStat } from '../files.ts';
import type { Program, Self } from '../program.ts';

const { R_OK, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK, W_OK, X_OK } =
  constants;

/** The expression makes no sense: status 2, where 1 would say that it is false. */
class ExpressionError extends Error {}

const TYPES: Readonly<Record<string, number>> = {
  '-b': S_IFBLK,
  '-c': S_IFCHR,
  '-d': S_IFDIR,
  '-f': S_IFREG,
  '-h': S_IFLNK,
  '-L': S_IFLNK,
  '-p': S_IFIFO,
  '-S': S_IFSOCK,
};
const BITS: Readonly<Record<string, number>> = { '-g': 0o2000, '-k': 0o1000, '-u': 0o4000 };
const ACCESS: Readonly<Record<string, number>> = { '-r': R_OK, '-w': W_OK, '-x': X_OK };

const COMPARISONS: Readonly<Record<string, (a: bigint, b: bigint) => boolean>> = {
  '-eq': (a, b) => a === b,
  '-ne': (a, b) => a !== b,
  '-gt': (a, b) => a > b,
  '-ge': (a, b) => a >= b,
  '-lt': (a, b) => a < b,
  '-le': (a, b) => a <= b,
};

function isUnary(operator: string): boolean {
  return [TYPES, BITS, ACCESS].some((table) => Object.hasOwn(table, operator)) || /^-[enstz]$/.test(operator);
}

function isBinary(operator: string): boolean {
  return operator === '=' || operator === '!=' || Object.hasOwn(COMPARISONS, operator);
}

function integer(text: string): bigint {
  const digits = text.trim();
  if (!/^[-+]?\d{1,20}$/.test(digits)) {
    throw new ExpressionError(`${text}: not a number`);
  }
  return BigInt(digits.replace(/^\+/, ''));
}

async function unary({ sys }: Self, operator: string, operand: string): Promise<boolean> {
  switch (operator) {
    case '-n':
      return operand !== '';
    case '-z':
      return operand === '';
    case '-t':
      integer(operand);
      return false;
    default:
  }
  const attributes = (): Promise<FileStat> =>
    operator === '-h' || operator === '-L' ? sys.lstat(operand) : sys.stat(operand);
  try {
    if (Object.hasOwn(ACCESS, operator)) {
      await sys.access(operand, ACCESS[operator] as number);
      return true;
    }
    const { mode, size } = await attributes();
    if (operator === '-s') {
      return size > 0;
    }
    const bits = BITS[operator];
    return bits === undefined
      ? operator === '-e' || (mode & S_IFMT) === TYPES[operator]
      : (mode & bits) !== 0;
  } catch (error) {
    if (error instanceof SysError && error.code !== 'ESRCH') {
      return false;
    }
    throw error;
  }
}

/** An expression as its words, read from the left. */
class Expression {
  readonly #self: Self;
  readonly #words: readonly string[];
  #at = 0;

  constructor(self: Self, words: readonly string[]) {
    this.#self = self;
    this.#words = words;
  }

  /** @throws ExpressionError */
  async value(): Promise<boolean> {
    if (this.#words.length === 0) {
      return false;
    }
    const value = await this.#or();
    if (this.#at < this.#words.length) {
      throw new ExpressionError(`${this.#words[this.#at]}: unexpected`);
    }
    return value;
  }

  get #left(): number {
    return this.#words.length - this.#at;
  }

  async #or(): Promise<boolean> {
    let value = await this.#and();
    while (this.#words[this.#at] === '-o' && this.#left > 1) {
      this.#at++;
      const other = await this.#and();
      value ||= other;
    }
    return value;
  }

  async #and(): Promise<boolean> {
    let value = await this.#primary();
    while (this.#words[this.#at] === '-a' && this.#left > 1) {
      this.#at++;
      const other = await this.#primary();
      value &&= other;
    }
    return value;
  }

  /** What a word is depends on how many follow: of three, the one in the middle says what the others are. */
  async #primary(): Promise<boolean> {
    const [first, second, third] = this.#words.slice(this.#at);
    if (first === undefined) {
      throw new ExpressionError('an operand was expected');
    }
    if (second !== undefined && third !== undefined && isBinary(second)) {
      this.#at += 3;
      return compare(first, second, third);
    }
    if (first === '!' && second !== undefined) {
      this.#at++;
      return !(await this.#primary());
    }
    if (first === '(' && second !== undefined) {
      this.#at++;
      const value = await this.#or();
      if (this.#words[this.#at++] !== ')') {
        throw new ExpressionError(') was expected');
      }
      return value;
    }
    if (second !== undefined && isUnary(first)) {
      this.#at += 2;
      return await unary(this.#self, first, second);
    }
    this.#at++;
    return first !== '';
  }
}

function compare(first: string, operator: string, second: string): boolean {
  if (operator === '=' || operator === '!=') {
    return (first === second) === (operator === '=');
  }
  return COMPARISONS[operator]?.(integer(first), integer(second)) === true;
}

async function evaluate(self: Self, words: readonly string[]): Promise<number> {
  try {
    return (await new Expression(self, words).value()) ? 0 : 1;
  } catch (error) {
    if (error instanceof ExpressionError) {
      await self.err(error.message);
      return 2;
    }
    throw error;
  }
}

const summary = 'whether an expression about files, texts or numbers is true';

export const testProgram: Program = {
  name: 'test',
  synopsis: '[expression]',
  summary,
  runs: 'child',
  main: evaluate,
};

export const bracket: Program = {
  name: '[',
  synopsis: '[expression] ]',
  summary,
  runs: 'child',
  async main(self, args) {
    if (args.at(-1) !== ']') {
      await self.err('] was expected at the end');
      return 2;
    }
    return await evaluate(self, args.slice(0, -1));
  },
};
