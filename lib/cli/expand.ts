/**
 * What becomes of a word when its command runs: parameters get their values, commands are replaced by what
 * they print, what was not quoted is split at blanks and, where it is a pattern, replaced by the files it matches.
 *
 * NetBSD: sh(1); IEEE Std 1003.1, Shell Command Language, Word Expansions.
 */
import { escapePattern, isPattern, type Pattern, patternOf, trimmed } from './pattern.ts';
import type { List, Modifier, Substitution, Word } from './tree.ts';

export interface Expansion {
  /** The value of a parameter; undefined of one that is not set. */
  readonly param: (name: string) => string | undefined;
  /** Set a variable. @throws ExpansionError it is none */
  readonly assign: (name: string, value: string) => void;
  /** What commands print. @throws as a shell that runs them does */
  readonly output: (commands: List, text: string) => Promise<string>;
  /** The files that a pattern matches. @throws as a system call does */
  readonly files: (pattern: string) => Promise<readonly string[]>;
}

/** A word that cannot be expanded: the shell that wanted it ends, unless somebody sits in front of it. */
export class ExpansionError extends Error {
  override readonly name = 'ExpansionError';
}

interface Piece {
  readonly text: string;
  /** Itself, or a text in which patterns count, and one that is split too. */
  readonly as: 'quoted' | 'plain' | 'split';
}

async function pieces(word: Word, how: Expansion): Promise<Piece[]> {
  const found: Piece[] = [];
  for (const part of word) {
    if (typeof part === 'string') {
      found.push({ text: part, as: 'plain' });
    } else if ('quoted' in part) {
      found.push({ text: part.quoted, as: 'quoted' });
    } else {
      found.push(...(await substituted(part, how)));
    }
  }
  return found;
}

async function substituted(part: Substitution, how: Expansion): Promise<Piece[]> {
  const as = part.splits === 'split' ? 'split' : 'quoted';
  if ('commands' in part) {
    return [{ text: (await how.output(part.commands, part.text)).replace(/\n+$/, ''), as }];
  }
  const value = how.param(part.param);
  if (part.modifier === null) {
    return [{ text: value ?? '', as }];
  }
  const { operator, word } = part.modifier;
  switch (operator) {
    case 'length':
      return [{ text: String([...(value ?? '')].length), as }];
    case '#':
    case '##':
    case '%':
    case '%%':
      return [{ text: cut(operator, await expandPattern(word, how), value ?? ''), as }];
    default:
      return await instead(part.param, value, { operator, word }, as, how);
  }
}

function cut(operator: '#' | '##' | '%' | '%%', pattern: Pattern, value: string): string {
  const side = operator.startsWith('#') ? 'beginning' : 'end';
  return trimmed(pattern, value, side, operator.length === 1 ? 'shortest' : 'longest');
}

/** What stands for a parameter that is not set, or is. */
async function instead(
  name: string,
  value: string | undefined,
  { operator, word }: Modifier,
  as: Piece['as'],
  how: Expansion,
): Promise<Piece[]> {
  const missing = operator.startsWith(':') ? (value ?? '') === '' : value === undefined;
  const does = operator.at(-1);
  if (does === '+' ? missing : !missing) {
    return [{ text: does === '+' ? '' : (value as string), as }];
  }
  switch (does) {
    case '?': {
      const message = await expandText(word, how);
      throw new ExpansionError(`${name}: ${message || 'parameter not set'}`);
    }
    case '=': {
      const given = await expandText(word, how);
      how.assign(name, given);
      return [{ text: given, as }];
    }
    default: {
      const found = await pieces(word, how);
      return found.map((piece) => (piece.as === 'plain' ? { text: piece.text, as } : piece));
    }
  }
}

/** The one text that a word means where there can be no other: a file, a value. */
export async function expandText(word: Word, how: Expansion): Promise<string> {
  return (await pieces(word, how)).map(({ text }) => text).join('');
}

/** The pattern that a word means: what was quoted matches itself. */
export async function expandPattern(word: Word, how: Expansion): Promise<Pattern> {
  return patternOf((await pieces(word, how)).map(patternSource).join(''));
}

function patternSource({ text, as }: Piece): string {
  return as === 'quoted' ? escapePattern(text) : text;
}

/** A word as it is built: its text, and that as a pattern. */
interface Field {
  readonly text: string;
  readonly pattern: string;
}

function fieldsOf(found: readonly Piece[]): Field[] {
  const fields: Field[] = [];
  let open: Field | null = null;
  const add = (piece: Piece): void => {
    open = {
      text: `${open?.text ?? ''}${piece.text}`,
      pattern: `${open?.pattern ?? ''}${patternSource(piece)}`,
    };
  };
  for (const piece of found) {
    if (piece.as !== 'split') {
      add(piece);
      continue;
    }
    const [first = '', ...more] = piece.text.split(/[ \t\n]+/);
    if (first !== '') {
      add({ text: first, as: 'split' });
    }
    for (const text of more) {
      if (open !== null) {
        fields.push(open);
      }
      open = null;
      if (text !== '') {
        add({ text, as: 'split' });
      }
    }
  }
  return open === null ? fields : [...fields, open];
}

/** The words that a word means: usually one, none when all there is to it expands to nothing. */
export async function expandWords(word: Word, how: Expansion): Promise<string[]> {
  const words: string[] = [];
  for (const { text, pattern } of fieldsOf(await pieces(word, how))) {
    const files = isPattern(pattern) ? await how.files(pattern) : [];
    words.push(...(files.length === 0 ? [text] : files));
  }
  return words;
}
