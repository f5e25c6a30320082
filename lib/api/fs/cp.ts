/** cp: copying trees, with Node's rules for links, and for what is there already. */
import { constants as host } from 'node:fs';
import { posix } from 'node:path';
import { types } from 'node:util';
import { AT_FDCWD } from '../../sys/constants/fcntl.ts';
import type { Stat } from '../../sys/types.ts';
import { toBits } from './attributes.ts';
import { toBoolean, toObject, toPath } from './check.ts';
import { copying } from './copyfile.ts';
import { type Entry, list } from './dirent.ts';
import { codedError, codeOf, invalidArgType, systemError } from './errors.ts';
import { mkdirs } from './names.ts';
import type { Calls, Program } from './op.ts';
import { absolute, readTarget } from './realpath.ts';

type Filter = (src: string, dest: string) => unknown;

interface CpOptions {
  readonly dereference: boolean;
  readonly errorOnExist: boolean;
  readonly force: boolean;
  readonly preserveTimestamps: boolean;
  readonly recursive: boolean;
  readonly verbatimSymlinks: boolean;
  readonly mode: number;
  readonly filter: Filter | undefined;
}

const SWITCHES = [
  'dereference',
  'errorOnExist',
  'force',
  'preserveTimestamps',
  'recursive',
  'verbatimSymlinks',
] as const;

/** What is given as undefined is not left out: Node refuses it. */
const DEFAULTS = {
  ...Object.fromEntries(SWITCHES.map((name) => [name, false])),
  force: true,
} as const;

function cpOptions(value: unknown): CpOptions {
  const given: Record<string, unknown> = { ...DEFAULTS, ...(value === undefined ? {} : toObject(value)) };
  const switches = Object.fromEntries(
    SWITCHES.map((name) => [name, toBoolean(given[name], `options.${name}`)]),
  ) as Record<(typeof SWITCHES)[number], boolean>;
  const { filter } = given;
  if (filter !== undefined && typeof filter !== 'function') {
    throw invalidArgType('options.filter', 'of type function', filter);
  }
  if (switches.dereference && switches.verbatimSymlinks) {
    throw codedError(
      TypeError,
      'ERR_INCOMPATIBLE_OPTION_PAIR',
      'Option "dereference" cannot be used in combination with option "verbatimSymlinks"',
    );
  }
  return { ...switches, mode: toBits(given['mode'], 7), filter: filter as Filter | undefined };
}

function isDirectory(st: Stat): boolean {
  return (st.mode & host.S_IFMT) === host.S_IFDIR;
}

function same(a: Stat, b: Stat): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

/** Is `dest` below `src`, or that itself? Both are absolute. */
function isWithin(src: string, dest: string): boolean {
  const [above, below] = [src, dest].map((path) => path.split('/').filter(Boolean)) as [string[], string[]];
  return above.every((name, i) => below[i] === name);
}

function refuse(code: string, prefix: string, errno: string, message: string, path: string): Error {
  return systemError(code, prefix, { code: errno, message, path, syscall: 'cp' });
}

function invalid(message: string, path: string): Error {
  return refuse('ERR_FS_CP_EINVAL', 'Invalid src or dest', 'EINVAL', message, path);
}

function exists(dest: string): Error {
  return refuse('ERR_FS_CP_EEXIST', 'Target already exists', 'EEXIST', `${dest} already exists`, dest);
}

function intoItself(src: string, dest: string): Error {
  return invalid(`cannot copy ${src} to a subdirectory of self ${dest}`, dest);
}

export function cp(sys: Calls, src: unknown, dest: unknown, options?: unknown): Program<void> {
  const all = cpOptions(options);
  const from = toPath(src, 'src');
  return copyTree(sys, from, toPath(dest, 'dest'), all);
}

function* copyTree(sys: Calls, src: string, dest: string, options: CpOptions): Program<void> {
  const found = yield* look(sys, src, dest, options);
  if (found === null) {
    return;
  }
  yield* refuseParents(sys, src, found.st, dest);
  const parent = posix.dirname(dest);
  if ((yield* statOrNull(sys, parent, 'follow')) === null) {
    yield* mkdirs(sys, parent, 0o777);
  }
  yield* copyOne(sys, src, dest, found, options);
}

interface Found {
  readonly st: Stat;
  /** What is there already. */
  readonly there: Stat | null;
}

function* statOrNull(sys: Calls, path: string, links: 'follow' | 'leave'): Program<Stat | null> {
  try {
    return yield links === 'follow' ? sys.stat(path) : sys.lstat(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') {
      return null;
    }
    throw error;
  }
}

/** What is to be copied and what is there; null when the filter does not want it. */
function* look(sys: Calls, src: string, dest: string, options: CpOptions): Program<Found | null> {
  if (options.filter !== undefined) {
    const answer: unknown = options.filter(src, dest);
    // One of another realm becomes one that can be told.
    const wanted: unknown = yield types.isPromise(answer) ? Promise.resolve(answer) : answer;
    if (wanted instanceof Promise) {
      throw codedError(
        TypeError,
        'ERR_INVALID_RETURN_VALUE',
        'Expected boolean to be returned from the "options.filter" function but got an instance of Promise.',
      );
    }
    if (!wanted) {
      return null;
    }
  }
  const st: Stat = yield options.dereference ? sys.stat(src) : sys.lstat(src);
  const there = yield* statOrNull(sys, dest, options.dereference ? 'follow' : 'leave');
  if (there !== null) {
    if (same(st, there)) {
      throw invalid('src and dest cannot be the same', dest);
    }
    if (isDirectory(st) && !isDirectory(there)) {
      throw refuse(
        'ERR_FS_CP_DIR_TO_NON_DIR',
        'Cannot overwrite non-directory with directory',
        'EISDIR',
        `cannot overwrite non-directory ${dest} with directory ${src}`,
        dest,
      );
    }
    if (!isDirectory(st) && isDirectory(there)) {
      throw refuse(
        'ERR_FS_CP_NON_DIR_TO_DIR',
        'Cannot overwrite directory with non-directory',
        'ENOTDIR',
        `cannot overwrite directory ${dest} with non-directory ${src}`,
        dest,
      );
    }
  }
  if (isDirectory(st) && isWithin(yield* absolute(sys, src), yield* absolute(sys, dest))) {
    throw intoItself(src, dest);
  }
  return { st, there };
}

