/** `Dir`: a directory that is read entry by entry. */

import { posix } from 'node:path';
import {
  type BufferEncodingOption,
  type Callback,
  toBoolean,
  toCallback,
  toEncoding,
  toInteger,
  toOptions,
  toPath,
} from './check.ts';
import { type Dirent, DT_DIR, directoryBuffer, type Entry, more, openDirectory, toDirent } from './dirent.ts';
import { codedError, nodeError, renamed } from './errors.ts';
import { perform } from './forms.ts';
import { type Calls, type FsProc, type Program, runSync } from './op.ts';

export interface OpendirOptions {
  readonly path: string;
  readonly encoding: BufferEncodingOption | null | undefined;
  readonly recursive: boolean;
}

export function opendirArgs(path: unknown, options?: unknown): OpendirOptions {
  const name = toPath(path);
  const {
    encoding,
    bufferSize,
    recursive = false,
  } = toOptions<{
    encoding?: unknown;
    bufferSize?: unknown;
    recursive?: unknown;
  }>(options, {});
  if (bufferSize !== undefined) {
    toInteger(bufferSize, 'options.bufferSize', 1, 4294967295);
  }
  return {
    path: name,
    encoding: toEncoding(encoding),
    recursive: toBoolean(recursive, 'options.recursive'),
  };
}

/** Open the directory. @returns its descriptor */
export function* opening(sys: Calls, { path }: OpendirOptions): Program<number> {
  try {
    return yield openDirectory(sys, path);
  } catch (error) {
    throw renamed(error, 'opendir', path);
  }
}

function closedError(): Error {
  return codedError(Error, 'ERR_DIR_CLOSED', 'Directory handle was closed');
}

export class Dir {
  readonly #proc: FsProc;
  readonly #options: OpendirOptions;
  readonly #buffer = directoryBuffer();
  #fd: number;
  /** The directory that `#fd` is. */
  #at: string;
  #entries: Entry[] = [];
  /** Directories still to be read, when it is recursive. */
  #below: string[] = [];
  #closed = false;
  /** Asynchronous operations wait for each other. */
  #last: Promise<unknown> = Promise.resolve();
  #pending = 0;

  constructor(proc: FsProc, fd: number, options: OpendirOptions) {
    if (proc === undefined) {
      throw codedError(TypeError, 'ERR_MISSING_ARGS', 'The "handle" argument must be specified');
    }
    this.#proc = proc;
    this.#fd = fd;
    this.#options = options;
    this.#at = options.path;
  }

  get path(): string {
    if (!(#options in this)) {
      throw codedError(TypeError, 'ERR_INVALID_THIS', 'Value of "this" must be of type Dir');
    }
    return this.#options.path;
  }

  *#next(sys: Calls): Program<Dirent | null> {
    while (this.#entries.length === 0) {
      const entries: Entry[] = yield* more(sys, this.#fd, this.#buffer);
      this.#entries = entries.reverse();
      if (this.#entries.length > 0) {
        break;
      }
      const next = this.#below.shift();
      if (next === undefined) {
        return null;
      }
      const fd: number = yield openDirectory(sys, next);
      const old = this.#fd;
      this.#fd = fd;
      this.#at = next;
      yield sys.close(old);
    }
    const entry = this.#entries.pop() as Entry;
    if (this.#options.recursive && entry.type === DT_DIR) {
      this.#below.push(posix.join(this.#at, entry.name));
    }
    return toDirent(entry, this.#at, this.#options.encoding);
  }

  *#end(sys: Calls): Program<void> {
    this.#closed = true;
    yield sys.close(this.#fd);
  }

  #sync<T>(program: (sys: Calls) => Program<T>): T {
    if (this.#closed) {
      throw closedError();
    }
    if (this.#pending > 0) {
      throw codedError(
        Error,
        'ERR_DIR_CONCURRENT_OPERATION',
        'Cannot do synchronous work on directory handle with concurrent asynchronous operations',
      );
    }
    try {
      return runSync(program(this.#proc.sys));
    } catch (error) {
      throw nodeError(error);
    }
  }

  #async<T>(program: (sys: Calls) => Program<T>): Promise<T> {
    this.#pending++;
    const done = this.#last.then(async () => {
      try {
        if (this.#closed) {
          throw closedError();
        }
        return await perform(this.#proc, program);
      } finally {
        this.#pending--;
      }
    });
    this.#last = done.catch(() => {});
    return done;
  }

  readSync(): Dirent | null {
    return this.#sync((sys) => this.#next(sys));
  }

  read(callback?: Callback): Promise<Dirent | null> | undefined {
    if (callback === undefined) {
      return this.#async((sys) => this.#next(sys));
    }
    const done = toCallback(callback);
    this.#async((sys) => this.#next(sys)).then(
      (entry) => process.nextTick(done, null, entry),
      (error: unknown) => process.nextTick(done, error),
    );
    return undefined;
  }

  closeSync(): void {
    this.#sync((sys) => this.#end(sys));
  }

  close(callback?: Callback): Promise<void> | undefined {
    if (callback === undefined) {
      return this.#async((sys) => this.#end(sys));
    }
    const done = toCallback(callback);
    this.#async((sys) => this.#end(sys)).then(
      () => process.nextTick(done, null),
      (error: unknown) => process.nextTick(done, error),
    );
    return undefined;
  }

  async *entries(): AsyncGenerator<Dirent, void, undefined> {
    try {
      for (;;) {
        const entry = await this.read();
        if (entry === null || entry === undefined) {
          return;
        }
        yield entry;
      }
    } finally {
      await this.close();
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<Dirent, void, undefined> {
    return this.entries();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) {
      await this.close();
    }
  }

  [Symbol.dispose](): void {
    if (!this.#closed) {
      this.closeSync();
    }
  }
}
