/** Operations on whole files: readFile, writeFile and appendFile. */
import { constants as host } from 'node:fs';
import type { Stat } from '../../sys/types.ts';
import {
  isFd,
  toBoolean,
  toBytes,
  toData,
  toEncoding,
  toFd,
  toMode,
  toOptions,
  toPath,
  toSignal,
} from './check.ts';
import { abortError, codedError, invalidArgType, invalidArgValue } from './errors.ts';
import { toFlags } from './flags.ts';
import { type Calls, type Program, turn } from './op.ts';

interface ReadOptions {
  readonly encoding?: unknown;
  readonly flag?: unknown;
  readonly signal?: unknown;
  readonly buffer?: unknown;
}

interface WriteOptions extends ReadOptions {
  readonly mode?: unknown;
  readonly flush?: unknown;
}

/** Read at once when a file does not say how long it is, and as much of a long one before looking at a signal. */
const CHUNK = 64 * 1024;
const PIECE = 512 * 1024;
const TOO_LARGE = 2 ** 31 - 1;

function checkAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) {
    throw abortError(signal);
  }
}

/**
 * A turn of the event loop, for a signal to be heard of: calls of the kernel answer within one turn, so nobody
 * could abort between them otherwise.
 */
export function* listen(signal: AbortSignal): Program<void> {
  yield turn();
  checkAborted(signal);
}

/** Where as many bytes as a file has are to be. */
type Room = (size: number) => Buffer;

const ownRoom: Room = (size) => Buffer.allocUnsafeSlow(size);
/** Of what will be text: it need not have its memory to itself. */
const sharedRoom: Room = (size) => Buffer.allocUnsafe(size);

/** A caller's buffer, or what a function of the caller's gives. */
function toRoom(value: unknown, text: boolean): Room {
  if (value === undefined) {
    return text ? sharedRoom : ownRoom;
  }
  if (typeof value === 'function') {
    return (size) => fitting((value as (size: number) => unknown)(size), 'options.buffer()', size);
  }
  if (!ArrayBuffer.isView(value)) {
    const wanted = 'of type function or an instance of Buffer, TypedArray, or DataView';
    throw invalidArgType('options.buffer', wanted, value);
  }
  return (size) => fitting(value, 'options.buffer', size);
}

function fitting(value: unknown, name: string, size: number): Buffer {
  const bytes = toBytes(value, name);
  if (bytes.length < size) {
    const reason = `is smaller than the file size of ${size} bytes`;
    throw invalidArgValue(`${name}.byteLength`, bytes.length, reason);
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, size);
}

export function readFile(sys: Calls, path: unknown, options?: unknown): Program<string | Buffer> {
  const { encoding, flag, signal, buffer } = toOptions<ReadOptions>(options, {});
  const how = toEncoding(encoding);
  const room = toRoom(buffer, isText(how));
  if (isFd(path)) {
    return readOpen(sys, toFd(path), how, toSignal(signal), room);
  }
  const flags = toFlags(flag ?? 'r');
  return openAndRead(sys, toPath(path), flags, how, toSignal(signal), room);
}

function* openAndRead(
  sys: Calls,
  path: string,
  flags: number,
  encoding: BufferEncoding | 'buffer' | null | undefined,
  signal: AbortSignal | undefined,
  room: Room,
): Program<string | Buffer> {
  checkAborted(signal);
  const fd: number = yield sys.open(path, flags, 0o666);
  try {
    return yield* readOpen(sys, fd, encoding, signal, room);
  } finally {
    yield sys.close(fd);
  }
}

