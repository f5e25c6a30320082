/** glob, with the rules of Node's: results are relative when the pattern is, and in no order. */
import { constants as host } from 'node:fs';
import { posix } from 'node:path';
import type { Stat } from '../../sys/types.ts';
import { toBoolean, toCallback, toObject, toPath } from './check.ts';
import { type Dirent, DT_DIR, type Entry, list, toDirent } from './dirent.ts';
import { codeOf, invalidArgType } from './errors.ts';
import { type Form, type Op, perform, promiseForm, settle, syncForm } from './forms.ts';
import { expandBraces, GLOBSTAR, type Part, parseGlob } from './globpattern.ts';
import { absolute } from './names.ts';
import type { Calls, FsProc, Program } from './op.ts';

interface GlobOptions {
  readonly cwd: string | undefined;
  readonly withFileTypes: boolean;
  /** Is this left out, and what is below it? */
  readonly excluded: (path: string, entry: Dirent) => boolean;
  /** Is it left out by its path alone, whatever is there? */
  readonly excludedPath: (path: string) => boolean;
}

function matches(parts: readonly Part[], names: readonly string[]): boolean {
  const [part, ...rest] = parts;
  if (part === undefined) {
    return names.length === 0;
  }
  const [name, ...further] = names;
  if (part === GLOBSTAR) {
    return matches(rest, names) || (name !== undefined && matches(parts, further));
  }
  return (
    name !== undefined &&
    (typeof part === 'string' ? part === name : part.test(name)) &&
    matches(rest, further)
  );
}

type Exclusion = Pick<GlobOptions, 'excluded' | 'excludedPath'>;

const never = () => false;

function exclusion(value: unknown, withFileTypes: boolean): Exclusion {
  if (value === undefined || value === null) {
    return { excluded: never, excludedPath: never };
  }
  if (typeof value === 'function') {
    const test = value as (what: unknown) => unknown;
    return {
      excluded: (_path, entry) => Boolean(test(withFileTypes ? entry : entry.name)),
      excludedPath: never,
    };
  }
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw invalidArgType('options.exclude', 'of type function or an instance of string[]', value);
  }
  const patterns = value.flatMap(expandBraces).map((item) => parseGlob(item).filter((part) => part !== '.'));
  const excludedPath = (path: string) => patterns.some((parts) => matches(parts, path.split('/')));
  return { excluded: excludedPath, excludedPath };
}

function globOptions(value: unknown): GlobOptions {
  const given = value === undefined || value === null ? {} : toObject(value);
  const { cwd, exclude, withFileTypes = false } = given as Record<string, unknown>;
  const types = toBoolean(withFileTypes, 'options.withFileTypes');
  return {
    cwd: cwd === undefined || cwd === null ? undefined : toPath(cwd, 'options.cwd'),
    withFileTypes: types,
    ...exclusion(exclude, types),
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
function* visit(walk: Walk, { path, parts }: Place, todo: Place[]): Program<void> {
  const key = `${parts.length}\0${path}\0${parts.map(String).join('/')}`;
  const [part, ...rest] = parts;
  if (walk.seen.has(key)) {
    return;
  }
  walk.seen.add(key);
  if (part === undefined) {
    yield* find(walk, path);
  } else if (part === GLOBSTAR) {
    todo.push({ path, parts: rest });
    yield* descend(walk, path, parts, todo);
  } else if (typeof part === 'string') {
    if (part === '' && rest.length === 0) {
      // A slash at the end wants a directory.
      if (yield* isDirectory(walk, path)) {
        yield* find(walk, path);
      }
    } else {
      const next = part === '..' && path === '' ? '..' : below(path, part);
      if (!walk.options.excludedPath(next)) {
        todo.push({ path: next, parts: rest });
      }
    }
  } else {
    for (const entry of yield* entriesOf(walk, path)) {
      // Links are found, not followed, unless the pattern names them.
      const leads = rest.length === 0 || entry.type === DT_DIR || rest[0] === '..';
      if (leads && part.test(entry.name) && !excluded(walk, path, entry)) {
        todo.push({ path: below(path, entry.name), parts: rest });
      }
    }
  }
}

/** `**`: what is below, without names that begin with a dot and without following links. */
function* descend(walk: Walk, path: string, parts: readonly Part[], todo: Place[]): Program<void> {
  const last = parts.length === 1;
  for (const entry of yield* entriesOf(walk, path)) {
    if (entry.name.startsWith('.') || excluded(walk, path, entry)) {
      continue;
    }
    const next = below(path, entry.name);
    if (entry.type === DT_DIR) {
      todo.push({ path: next, parts });
    } else if (last) {
      yield* find(walk, next);
    }
  }
}

function excluded(walk: Walk, path: string, entry: Entry): boolean {
  const dirent = toDirent(entry, posix.resolve(walk.cwd, path), undefined);
  return walk.options.excluded(below(path, entry.name), dirent);
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
