/**
 * `node:fs` on the system calls of a process: its credentials, working directory, umask and descriptors.
 *
 * Every operation is written once (`op.ts`); this file makes the forms of it and puts them under Node's names.
 */
import * as host from 'node:fs';
import { promisify } from 'node:util';
import * as attributes from './attributes.ts';
import { type Callback, toCallback, toFd, toPath, toSeconds, toVector } from './check.ts';
import { copyFile } from './copyfile.ts';
import { cp } from './cp.ts';
import { Dir, opendirArgs, opening } from './dir.ts';
import { Dirent, readdir } from './dirent.ts';
import { nodeError } from './errors.ts';
import { callbackForm, type Form, type Op, perform, promiseForm, settle, syncForm } from './forms.ts';
import { globForms } from './glob.ts';
import * as io from './io.ts';
import * as names from './names.ts';
import { type FsProc, runSync } from './op.ts';
import { promisesOf } from './promises.ts';
import { absolute, realpath, realpathNative } from './realpath.ts';
import { Stats } from './stats.ts';
import { streamsOf } from './streams.ts';
import { FSWatcher } from './watch.ts';
import { fileWatching, StatWatcher } from './watchfile.ts';
import { watchOf } from './watching.ts';
import * as whole from './whole.ts';

/** What `kernel.fs` and `proc.fs` are, by type: the `node:fs` of the Node whose types the program uses. */
export type NodeFs = typeof host;

type Shape = Record<string, unknown>;

/** Operations whose three forms differ in nothing else. */
const OPS: Readonly<Record<string, unknown>> = {
  access: attributes.access,
  appendFile: whole.appendFile,
  chmod: attributes.chmod,
  chown: attributes.chown,
  close: io.close,
  copyFile,
  cp,
  fchmod: attributes.fchmod,
  fchown: attributes.fchown,
  fdatasync: io.fdatasync,
  fstat: attributes.fstat,
  fsync: io.fsync,
  ftruncate: attributes.ftruncate,
  futimes: attributes.futimes,
  lchmod: attributes.lchmod,
  lchown: attributes.lchown,
  link: names.link,
  lstat: attributes.lstat,
  lutimes: attributes.lutimes,
  mkdir: names.mkdir,
  mkdtemp: names.mkdtemp,
  open: io.open,
  readFile: whole.readFile,
  readdir,
  readlink: names.readlink,
  rename: names.rename,
  rm: names.rm,
  rmdir: names.rmdir,
  stat: attributes.stat,
  statfs: attributes.statfs,
  symlink: names.symlink,
  truncate: attributes.truncate,
  unlink: names.unlink,
  utimes: attributes.utimes,
  writeFile: whole.writeFile,
};

function transfers(proc: FsProc): Shape {
  const { sys } = proc;
  const sync =
    (op: typeof io.read, args: typeof io.readArgs) =>
    (fd: unknown, ...rest: unknown[]) => {
      try {
        return op(sys, args(fd, ...rest));
      } catch (error) {
        throw nodeError(error);
      }
    };
  const callback =
    (op: typeof io.read, args: typeof io.readArgs) =>
    (fd: unknown, ...rest: unknown[]) => {
      const at = rest.findLastIndex((arg) => typeof arg === 'function');
      if (at < 0) {
        // What is wrong with file and buffer is told before the callback is missed.
        args(fd, rest[0], 0, 0);
      }
      const done = toCallback(rest[at]);
      const transfer = args(fd, ...rest.slice(0, at));
      settle(
        perform(proc, (calls) => op(calls, transfer)),
        done,
        (count) => [count, transfer.buffer],
      );
    };
  const vector =
    (op: typeof io.readv) => (fd: unknown, buffers: unknown, position?: unknown, cb?: unknown) => {
      toFd(fd);
      toVector(buffers);
      const done = toCallback(cb ?? position);
      const at = typeof position === 'function' ? undefined : position;
      settle(
        perform(proc, (calls) => op(calls, fd, buffers, at)),
        done,
        (count) => [count, buffers],
      );
    };
  return {
    readSync: sync(io.read, io.readSyncArgs),
    writeSync: sync(io.write, io.writeArgs),
    read: withPromise(callback(io.read, io.readArgs), 'bytesRead', 'buffer'),
    write: withPromise(callback(io.write, io.writeArgs), 'bytesWritten', 'buffer'),
    readvSync: syncForm(proc, io.readv as Op),
    writevSync: syncForm(proc, io.writev as Op),
    readv: withPromise(vector(io.readv), 'bytesRead', 'buffers'),
    writev: withPromise(vector(io.writev), 'bytesWritten', 'buffers'),
  };
}

