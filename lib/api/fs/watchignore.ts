/** What a watcher does not tell of: its option `ignore`. */
import { posix } from 'node:path';
import { types } from 'node:util';
import { invalidArgType, invalidArgValue } from './errors.ts';
import { expandBraces, matches, parseGlob } from './globpattern.ts';

/** Is this name, below what is watched, left out? */
export type Ignores = (name: string) => boolean;

/** A pattern without slashes is one of last names. */
function globbed(pattern: string): Ignores {
  const patterns = expandBraces(pattern).map(parseGlob);
  return (name) => {
    const whole = name.split('/');
    return patterns.some((parts) => matches(parts, parts.length === 1 ? [posix.basename(name)] : whole));
  };
}

function one(value: unknown, name: string): Ignores {
  if (typeof value === 'function') {
    return (path) => Boolean((value as (path: string) => unknown)(path));
  }
  if (types.isRegExp(value)) {
    return (path) => value.test(path);
  }
  if (typeof value !== 'string') {
    throw invalidArgType(name, 'one of type string or function or an instance of RegExp', value);
  }
  if (value === '') {
    throw invalidArgValue(name, value, 'must be a non-empty string');
  }
  return globbed(value);
}

/** Patterns, regular expressions and functions, one of them or several. */
export function toIgnores(value: unknown): Ignores {
  if (value === undefined || value === null) {
    return () => false;
  }
  const all = Array.isArray(value)
    ? value.map((item, i) => one(item, `options.ignore[${i}]`))
    : [one(value, 'options.ignore')];
  return (name) => all.some((ignores) => ignores(name));
}
