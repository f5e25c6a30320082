/** Operations on open files: open, close, read, write, and their vectors. */
import { bytesOf, toBytes, toFd, toMode, toObject, toPath, toVector } from './check.ts';
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

/** As Node checks them. */
function toOffset(value: unknown): number {
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

/** Which part of a buffer, and where in the file. */
interface Place {
  readonly offset?: unknown;
  readonly length?: unknown;
  readonly position?: unknown;
}

function isPlace(value: unknown): value is Place {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
}

/** Options in the place of what they name, where null stands for none. */
function toPlace(value: unknown): Place {
  return value === null ? {} : (toObject(value) as Place);
}

/** A length that is left out is the rest of the buffer; one that is given as nothing is 0. */
function reading(fd: number, buffer: unknown, { offset, length: given, position }: Place): Transfer {
  const size = toBytes(buffer).length;
  const start = toOffset(offset ?? 0);
  const length = given === undefined ? size - start : given;
  const wanted = Number(length) | 0;
  const view = buffer as ArrayBufferView;
  if (wanted === 0) {
    return { fd, buffer: view, bytes: new Uint8Array(0), position: -1 };
  }
  if (size === 0) {
    throw invalidArgValue('buffer', buffer, 'is empty and cannot be written');
  }
  checkLength(start, wanted, size);
  return { fd, buffer: view, bytes: part(view, start, wanted), position: readPosition(position, wanted) };
}

/** A buffer that the caller has not given. */
const SIZE = 16384;

/** read(fd[, options]), read(fd, buffer[, options]) or read(fd, buffer, offset, length, position). */
export function readArgs(fd: unknown, ...rest: unknown[]): Transfer {
  const file = toFd(fd);
  const [buffer, offset, length, position] = rest;
  if (rest.length > 2) {
    return reading(file, buffer, { offset, length: length ?? 0, position });
  }
  if (rest.length === 2) {
    return reading(file, buffer, toPlace(offset));
  }
  return ArrayBuffer.isView(buffer)
    ? reading(file, buffer, {})
    : readInto(file, buffer === undefined ? {} : toPlace(buffer));
}

interface IntoPlace extends Place {
  readonly buffer?: unknown;
}

/** Read into the buffer of these options, or into one that is made. */
function readInto(fd: number, { buffer = Buffer.alloc(SIZE), ...place }: IntoPlace): Transfer {
  return reading(fd, buffer, place);
}

/** readSync makes no buffer of its own. */
export function readSyncArgs(fd: unknown, ...rest: unknown[]): Transfer {
  const file = toFd(fd);
  const [buffer, offset, length, position] = rest;
  toBytes(buffer);
  let place: Place = { offset, length: length ?? 0, position };
  if (rest.length <= 2 || offset === null || isPlace(offset)) {
    place = offset === undefined ? {} : toPlace(offset);
  }
  const { offset: start = 0 } = place;
  toOffset(start);
  return reading(file, buffer, place);
}

/** A handle's read: a length that is given as nothing is left out, too. */
export function handleReadArgs(fd: number, ...rest: unknown[]): Transfer {
  const [buffer, offset, length, position] = rest;
  let place: IntoPlace = buffer === undefined || ArrayBuffer.isView(buffer) ? {} : toPlace(buffer);
  if (ArrayBuffer.isView(buffer)) {
    const where: Place = isPlace(offset) ? offset : { offset, length, position };
    place = { buffer, offset: where.offset, length: where.length, position: where.position };
  }
  return readInto(fd, { ...place, length: place.length ?? undefined });
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
    return { fd: file, buffer: a, bytes: Buffer.from(a, encoding), position: ownOr(b) };
  }
  if (!ArrayBuffer.isView(a)) {
    throw invalidArgType('buffer', 'of type string or an instance of Buffer, TypedArray, or DataView', a);
  }
  // Null is no offset: it is options, of which none is given.
  const place: Place = b === null || isPlace(b) ? (b ?? {}) : { offset: b, length: c, position: d };
  const { offset, length, position } = place;
  const start = toOffset(offset ?? 0);
  const wanted = typeof length === 'number' ? length : a.byteLength - start;
  if (start > a.byteLength) {
    throw outOfRange('offset', `<= ${a.byteLength}`, start);
  }
  checkLength(start, wanted, a.byteLength);
  return { fd: file, buffer: a, bytes: part(a, start, wanted), position: ownOr(position) };
}

/** What is no whole number means the file's own, as in Node: a bigint too. */
function ownOr(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : -1;
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
  const at = ownOr(position);
  return at < 0 ? sys.readv(file, iov) : sys.preadv(file, iov, at);
}

export function writev(sys: Calls, fd: unknown, buffers: unknown, position?: unknown): number {
  const file = toFd(fd);
  const iov = toVector(buffers);
  if (iov.length === 0) {
    // Nothing to do, and no call to do it with.
    return sys.write(file, new Uint8Array(0));
  }
  const at = ownOr(position);
  return at < 0 ? sys.writev(file, iov) : sys.pwritev(file, iov, at);
}
