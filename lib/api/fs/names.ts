/** Operations on names: links, renaming, removal, directories, symbolic links. */
import { constants as host } from 'node:fs';
import { posix } from 'node:path';
import { deprecate } from 'node:util';
import { PATH_MAX } from '../../sys/constants/limits.ts';
import type { Stat } from '../../sys/types.ts';
import {
  type BufferEncodingOption,
  toBoolean,
  toEncoding,
  toMode,
  toObject,
  toOptions,
  toPath,
} from './check.ts';
import { DT_DIR, type Entry, encoded, list } from './dirent.ts';
import { codedError, codeOf, invalidArgType, outOfRange, renamed, systemError } from './errors.ts';
import { type Calls, type Program, then } from './op.ts';

export function rename(sys: Calls, oldPath: unknown, newPath: unknown): unknown {
  const from = toPath(oldPath, 'oldPath');
  return sys.rename(from, toPath(newPath, 'newPath'));
}

export function link(sys: Calls, existingPath: unknown, newPath: unknown): unknown {
  const from = toPath(existingPath, 'existingPath');
  return sys.link(from, toPath(newPath, 'newPath'));
}

const LINK_TYPES: ReadonlySet<unknown> = new Set(['dir', 'file', 'junction', undefined, null]);

/** `type` means something on Windows alone. */
export function symlink(sys: Calls, target: unknown, path: unknown, type?: unknown): unknown {
  if (!LINK_TYPES.has(type) && typeof type !== 'function') {
    throw codedError(
      Error,
      'ERR_FS_INVALID_SYMLINK_TYPE',
      `Symlink type must be one of "dir", "file", or "junction". Received "${String(type)}"`,
    );
  }
  const to = toPath(target, 'target');
  return sys.symlink(to, toPath(path));
}

export function unlink(sys: Calls, path: unknown): unknown {
  return sys.unlink(toPath(path));
}

export function readlink(sys: Calls, path: unknown, options?: unknown): string | Buffer {
  const encoding = toEncoding(toOptions<{ encoding?: unknown }>(options, {}).encoding);
  const buf = new Uint8Array(PATH_MAX);
  return then(sys.readlink(toPath(path), buf), (n) => encoded(buf.subarray(0, n), encoding));
}

export function mkdir(sys: Calls, path: unknown, options?: unknown): undefined | Program<string | undefined> {
  const name = toPath(path);
  let mode = 0o777;
  if (typeof options === 'number' || typeof options === 'string') {
    mode = toMode(options);
  } else if (typeof options === 'object' && options !== null) {
    const { recursive = false, mode: given } = options as { recursive?: unknown; mode?: unknown };
    mode = toMode(given, 'mode', mode);
    if (toBoolean(recursive, 'options.recursive')) {
      return mkdirs(sys, name, mode & 0o7777);
    }
  }
  return sys.mkdir(name, mode & 0o7777) as undefined;
}

/** Make what is missing of a path, from the top. @returns the first directory made */
export function* mkdirs(sys: Calls, path: string, mode: number): Program<string | undefined> {
  const missing: string[] = [];
  let first: string | undefined;
  let at = path;
  // Below what is there, nothing is missing: in a directory that was removed none can be made, at no depth.
  let descends = false;
  for (;;) {
    try {
      yield sys.mkdir(at, mode);
      first ??= at;
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOENT' && !descends && posix.dirname(at) !== at) {
        missing.push(at);
        at = posix.dirname(at);
        continue;
      }
      if (code !== 'EEXIST' && code !== 'EISDIR') {
        // What is not a directory in the way is told of the whole path.
        throw renamed(error, 'mkdir', path);
      }
      let st: Stat;
      try {
        st = yield sys.stat(at);
      } catch (why) {
        throw renamed(why, 'mkdir', path);
      }
      if ((st.mode & host.S_IFMT) !== host.S_IFDIR) {
        throw error;
      }
    }
    const next = missing.pop();
    if (next === undefined) {
      return first;
    }
    at = next;
    descends = true;
  }
}

const RANDOM = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export function mkdtemp(sys: Calls, prefix: unknown, options?: unknown): Program<string | Buffer> {
  const encoding = toEncoding(toOptions<{ encoding?: unknown }>(options, {}).encoding);
  return temporary(sys, toPath(prefix, 'prefix'), encoding);
}

