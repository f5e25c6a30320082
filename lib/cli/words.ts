/**
 * The words of the shell's language: quotes, escapes, parameters, command substitution. What sh(1) gives a meaning
 * to and this shell does not is refused by name, so that a line never does something else than it says.
 *
 * NetBSD: sh(1); IEEE Std 1003.1, Shell Command Language, Quoting, Word Expansions.
 */
import type { List, Modifier, Part, Splits, Word } from './tree.ts';

/** Ends the reading: what cannot be parsed (`error`), or not yet (`incomplete`: what is open). */
export class Stop {
  readonly kind: 'incomplete' | 'error';
  readonly text: string;
  constructor(kind: Stop['kind'], text: string) {
    this.kind = kind;
    this.text = text;
  }
}

export function unsupported(what: string, name: string): Stop {
  return new Stop('error', `not supported yet: ${name} (${what})`);
}

/** Words that begin or divide a compound command, where a command begins. */
export const RESERVED: ReadonlySet<string> = new Set([
  ...['!', '{', '}', 'case', 'do', 'done', 'elif', 'else', 'esac', 'fi', 'for', 'if', 'in', 'then', 'until'],
  'while',
]);

/** Those of other shells. */
export const FOREIGN: ReadonlySet<string> = new Set(['[[', 'function', 'select']);

