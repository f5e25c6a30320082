/**
 * Errors as `node:fs` gives them: what a system call refused in libuv's shape and numbers, what a caller passed
 * wrongly as Node's coded TypeError or RangeError, with the same words.
 *
 * Libuv knows an error by its name; number and text are those of the running Node, whatever NetBSD's are.
 */
import { getSystemErrorMap, inspect } from 'node:util';
import { SysError } from '../errors.ts';

/** What node:fs calls the system calls that it makes under another name. */
const NODE_NAMES: Readonly<Record<string, string>> = {
  getdents: 'scandir',
  pread: 'read',
  preadv: 'read',
  readv: 'read',
  pwrite: 'write',
  pwritev: 'write',
  writev: 'write',
  statvfs1: 'statfs',
  lutimes: 'lutime',
  futimens: 'futime',
  utimensat: 'utime',
};

/** Names that one number has in libuv. */
const ALIASES: Readonly<Record<string, string>> = { EOPNOTSUPP: 'ENOTSUP', EWOULDBLOCK: 'EAGAIN' };

/** An error of the system, as node:fs throws it. */
export interface UvError extends Error {
  errno: number;
  code: string;
  syscall: string;
  path?: string;
  dest?: string;
}

/** Libuv's number of what it does not know. */
const UV_UNKNOWN = -4094;

/** Libuv's number (negative) and text for an error of this name, as far as the running Node has them. */
export function uvErrno(code: string, text = 'unknown error'): { errno: number; message: string } {
  for (const [errno, [name, message]] of getSystemErrorMap()) {
    if (name === code) {
      return { errno, message };
    }
  }
  return { errno: UV_UNKNOWN, message: text };
}

/** A path in a message: bytes that are no UTF-8 show as U+FFFD, as Node's decoder gives them. */
function shown(path: string): string {
  return (path as unknown as { toWellFormed(): string }).toWellFormed();
}

/** An error that says `code: what it means, syscall 'path' -> 'dest'`. */
export function uvException(
  code: string,
  syscall: string,
  path?: string,
  dest?: string,
  text?: string,
): UvError {
  const name = ALIASES[code] ?? code;
  const { errno, message } = uvErrno(name, text);
  const where = path === undefined ? '' : ` '${shown(path)}'`;
  const to = dest === undefined ? '' : ` -> '${shown(dest)}'`;
  const error = new Error(`${name}: ${message}, ${syscall}${where}${to}`) as UvError;
  error.errno = errno;
  error.code = name;
  error.syscall = syscall;
  if (path !== undefined) {
    error.path = shown(path);
  }
  if (dest !== undefined) {
    error.dest = shown(dest);
  }
  return error;
}

/** What the facade throws for what it caught: a `SysError` in Node's shape, anything else as it is. */
export function nodeError(error: unknown): unknown {
  return error instanceof SysError ? renamed(error, NODE_NAMES[error.syscall] ?? error.syscall) : error;
}

/** The same failure, told of an operation of several calls: `scandir '/x'` rather than `open '/x'`. */
export function renamed(error: unknown, syscall: string, path?: string, dest?: string): unknown {
  if (!(error instanceof SysError)) {
    return error;
  }
  return uvException(error.code, syscall, path ?? error.path, dest ?? error.dest, error.strerror);
}

/** The name of the errno that something failed with, '' when it is none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

type Constructor = new (message: string) => Error;

function coded(Base: Constructor, code: string, message: string): Error {
  const error = new Base(message);
  Object.defineProperty(error, 'code', { value: code, enumerable: true, writable: true, configurable: true });
  // The stack says the code, the name does not: as Node's do.
  error.name = `${error.name} [${code}]`;
  void error.stack;
  Reflect.deleteProperty(error, 'name');
  Object.defineProperty(error, 'toString', {
    value: () => `${error.name} [${code}]: ${error.message}`,
    writable: true,
    configurable: true,
  });
  return error;
}

/** " Received ..." as Node words it. */
function received(value: unknown): string {
  if (value === null || value === undefined) {
    return ` Received ${value}`;
  }
  if (typeof value === 'function') {
    return ` Received function ${value.name}`;
  }
  if (typeof value === 'object') {
    const name = (value.constructor as { name?: string } | undefined)?.name;
    return name ? ` Received an instance of ${name}` : ` Received ${inspect(value, { depth: -1 })}`;
  }
  const text = inspect(value, { colors: false });
  return ` Received type ${typeof value} (${text.length > 28 ? `${text.slice(0, 25)}...` : text})`;
}

