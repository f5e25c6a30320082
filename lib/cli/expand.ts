/**
 * What becomes of a word when its command runs: parameters get their values, commands are replaced by what
 * they print, and what was not quoted is split at blanks.
 *
 * NetBSD: sh(1); IEEE Std 1003.1, Shell Command Language, Word Expansions.
 */
import type { Word } from './words.ts';

export interface Expansion {
  /** The value of a parameter; that of one which is not set is empty. */
  readonly param: (name: string) => string;
  /** What commands print. @throws as a shell that runs them does */
  readonly output: (commands: string) => Promise<string>;
}

interface Piece {
  readonly text: string;
  readonly splits: 'whole' | 'split';
}

async function pieces(word: Word, { param, output }: Expansion): Promise<Piece[]> {
  const found: Piece[] = [];
  for (const part of word) {
    if (typeof part === 'string') {
      found.push({ text: part, splits: 'whole' });
    } else {
      const text = 'param' in part ? param(part.param) : (await output(part.commands)).replace(/\n+$/, '');
      found.push({ text, splits: part.splits });
    }
  }
  return found;
}

/** The one text that a word means where there can be no other: a file, a value. */
export async function expandText(word: Word, how: Expansion): Promise<string> {
  return (await pieces(word, how)).map(({ text }) => text).join('');
}

/** The words that a word means: usually one, none when all there is to it expands to nothing. */
export async function expandWords(word: Word, how: Expansion): Promise<string[]> {
  const words: string[] = [];
  let open: string | null = null;
  for (const { text, splits } of await pieces(word, how)) {
    if (splits === 'whole') {
      open = `${open ?? ''}${text}`;
      continue;
    }
    const [first = '', ...more] = text.split(/[ \t\n]+/);
    open = first === '' ? open : `${open ?? ''}${first}`;
    for (const next of more) {
      if (open !== null) {
        words.push(open);
      }
      open = next === '' ? null : next;
    }
  }
  return open === null ? words : [...words, open];
}
