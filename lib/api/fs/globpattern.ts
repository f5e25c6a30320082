/**
 * Patterns of file names: braces, `*`, `?`, classes, the extended ones (`@(a|b)`, `!(a)`), and `**`. A name that
 * begins with a dot is matched by a pattern that does.
 */

/** A part between slashes: the name itself, what matches names, or any directories. */
export type Part = string | RegExp | typeof GLOBSTAR;
export const GLOBSTAR = Symbol('**');

/** Patterns that braces may become: a pattern is not a program. */
const EXPANSIONS_MAX = 100_000;

/** `a{b,c}` is `ab` and `ac`; `{1..3}` is 1, 2 and 3. */
export function expandBraces(pattern: string): string[] {
  const open = braceOf(pattern);
  if (open === null) {
    return [pattern];
  }
  const { start, end, choices } = open;
  const rest = expandBraces(pattern.slice(end + 1));
  const head = pattern.slice(0, start);
  const all = choices.flatMap((choice) => expandBraces(choice));
  if (all.length * rest.length > EXPANSIONS_MAX) {
    return [pattern];
  }
  return all.flatMap((choice) => rest.map((tail) => head + choice + tail));
}

interface Brace {
  readonly start: number;
  readonly end: number;
  readonly choices: string[];
}

/** The first braces that are a choice. */
function braceOf(pattern: string): Brace | null {
  for (let start = pattern.indexOf('{'); start >= 0; start = pattern.indexOf('{', start + 1)) {
    if (pattern[start - 1] === '\\' || pattern[start - 1] === '$') {
      continue;
    }
    const brace = choicesFrom(pattern, start);
    if (brace !== null) {
      return brace;
    }
  }
  return null;
}

function choicesFrom(pattern: string, start: number): Brace | null {
  const choices: string[] = [];
  let depth = 0;
  let from = start + 1;
  for (let i = start; i < pattern.length; i++) {
    const c = pattern[i];
    if (c === '\\') {
      i++;
    } else if (c === '{') {
      depth++;
    } else if (c === ',' && depth === 1) {
      choices.push(pattern.slice(from, i));
      from = i + 1;
    } else if (c === '}' && --depth === 0) {
      const last = pattern.slice(from, i);
      if (choices.length > 0) {
        return { start, end: i, choices: [...choices, last] };
      }
      const range = rangeOf(last);
      return range === null ? null : { start, end: i, choices: range };
    }
  }
  return null;
}

function rangeOf(text: string): string[] | null {
  const match = /^(-?\d+|[a-zA-Z])\.\.(-?\d+|[a-zA-Z])(?:\.\.(-?\d+))?$/.exec(text);
  if (match === null) {
    return null;
  }
  const [, a = '', z = '', by = '1'] = match;
  const letters = /[a-zA-Z]/.test(a);
  if (letters !== /[a-zA-Z]/.test(z)) {
    return null;
  }
  const [from, to] = letters ? [a.charCodeAt(0), z.charCodeAt(0)] : [Number(a), Number(z)];
  const step = Math.max(1, Math.abs(Number(by))) * (from <= to ? 1 : -1);
  if (Math.abs((to - from) / step) > EXPANSIONS_MAX) {
    return null;
  }
  const width = !letters && /^-?0\d/.test(a + z) ? Math.max(a.length, z.length) : 0;
  const all: string[] = [];
  for (let n = from; step > 0 ? n <= to : n >= to; n += step) {
    all.push(letters ? String.fromCharCode(n) : String(n).padStart(width, '0'));
  }
  return all;
}

/** The parts of a pattern without braces. */
export function parseGlob(pattern: string): Part[] {
  return pattern
    .split('/')
    .filter((part, i, all) => part !== '' || i === 0 || i === all.length - 1)
    .map((part) => (part === '**' ? GLOBSTAR : partOf(part)));
}

/** Do the parts of a pattern match all of these names? */
export function matches(parts: readonly Part[], names: readonly string[]): boolean {
  const [part, ...rest] = parts;
  if (part === undefined) {
    return names.length === 0;
  }
  const [name, ...further] = names;
  if (part === GLOBSTAR) {
    if (rest.length === 0) {
      // What is below: the directory itself is not.
      return names.length > 0 && !names.some((below) => below.startsWith('.'));
    }
    const enters = name !== undefined && !name.startsWith('.');
    return matches(rest, names) || (enters && matches(parts, further));
  }
  // Before the first slash of a whole path nothing is, which no wildcard matches.
  return (
    name !== undefined &&
    (typeof part === 'string' ? part === name : name !== '' && part.test(name)) &&
    matches(rest, further)
  );
}

