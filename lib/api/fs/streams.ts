/**
 * Streams: those of the running Node, which take their system calls from an `fs` option. So what they do with
 * ranges, signals, buffering and closing is exactly what Node does.
 *
 * They can be called with or without `new`, and on an object that inherits from them, as Node's can: libraries that
 * wrap them do.
 */
import { ReadStream, WriteStream } from 'node:fs';
import type { Callback } from './check.ts';
import { codedError } from './errors.ts';
import { FileHandle } from './filehandle.ts';
import { settle } from './forms.ts';

interface StreamOptions {
  readonly fs?: object;
  readonly fd?: unknown;
}

type HostStream = new (
  path: unknown,
  options: object,
) => { on(event: string, fn: () => void): unknown; destroy(): unknown };

export interface StreamClass {
  new (path: unknown, options?: unknown): object;
  (path: unknown, options?: unknown): object;
  prototype: object;
}

/** Options count where they are inherited too, as in Node. */
function inherited(options: StreamOptions): StreamOptions {
  const copy: Record<string, unknown> = {};
  for (const name in options) {
    copy[name] = (options as Record<string, unknown>)[name];
  }
  return copy;
}

/** The options that make a stream of the host's a stream of `fs`. */
function streamOptions(fs: object, options: unknown): StreamOptions {
  const given: StreamOptions =
    typeof options === 'string'
      ? ({ encoding: options } as StreamOptions)
      : ((options ?? {}) as StreamOptions);
  if (typeof given !== 'object') {
    // Node tells what is wrong with it.
    return given;
  }
  const copy = inherited(given);
  const { fd } = copy;
  if (!(fd instanceof FileHandle)) {
    return { fs, ...copy };
  }
  if (copy.fs) {
    throw codedError(Error, 'ERR_METHOD_NOT_IMPLEMENTED', 'The FileHandle with fs method is not implemented');
  }
  return { ...copy, fd: fd.fd, fs: { ...fs, ...handleCalls(fd) } };
}

/** The calls that a stream makes, made by the methods of a handle: who watches those sees them. */
function handleCalls(handle: FileHandle): object {
  type Part = [buffer: unknown, offset: unknown, length: unknown, position: unknown];
  return {
    close: (_fd: number, done: Callback) => settle(handle.close(), done),
    read: (_fd: number, ...[buffer, offset, length, position, done]: [...Part, Callback]) =>
      settle(handle.read(buffer, offset, length, position), done, (r) => [r.bytesRead, r.buffer]),
    write: (_fd: number, ...[buffer, offset, length, position, done]: [...Part, Callback]) =>
      settle(handle.write(buffer, offset, length, position), done, (r) => [r.bytesWritten, r.buffer]),
    writev: (_fd: number, buffers: unknown, position: unknown, done: Callback) =>
      settle(handle.writev(buffers, position), done, (r) => [r.bytesWritten, r.buffers]),
  };
}

function streamClass(Host: HostStream, fs: object): StreamClass {
  const Stream = function (this: unknown, path: unknown, options?: unknown) {
    const all = streamOptions(fs, options);
    const handle = (options as StreamOptions | null | undefined)?.fd;
    if (new.target === undefined && this instanceof Host) {
      Reflect.apply(Host as unknown as (...args: unknown[]) => unknown, this, [path, all]);
      return this;
    }
    const stream = Reflect.construct(Host, [path, all], new.target ?? Stream) as InstanceType<HostStream>;
    if (handle instanceof FileHandle) {
      handle.on('close', () => stream.destroy());
    }
    return stream;
  } as unknown as StreamClass;
  Object.defineProperty(Stream, 'name', { value: Host.name });
  Object.setPrototypeOf(Stream, Host);
  Stream.prototype = Object.create(Host.prototype as object, {
    constructor: { value: Stream, writable: true, configurable: true },
  }) as object;
  return Stream;
}

export function streamsOf(fs: object): { ReadStream: StreamClass; WriteStream: StreamClass } {
  return {
    ReadStream: streamClass(ReadStream as unknown as HostStream, fs),
    WriteStream: streamClass(WriteStream as unknown as HostStream, fs),
  };
}
