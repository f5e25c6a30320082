/**
 * The words of the shell's language: quotes, parameters, command substitution, comments, operators. What sh(1)
 * gives a meaning to and this shell does not is refused by name, so that a line never does something else than
 * it says.
 *
 * NetBSD: sh(1); IEEE Std 1003.1, Shell Command Language, Token Recognition.
 */

/** Whether what it expands to is one piece, or is split at blanks. */
type Splits = 'whole' | 'split';

/** A piece of a word: itself, or what is known when the command runs: a parameter, or what commands print. */
export type Part =
  | string
  | { readonly param: string; readonly splits: Splits }
  | { readonly commands: string; readonly splits: Splits };
export type Word = readonly Part[];

/** A file that a descriptor is to lead to. */
export interface Target<P> {
  readonly path: P;
  readonly how: '<' | '>' | '>>' | '<>';
}

/** A text that a descriptor is to lead to. */
export interface HereString<P> {
  readonly text: P;
}

/** Make descriptor `fd` a duplicate of `from`, or close it, or open a file as it. */
export interface Redirect<P = Word> {
  readonly fd: number;
  readonly from: number | 'closed' | Target<P> | HereString<P>;
}

/** `name=value` before a command. */
export interface Assignment {
  readonly name: string;
  readonly value: Word;
}

/** What ends a command. */
export type Separator = ';' | '&' | '|' | '&&' | '||' | 'newline' | 'end';

export type Token =
  | { readonly kind: 'word'; readonly word: Word }
  | { readonly kind: 'assignment'; readonly assignment: Assignment }
  | { readonly kind: 'redirect'; readonly redirect: Redirect }
  | { readonly kind: 'separator'; readonly separator: Separator };

/** Operators of sh that this shell does not have, the longer first. */
const OPERATORS: readonly (readonly [operator: string, name: string])[] = [
  [';;', 'case'],
  ['(', 'subshells'],
  [')', 'subshells'],
];

/** Those that have to do with descriptors, with what may come before and after. */
const REDIRECT = /(\d*)(<>|>>|[<>])(?:&[ \t]*(?:(\d{1,9}|-)(?=[ \t\n;|&<>]|$))?)?/y;

const ASSIGNMENT = /([A-Za-z_]\w*)=/y;
const PARAMETER = /\$(?:\{([A-Za-z_]\w*|[?$!])\}|([A-Za-z_]\w*|[?$!]))/y;

const RESERVED: ReadonlySet<string> = new Set([
  ...['!', '{', '}', '[[', 'case', 'do', 'done', 'elif', 'else', 'esac', 'fi', 'for', 'function', 'if', 'in'],
  ...['then', 'until', 'while'],
]);

/** Ends the scan: what cannot be parsed (`error`), or not yet (`incomplete`: what is open). */
export class Stop {
  readonly kind: 'incomplete' | 'error';
  readonly text: string;
  constructor(kind: Stop['kind'], text: string) {
    this.kind = kind;
    this.text = text;
  }
}

function unsupported(what: string, name: string): Stop {
  return new Stop('error', `not supported yet: ${name} (${what})`);
}

