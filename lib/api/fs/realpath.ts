/** Where paths lead: absolute ones, what a link says, and paths without links. */
import { constants as host } from 'node:fs';
import { posix } from 'node:path';
import { PATH_MAX } from '../../sys/constants/limits.ts';
import { nameDecode } from '../../sys/pathname.ts';
import type { Stat } from '../../sys/types.ts';
import { type BufferEncodingOption, toEncoding, toOptions, toPath } from './check.ts';
import { encoded } from './dirent.ts';
import { renamed } from './errors.ts';
import type { Calls, Program } from './op.ts';

/** An absolute path. A process has its own working directory, which is not that of the host program. */
export function* absolute(sys: Calls, path: string): Program<string> {
  if (path.startsWith('/')) {
    return posix.resolve(path);
  }
  const cwd: string = yield sys.getcwd();
  return posix.resolve(cwd, path);
}

/** Where a symbolic link leads, as it is written. */
export function* readTarget(sys: Calls, path: string): Program<string> {
  const buf = new Uint8Array(PATH_MAX);
  const n: number = yield sys.readlink(path, buf);
  return nameDecode(buf.subarray(0, n));
}

export function realpath(sys: Calls, path: unknown, options?: unknown): Program<string | Buffer> {
  const encoding = toEncoding(toOptions<{ encoding?: unknown }>(options, {}).encoding);
  return canonical(sys, toPath(path), encoding);
}

export function realpathNative(sys: Calls, path: unknown, options?: unknown): Program<string | Buffer> {
  const encoding = toEncoding(toOptions<{ encoding?: unknown }>(options, {}).encoding);
  return nativeCanonical(sys, toPath(path), encoding);
}

/** As realpath(3): `..` is what is above where a name leads, not above the name, and all of it is there. */
function* nativeCanonical(
  sys: Calls,
  path: string,
  encoding: BufferEncodingOption | null | undefined,
): Program<string | Buffer> {
  try {
    yield sys.stat(path);
    const whole: string = path.startsWith('/') ? path : `${yield sys.getcwd()}/${path}`;
    return yield* resolved(sys, whole, encoding);
  } catch (error) {
    throw renamed(error, 'realpath', path);
  }
}

function* canonical(
  sys: Calls,
  path: string,
  encoding: BufferEncodingOption | null | undefined,
): Program<string | Buffer> {
  return yield* resolved(sys, yield* absolute(sys, path), encoding);
}

/** An absolute path without links. */
function* resolved(
  sys: Calls,
  path: string,
  encoding: BufferEncodingOption | null | undefined,
): Program<string | Buffer> {
  const rest = path.split('/').reverse();
  let at = '/';
  while (rest.length > 0) {
    const name = rest.pop() as string;
    if (name === '' || name === '.') {
      continue;
    }
    if (name === '..') {
      at = posix.dirname(at);
      continue;
    }
    const next = at === '/' ? `/${name}` : `${at}/${name}`;
    const st: Stat = yield sys.lstat(next);
    if ((st.mode & host.S_IFMT) !== host.S_IFLNK) {
      at = next;
      continue;
    }
    // As Node: a link to nothing, or in a circle, is told of `stat`.
    yield sys.stat(next);
    const target: string = yield* readTarget(sys, next);
    if (target.startsWith('/')) {
      at = '/';
    }
    rest.push(...target.split('/').reverse());
  }
  return encoded(Buffer.from(at), encoding);
}
