/** Operations on open files: open, close, read, write, and their vectors. */
import { bytesOf, toBytes, toFd, toMode, toPath, toVector } from './check.ts';
import { invalidArgType, invalidArgValue, outOfRange } from './errors.ts';
import { toFlags } from './flags.ts';
import type { Calls } from './op.ts';

export function open(sys: Calls, path: unknown, flags?: unknown, mode?: unknown): number {
  const name = toPath(path);
  const bits = toFlags(flags);
  return sys.open(name, bits, mode === undefined ? 0o666 : toMode(mode, 'mode', 0o666) & 0o7777);
}

export function close(sys: Calls, fd: unknown): unknown {
  return sys.close(toFd(fd));
}

export function fsync(sys: Calls, fd: unknown): unknown {
  return sys.fsync(toFd(fd));
}

export function fdatasync(sys: Calls, fd: unknown): unknown {
  return sys.fdatasync(toFd(fd));
}

/** What a read or write moves: `bytes` is the part of `buffer` it is about; `position` -1 is the file's own. */
export interface Transfer {
  readonly fd: number;
  readonly buffer: ArrayBufferView | string;
  readonly bytes: Uint8Array;
  readonly position: number;
}

function part(view: ArrayBufferView, offset: number, length: number): Uint8Array {
  const bytes = bytesOf(view);
  return offset === 0 && length === bytes.length ? bytes : bytes.subarray(offset, offset + length);
}

/** As Node checks them: an offset, 0 when absent. */
function toOffset(value: unknown): number {
  if (value === undefined || value === null) {
    return 0;
  }
  if (typeof value !== 'number') {
    throw invalidArgType('offset', 'of type number', value);
  }
  if (!Number.isInteger(value)) {
    throw outOfRange('offset', 'an integer', value);
  }
  if (value < 0 || value > Number.MAX_SAFE_INTEGER) {
    throw outOfRange('offset', `>= 0 && <= ${Number.MAX_SAFE_INTEGER}`, value);
  }
  return value;
}

const INT32_MAX = 2147483647;

function checkLength(offset: number, length: number, size: number): void {
  if (length > size - offset) {
    throw outOfRange('length', `<= ${size - offset}`, length);
  }
  if (length < 0) {
    throw outOfRange('length', '>= 0', length);
  }
  if (length > INT32_MAX) {
    throw outOfRange('length', `>= 0 && <= ${INT32_MAX}`, length);
  }
}

/** The position of a read; null and -1 mean the file's own. */
function readPosition(value: unknown, length: number): number {
  if (value === undefined || value === null) {
    return -1;
  }
  if (typeof value === 'bigint') {
    if (value < -1n || value > 2n ** 63n - 1n - BigInt(length)) {
      throw outOfRange('position', `>= -1 && <= ${2n ** 63n - 1n - BigInt(length)}`, value);
    }
    // No file is as long as a number counts exactly: there is nothing at its end, nor behind that.
    return Math.min(Number(value), Number.MAX_SAFE_INTEGER - length);
  }
  if (typeof value !== 'number') {
    throw invalidArgType('position', 'of type bigint or integer', value);
  }
  if (!Number.isInteger(value)) {
    throw outOfRange('position', 'an integer', value);
  }
  if (value < -1 || value > Number.MAX_SAFE_INTEGER) {
    throw outOfRange('position', `>= -1 && <= ${Number.MAX_SAFE_INTEGER}`, value);
  }
  return value;
}

interface IoOptions {
  readonly offset?: unknown;
  readonly length?: unknown;
  readonly position?: unknown;
}

function isOptions(value: unknown): value is IoOptions & { readonly buffer?: unknown } {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
}