/** `wanted` is what follows "must be": "of type string". `name` with a dot is a property. */
export function invalidArgType(name: string, wanted: string, value: unknown): Error {
  const kind = name.includes('.') ? 'property' : 'argument';
  return coded(
    TypeError,
    'ERR_INVALID_ARG_TYPE',
    `The "${name}" ${kind} must be ${wanted}.${received(value)}`,
  );
}

export function invalidArgValue(name: string, value: unknown, reason = 'is invalid'): Error {
  const text = inspect(value);
  const kind = name.includes('.') ? 'property' : 'argument';
  return coded(
    TypeError,
    'ERR_INVALID_ARG_VALUE',
    `The ${kind} '${name}' ${reason}. Received ${text.length > 128 ? `${text.slice(0, 128)}...` : text}`,
  );
}

export function outOfRange(name: string, range: string, value: unknown): Error {
  return coded(
    RangeError,
    'ERR_OUT_OF_RANGE',
    `The value of "${name}" is out of range. It must be ${range}. Received ${grouped(value)}`,
  );
}

/** Large integers with an underscore every three digits. */
function grouped(value: unknown): string {
  const large =
    (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) > 2 ** 32) ||
    (typeof value === 'bigint' && (value > 2n ** 32n || value < -(2n ** 32n)));
  if (!large) {
    return typeof value === 'bigint' ? `${value}n` : inspect(value);
  }
  const text = String(value).replace(/\B(?=(\d{3})+$)/g, '_');
  return typeof value === 'bigint' ? `${text}n` : text;
}

/** Another of Node's coded errors. */
export function codedError(Base: Constructor, code: string, message: string): Error {
  return coded(Base, code, message);
}

/** What Node tells of a failure that no system call had: `ERR_FS_EISDIR` and the like. */
export interface SystemErrorInfo {
  readonly code: string;
  readonly message: string;
  readonly syscall: string;
  readonly path: string;
  readonly dest?: string;
  readonly errno: number;
}

/** Node's `SystemError`: `Path is a directory: rm returned EISDIR (is a directory) /x`. */
export function systemError(code: string, prefix: string, info: Omit<SystemErrorInfo, 'errno'>): Error {
  const all: SystemErrorInfo = { ...info, errno: -uvErrno(info.code).errno };
  const dest = info.dest === undefined ? '' : ` => ${info.dest}`;
  const error = new Error(
    `${prefix}: ${info.syscall} returned ${info.code} (${info.message}) ${info.path}${dest}`,
  );
  Object.defineProperties(error, {
    name: { value: 'SystemError', writable: true, configurable: true },
    code: { value: code, enumerable: true, writable: true, configurable: true },
    info: { value: all, enumerable: true, configurable: true },
    errno: { value: all.errno, enumerable: true, writable: true, configurable: true },
    syscall: { value: info.syscall, enumerable: true, writable: true, configurable: true },
    path: { value: info.path, enumerable: true, writable: true, configurable: true },
  });
  if (info.dest !== undefined) {
    Object.defineProperty(error, 'dest', { value: info.dest, enumerable: true, configurable: true });
  }
  return error;
}

/** An operation that its caller's signal ended. */
export function abortError(signal: AbortSignal): Error {
  const error = new Error('The operation was aborted', { cause: signal.reason });
  return Object.assign(error, { code: 'ABORT_ERR', name: 'AbortError' });
}
