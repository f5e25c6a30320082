/** `FileHandle`: an open file of `fs.promises`. */
import { EventEmitter } from 'node:events';
import * as attributes from './attributes.ts';
import { toEncoding, toOptions, toSignal } from './check.ts';
import { codedError } from './errors.ts';
import { type Form, type Op, perform, promiseForm } from './forms.ts';
import * as io from './io.ts';
import type { FsProc } from './op.ts';
import * as whole from './whole.ts';

/** What a handle needs of the file system it belongs to. */
export interface HandleHost {
  readonly proc: FsProc;
  readonly writeData: (target: number, data: unknown, options: unknown, flag: string) => Promise<void>;
  readonly createReadStream: (path: unknown, options: object) => object;
  readonly createWriteStream: (path: unknown, options: object) => object;
}

export class FileHandle extends EventEmitter {
  readonly #host: HandleHost;
  #fd: number;
  #closing: Promise<void> | null = null;
  /** Has a web stream been made of it? There is one. */
  #locked = false;

  constructor(host: HandleHost, fd: number) {
    super();
    this.#host = host;
    this.#fd = fd;
  }

  /** -1 once it is closed. */
  get fd(): number {
    return this.#fd;
  }

  getAsyncId(): number {
    return -1;
  }

  #open(syscall: string): number {
    if (this.#fd < 0) {
      const error = codedError(Error, 'EBADF', 'file closed') as Error & { syscall: string };
      error.syscall = syscall;
      throw error;
    }
    return this.#fd;
  }

  /** An operation on this file. */
  async #run(op: Op, ...args: unknown[]): Promise<unknown> {
    const fd = this.#open(op.name);
    const [a, b, c] = args;
    return (promiseForm(this.#host.proc, op) as (...all: unknown[]) => Promise<unknown>)(fd, a, b, c);
  }

  async read(...args: unknown[]): Promise<{ bytesRead: number; buffer: unknown }> {
    const transfer = io.handleReadArgs(this.#open('read'), ...args);
    const bytesRead = await perform(this.#host.proc, (calls) => io.read(calls, transfer));
    return { bytesRead, buffer: transfer.buffer };
  }

  async write(
    data: unknown,
    a?: unknown,
    b?: unknown,
    c?: unknown,
  ): Promise<{ bytesWritten: number; buffer: unknown }> {
    const transfer = io.writeArgs(this.#open('write'), data, a, b, c);
    const bytesWritten = await perform(this.#host.proc, (calls) => io.write(calls, transfer));
    return { bytesWritten, buffer: transfer.buffer };
  }

  async readv(buffers: unknown, position?: unknown): Promise<{ bytesRead: unknown; buffers: unknown }> {
    return { bytesRead: await this.#run(io.readv as Op, buffers, position), buffers };
  }

  async writev(buffers: unknown, position?: unknown): Promise<{ bytesWritten: unknown; buffers: unknown }> {
    return { bytesWritten: await this.#run(io.writev as Op, buffers, position), buffers };
  }

  async readFile(options?: unknown): Promise<unknown> {
    return this.#run(whole.readFile as Op, options);
  }

  async writeFile(data: unknown, options?: unknown): Promise<void> {
    await this.#host.writeData(this.#open('write'), data, options, 'w');
  }

  async appendFile(data: unknown, options?: unknown): Promise<void> {
    await this.#host.writeData(this.#open('write'), data, options, 'a');
  }

  async stat(options?: unknown): Promise<unknown> {
    return this.#run(attributes.fstat as Op, options);
  }

  async truncate(length?: unknown): Promise<void> {
    await this.#run(attributes.ftruncate as Op, length);
  }

  async utimes(atime: unknown, mtime: unknown): Promise<void> {
    await this.#run(attributes.futimes as Op, atime, mtime);
  }

  async chmod(mode: unknown): Promise<void> {
    await this.#run(attributes.fchmod as Op, mode);
  }

  async chown(uid: unknown, gid: unknown): Promise<void> {
    await this.#run(attributes.fchown as Op, uid, gid);
  }

  async sync(): Promise<void> {
    await this.#run(io.fsync as Op);
  }

  async datasync(): Promise<void> {
    await this.#run(io.fdatasync as Op);
  }

  createReadStream(options?: object): object {
    return this.#host.createReadStream(undefined, { ...options, fd: this });
  }

  createWriteStream(options?: object): object {
    return this.#host.createWriteStream(undefined, { ...options, fd: this });
  }

  readLines(options?: object): object {
    return process.getBuiltinModule('node:readline').createInterface({
      input: this.createReadStream(options) as NodeJS.ReadableStream,
      crlfDelay: Number.POSITIVE_INFINITY,
    });
  }

  /**
   * A stream of bytes, which ends when the handle is closed. The handle stays open unless `autoClose` says
   * otherwise.
   */
  readableWebStream(options?: unknown): ReadableStream {
    const { autoClose = false, signal } = toOptions<{ autoClose?: unknown; signal?: unknown }>(options, {});
    if (this.#fd < 0 || this.#locked) {
      const state = this.#fd < 0 ? 'closed' : 'locked';
      throw codedError(Error, 'ERR_INVALID_STATE', `Invalid state: The FileHandle is ${state}`);
    }
    this.#locked = true;
    const abort = toSignal(signal);
    const ended = async () => {
      if (autoClose) {
        await this.close();
      }
    };
    return new ReadableStream({
      type: 'bytes',
      pull: async (controller) => {
        abort?.throwIfAborted();
        const buffer = Buffer.allocUnsafeSlow(16384);
        const bytesRead = this.#fd < 0 ? 0 : (await this.read(buffer)).bytesRead;
        if (bytesRead > 0) {
          controller.enqueue(buffer.subarray(0, bytesRead));
          return;
        }
        controller.close();
        // A reader of its own memory waits for that.
        (controller as ReadableByteStreamControllerLike).byobRequest?.respond(0);
        await ended();
      },
      cancel: ended,
    });
  }

  /** Again, or while it closes, is the same closing. Streams hear of it before they read or write again. */
  close(): Promise<void> {
    if (this.#closing === null) {
      this.#closing = this.#close();
      this.emit('close');
    }
    return this.#closing;
  }

  async #close(): Promise<void> {
    const fd = this.#fd;
    this.#fd = -1;
    await (promiseForm(this.#host.proc, io.close as Op) as Form)(fd);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

interface ReadableByteStreamControllerLike {
  readonly byobRequest?: { respond(bytes: number): void } | null;
}

/** Options of what writes what an iterable gives. */
export function chunkOptions(options: unknown): { encoding: unknown; signal: AbortSignal | undefined } {
  const { encoding, signal } = toOptions<{ encoding?: unknown; signal?: unknown }>(options, {});
  return { encoding: toEncoding(encoding), signal: toSignal(signal) };
}