/** From where an open file is to its end. */
function* readOpen(
  sys: Calls,
  fd: number,
  encoding: BufferEncoding | 'buffer' | null | undefined,
  signal: AbortSignal | undefined,
  room: Room,
): Program<string | Buffer> {
  checkAborted(signal);
  const st: Stat = yield sys.fstat(fd);
  if (signal !== undefined) {
    yield* listen(signal);
  }
  const size = (st.mode & host.S_IFMT) === host.S_IFREG ? st.size : 0;
  if (size > TOO_LARGE) {
    throw codedError(RangeError, 'ERR_FS_FILE_TOO_LARGE', `File size (${size}) is greater than 2 GiB`);
  }
  if (size === 0) {
    return decoded(yield* readUnsized(sys, fd, signal, room), encoding);
  }
  const buffer = room(size);
  let used = 0;
  while (used < size) {
    const to = signal === undefined ? size : Math.min(size, used + PIECE);
    const n: number = yield sys.read(fd, used === 0 && to === size ? buffer : buffer.subarray(used, to));
    if (n === 0) {
      break;
    }
    used += n;
    if (used < size && signal !== undefined) {
      yield* listen(signal);
    }
  }
  return decoded(used === size ? buffer : buffer.subarray(0, used), encoding);
}

function decoded(bytes: Buffer, encoding: BufferEncoding | 'buffer' | null | undefined): string | Buffer {
  return isText(encoding) ? bytes.toString(encoding) : bytes;
}

function isText(encoding: BufferEncoding | 'buffer' | null | undefined): encoding is BufferEncoding {
  return encoding !== undefined && encoding !== null && encoding !== 'buffer';
}

function* readUnsized(sys: Calls, fd: number, signal: AbortSignal | undefined, room: Room): Program<Buffer> {
  const pieces: Buffer[] = [];
  for (;;) {
    const piece = Buffer.allocUnsafeSlow(CHUNK);
    const n: number = yield sys.read(fd, piece);
    if (n === 0) {
      const bytes = Buffer.concat(pieces);
      if (room === ownRoom || room === sharedRoom) {
        return bytes;
      }
      const buffer = room(bytes.length);
      bytes.copy(buffer);
      return buffer;
    }
    pieces.push(piece.subarray(0, n));
    if (signal !== undefined) {
      yield* listen(signal);
    }
  }
}

export function writeFile(sys: Calls, path: unknown, data: unknown, options?: unknown): Program<void> {
  return put(sys, path, data, options, 'w');
}

export function appendFile(sys: Calls, path: unknown, data: unknown, options?: unknown): Program<void> {
  return put(sys, path, data, options, 'a');
}

function put(sys: Calls, path: unknown, data: unknown, options: unknown, defaultFlag: string): Program<void> {
  const { encoding, flag, mode, signal, flush } = toOptions<WriteOptions>(options, {});
  toEncoding(encoding);
  if (flush !== undefined && flush !== null) {
    toBoolean(flush, 'options.flush');
  }
  const bytes = toData(data, encoding);
  const abort = toSignal(signal);
  const end = flush === true ? 'flush' : 'leave';
  if (isFd(path)) {
    return writeOpen(sys, toFd(path), bytes, abort, end);
  }
  const flags = toFlags(flag ?? defaultFlag, 'flags');
  return openAndWrite(sys, toPath(path), flags, toMode(mode, 'mode', 0o666) & 0o7777, bytes, abort, end);
}

function* openAndWrite(
  sys: Calls,
  path: string,
  flags: number,
  mode: number,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
  end: 'flush' | 'leave',
): Program<void> {
  checkAborted(signal);
  const fd: number = yield sys.open(path, flags, mode);
  try {
    if (signal !== undefined) {
      yield* listen(signal);
    }
    yield* writeOpen(sys, fd, bytes, signal, end);
  } finally {
    yield sys.close(fd);
  }
}

export function* writeOpen(
  sys: Calls,
  fd: number,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
  end: 'flush' | 'leave',
): Program<void> {
  let used = 0;
  checkAborted(signal);
  do {
    if (used > 0) {
      if (signal !== undefined) {
        yield* listen(signal);
      }
    }
    const to = signal === undefined ? bytes.length : Math.min(bytes.length, used + PIECE);
    // Nothing is written too, as Node does: it fails where writing would.
    used += yield sys.write(fd, used === 0 && to === bytes.length ? bytes : bytes.subarray(used, to));
  } while (used < bytes.length);
  if (end === 'flush') {
    yield sys.fsync(fd);
  }
}