/** What util.promisify makes of a function whose callback takes two results. */
function withPromise(fn: (...args: never[]) => void, count: string, what: string): unknown {
  return Object.defineProperty(fn, promisify.custom, {
    value: (...args: unknown[]) =>
      new Promise((resolve, reject) => {
        (fn as unknown as (...all: unknown[]) => void)(
          ...args,
          (error: unknown, n: unknown, data: unknown) =>
            error ? reject(error as Error) : resolve({ [count]: n, [what]: data }),
        );
      }),
  });
}

/** close, whose callback may be left out: what fails then is an uncaught exception. */
function closing(proc: FsProc): Form {
  const form = callbackForm(proc, io.close as Op);
  const thrown = (error?: unknown): void => {
    if (error) {
      throw error as Error;
    }
  };
  return function close(fd, callback = thrown) {
    return form(fd, callback);
  };
}

function existence(proc: FsProc): Shape {
  const { sys } = proc;
  const existsSync = (path: unknown): boolean => {
    try {
      sys.access(toPath(path), 0);
      return true;
    } catch {
      return false;
    }
  };
  const access = promiseForm(proc, attributes.access as Op);
  const there = async (path: unknown): Promise<boolean> => {
    try {
      await access(path);
      return true;
    } catch {
      return false;
    }
  };
  const exists = (path: unknown, callback: unknown): void => {
    const done = toCallback(callback);
    void there(path).then((is) => process.nextTick(done, is));
  };
  Object.defineProperty(exists, promisify.custom, { value: there });
  return { existsSync, exists };
}

function directories(proc: FsProc): Shape {
  return {
    opendirSync: (path: unknown, options?: unknown) => {
      const args = opendirArgs(path, options);
      try {
        return new Dir(proc, runSync(opening(proc.sys, args)), args);
      } catch (error) {
        throw nodeError(error);
      }
    },
    opendir: (path: unknown, options?: unknown, callback?: unknown) => {
      const done = toCallback(callback ?? (typeof options === 'function' ? options : undefined), 'callback');
      const args = opendirArgs(path, options);
      settle(
        perform(proc, (calls) => opening(calls, args)),
        done,
        (fd) => [new Dir(proc, fd as number, args)],
      );
    },
  };
}

function realpaths(proc: FsProc): Shape {
  const callback = callbackForm(proc, realpath as Op) as Form & { native?: Form };
  callback.native = callbackForm(proc, realpathNative as Op);
  const sync = syncForm(proc, realpath as Op) as Form & { native?: Form };
  sync.native = syncForm(proc, realpathNative as Op);
  return { realpath: callback, realpathSync: sync };
}

/** A file system for `proc`. It is made when it is first asked for. */
export function createFs(proc: FsProc): NodeFs {
  const fs: Shape = {};
  for (const [name, op] of Object.entries(OPS)) {
    fs[name] = callbackForm(proc, op as Op);
    fs[`${name}Sync`] = syncForm(proc, op as Op);
  }
  fs['close'] = closing(proc);
  const { glob, globSync } = globForms(proc);
  Object.assign(fs, fileWatching(proc), transfers(proc), existence(proc), directories(proc), realpaths(proc));
  const { ReadStream, WriteStream } = streamsOf(fs);
  // No arrows, as there are programs that write `new` before them.
  function createReadStream(path: unknown, options?: unknown): object {
    return new ReadStream(path, options);
  }
  function createWriteStream(path: unknown, options?: unknown): object {
    return new WriteStream(path, options);
  }
  const { F_OK, R_OK, W_OK, X_OK } = host.constants;
  Object.assign(fs, {
    ReadStream,
    WriteStream,
    FileReadStream: ReadStream,
    FileWriteStream: WriteStream,
    createReadStream,
    createWriteStream,
    Dir,
    Dirent,
    Stats,
    F_OK,
    R_OK,
    W_OK,
    X_OK,
    constants: host.constants,
    _toUnixTimestamp: toSeconds,
    openAsBlob: async (path: unknown, options?: BlobOptions) =>
      blobOf(await promiseForm(proc, whole.readFile as Op)(path), options),
    openAsBlobSync: (path: unknown, options?: BlobOptions) =>
      blobOf(syncForm(proc, whole.readFile as Op)(path), options),
    watch: watchOf(proc),
    FSWatcher,
    StatWatcher,
    glob,
    globSync,
    mkdtempDisposableSync: (prefix: unknown, options?: unknown) => {
      const path = (fs['mkdtempSync'] as Form)(prefix, options);
      // The process may be elsewhere by then.
      const full = runSync(absolute(proc.sys, toPath(path)));
      const remove = () => void (fs['rmSync'] as Form)(full, { recursive: true, force: true });
      return { path, remove, [Symbol.dispose]: remove };
    },
    promises: promisesOf(proc, { createReadStream, createWriteStream }),
  });
  return fs as unknown as NodeFs;
}

interface BlobOptions {
  readonly type?: string;
}

function blobOf(data: unknown, options?: BlobOptions): Blob {
  return new Blob([data as Buffer<ArrayBuffer>], { type: options?.type ?? '' });
}

export type { Callback };
