/**
 * The same script on node:fs in a directory of the host, and on a kernel's fs: what came out of each call, with what
 * differs by nature (inodes, times, descriptors, the directory's own name) left out.
 */
import * as host from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { boot, type Kernel } from '../../../lib/api/index.ts';

export type Fs = typeof host;
/** A call: an operation of node:fs by its plain name, and its arguments. See `argument` for what strings mean. */
export type Step = readonly [op: string, ...args: unknown[]];
export type Form = 'sync' | 'callback' | 'promise';
export const FORMS: readonly Form[] = ['sync', 'callback', 'promise'];

export interface Side {
  readonly fs: Fs;
  readonly dir: string;
}

export interface Twins {
  readonly host: Side;
  readonly ours: Side;
  readonly kernel: Kernel;
  end(): void;
}

export function twins(): Twins {
  const kernel = boot();
  const { fs } = kernel;
  // Nobody's umask but this test's: that of the host program is what it was started with.
  const umask = process.umask(0o022);
  const dir = host.mkdtempSync(join(host.realpathSync(tmpdir()), 'rump-fs-'));
  return {
    kernel,
    host: { fs: host, dir },
    ours: { fs, dir: fs.mkdtempSync('/tmp/rump-fs-') },
    end: () => {
      process.umask(umask);
      host.rmSync(dir, { recursive: true, force: true });
      kernel.halt();
    },
  };
}

/** `@` is the directory, `fd` what was opened last. Absent arguments at the end stay absent. */
function argument(value: unknown, side: Side, fd: number): unknown {
  if (value === '$fd') {
    return fd;
  }
  if (typeof value === 'string') {
    return value.startsWith('@') ? side.dir + value.slice(1) : value;
  }
  if (value instanceof Bytes) {
    return Buffer.concat([Buffer.from(`${side.dir}/`), value.bytes]);
  }
  if (value instanceof Url) {
    return pathToFileURL(side.dir + value.path);
  }
  return Buffer.isBuffer(value) ? Buffer.from(value) : value;
}

/** A path in the directory whose last name is these bytes. */
export class Bytes {
  readonly bytes: Buffer;
  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}

/** A path in the directory as a URL. */
export class Url {
  readonly path: string;
  constructor(path: string) {
    this.path = path;
  }
}

async function call(side: Side, form: Form, op: string, args: unknown[]): Promise<unknown> {
  const { fs } = side;
  const of = (table: object, name: string) => {
    const fn = (table as Record<string, unknown>)[name];
    if (typeof fn !== 'function') {
      throw new Error(`no ${name}`);
    }
    return fn as (...all: unknown[]) => unknown;
  };
  if (form === 'promise' && op in fs.promises && op !== 'open') {
    return of(fs.promises, op)(...args);
  }
  if (form !== 'callback') {
    return of(fs, `${op}Sync`)(...args);
  }
  return new Promise((resolve, reject) => {
    of(fs, op)(...args, (error: unknown, ...results: unknown[]) =>
      error ? reject(error as Error) : resolve(results[0]),
    );
  });
}

const SHOWN = ['name', 'message', 'code', 'errno', 'syscall', 'path', 'dest'] as const;

/** What an error tells, the directory's name apart. */
export function told(error: unknown, dir: string): Record<string, unknown> {
  const seen: Record<string, unknown> = {};
  for (const key of SHOWN) {
    const value = (error as Record<string, unknown>)[key];
    if (value !== undefined) {
      seen[key] = typeof value === 'string' ? value.replaceAll(dir, '@') : value;
    }
  }
  return seen;
}

interface StatsLike {
  mode: unknown;
  nlink: unknown;
  uid: unknown;
  gid: unknown;
  size: unknown;
  isDirectory(): boolean;
  isFile(): boolean;
  isSymbolicLink(): boolean;
}