/** A word that means `text` and nothing else. */
export function quote(text: string): string {
  const plain = /^[\w%+,./:@-]+$/.test(text) && !RESERVED.has(text) && !FOREIGN.has(text);
  return plain ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

const SPECIAL = /[?$!]/.source;
const NAME = /[A-Za-z_]\w*/.source;
const PLAIN = new RegExp(`\\$(${NAME}|${SPECIAL})`, 'y');
const LENGTH = new RegExp(`\\$\\{#(${NAME}|${SPECIAL})\\}`, 'y');
const BRACED = new RegExp(`\\$\\{(${NAME}|${SPECIAL})(\\}|:?[-=+?]|##?|%%?)`, 'y');

/** Where a word ends, and what its quotes mean. */
type Place =
  /** Among the words of a command. */
  | 'command'
  /** In `${x:-...}`, up to the brace. */
  | 'braces'
  /** The same between double quotes: there, and in a here-document, is nothing but `$`, and `\` before some. */
  | 'quoted braces'
  | 'here-document';

/** Characters that stand for themselves in each place. */
const RUN: Readonly<Record<Place, RegExp>> = {
  command: /[^ \t\n;|&<>()'"\\$`]+/y,
  braces: /[^}'"\\$`]+/y,
  'quoted braces': /[^}"\\$`]+/y,
  'here-document': /[^\\$`]+/y,
};

const ENDS: Readonly<Record<Place, string>> = {
  command: ' \t\n;|&<>()',
  braces: '}',
  'quoted braces': '}',
  'here-document': '',
};

/** How deep commands and parameters may be in each other; a call of this program's for each level. */
export const NESTED_MAX = 200;

/** Reads the words of a text; who cuts it into tokens moves on from where a word ended. */
export abstract class Words {
  protected readonly text: string;
  /** Index of the next character. */
  protected at = 0;
  protected depth: number;

  constructor(text: string, depth: number) {
    this.text = text;
    this.depth = depth;
  }

  /** Reads commands up to the closing parenthesis, and that. */
  protected abstract list(): List;

  /** One level down. @throws Stop too far, or as `read` does */
  nested<T>(read: () => T): T {
    if (this.depth >= NESTED_MAX) {
      throw new Stop('error', `syntax error: nested more than ${NESTED_MAX} deep`);
    }
    this.depth++;
    try {
      return read();
    } finally {
      this.depth--;
    }
  }

  /** Up to what ends a word there; empty when that comes first. @throws Stop */
  protected word(place: Place): Word {
    const parts: Part[] = [];
    for (;;) {
      const c = this.text[this.at];
      if (c === undefined || ENDS[place].includes(c)) {
        return parts;
      }
      this.#piece(c, parts, place);
    }
  }

  /** One quoted string, escape, substitution or plain run. */
  #piece(c: string, parts: Part[], place: Place): void {
    const quoted = place === 'quoted braces' || place === 'here-document';
    if (c === '$' || c === '`') {
      this.#dollar(parts, quoted ? 'whole' : 'split');
    } else if (c === '\\') {
      this.#escape(parts, quoted ? `$\`\\\n${place === 'quoted braces' ? '"}' : ''}` : null);
    } else if (c === '"' && place !== 'here-document') {
      this.at++;
      this.#doubleQuoted(parts);
    } else if (c === "'" && !quoted) {
      parts.push({ quoted: this.#singleQuoted() });
    } else {
      const run = this.#run(RUN[place]);
      parts.push(quoted ? { quoted: run } : run);
    }
  }

  #singleQuoted(): string {
    const end = this.text.indexOf("'", this.at + 1);
    if (end < 0) {
      throw new Stop('incomplete', "'");
    }
    const inside = this.text.slice(this.at + 1, end);
    this.at = end + 1;
    return inside;
  }

  #doubleQuoted(parts: Part[]): void {
    // Also when there is nothing in it, it makes a word.
    parts.push({ quoted: '' });
    for (;;) {
      const c = this.text[this.at];
      if (c === undefined || (c === '\\' && this.text[this.at + 1] === undefined)) {
        throw new Stop('incomplete', '"');
      }
      if (c === '"') {
        this.at++;
        return;
      }
      if (c === '$' || c === '`') {
        this.#dollar(parts, 'whole');
      } else if (c === '\\') {
        this.#escape(parts, '$`"\\\n');
      } else {
        parts.push({ quoted: this.#run(/[^"\\$`]+/y) });
      }
    }
  }

  /** @param before what a backslash has a meaning before; null: everything */
  #escape(parts: Part[], before: string | null): void {
    const next = this.text[this.at + 1];
    if (next === undefined) {
      throw new Stop('incomplete', '\\');
    }
    if (before !== null && !before.includes(next)) {
      parts.push({ quoted: '\\' });
      this.at++;
      return;
    }
    if (next !== '\n') {
      parts.push({ quoted: next });
    }
    this.at += 2;
  }

  #dollar(parts: Part[], splits: Splits): void {
    if (this.text[this.at] === '`') {
      throw unsupported('`', 'command substitution; there is $(...)');
    }
    if (this.text.startsWith('$((', this.at)) {
      throw unsupported('$((', 'arithmetic');
    }
    if (this.text.startsWith('$(', this.at)) {
      this.at += 2;
      const start = this.at;
      const commands = this.nested(() => this.list());
      parts.push({ commands, text: this.text.slice(start, this.at - 1).trim(), splits });
      return;
    }
    const [plain, name] = this.#match(PLAIN);
    if (plain !== undefined) {
      parts.push({ param: name as string, modifier: null, splits });
      return;
    }
    const [length, measured] = this.#match(LENGTH);
    if (length !== undefined) {
      parts.push({ param: measured as string, modifier: { operator: 'length', word: [] }, splits });
      return;
    }
    const [braced, inner, operator] = this.#match(BRACED);
    if (braced !== undefined) {
      const modifier = operator === '}' ? null : this.#modifier(operator as Modifier['operator'], splits);
      parts.push({ param: inner as string, modifier, splits });
      return;
    }
    const next = this.text[this.at + 1] ?? '';
    if (/[\w{@*#-]/.test(next)) {
      const shown = /^\$\{?\w*\}?/.exec(this.text.slice(this.at, this.at + 40))?.[0] ?? '$';
      throw unsupported(shown === '$' ? `$${next}` : shown, 'parameters of this kind');
    }
    // Followed by anything else it is just a dollar.
    parts.push({ quoted: '$' });
    this.at++;
  }

  /** The word of a modifier, and the brace. */
  #modifier(operator: Modifier['operator'], splits: Splits): Modifier {
    // A pattern is one, whatever is around it.
    const place = splits === 'whole' && !/[#%]/.test(operator) ? 'quoted braces' : 'braces';
    const word = this.nested(() => this.word(place));
    if (this.text[this.at] === undefined) {
      throw new Stop('incomplete', '${');
    }
    this.at++;
    return { operator, word };
  }

  /** @param pattern sticky. What it matches here is passed over. */
  #match(pattern: RegExp): readonly (string | undefined)[] {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    this.at += found?.[0].length ?? 0;
    return found ?? [];
  }

  /** @param plain sticky: the characters that stand for themselves here */
  #run(plain: RegExp): string {
    return this.#match(plain)[0] as string;
  }
}