function* temporary(sys: Calls, prefix: string, encoding: BufferEncodingOption | null | undefined) {
  for (let tries = 0; ; tries++) {
    const path =
      prefix + Array.from({ length: 6 }, () => RANDOM[Math.floor(Math.random() * RANDOM.length)]).join('');
    try {
      yield sys.mkdir(path, 0o700);
      return encoded(Buffer.from(path), encoding);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST' || tries === 100) {
        throw renamed(error, 'mkdtemp', `${prefix}XXXXXX`);
      }
    }
  }
}

interface RmOptions {
  readonly recursive: boolean;
  readonly force: boolean;
  readonly maxRetries: number;
  readonly retryDelay: number;
}

function rmOptions(value: unknown): RmOptions {
  const {
    recursive = false,
    force = false,
    maxRetries = 0,
    retryDelay = 100,
  } = (value === undefined ? {} : toObject(value)) as Partial<Record<keyof RmOptions, unknown>>;
  toBoolean(recursive, 'options.recursive');
  toBoolean(force, 'options.force');
  return {
    recursive: recursive as boolean,
    force: force as boolean,
    maxRetries: count(maxRetries, 'options.maxRetries', 4294967295),
    retryDelay: count(retryDelay, 'options.retryDelay', 2147483647),
  };
}

function count(value: unknown, name: string, max: number): number {
  if (typeof value !== 'number') {
    throw invalidArgType(name, 'of type number', value);
  }
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw outOfRange(name, `>= 0 && <= ${max}`, value);
  }
  return value;
}

/** It goes on working here, whatever the running Node does. */
const deprecateRecursive = deprecate(
  () => {},
  'In future versions of Node.js, fs.rmdir(path, { recursive: true }) will be removed. ' +
    'Use fs.rm(path, { recursive: true }) instead',
  'DEP0147',
);

export function rmdir(sys: Calls, path: unknown, options?: unknown): unknown {
  const name = toPath(path);
  const all = rmOptions(options);
  if (all.recursive) {
    deprecateRecursive();
    return removeTree(sys, name, all, 'rmdir');
  }
  return sys.rmdir(name);
}

export function rm(sys: Calls, path: unknown, options?: unknown): Program<void> {
  return remove(sys, toPath(path), rmOptions(options));
}

function* remove(sys: Calls, path: string, options: RmOptions): Program<void> {
  let st: Stat;
  try {
    st = yield sys.lstat(path);
  } catch (error) {
    if (options.force && codeOf(error) === 'ENOENT') {
      return;
    }
    throw error;
  }
  if ((st.mode & host.S_IFMT) !== host.S_IFDIR) {
    yield* removeFile(sys, path);
  } else if (options.recursive) {
    yield* removeTree(sys, path, options, 'rm');
  } else {
    throw systemError('ERR_FS_EISDIR', 'Path is a directory', {
      code: 'EISDIR',
      message: 'is a directory',
      path,
      syscall: 'rm',
    });
  }
}

function* removeFile(sys: Calls, path: string): Program<void> {
  try {
    yield sys.unlink(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') {
      throw error;
    }
  }
}

/**
 * A directory and all below, without recursion of calls: a tree may be deeper than the stack. What others remove
 * meanwhile is removed. What others add meanwhile is found when the directory is not empty, and removed too,
 * `maxRetries` times.
 */
function* removeTree(sys: Calls, path: string, options: RmOptions, syscall: string): Program<void> {
  const stack: { path: string; tries: number }[] = [{ path, tries: 0 }];
  for (let dir = stack.at(-1); dir !== undefined; dir = stack.at(-1)) {
    try {
      yield sys.rmdir(dir.path);
      stack.pop();
      continue;
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOENT' && dir.path !== path) {
        stack.pop();
        continue;
      }
      if (code !== 'ENOTEMPTY' || dir.tries++ > options.maxRetries + 1) {
        throw code === 'ENOTEMPTY' ? renamed(error, syscall, dir.path) : error;
      }
    }
    const entries: Entry[] = yield* list(sys, dir.path);
    for (const entry of entries) {
      const below = posix.join(dir.path, entry.name);
      if (entry.type === DT_DIR) {
        stack.push({ path: below, tries: 0 });
      } else {
        yield* removeFile(sys, below);
      }
    }
  }
}