function plain(value: unknown, dir: string): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(dir, '@');
  }
  if (Array.isArray(value)) {
    const all = value.map((item) => plain(item, dir));
    return all.every((item) => typeof item === 'string') ? all.sort() : sorted(all);
  }
  if (Buffer.isBuffer(value)) {
    return `<${value.toString('latin1').replaceAll(dir, '@')}>`;
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if ('mode' in value && 'nlink' in value) {
    const st = value as StatsLike;
    const { uid, gid } = st;
    // The permissions of a symbolic link are what the umask left on NetBSD, and always all on Linux.
    const mode = st.isSymbolicLink() ? 'link' : st.mode;
    const is = [st.isDirectory(), st.isFile(), st.isSymbolicLink()];
    // Directories count their entries in ways of their own.
    const of = st.isDirectory() ? [] : [st.nlink, st.size];
    return {
      keys: Object.keys(value).filter((key) => !/^[amc]time$|^birthtime$/.test(key)),
      mode,
      uid,
      gid,
      is,
      of,
    };
  }
  if ('parentPath' in value && 'isFIFO' in value) {
    const entry = value as host.Dirent & { parentPath: string };
    return {
      name: plain(entry.name, dir),
      parent: plain(entry.parentPath, dir),
      is: [entry.isDirectory(), entry.isFile(), entry.isSymbolicLink()],
    };
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, dir)]));
}

function sorted(all: unknown[]): unknown[] {
  return all.map((item) => JSON.stringify(item)).sort();
}

export type Outcome = { readonly value: unknown } | { readonly error: Record<string, unknown> };

/** The Node whose messages ours are, word for word. */
const REFERENCE = process.versions.node.startsWith('20.');

/** What later Nodes do otherwise than the one whose messages ours are, and we do not follow. */
const LATER: readonly (readonly [op: string, ours: string, theirs: string])[] = [
  ['symlink', 'ERR_FS_INVALID_SYMLINK_TYPE', 'ERR_INVALID_ARG_VALUE'],
];

/**
 * Are both the same on this Node? On any but the reference errors are compared by their codes: the words, and what else
 * an error tells, change from version to version.
 */
export function sameHere([op, , options]: Step, ours: Outcome, theirs: Outcome): boolean {
  if (REFERENCE) {
    return isDeepStrictEqual(ours, theirs);
  }
  if ('error' in ours && 'error' in theirs) {
    const [mine, host] = [ours.error['code'], theirs.error['code']];
    return mine === host || LATER.some(([name, a, b]) => name === op && a === mine && b === host);
  }
  const { recursive, withFileTypes } = (options ?? {}) as { recursive?: boolean; withFileTypes?: boolean };
  // Some forms, from 24 on, go through symbolic links to directories when they are asked for entries.
  return (
    (op === 'readdir' && recursive === true && withFileTypes === true) || isDeepStrictEqual(ours, theirs)
  );
}

/**
 * Later Nodes have a second cp and a second rm, in C++, for the synchronous form: they check in another order, forget
 * modes, and have errors of their own.
 */
export function compares(op: string, form: Form): boolean {
  return REFERENCE || form !== 'sync' || (op !== 'cp' && op !== 'rm');
}

/** Run a script; what each step gave. */
export async function run(side: Side, form: Form, steps: readonly Step[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let fd = -1;
  for (const [op, ...args] of steps) {
    try {
      const value = await call(
        side,
        form,
        op,
        args.map((arg) => argument(arg, side, fd)),
      );
      if (op === 'open') {
        fd = value as number;
        outcomes.push({ value: 'fd' });
      } else {
        outcomes.push({ value: plain(value, side.dir) });
      }
    } catch (error) {
      outcomes.push({ error: told(error, side.dir) });
    }
  }
  return outcomes;
}

/** Empty a side's directory. */
export function clear({ fs, dir }: Side): void {
  for (const name of fs.readdirSync(dir, 'buffer') as unknown as Buffer[]) {
    fs.rmSync(Buffer.concat([Buffer.from(`${dir}/`), name]), { recursive: true, force: true });
  }
}
