/** glob, with the rules of Node's: results are relative when the pattern is, and in no order. */
import { constants as host } from 'node:fs';
import { posix } from 'node:path';
import type { Stat } from '../../sys/types.ts';
import { toBoolean, toCallback, toObject, toPath } from './check.ts';
import { type Dirent, DT_DIR, type Entry, list, toDirent } from './dirent.ts';
import { codeOf, invalidArgType } from './errors.ts';
import { type Form, type Op, perform, promiseForm, settle, syncForm } from './forms.ts';
import { expandBraces, GLOBSTAR, matches, type Part, parseGlob } from './globpattern.ts';
import type { Calls, FsProc, Program } from './op.ts';
import { absolute } from './realpath.ts';

interface GlobOptions extends Exclusion {
  readonly cwd: string | undefined;
  readonly withFileTypes: boolean;
}

/** What is left out, and what is below it. */
interface Exclusion {
  /** By patterns: of a name below the beginning, and the whole of it. */
  readonly excludes: (path: string, full: string) => boolean;
  /** By a function: it is asked of what `**` finds, by its name, and of what is gone on from, by its path. */
  readonly refuses: (what: string | Dirent) => boolean;
}

const never = () => false;

function exclusion(value: unknown): Exclusion {
  if (value === undefined || value === null) {
    return { excludes: never, refuses: never };
  }
  if (typeof value === 'function') {
    return { excludes: never, refuses: (what) => Boolean((value as (asked: unknown) => unknown)(what)) };
  }
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw invalidArgType('options.exclude', 'of type function or an instance of string[]', value);
  }
  const patterns = value
    .flatMap(expandBraces)
    .map((item) => parseGlob(posix.normalize(item).replace(/(?<=.)\/$/, '')));
  const excluded = (path: string) => patterns.some((parts) => matches(parts, path.split('/')));
  return { excludes: (path, full) => excluded(path) || excluded(full), refuses: never };
}

function globOptions(value: unknown): GlobOptions {
  const given = value === undefined || value === null ? {} : toObject(value);
  const { cwd, exclude, withFileTypes = false } = given as Record<string, unknown>;
  return {
    cwd: cwd === undefined || cwd === null ? undefined : toPath(cwd, 'options.cwd'),
    withFileTypes: toBoolean(withFileTypes, 'options.withFileTypes'),
    ...exclusion(exclude),
  };
}

export function glob(sys: Calls, pattern: unknown, options?: unknown): Program<(string | Dirent)[]> {
  const patterns = Array.isArray(pattern) ? pattern : [pattern];
  if (!patterns.every((item) => typeof item === 'string')) {
    throw invalidArgType('patterns', 'of type string or an instance of string[]', pattern);
  }
  return search(sys, patterns.flatMap(expandBraces).map(parseGlob), globOptions(options));
}

/** A place in the tree that a pattern has come to. */
interface Place {
  /** As it is told: relative to the beginning, '' at it. */
  readonly path: string;
  readonly parts: readonly Part[];
  /** Is it one of those that `**` comes to? What is in it is looked at as `**` does, then, also if it is named. */
  readonly swept?: true;
}

function* search(
  sys: Calls,
  patterns: readonly (readonly Part[])[],
  options: GlobOptions,
): Program<(string | Dirent)[]> {
  const cwd = yield* absolute(sys, options.cwd ?? '.');
  const walk: Walk = { sys, cwd, options, found: new Map(), listed: new Map(), seen: new Set() };
  const todo: Place[] = [];
  for (const parts of patterns) {
    if (parts.length === 1 && parts[0] === '') {
      continue;
    }
    todo.push(parts[0] === '' ? { path: '/', parts: parts.slice(1) } : { path: '', parts });
  }
  for (let place = todo.pop(); place !== undefined; place = todo.pop()) {
    yield* visit(walk, place, todo);
  }
  return [...walk.found].map(([path, entry]) => (options.withFileTypes ? entry : path));
}

interface Walk {
  readonly sys: Calls;
  readonly cwd: string;
  readonly options: GlobOptions;
  readonly found: Map<string, Dirent>;
  readonly listed: Map<string, readonly Entry[]>;
  readonly seen: Set<string>;
}

function below(path: string, name: string): string {
  return path === '' ? name : posix.join(path, name);
}

/** One part further: what matches is found, or is a place to go on from. */
function* visit(walk: Walk, place: Place, todo: Place[]): Program<void> {
  const { path, parts, swept } = place;
  const key = `${parts.length}\0${path}\0${swept}\0${parts.map(String).join('/')}`;
  const [part, ...rest] = parts;
  if (walk.seen.has(key)) {
    return;
  }
  walk.seen.add(key);
  if (part !== undefined && path !== '' && (refusesPlace(walk, path) || excludes(walk, path, '/'))) {
    // All of what is in it may be left out, too.
    return;
  }
  if (part === undefined) {
    yield* find(walk, path);
  } else if (part === GLOBSTAR) {
    todo.push({ path, parts: rest, swept: true });
    yield* descend(walk, path, parts, todo);
  } else if (part === '' && rest.length === 0) {
    // A slash at the end wants a directory.
    if (yield* isDirectory(walk, path)) {
      yield* find(walk, path);
    }
  } else if (typeof part === 'string' && (swept !== true || DOTS.has(part))) {
    const next = part === '..' && path === '' ? '..' : below(path, part);
    if (!excludes(walk, next)) {
      todo.push({ path: next, parts: rest });
    }
  } else {
    yield* choose(walk, place, todo);
  }
}

