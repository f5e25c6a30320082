/** What the programs that deal with files share. */
import { constants, nameDecode, SysError } from '../api/index.ts';
import type { Self } from './program.ts';

const { O_CREAT, O_DIRECTORY, O_RDONLY, O_TRUNC, O_WRONLY, S_IFDIR, S_IFMT } = constants;

/** Attributes of a file, as stat gives them. */
export type FileStat = Awaited<ReturnType<Self['sys']['stat']>>;

const CHUNK = 65536;

/** Where an entry of a directory has its length (2 bytes), the length of its name (2), and its name. */
const RECLEN = 8;
const NAMLEN = 10;
const NAME = 13;

export function isDirectory({ mode }: FileStat): boolean {
  return (mode & S_IFMT) === S_IFDIR;
}

/** `dir/name`, for any directory. */
export function below(dir: string, name: string): string {
  return dir.endsWith('/') ? `${dir}${name}` : `${dir}/${name}`;
}

/** The last component of a path; "/" for the root. */
export function baseName(path: string): string {
  return /([^/]+)\/*$/.exec(path)?.[1] ?? '/';
}

/** Names in a directory, sorted, "." and ".." among them. @throws SysError */
export async function namesIn({ sys }: Pick<Self, 'sys'>, dir: string): Promise<string[]> {
  const fd = await sys.open(dir, O_RDONLY | O_DIRECTORY);
  const names: string[] = [];
  const buf = Buffer.alloc(CHUNK);
  try {
    for (let n = await sys.getdents(fd, buf); n > 0; n = await sys.getdents(fd, buf)) {
      for (let at = 0; at < n; at += buf.readUInt16LE(at + RECLEN)) {
        names.push(nameDecode(buf.subarray(at + NAME, at + NAME + buf.readUInt16LE(at + NAMLEN))));
      }
    }
  } finally {
    await sys.close(fd);
  }
  return names.sort();
}

/** The same without the directory itself and its parent. */
export async function entriesOf(self: Self, dir: string): Promise<string[]> {
  return (await namesIn(self, dir)).filter((name) => name !== '.' && name !== '..');
}

/** What a path leads to, or null. @throws SysError but ENOENT */
export async function statOrNull(
  self: Self,
  path: string,
  how: 'stat' | 'lstat' = 'stat',
): Promise<FileStat | null> {
  try {
    return await self.sys[how](path);
  } catch (error) {
    if (error instanceof SysError && error.code === 'ENOENT') {
      return null;
    }
    throw error;
  }
}

/** The text of a symbolic link. @throws SysError */
export async function linkText(self: Self, path: string): Promise<string> {
  const buf = Buffer.alloc(constants.PATH_MAX);
  return nameDecode(buf.subarray(0, await self.sys.readlink(path, buf)));
}

/** A file, or standard input for "-", in pieces that are good until the next. @throws SysError */
export async function* piecesOf(self: Self, path: string): AsyncGenerator<Uint8Array, undefined> {
  const { sys } = self;
  const fd = path === '-' ? 0 : await sys.open(path, O_RDONLY);
  const buf = new Uint8Array(CHUNK);
  try {
    for (let n = await sys.read(fd, buf); n > 0; n = await sys.read(fd, buf)) {
      yield buf.subarray(0, n);
    }
  } finally {
    if (fd !== 0) {
      await sys.close(fd);
    }
  }
}

/** Write all of `data`. @throws SysError */
export async function writeAll(self: Self, fd: number, data: Uint8Array): Promise<void> {
  for (let rest = data; rest.length > 0; ) {
    rest = rest.subarray(await self.sys.write(fd, rest));
  }
}

/** Copy the content of a file; a new one gets the mode. @throws SysError */
export async function copyContent(self: Self, from: string, to: string, mode: number): Promise<void> {
  const { sys } = self;
  let fd = -1;
  try {
    for await (const piece of piecesOf(self, from)) {
      fd = fd < 0 ? await sys.open(to, O_WRONLY | O_CREAT | O_TRUNC, mode & 0o777) : fd;
      await writeAll(self, fd, piece);
    }
    fd = fd < 0 ? await sys.open(to, O_WRONLY | O_CREAT | O_TRUNC, mode & 0o777) : fd;
  } finally {
    if (fd >= 0) {
      await sys.close(fd);
    }
  }
}

/**
 * Do something for each operand; what fails is said, and the others are done all the same.
 * @returns the exit status: 1 when one has failed
 */
export async function forEachOperand(
  self: Self,
  operands: readonly string[],
  fn: (operand: string) => Promise<void>,
): Promise<number> {
  let status = 0;
  for (const operand of operands) {
    try {
      await fn(operand);
    } catch (error) {
      if (!(error instanceof SysError && self.proc.alive)) {
        throw error;
      }
      await self.err(`${operand}: ${error.strerror}`);
      status = 1;
    }
  }
  return status;
}

/** Go through a tree, each directory before what is in it (`before`) and after (`after`). @throws SysError */
export async function walk(
  self: Self,
  path: string,
  visit: {
    readonly before?: (path: string, stat: FileStat) => Promise<void>;
    readonly after?: (path: string, stat: FileStat) => Promise<void>;
  },
): Promise<void> {
  const stat = await self.sys.lstat(path);
  await visit.before?.(path, stat);
  if (isDirectory(stat)) {
    for (const name of await entriesOf(self, path)) {
      await walk(self, below(path, name), visit);
    }
  }
  await visit.after?.(path, stat);
}
