/**
 * Flags of open(2): callers name them by strings, or by the numbers of the `fs.constants` of the running Node.
 */
import { constants as host } from 'node:fs';
import * as n from '../../sys/constants/fcntl.ts';
import { toInteger } from './check.ts';
import { invalidArgValue } from './errors.ts';

const RDWR = n.O_RDWR | n.O_CREAT;
const WRONLY = n.O_WRONLY | n.O_CREAT;

const STRINGS: ReadonlyMap<string, number> = new Map([
  ['r', n.O_RDONLY],
  ['rs', n.O_RDONLY | n.O_SYNC],
  ['sr', n.O_RDONLY | n.O_SYNC],
  ['r+', n.O_RDWR],
  ['rs+', n.O_RDWR | n.O_SYNC],
  ['sr+', n.O_RDWR | n.O_SYNC],
  ['w', WRONLY | n.O_TRUNC],
  ['wx', WRONLY | n.O_TRUNC | n.O_EXCL],
  ['xw', WRONLY | n.O_TRUNC | n.O_EXCL],
  ['w+', RDWR | n.O_TRUNC],
  ['wx+', RDWR | n.O_TRUNC | n.O_EXCL],
  ['xw+', RDWR | n.O_TRUNC | n.O_EXCL],
  ['a', WRONLY | n.O_APPEND],
  ['ax', WRONLY | n.O_APPEND | n.O_EXCL],
  ['xa', WRONLY | n.O_APPEND | n.O_EXCL],
  ['as', WRONLY | n.O_APPEND | n.O_SYNC],
  ['sa', WRONLY | n.O_APPEND | n.O_SYNC],
  ['a+', RDWR | n.O_APPEND],
  ['ax+', RDWR | n.O_APPEND | n.O_EXCL],
  ['xa+', RDWR | n.O_APPEND | n.O_EXCL],
  ['as+', RDWR | n.O_APPEND | n.O_SYNC],
  ['sa+', RDWR | n.O_APPEND | n.O_SYNC],
]);

/** The host's bits that mean something else here. O_SYNC holds O_DSYNC on Linux, hence comes first. */
const BITS: readonly (readonly [host: number | undefined, ours: number])[] = [
  [host.O_SYNC, n.O_SYNC],
  [host.O_DSYNC, n.O_DSYNC],
  [host.O_CREAT, n.O_CREAT],
  [host.O_EXCL, n.O_EXCL],
  [host.O_TRUNC, n.O_TRUNC],
  [host.O_APPEND, n.O_APPEND],
  [host.O_NONBLOCK, n.O_NONBLOCK],
  [host.O_NOFOLLOW, n.O_NOFOLLOW],
  [host.O_DIRECTORY, n.O_DIRECTORY],
  [host.O_NOCTTY, n.O_NOCTTY],
  [host.O_DIRECT, n.O_DIRECT],
];

function translated(flags: number): number {
  let left = flags;
  let ours = flags & n.O_ACCMODE;
  for (const [theirs, bit] of BITS) {
    if (theirs && (left & theirs) === theirs) {
      left &= ~theirs;
      ours |= bit;
    }
  }
  return ours;
}

/** NetBSD's flags for what a caller says. Every descriptor closes on exec, as Node's do. */
export function toFlags(value: unknown, name = 'flags'): number {
  if (typeof value === 'number') {
    return translated(toInteger(value, name, -2147483648, 2147483647)) | n.O_CLOEXEC;
  }
  if (value === undefined || value === null) {
    return n.O_RDONLY | n.O_CLOEXEC;
  }
  const flags = typeof value === 'string' ? STRINGS.get(value) : undefined;
  if (flags === undefined) {
    throw invalidArgValue(name, value);
  }
  return flags | n.O_CLOEXEC;
}