const MAGIC = /[*?[\]()!+@]/;

function partOf(part: string): string | RegExp {
  if (!MAGIC.test(part)) {
    return part.replace(/\\(.)/g, '$1');
  }
  const source = sourceOf(part);
  // No leading dot by a wildcard.
  const guard = /^(?:\\?\.)/.test(part) ? '(?!\\.{1,2}$)' : '(?!\\.)';
  return new RegExp(`^${guard}${source}$`, 'su');
}

const CLASSES: Readonly<Record<string, string>> = {
  alpha: '\\p{L}',
  digit: '0-9',
  alnum: '\\p{L}\\p{Nd}',
  upper: '\\p{Lu}',
  lower: '\\p{Ll}',
  space: '\\s',
  punct: '\\p{P}',
  xdigit: '0-9A-Fa-f',
  word: '\\p{L}\\p{Nd}_',
};

function quoted(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** The same between brackets, where a minus means something too. */
function quotedInClass(text: string): string {
  return quoted(text).replace(/-/g, '\\-');
}

function sourceOf(part: string): string {
  let source = '';
  for (let i = 0; i < part.length; ) {
    const c = part[i] as string;
    const group = '?*+@!'.includes(c) && part[i + 1] === '(' ? closing(part, i + 1) : -1;
    if (group > 0) {
      const tail = part.slice(group + 1);
      source += extended(c, part.slice(i + 2, group), tail);
      i = group + 1;
    } else if (c === '[') {
      const [text, next] = classOf(part, i);
      source += text;
      i = next;
    } else {
      const literal = c === '\\' && i + 1 < part.length ? (part[++i] as string) : c;
      source += literal === c ? (c === '*' ? '[^/]*?' : c === '?' ? '[^/]' : quoted(c)) : quoted(literal);
      i++;
    }
  }
  return source;
}

/** The parenthesis that ends what begins at `open`, -1 when none does. */
function closing(part: string, open: number): number {
  let depth = 0;
  for (let i = open; i < part.length; i++) {
    if (part[i] === '\\') {
      i++;
    } else if (part[i] === '(') {
      depth++;
    } else if (part[i] === ')' && --depth === 0) {
      return i;
    }
  }
  return -1;
}

function extended(kind: string, body: string, tail: string): string {
  const choices = alternatives(body).map(sourceOf).join('|');
  if (kind === '!') {
    return `(?:(?!(?:${choices})${sourceOf(tail)}$)[^/]*?)`;
  }
  return `(?:${choices})${kind === '@' ? '' : kind}`;
}

function alternatives(body: string): string[] {
  const all: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < body.length; i++) {
    const c = body[i];
    if (c === '\\') {
      i++;
    } else if (c === '(') {
      depth++;
    } else if (c === ')') {
      depth--;
    } else if (c === '|' && depth === 0) {
      all.push(body.slice(from, i));
      from = i + 1;
    }
  }
  return [...all, body.slice(from)];
}

/** A class of characters from `start`, or the bracket itself when it is none. @returns source, and where it ends */
function classOf(part: string, start: number): [string, number] {
  const match = /^\[([!^]?)((?:\]|\\.|\[:\w+:\]|[^\]\\])(?:\\.|\[:\w+:\]|[^\]\\])*)\]/su.exec(
    part.slice(start),
  );
  if (match === null) {
    return ['\\[', start + 1];
  }
  const [whole, negated, body = ''] = match;
  let source = '';
  for (const [item] of body.matchAll(/\[:\w+:\]|\\.|.-(?:\\.|[^\]])|./gsu)) {
    const named = /^\[:(\w+):\]$/.exec(item)?.[1];
    if (named !== undefined) {
      source += CLASSES[named] ?? '';
    } else if (item.length >= 3 && item[1] === '-') {
      const [from, to] = [item[0] as string, item.slice(2).replace(/^\\/, '')];
      source += from <= to ? `${quotedInClass(from)}-${quotedInClass(to)}` : '';
    } else {
      source += quotedInClass(item.replace(/^\\(?=.)/su, ''));
    }
  }
  if (source === '') {
    // Nothing is in it: it matches nothing, or everything.
    return [negated === '' ? '(?!)' : '[^/]', start + whole.length];
  }
  return [`(?!/)[${negated === '' ? '' : '^'}${source}]`, start + whole.length];
}
