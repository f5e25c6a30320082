/**
 * The shell's language: words, quotes, `$?` and `$$`, comments, `;`. Everything else that sh(1) gives a
 * meaning to is recognised and refused by name, so that a line never does something else than it says.
 *
 * NetBSD: sh(1); IEEE Std 1003.1, Shell Command Language, Token Recognition.
 */

/** A piece of a word: itself, or a parameter whose value is known when the command runs. */
export type Part = string | { readonly param: Param };
export type Param = '?' | '$';
export type Word = readonly Part[];
/** At least one word: the name of the command. */
export type Command = readonly Word[];

export type Parsed =
  | { readonly kind: 'commands'; readonly commands: readonly Command[] }
  /** The line goes on: a quote is open, or it ends in a backslash. */
  | { readonly kind: 'incomplete'; readonly open: string }
  | { readonly kind: 'error'; readonly message: string };

/** Operators of sh that this shell does not have, the longer first. */
const OPERATORS: readonly (readonly [operator: string, name: string])[] = [
  [';;', 'case'],
  ['&&', 'AND lists'],
  ['||', 'OR lists'],
  ['|', 'pipelines'],
  ['&', 'background commands'],
  ['<', 'redirection'],
  ['>', 'redirection'],
  ['(', 'subshells'],
  [')', 'subshells'],
];

const RESERVED: ReadonlySet<string> = new Set([
  ...['!', '{', '}', '[[', 'case', 'do', 'done', 'elif', 'else', 'esac', 'fi', 'for', 'function', 'if', 'in'],
  ...['then', 'until', 'while'],
]);

/** Ends the scan: what cannot be parsed, or not yet. */
class Stop {
  readonly parsed: Parsed;
  constructor(parsed: Parsed) {
    this.parsed = parsed;
  }
}

function unsupported(what: string, name: string): Stop {
  return new Stop({ kind: 'error', message: `not supported yet: ${name} (${what})` });
}

/** A command line, which may have several lines when quotes or backslashes join them. */
export function parse(text: string): Parsed {
  try {
    return { kind: 'commands', commands: new Scanner(text).commands() };
  } catch (stop) {
    if (stop instanceof Stop) {
      return stop.parsed;
    }
    throw stop;
  }
}

/** The text of a word now. */
export function expand(word: Word, params: Readonly<Record<Param, string>>): string {
  return word.map((part) => (typeof part === 'string' ? part : params[part.param])).join('');
}

/** A word that means `text` and nothing else. */
export function quote(text: string): string {
  return /^[\w%+,./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  commands(): Command[] {
    const commands: Command[] = [];
    let words: Word[] = [];
    for (;;) {
      this.#blanks();
      const c = this.#text[this.#at];
      if (c === undefined || c === '\n' || (c === ';' && this.#text[this.#at + 1] !== ';')) {
        if (words.length > 0) {
          commands.push(words);
          words = [];
        } else if (c === ';') {
          throw new Stop({ kind: 'error', message: 'syntax error: a command was expected before ;' });
        }
        if (c === undefined) {
          return commands;
        }
        this.#at++;
        continue;
      }
      this.#refuseOperator();
      words.push(this.#word(words.length === 0 ? 'name' : 'argument'));
    }
  }

  /** Skip what separates words, comments and joined lines among them. */
  #blanks(): void {
    for (;;) {
      const c = this.#text[this.#at];
      if (c === ' ' || c === '\t') {
        this.#at++;
      } else if (c === '\\' && this.#text[this.#at + 1] === '\n') {
        this.#at += 2;
      } else if (c === '#') {
        const end = this.#text.indexOf('\n', this.#at);
        this.#at = end < 0 ? this.#text.length : end;
      } else {
        return;
      }
    }
  }

  #refuseOperator(): void {
    for (const [operator, name] of OPERATORS) {
      if (this.#text.startsWith(operator, this.#at)) {
        throw unsupported(operator, name);
      }
    }
  }

  #word(place: 'name' | 'argument'): Word {
    const start = this.#at;
    const parts: Part[] = [];
    for (;;) {
      const c = this.#text[this.#at];
      if (c === undefined || ' \t\n;|&<>()'.includes(c)) {
        break;
      }
      this.#piece(c, parts);
    }
    const source = this.#text.slice(start, this.#at);
    if (place === 'name' && RESERVED.has(source)) {
      throw unsupported(source, 'compound commands');
    }
    if (place === 'name' && /^[A-Za-z_]\w*=/.test(source)) {
      throw unsupported(source.slice(0, source.indexOf('=') + 1), 'variables');
    }
    return parts;
  }

  /** One quoted string, escape, parameter or plain run. */
  #piece(c: string, parts: Part[]): void {
    switch (c) {
      case "'": {
        const end = this.#text.indexOf("'", this.#at + 1);
        if (end < 0) {
          throw new Stop({ kind: 'incomplete', open: "'" });
        }
        parts.push(this.#text.slice(this.#at + 1, end));
        this.#at = end + 1;
        return;
      }
      case '"':
        this.#at++;
        this.#doubleQuoted(parts);
        return;
      case '\\':
        this.#escape(parts);
        return;
      case '$':
      case '`':
        this.#dollar(parts);
        return;
      default:
        this.#run(parts, /[^ \t\n;|&<>()'"\\$`]+/y);
    }
  }

  #doubleQuoted(parts: Part[]): void {
    // Also when there is nothing in it, it makes a word.
    parts.push('');
    for (;;) {
      const c = this.#text[this.#at];
      const next = this.#text[this.#at + 1];
      if (c === undefined || (c === '\\' && next === undefined)) {
        throw new Stop({ kind: 'incomplete', open: '"' });
      }
      if (c === '"') {
        this.#at++;
        return;
      }
      if (c === '$' || c === '`') {
        this.#dollar(parts);
      } else if (c === '\\' && '$`"\\\n'.includes(next as string)) {
        this.#escape(parts);
      } else if (c === '\\') {
        parts.push(c);
        this.#at++;
      } else {
        this.#run(parts, /[^"\\$`]+/y);
      }
    }
  }

  #escape(parts: Part[]): void {
    const next = this.#text[this.#at + 1];
    if (next === undefined) {
      throw new Stop({ kind: 'incomplete', open: '\\' });
    }
    if (next !== '\n') {
      parts.push(next);
    }
    this.#at += 2;
  }

  #dollar(parts: Part[]): void {
    const next = this.#text[this.#at + 1] ?? '';
    if (this.#text[this.#at] === '`' || next === '(') {
      throw unsupported(next === '(' ? '$(' : '`', 'command substitution');
    }
    if (next === '?' || next === '$') {
      parts.push({ param: next });
      this.#at += 2;
      return;
    }
    if (/[\w{@*#!-]/.test(next)) {
      const name = /^\$\{?\w*\}?/.exec(this.#text.slice(this.#at, this.#at + 40))?.[0] ?? '$';
      throw unsupported(name === '$' ? `$${next}` : name, 'variables');
    }
    // Followed by anything else it is just a dollar.
    parts.push('$');
    this.#at++;
  }

  /** @param plain sticky: the characters that stand for themselves here */
  #run(parts: Part[], plain: RegExp): void {
    plain.lastIndex = this.#at;
    const run = plain.exec(this.#text)?.[0] as string;
    parts.push(run);
    this.#at += run.length;
  }
}