/** A word that means `text` and nothing else. */
export function quote(text: string): string {
  return /^[\w%+,./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Cuts a text into tokens. */
export class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Where the next token begins. */
  get at(): number {
    this.#blanks();
    return this.#at;
  }

  /** @param place what a word would be here. @throws Stop */
  next(place: 'name' | 'argument'): Token {
    this.#blanks();
    const c = this.#text[this.#at];
    for (const [operator, name] of OPERATORS) {
      if (this.#text.startsWith(operator, this.#at)) {
        throw unsupported(operator, name);
      }
    }
    switch (c) {
      case undefined:
        return { kind: 'separator', separator: 'end' };
      case '\n':
        this.#at++;
        return { kind: 'separator', separator: 'newline' };
      case '&':
      case '|': {
        const separator = this.#text[this.#at + 1] === c ? (`${c}${c}` as '&&' | '||') : c;
        this.#at += separator.length;
        return { kind: 'separator', separator };
      }
      case ';':
        this.#at++;
        return { kind: 'separator', separator: c };
      default: {
        const redirect = this.#redirect();
        if (redirect !== null) {
          return { kind: 'redirect', redirect };
        }
        const assignment = place === 'name' ? this.#assignment() : null;
        return assignment === null
          ? { kind: 'word', word: this.#word(place) }
          : { kind: 'assignment', assignment };
      }
    }
  }

  #redirect(): Redirect | null {
    REDIRECT.lastIndex = this.#at;
    const [all = '', fd = '', direction = '', from] = REDIRECT.exec(this.#text) ?? [];
    if (all === '') {
      return null;
    }
    const to = fd === '' ? Number(direction.startsWith('>')) : Number(fd);
    if (!all.includes('&') && fd.length <= 9) {
      return this.#file(all, to, direction as Target<Word>['how']);
    }
    if (from === undefined || fd.length > 9) {
      throw new Stop(
        'error',
        `syntax error: a descriptor or - was expected ${from ? 'before' : 'after'} ${all}`,
      );
    }
    this.#at += all.length;
    return { fd: to, from: from === '-' ? 'closed' : Number(from) };
  }

  #assignment(): Assignment | null {
    ASSIGNMENT.lastIndex = this.#at;
    const [head, name] = ASSIGNMENT.exec(this.#text) ?? [];
    if (head === undefined || name === undefined) {
      return null;
    }
    this.#at += head.length;
    return { name, value: this.#word('argument') };
  }

  /** The name of a file follows, or a text. */
  #file(operator: string, fd: number, how: Target<Word>['how']): Redirect {
    this.#at += operator.length;
    if (how === '<' && this.#text.startsWith('<<', this.#at)) {
      this.#at += 2;
      return { fd, from: { text: this.#operand('<<<', 'a text') } };
    }
    if (this.#text[this.#at] === '<' || this.#text[this.#at] === '|') {
      throw unsupported(`${how}${this.#text[this.#at]}`, how === '<' ? 'here-documents' : 'clobbering');
    }
    return { fd, from: { path: this.#operand(operator, 'a file'), how } };
  }

  #operand(operator: string, what: string): Word {
    this.#blanks();
    const word = this.#word('argument');
    if (word.length === 0) {
      throw new Stop('error', `syntax error: ${what} was expected after ${operator}`);
    }
    return word;
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
    return parts;
  }

  /** One quoted string, escape, parameter or plain run. */
  #piece(c: string, parts: Part[]): void {
    switch (c) {
      case "'": {
        const end = this.#text.indexOf("'", this.#at + 1);
        if (end < 0) {
          throw new Stop('incomplete', "'");
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
        this.#dollar(parts, 'split');
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
        throw new Stop('incomplete', '"');
      }
      if (c === '"') {
        this.#at++;
        return;
      }
      if (c === '$' || c === '`') {
        this.#dollar(parts, 'whole');
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
      throw new Stop('incomplete', '\\');
    }
    if (next !== '\n') {
      parts.push(next);
    }
    this.#at += 2;
  }

  #dollar(parts: Part[], splits: Splits): void {
    if (this.#text[this.#at] === '`') {
      throw unsupported('`', 'command substitution; there is $(...)');
    }
    if (this.#text.startsWith('$((', this.#at)) {
      throw unsupported('$((', 'arithmetic');
    }
    if (this.#text.startsWith('$(', this.#at)) {
      this.#at += 2;
      parts.push({ commands: this.#substituted(), splits });
      return;
    }
    PARAMETER.lastIndex = this.#at;
    const [all, braced, plain] = PARAMETER.exec(this.#text) ?? [];
    if (all !== undefined) {
      parts.push({ param: (braced ?? plain) as string, splits });
      this.#at += all.length;
      return;
    }
    const next = this.#text[this.#at + 1] ?? '';
    if (/[\w{@*#-]/.test(next)) {
      const name = /^\$\{?\w*\}?/.exec(this.#text.slice(this.#at, this.#at + 40))?.[0] ?? '$';
      throw unsupported(name === '$' ? `$${next}` : name, 'parameters of this kind');
    }
    // Followed by anything else it is just a dollar.
    parts.push('$');
    this.#at++;
  }

  /** The commands up to the closing parenthesis, which is passed over. @throws Stop */
  #substituted(): string {
    const start = this.#at;
    for (let depth = 1; ; this.#at++) {
      const c = this.#text[this.#at];
      switch (c) {
        case undefined:
          throw new Stop('incomplete', '$(');
        case '(':
          depth++;
          break;
        case ')':
          depth--;
          break;
        case '\\':
        case '"':
        case "'":
          // What is quoted does not count.
          this.#piece(c, []);
          this.#at--;
          break;
        default:
      }
      if (depth === 0) {
        return this.#text.slice(start, this.#at++);
      }
    }
  }

  /** @param plain sticky: the characters that stand for themselves here */
  #run(parts: Part[], plain: RegExp): void {
    plain.lastIndex = this.#at;
    const run = plain.exec(this.#text)?.[0] as string;
    parts.push(run);
    this.#at += run.length;
  }
}