const DOTS: ReadonlySet<string> = new Set(['.', '..']);

/** What is in a directory and is named so. Links are found, not followed. */
function* choose(walk: Walk, { path, parts, swept }: Place, todo: Place[]): Program<void> {
  const [part, ...rest] = parts as readonly [string | RegExp, ...Part[]];
  for (const entry of yield* entriesOf(walk, path)) {
    const leads = rest.length === 0 || entry.type === DT_DIR || rest[0] === '..';
    const next = below(path, entry.name);
    if (
      leads &&
      (typeof part === 'string' ? part === entry.name : part.test(entry.name)) &&
      !excludes(walk, next) &&
      !(swept === true && refusesEntry(walk, path, entry))
    ) {
      todo.push({ path: next, parts: rest });
    }
  }
}

/** `**`: what is below, without names that begin with a dot and without following links. */
function* descend(walk: Walk, path: string, parts: readonly Part[], todo: Place[]): Program<void> {
  const last = parts.length === 1;
  for (const entry of yield* entriesOf(walk, path)) {
    const next = below(path, entry.name);
    if (entry.name.startsWith('.') || excludes(walk, next) || refusesEntry(walk, path, entry)) {
      continue;
    }
    if (entry.type === DT_DIR) {
      todo.push({ path: next, parts });
    } else if (last) {
      yield* find(walk, next);
    }
  }
}

function excludes({ options, cwd }: Walk, path: string, end: '' | '/' = ''): boolean {
  const full = posix.resolve(cwd, path);
  return options.excludes(posix.relative(cwd, full) + end, full + end);
}

function refusesEntry({ options, cwd }: Walk, path: string, entry: Entry): boolean {
  const { withFileTypes, refuses } = options;
  return refuses(withFileTypes ? toDirent(entry, posix.resolve(cwd, path), undefined) : entry.name);
}

function refusesPlace({ options, cwd }: Walk, path: string): boolean {
  const { withFileTypes, refuses } = options;
  const full = posix.resolve(cwd, path);
  const entry = { name: posix.basename(full), type: DT_DIR };
  return refuses(withFileTypes ? toDirent(entry, posix.dirname(full), undefined) : path);
}

const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ENAMETOOLONG']);

function* entriesOf(walk: Walk, path: string): Program<readonly Entry[]> {
  const full = posix.resolve(walk.cwd, path);
  let entries = walk.listed.get(full);
  if (entries === undefined) {
    try {
      entries = yield* list(walk.sys, full);
    } catch (error) {
      if (!ABSENT.has(codeOf(error))) {
        throw error;
      }
      entries = [];
    }
    walk.listed.set(full, entries as readonly Entry[]);
  }
  return entries as readonly Entry[];
}

function* statOf(walk: Walk, path: string, links: 'follow' | 'leave'): Program<Stat | null> {
  const full = posix.resolve(walk.cwd, path);
  try {
    return yield links === 'follow' ? walk.sys.stat(full) : walk.sys.lstat(full);
  } catch (error) {
    if (ABSENT.has(codeOf(error))) {
      return null;
    }
    throw error;
  }
}

function* isDirectory(walk: Walk, path: string): Program<boolean> {
  const st = yield* statOf(walk, path, 'follow');
  return st !== null && (st.mode & host.S_IFMT) === host.S_IFDIR;
}

function* find(walk: Walk, path: string): Program<void> {
  const name = path === '' ? '.' : path;
  if (walk.found.has(name)) {
    return;
  }
  const st = yield* statOf(walk, path, 'leave');
  if (st === null) {
    return;
  }
  const full = posix.resolve(walk.cwd, path);
  const entry = { name: posix.basename(full), type: (st.mode & host.S_IFMT) >> 12 };
  walk.found.set(name, toDirent(entry, posix.dirname(full), undefined));
}

/** The three forms: an array, an array for a callback, and an iterator. */
export function globForms(proc: FsProc): { glob: Form; globSync: Form; promised: Form } {
  const all = promiseForm(proc, glob as Op);
  return {
    globSync: syncForm(proc, glob as Op),
    glob: (pattern, options, callback) => {
      const done = toCallback(callback ?? options);
      settle(
        perform(proc, (calls) => glob(calls, pattern, typeof options === 'function' ? undefined : options)),
        done,
      );
    },
    promised: async function* (pattern, options) {
      yield* (await all(pattern, options)) as (string | Dirent)[];
    },
  };
}
