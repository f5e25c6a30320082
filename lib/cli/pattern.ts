/**
 * Patterns of file names and texts: `*`, `?`, `[...]`, and a backslash before what means itself.
 *
 * NetBSD: sh(1), fnmatch(3); IEEE Std 1003.1, Shell Command Language, Pattern Matching Notation.
 */

/** What one place of a text must be; a star is any number of them. */
type Item =
  | { readonly kind: 'star' }
  | { readonly kind: 'any' }
  | { readonly kind: 'char'; readonly char: string }
  | { readonly kind: 'set'; readonly has: (char: string) => boolean };

export type Pattern = readonly Item[];

const CLASSES: Readonly<Record<string, RegExp>> = {
  alnum: /^[A-Za-z0-9]$/,
  alpha: /^[A-Za-z]$/,
  blank: /^[ \t]$/,
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
  cntrl: /^[\u0000-\u001f\u007f]$/,
  digit: /^[0-9]$/,
  graph: /^[!-~]$/,
  lower: /^[a-z]$/,
  print: /^[ -~]$/,
  punct: /^[!-/:-@[-`{-~]$/,
  space: /^[ \t\n\v\f\r]$/,
  upper: /^[A-Z]$/,
  xdigit: /^[0-9A-Fa-f]$/,
};

/** `text` as a pattern that matches nothing else. */
export function escapePattern(text: string): string {
  return text.replace(/[*?[\]\\!^-]/g, '\\$&');
}

/** Whether it is more than a text. */
export function isPattern(source: string): boolean {
  return patternOf(source).some(({ kind }) => kind !== 'char');
}

export function patternOf(source: string): Pattern {
  const chars = [...source];
  const items: Item[] = [];
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] as string;
    switch (char) {
      case '*':
        items.push({ kind: 'star' });
        break;
      case '?':
        items.push({ kind: 'any' });
        break;
      case '\\':
        at = Math.min(at + 1, chars.length - 1);
        items.push({ kind: 'char', char: chars[at] as string });
        break;
      case '[': {
        const set = setAt(chars, at);
        items.push(set === null ? { kind: 'char', char } : set.item);
        at = set === null ? at : set.end;
        break;
      }
      default:
        items.push({ kind: 'char', char });
    }
  }
  return items;
}

/** A set of characters, and where its bracket closes. Null when none does: then it is no set. */
function setAt(chars: readonly string[], start: number): { item: Item; end: number } | null {
  const members: ((char: string) => boolean)[] = [];
  let at = start + 1;
  const inverted = chars[at] === '!' || chars[at] === '^';
  at += Number(inverted);
  for (let first = true; ; first = false) {
    const char = chars[at];
    if (char === undefined) {
      return null;
    }
    if (char === ']' && !first) {
      const has = (c: string) => members.some((member) => member(c)) !== inverted;
      return { item: { kind: 'set', has }, end: at };
    }
    const named = char === '[' ? classAt(chars, at) : null;
    if (named !== null) {
      members.push(named.member);
      at = named.end;
      continue;
    }
    const low = memberAt(chars, at);
    at = low.end;
    if (chars[at] === '-' && chars[at + 1] !== ']' && chars[at + 1] !== undefined) {
      const high = memberAt(chars, at + 1);
      at = high.end;
      members.push((c) => order(low.char) <= order(c) && order(c) <= order(high.char));
    } else {
      members.push((c) => c === low.char);
    }
  }
}

function order(char: string): number {
  return char.codePointAt(0) as number;
}

/** A character of a set, which may be escaped. */
function memberAt(chars: readonly string[], at: number): { char: string; end: number } {
  const escaped = chars[at] === '\\' && chars[at + 1] !== undefined;
  return { char: chars[escaped ? at + 1 : at] as string, end: at + (escaped ? 2 : 1) };
}

/** `[:name:]`. */
function classAt(
  chars: readonly string[],
  at: number,
): { member: (char: string) => boolean; end: number } | null {
  const [all, name] = /^\[:([a-z]+):\]/.exec(chars.slice(at, at + 16).join('')) ?? [];
  if (all === undefined || !Object.hasOwn(CLASSES, name as string)) {
    return null;
  }
  const members = CLASSES[name as string] as RegExp;
  return { member: (char) => members.test(char), end: at + all.length };
}

function fits(item: Item, char: string): boolean {
  switch (item.kind) {
    case 'char':
      return item.char === char;
    case 'set':
      return item.has(char);
    default:
      return true;
  }
}

/** Whether it matches all of `text`. At most as many steps as one is long times the other. */
export function matches(pattern: Pattern, text: string): boolean {
  const chars = [...text];
  let item = 0;
  /** The last star, and up to where it reaches. */
  let star = -1;
  let reach = 0;
  for (let at = 0; at < chars.length; ) {
    const wanted = pattern[item];
    if (wanted?.kind === 'star') {
      star = item++;
      reach = at;
    } else if (wanted !== undefined && fits(wanted, chars[at] as string)) {
      item++;
      at++;
    } else if (star < 0) {
      return false;
    } else {
      // Let it reach one further.
      item = star + 1;
      at = ++reach;
    }
  }
  return pattern.slice(item).every(({ kind }) => kind === 'star');
}

/** `text` without what the pattern matches of its beginning or end, the shortest or longest that there is. */
export function trimmed(
  pattern: Pattern,
  text: string,
  side: 'beginning' | 'end',
  which: 'shortest' | 'longest',
): string {
  const chars = [...text];
  const lengths = [...chars.keys(), chars.length];
  for (const length of which === 'shortest' ? lengths : lengths.reverse()) {
    const [cut, rest] =
      side === 'beginning'
        ? [chars.slice(0, length), chars.slice(length)]
        : [chars.slice(chars.length - length), chars.slice(0, chars.length - length)];
    if (matches(pattern, cut.join(''))) {
      return rest.join('');
    }
  }
  return text;
}
