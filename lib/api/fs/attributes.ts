/** Operations on what a file is: stat, modes, owners, times, size, access. */
import { AT_FDCWD, O_CLOEXEC, O_RDWR } from '../../sys/constants/fcntl.ts';
import type { Stat, Timespec, Timeval } from '../../sys/types.ts';
import { isFd, toFd, toId, toInteger, toMode, toPath, toSeconds } from './check.ts';
import { codedError, codeOf } from './errors.ts';
import { type Calls, type Program, then } from './op.ts';
import { type BigIntStats, StatFs, type Stats, toBigIntStats, toStats } from './stats.ts';

interface StatOptions {
  readonly bigint?: boolean;
  readonly throwIfNoEntry?: boolean;
}

type AnyStats = Stats | BigIntStats;

function maker(options: unknown): (st: Stat) => AnyStats {
  return (options as StatOptions | null | undefined)?.bigint ? toBigIntStats : toStats;
}

export function stat(sys: Calls, path: unknown, options?: unknown): MaybeStats {
  const name = toPath(path);
  return unlessAbsent(options)
    ? ifThere(() => sys.stat(name), options)
    : then(sys.stat(name), maker(options));
}

/** `throwIfNoEntry` counts in all forms; Node knows that of stat alone, and of the synchronous lstat. */
export function lstat(sys: Calls, path: unknown, options?: unknown): MaybeStats {
  const name = toPath(path);
  return unlessAbsent(options)
    ? ifThere(() => sys.lstat(name), options)
    : then(sys.lstat(name), maker(options));
}

type MaybeStats = AnyStats | Program<AnyStats | undefined>;

/** Does the caller want to hear of nothing that is not there? */
function unlessAbsent(options: unknown): boolean {
  return (options as StatOptions | null | undefined)?.throwIfNoEntry === false;
}

function* ifThere(call: () => Stat, options: unknown): Program<AnyStats | undefined> {
  try {
    return maker(options)(yield call());
  } catch (error) {
    if (isAbsent(error)) {
      return undefined;
    }
    throw error;
  }
}

export function fstat(sys: Calls, fd: unknown, options?: unknown): AnyStats {
  return then(sys.fstat(toFd(fd)), maker(options));
}

function isAbsent(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

export function statfs(sys: Calls, path: unknown, options?: unknown): StatFs<number | bigint> {
  const big = (options as StatOptions | null | undefined)?.bigint === true;
  return then(sys.statvfs1(toPath(path), 0), (sb) =>
    big ? new StatFs<number | bigint>(sb, BigInt) : new StatFs<number | bigint>(sb, Number),
  );
}

/** The host's F_OK, X_OK, W_OK and R_OK are NetBSD's. */
export function access(sys: Calls, path: unknown, mode?: unknown): unknown {
  const name = toPath(path);
  return sys.access(name, toBits(mode, 7));
}

/** The mode of access and copyFile. */
export function toBits(mode: unknown, max: number): number {
  if (mode === undefined || mode === null || typeof mode === 'function') {
    return 0;
  }
  if (typeof mode !== 'number') {
    throw codedError(TypeError, 'ERR_INVALID_ARG_TYPE', 'mode must be int32 or null/undefined');
  }
  const bits = toInteger(mode, 'mode', Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
  if (bits < 0 || bits > max) {
    throw codedError(RangeError, 'ERR_OUT_OF_RANGE', `mode is out of range: >= 0 && <= ${max}`);
  }
  return bits;
}

const PERMISSIONS = 0o7777;

export function chmod(sys: Calls, path: unknown, mode: unknown): unknown {
  const name = toPath(path);
  return sys.chmod(name, toMode(mode) & PERMISSIONS);
}

export function lchmod(sys: Calls, path: unknown, mode: unknown): unknown {
  const name = toPath(path);
  return sys.lchmod(name, toMode(mode) & PERMISSIONS);
}

export function fchmod(sys: Calls, fd: unknown, mode: unknown): unknown {
  const file = toFd(fd);
  return sys.fchmod(file, toMode(mode) & PERMISSIONS);
}

export function chown(sys: Calls, path: unknown, uid: unknown, gid: unknown): unknown {
  const name = toPath(path);
  const owner = toId(uid, 'uid');
  return sys.chown(name, owner, toId(gid, 'gid'));
}

export function lchown(sys: Calls, path: unknown, uid: unknown, gid: unknown): unknown {
  const name = toPath(path);
  const owner = toId(uid, 'uid');
  return sys.lchown(name, owner, toId(gid, 'gid'));
}

export function fchown(sys: Calls, fd: unknown, uid: unknown, gid: unknown): unknown {
  const file = toFd(fd);
  const owner = toId(uid, 'uid');
  return sys.fchown(file, owner, toId(gid, 'gid'));
}

function timespec(value: unknown, name?: string): Timespec {
  const seconds = toSeconds(value, name);
  const sec = Math.floor(seconds);
  // A double holds microseconds of our days, not nanoseconds.
  const nsec = Math.round((seconds - sec) * 1e6) * 1000;
  return nsec === 1e9 ? { sec: sec + 1, nsec: 0 } : { sec, nsec };
}

export function utimes(sys: Calls, path: unknown, atime: unknown, mtime: unknown): unknown {
  const name = toPath(path);
  return sys.utimensat(AT_FDCWD, name, [timespec(atime), timespec(mtime)], 0);
}

export function lutimes(sys: Calls, path: unknown, atime: unknown, mtime: unknown): unknown {
  const name = toPath(path);
  return sys.lutimes(name, [timeval(atime), timeval(mtime)]);
}

function timeval(value: unknown): Timeval {
  const { sec, nsec } = timespec(value);
  return { sec, usec: nsec / 1000 };
}

export function futimes(sys: Calls, fd: unknown, atime: unknown, mtime: unknown): unknown {
  const file = toFd(fd);
  return sys.futimens(file, [timespec(atime, 'atime'), timespec(mtime, 'mtime')]);
}

/** A length that is left out is 0, a negative one too. */
function toLength(value: unknown): number {
  if (value === undefined || typeof value === 'function') {
    return 0;
  }
  return Math.max(0, toInteger(value, 'len', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER));
}

export function ftruncate(sys: Calls, fd: unknown, len?: unknown): unknown {
  const file = toFd(fd);
  return sys.ftruncate(file, toLength(len));
}

/** As Node: the file is opened, so what cannot be opened is told of `open`. */
export function truncate(sys: Calls, path: unknown, len?: unknown): Program<void> {
  if (isFd(path)) {
    return cut(sys, toFd(path), toLength(len));
  }
  return openAndCut(sys, toPath(path), toLength(len));
}

function* cut(sys: Calls, fd: number, length: number): Program<void> {
  yield sys.ftruncate(fd, length);
}

function* openAndCut(sys: Calls, path: string, length: number): Program<void> {
  const fd: number = yield sys.open(path, O_RDWR | O_CLOEXEC);
  try {
    yield sys.ftruncate(fd, length);
  } finally {
    yield sys.close(fd);
  }
}
