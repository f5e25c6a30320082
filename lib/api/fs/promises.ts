/** `fs.promises`, also known as `node:fs/promises`. */
import { constants } from 'node:fs';
import * as attributes from './attributes.ts';
import { toData, toPath } from './check.ts';
import { copyFile } from './copyfile.ts';
import { cp } from './cp.ts';
import { Dir, opendirArgs, opening } from './dir.ts';
import { readdir } from './dirent.ts';
import { abortError } from './errors.ts';
import { chunkOptions, FileHandle, type HandleHost } from './filehandle.ts';
import { type Form, type Op, perform, promiseForm } from './forms.ts';
import { globForms } from './glob.ts';
import * as io from './io.ts';
import * as names from './names.ts';
import type { FsProc } from './op.ts';
import { absolute, realpathNative } from './realpath.ts';
import { watchEvents } from './watching.ts';
import * as whole from './whole.ts';

/** Operations that are the same with a promise. */
const OPS: Readonly<Record<string, unknown>> = {
  access: attributes.access,
  copyFile,
  cp,
  rename: names.rename,
  rm: names.rm,
  rmdir: names.rmdir,
  mkdir: names.mkdir,
  readdir,
  readlink: names.readlink,
  symlink: names.symlink,
  lstat: attributes.lstat,
  stat: attributes.stat,
  statfs: attributes.statfs,
  link: names.link,
  unlink: names.unlink,
  chmod: attributes.chmod,
  lchmod: attributes.lchmod,
  lchown: attributes.lchown,
  chown: attributes.chown,
  utimes: attributes.utimes,
  lutimes: attributes.lutimes,
  realpath: realpathNative,
  mkdtemp: names.mkdtemp,
};

/** Open files are handles here: a number is the name of none. @throws ERR_INVALID_ARG_TYPE it is one */
function named(path: unknown): unknown {
  return typeof path === 'number' ? toPath(path) : path;
}

type Streams = Pick<HandleHost, 'createReadStream' | 'createWriteStream'>;

function isIterable(data: unknown): data is AsyncIterable<unknown> | Iterable<unknown> {
  return (
    typeof data === 'object' &&
    data !== null &&
    !ArrayBuffer.isView(data) &&
    (Symbol.asyncIterator in data || Symbol.iterator in data)
  );
}

export function promisesOf(proc: FsProc, streams: Streams): Record<string, unknown> {
  const host: HandleHost = { proc, ...streams, writeData };
  const open = promiseForm(proc, io.open as Op);
  const readFile = promiseForm(proc, whole.readFile as Op);
  const truncate = promiseForm(proc, attributes.truncate as Op);
  const writes = {
    w: promiseForm(proc, whole.writeFile as Op),
    a: promiseForm(proc, whole.appendFile as Op),
  };

  async function handleOf(path: unknown, flags: unknown, mode?: unknown): Promise<FileHandle> {
    return new FileHandle(host, (await open(path, flags, mode)) as number);
  }

  /** Write to an open file, from where it is, what there is or what comes. */
  async function writeData(fd: number, data: unknown, options: unknown, flag: string): Promise<void> {
    if (!isIterable(data)) {
      await (flag === 'a' ? writes.a : writes.w)(fd, data, options);
      return;
    }
    const { encoding, signal } = chunkOptions(options);
    const heard = async (): Promise<void> => {
      if (signal !== undefined) {
        await perform(proc, () => whole.listen(signal));
      }
    };
    await heard();
    for await (const chunk of data) {
      await heard();
      const bytes = toData(chunk, encoding);
      await perform(proc, (calls) => whole.writeOpen(calls, fd, bytes, signal, 'leave'));
    }
  }

  function writer(flag: 'a' | 'w', name: string): Form {
    const write = async (file: unknown, data: unknown, options?: unknown) => {
      const path = named(file);
      if (path instanceof FileHandle) {
        await (flag === 'a' ? path.appendFile(data, options) : path.writeFile(data, options));
      } else if (isIterable(data)) {
        const { signal } = chunkOptions(options);
        if (signal?.aborted === true) {
          throw abortError(signal);
        }
        const given = (typeof options === 'object' ? options : null) as {
          flag?: unknown;
          mode?: unknown;
        } | null;
        const handle = await handleOf(path, given?.flag ?? flag, given?.mode);
        try {
          await handle.writeFile(data, options);
        } finally {
          await handle.close();
        }
      } else {
        await writes[flag](path, data, options);
      }
    };
    return Object.defineProperty(write as Form, 'name', { value: name });
  }

  const forms = Object.fromEntries(
    Object.entries(OPS).map(([name, op]) => [name, promiseForm(proc, op as Op)]),
  );
  return {
    ...forms,
    open: async (path: unknown, flags?: unknown, mode?: unknown) => handleOf(path, flags ?? 'r', mode),
    opendir: async (path: unknown, options?: unknown) => {
      const args = opendirArgs(path, options);
      return new Dir(proc, await perform(proc, (calls) => opening(calls, args)), args);
    },
    truncate: async (path: unknown, length?: unknown) => truncate(named(path), length),
    readFile: async (path: unknown, options?: unknown) =>
      path instanceof FileHandle ? path.readFile(options) : readFile(named(path), options),
    writeFile: writer('w', 'writeFile'),
    appendFile: writer('a', 'appendFile'),
    watch: watchEvents(proc),
    glob: globForms(proc).promised,
    mkdtempDisposable: async (prefix: unknown, options?: unknown) => {
      const path = await forms['mkdtemp']?.(prefix, options);
      const full = await perform(proc, (calls) => absolute(calls, toPath(path)));
      const remove = async () => {
        await forms['rm']?.(full, { recursive: true, force: true });
      };
      return { path, remove, [Symbol.asyncDispose]: remove };
    },
    constants,
  };
}
