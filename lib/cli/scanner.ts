/**
 * A text cut into tokens: words, operators, redirections with their here-documents.
 *
 * NetBSD: sh(1); IEEE Std 1003.1, Shell Command Language, Token Recognition, Redirection.
 */
import type { List, Part, Redirect, Target, Word } from './tree.ts';
import { Stop, unsupported, Words } from './words.ts';

/** Longer ones before those they begin with. */
const OPERATORS = ['&&', '||', ';;', ';', '&', '|', '(', ')'] as const;

export type Operator = (typeof OPERATORS)[number] | 'newline' | 'end';

export type Token = { readonly start: number } & (
  | { readonly kind: 'word'; readonly word: Word; readonly source: string }
  | { readonly kind: 'redirect'; readonly redirect: Redirect }
  | { readonly kind: 'operator'; readonly operator: Operator }
);

/** Those that have to do with descriptors, with what may come before and after. */
const REDIRECT = /(\d*)(<<<|<<-?|<>|>>|>\||[<>])(?:&[ \t]*(?:(\d{1,9}|-)(?=[ \t\n;|&<>()]|$))?)?/y;

/** One whose text begins in the next line. */
interface Expected {
  readonly text: Part[];
  readonly end: string;
  readonly tabs: 'kept' | 'stripped';
  readonly quoting: 'quoted' | 'expanded';
}

/** One token ahead is looked at. */
export class Scanner extends Words {
  #ahead: Token | null = null;
  /** Where the token ended that was taken last, and the one ahead does. */
  #end = 0;
  #aheadEnd = 0;
  /** Here-documents whose text has not come yet. */
  #expected: Expected[] = [];

  readonly #list: (scanner: Scanner) => List;

  /**
   * @param list reads commands up to the closing parenthesis, and that, from `scanner`
   * @param depth of what this text is a part of
   */
  constructor(text: string, list: (scanner: Scanner) => List, depth = 0) {
    super(text, depth);
    this.#list = list;
  }

  protected override list(): List {
    return this.#list(this);
  }

  peek(): Token {
    if (this.#ahead === null) {
      this.#ahead = this.#scan();
      this.#aheadEnd = this.at;
    }
    return this.#ahead;
  }

  next(): Token {
    const token = this.peek();
    this.#ahead = null;
    this.#end = this.#aheadEnd;
    return token;
  }

  /** What was written from `token` to the one that was taken last. */
  since(token: Token): string {
    return this.text.slice(token.start, this.#end);
  }

  #scan(): Token {
    this.#blanks();
    const start = this.at;
    const c = this.text[start];
    if (c === undefined || c === '\n') {
      this.at += c === undefined ? 0 : 1;
      this.#documents();
      return { kind: 'operator', operator: c === undefined ? 'end' : 'newline', start };
    }
    const redirect = this.#redirect();
    if (redirect !== null) {
      return { kind: 'redirect', redirect, start };
    }
    for (const operator of OPERATORS) {
      if (this.text.startsWith(operator, start)) {
        this.at += operator.length;
        return { kind: 'operator', operator, start };
      }
    }
    const word = this.word('command');
    // Lines that a backslash joins are one before anything else is seen in them.
    const source = this.text.slice(start, this.at).replaceAll('\\\n', '');
    return { kind: 'word', word, source, start };
  }

  /** Skip what separates words, comments and joined lines among them. */
  #blanks(): void {
    for (;;) {
      const c = this.text[this.at];
      if (c === ' ' || c === '\t') {
        this.at++;
      } else if (c === '\\' && this.text[this.at + 1] === '\n') {
        this.at += 2;
      } else if (c === '#') {
        const end = this.text.indexOf('\n', this.at);
        this.at = end < 0 ? this.text.length : end;
      } else {
        return;
      }
    }
  }

  #redirect(): Redirect | null {
    REDIRECT.lastIndex = this.at;
    const [all = '', fd = '', operator = '', from] = REDIRECT.exec(this.text) ?? [];
    if (all === '') {
      return null;
    }
    const to = fd === '' ? Number(operator.startsWith('>')) : Number(fd);
    const duplicates = all.includes('&') && (operator === '<' || operator === '>');
    if (!duplicates && fd.length <= 9) {
      this.at += fd.length + operator.length;
      return { fd: to, from: this.#source(operator) };
    }
    if (from === undefined || fd.length > 9) {
      throw new Stop(
        'error',
        `syntax error: a descriptor or - was expected ${from ? 'before' : 'after'} ${all}`,
      );
    }
    this.at += all.length;
    return { fd: to, from: from === '-' ? 'closed' : Number(from) };
  }

  /** What follows: the name of a file, or a text. */
  #source(operator: string): Exclude<Redirect['from'], number | 'closed'> {
    switch (operator) {
      case '<<<':
        return { text: [...this.#operand(operator, 'a text'), { quoted: '\n' }], how: '<<<' };
      case '<<':
      case '<<-':
        return { text: this.#document(operator), how: '<<' };
      default:
        return { path: this.#operand(operator, 'a file'), how: operator as Target<Word>['how'] };
    }
  }

  #operand(operator: string, what: string): Word {
    this.#blanks();
    const word = this.word('command');
    if (word.length === 0) {
      throw new Stop('error', `syntax error: ${what} was expected after ${operator}`);
    }
    return word;
  }

  /** @returns its text, to be filled in when the line is through */
  #document(operator: '<<' | '<<-'): Word {
    const word = this.#operand(operator, 'a word');
    const end = word.map((part) => {
      if (typeof part === 'object' && !('quoted' in part)) {
        throw unsupported(operator, 'here-documents that end with what is substituted');
      }
      return typeof part === 'string' ? part : part.quoted;
    });
    const text: Part[] = [];
    this.#expected.push({
      text,
      end: end.join(''),
      tabs: operator === '<<-' ? 'stripped' : 'kept',
      quoting: word.some((part) => typeof part === 'object') ? 'quoted' : 'expanded',
    });
    return text;
  }

  /** A line is through: the here-documents it asked for follow. */
  #documents(): void {
    const expected = this.#expected;
    this.#expected = [];
    for (const { text, end, tabs, quoting } of expected) {
      let body = '';
      for (;;) {
        if (this.at >= this.text.length) {
          throw new Stop('incomplete', `<<${end}`);
        }
        const newline = this.text.indexOf('\n', this.at);
        const until = newline < 0 ? this.text.length : newline;
        const line = this.text.slice(this.at, until);
        const kept = tabs === 'stripped' ? line.replace(/^\t+/, '') : line;
        this.at = until + 1;
        if (kept === end) {
          break;
        }
        body += `${kept}\n`;
      }
      text.push(...(quoting === 'quoted' ? [{ quoted: body }] : this.#expanded(body)));
    }
  }

  /** The text of a here-document, with its substitutions. */
  #expanded(body: string): Word {
    try {
      return this.nested(() => new Scanner(body, this.#list, this.depth).word('here-document'));
    } catch (stop) {
      throw stop instanceof Stop && stop.kind === 'incomplete'
        ? new Stop('error', `syntax error: ${stop.text} is not closed in a here-document`)
        : stop;
    }
  }
}