/** read(fd, buffer, offset, length, position), or with options in the place of the buffer or of the offset. */
export function readArgs(fd: unknown, a?: unknown, b?: unknown, c?: unknown, d?: unknown): Transfer {
  const file = toFd(fd);
  let [buffer, offset, length, position]: unknown[] = [a, b, c, d];
  if (a === undefined || a === null || isOptions(a)) {
    ({
      buffer = Buffer.alloc(16384),
      offset,
      length,
      position,
    } = (a ?? {}) as IoOptions & {
      buffer?: unknown;
    });
  } else if (isOptions(b)) {
    ({ offset, length, position } = b);
  }
  if (!ArrayBuffer.isView(buffer)) {
    throw invalidArgType('buffer', 'an instance of Buffer, TypedArray, or DataView', buffer);
  }
  const start = toOffset(offset);
  const size = buffer.byteLength;
  const wanted = length === undefined || length === null ? size - start : Number(length) | 0;
  if (wanted === 0) {
    return { fd: file, buffer, bytes: new Uint8Array(0), position: -1 };
  }
  if (size === 0) {
    throw invalidArgValue('buffer', buffer, 'is empty and cannot be written');
  }
  checkLength(start, wanted, size);
  return { fd: file, buffer, bytes: part(buffer, start, wanted), position: readPosition(position, wanted) };
}

/** readSync makes no buffer of its own. */
export function readSyncArgs(fd: unknown, buffer?: unknown, b?: unknown, c?: unknown, d?: unknown): Transfer {
  toFd(fd);
  toBytes(buffer);
  return readArgs(fd, buffer, b, c, d);
}

/** write(fd, buffer, offset, length, position) or write(fd, string, position, encoding). */
export function writeArgs(fd: unknown, a: unknown, b?: unknown, c?: unknown, d?: unknown): Transfer {
  const file = toFd(fd);
  if (typeof a === 'string') {
    const encoding = (typeof c === 'string' ? c : 'utf8') as BufferEncoding;
    if (!Buffer.isEncoding(encoding)) {
      throw invalidArgValue('encoding', c, 'is invalid encoding');
    }
    if (encoding.toLowerCase() === 'hex' && a.length % 2 !== 0) {
      throw invalidArgValue('encoding', c, `is invalid for data of length ${a.length}`);
    }
    return { fd: file, buffer: a, bytes: Buffer.from(a, encoding), position: writePosition(b) };
  }
  if (!ArrayBuffer.isView(a)) {
    throw invalidArgType('buffer', 'of type string or an instance of Buffer, TypedArray, or DataView', a);
  }
  const { offset, length, position }: IoOptions = isOptions(b) ? b : { offset: b, length: c, position: d };
  const start = toOffset(offset);
  const wanted = typeof length === 'number' ? length : a.byteLength - start;
  if (start > a.byteLength) {
    throw outOfRange('offset', `<= ${a.byteLength}`, start);
  }
  checkLength(start, wanted, a.byteLength);
  return { fd: file, buffer: a, bytes: part(a, start, wanted), position: writePosition(position) };
}

/** What is no number means the file's own, as in Node: a bigint too. */
function writePosition(value: unknown): number {
  return typeof value === 'number' && value >= 0 ? value : -1;
}

export function read(sys: Calls, { fd, bytes, position }: Transfer): number {
  if (bytes.length === 0) {
    return 0;
  }
  return position < 0 ? sys.read(fd, bytes) : sys.pread(fd, bytes, position);
}

export function write(sys: Calls, { fd, bytes, position }: Transfer): number {
  return position < 0 ? sys.write(fd, bytes) : sys.pwrite(fd, bytes, position);
}

export function readv(sys: Calls, fd: unknown, buffers: unknown, position?: unknown): number {
  const file = toFd(fd);
  const iov = toVector(buffers);
  return typeof position === 'number' ? sys.preadv(file, iov, position) : sys.readv(file, iov);
}

export function writev(sys: Calls, fd: unknown, buffers: unknown, position?: unknown): number {
  const file = toFd(fd);
  const iov = toVector(buffers);
  if (iov.length === 0) {
    // Nothing to do, and no call to do it with.
    return sys.write(file, new Uint8Array(0));
  }
  return typeof position === 'number' ? sys.pwritev(file, iov, position) : sys.writev(file, iov);
}