/** No directory above `dest` may be what is copied: by another name it would copy itself without end. */
function* refuseParents(sys: Calls, src: string, st: Stat, dest: string): Program<void> {
  const top = posix.dirname(yield* absolute(sys, src));
  let parent = posix.dirname(yield* absolute(sys, dest));
  while (parent !== top && parent !== '/') {
    const above = yield* statOrNull(sys, parent, 'follow');
    if (above === null) {
      return;
    }
    if (same(above, st)) {
      throw intoItself(src, dest);
    }
    parent = posix.dirname(parent);
  }
}

function* copyOne(
  sys: Calls,
  src: string,
  dest: string,
  { st, there }: Found,
  options: CpOptions,
): Program<void> {
  switch (st.mode & host.S_IFMT) {
    case host.S_IFDIR:
      if (!options.recursive) {
        throw refuse(
          'ERR_FS_EISDIR',
          'Path is a directory',
          'EISDIR',
          `${src} is a directory (not copied)`,
          src,
        );
      }
      yield* copyDirectory(sys, src, dest, { st, there }, options);
      break;
    case host.S_IFLNK:
      yield* copyLink(sys, src, dest, there, options);
      break;
    case host.S_IFSOCK:
      throw refuse(
        'ERR_FS_CP_SOCKET',
        'Cannot copy a socket file',
        'EINVAL',
        `cannot copy a socket file: ${dest}`,
        dest,
      );
    case host.S_IFIFO:
      throw refuse(
        'ERR_FS_CP_FIFO_PIPE',
        'Cannot copy a FIFO pipe',
        'EINVAL',
        `cannot copy a FIFO pipe: ${dest}`,
        dest,
      );
    default:
      yield* copyRegular(sys, src, dest, { st, there }, options);
  }
}

function* copyDirectory(
  sys: Calls,
  src: string,
  dest: string,
  { st, there }: Found,
  options: CpOptions,
): Program<void> {
  if (there === null) {
    yield sys.mkdir(dest, 0o777);
  } else if (options.errorOnExist && !options.force) {
    throw exists(dest);
  }
  const entries: Entry[] = yield* list(sys, src);
  for (const { name } of entries) {
    const [from, to] = [posix.join(src, name), posix.join(dest, name)];
    const found = yield* look(sys, from, to, options);
    if (found !== null) {
      yield* copyOne(sys, from, to, found, options);
    }
  }
  if (there === null) {
    yield sys.chmod(dest, st.mode & 0o7777);
  }
}

function* copyRegular(
  sys: Calls,
  src: string,
  dest: string,
  { st, there }: Found,
  options: CpOptions,
): Program<void> {
  if (there !== null && !options.force) {
    if (options.errorOnExist) {
      throw exists(dest);
    }
    return;
  }
  if (there !== null) {
    yield sys.unlink(dest);
  }
  yield* copying(sys, src, dest, options.mode);
  if (options.preserveTimestamps) {
    yield sys.utimensat(AT_FDCWD, dest, [st.atim, st.mtim], 0);
  }
  yield sys.chmod(dest, st.mode & 0o7777);
}

/** A relative link leads where it led, unless it is wanted to the letter. */
function* copyLink(
  sys: Calls,
  src: string,
  dest: string,
  there: Stat | null,
  options: CpOptions,
): Program<void> {
  const written: string = yield* readTarget(sys, src);
  const resolved = posix.resolve(posix.dirname(yield* absolute(sys, src)), written);
  const target = options.verbatimSymlinks ? written : resolved;
  if (there === null) {
    yield sys.symlink(target, dest);
    return;
  }
  let old: string;
  try {
    old = yield* readTarget(sys, dest);
  } catch (error) {
    if (codeOf(error) !== 'EINVAL') {
      throw error;
    }
    // No link: symlink(2) says that something is there.
    yield sys.symlink(target, dest);
    return;
  }
  old = posix.resolve(posix.dirname(yield* absolute(sys, dest)), old);
  const st = yield* statOrNull(sys, src, 'follow');
  if (st !== null && isDirectory(st) && isWithin(resolved, old)) {
    throw invalid(`cannot copy ${resolved} to a subdirectory of self ${old}`, dest);
  }
  const at = yield* statOrNull(sys, dest, 'follow');
  if (at !== null && isDirectory(at) && isWithin(old, resolved)) {
    throw refuse(
      'ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY',
      'Cannot overwrite symlink in subdirectory of self',
      'EINVAL',
      `cannot overwrite ${old} with ${resolved}`,
      dest,
    );
  }
  yield sys.unlink(dest);
  yield sys.symlink(target, dest);
}
