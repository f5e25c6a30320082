/** Entries of directories: what getdents(2) fills, as names and as `Dirent`s. */
import { constants as host } from 'node:fs';
import { posix } from 'node:path';
import { O_CLOEXEC, O_DIRECTORY, O_RDONLY } from '../../sys/constants/fcntl.ts';
import { nameDecode, nameEncode } from '../../sys/pathname.ts';
import type { Stat } from '../../sys/types.ts';
import { type BufferEncodingOption, toBoolean, toEncoding, toOptions, toPath } from './check.ts';
import { renamed } from './errors.ts';
import type { Calls, Program } from './op.ts';

export const DT_DIR = 4;
export const DT_LNK = 10;

/** `fs.constants.UV_DIRENT_*`, which its type leaves out. */
const UV = { UNKNOWN: 0, FILE: 1, DIR: 2, LINK: 3, FIFO: 4, SOCKET: 5, CHAR: 6, BLOCK: 7 } as const;

/** Libuv's kinds by those of NetBSD: DT_*. */
const KINDS: Readonly<Record<number, number>> = {
  1: UV.FIFO,
  2: UV.CHAR,
  [DT_DIR]: UV.DIR,
  6: UV.BLOCK,
  8: UV.FILE,
  [DT_LNK]: UV.LINK,
  12: UV.SOCKET,
};

export interface Entry {
  /** As the kernel takes it. */
  readonly name: string;
  readonly type: number;
}

type Text = string | Buffer;

/** Text that a caller wants in this encoding. */
export function encoded(bytes: Uint8Array, encoding: BufferEncodingOption | null | undefined): Text {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (encoding === 'buffer') {
    return Buffer.from(buffer);
  }
  return buffer.toString(encoding ?? 'utf8');
}

/** A name of the kernel's in a caller's encoding. */
function nameIn(name: string, encoding: BufferEncodingOption | null | undefined): Text {
  if (encoding === undefined || encoding === null || encoding === 'utf8' || encoding === 'utf-8') {
    return (name as unknown as { toWellFormed(): string }).toWellFormed();
  }
  return encoded(nameEncode(name), encoding);
}

const HEADER = 13;

/** Append what getdents(2) has filled, without "." and "..". */
function unpack(buf: Buffer, length: number, entries: Entry[]): void {
  for (let at = 0; at < length; at += buf.readUInt16LE(at + 8)) {
    const namlen = buf.readUInt16LE(at + 10);
    const name = nameOf(buf, at + HEADER, namlen);
    if (name !== '.' && name !== '..') {
      entries.push({ name, type: buf[at + 12] as number });
    }
  }
}

function nameOf(buf: Buffer, at: number, length: number): string {
  for (let i = at; i < at + length; i++) {
    if ((buf[i] as number) >= 0x80) {
      return nameDecode(buf.subarray(at, at + length));
    }
  }
  return buf.toString('latin1', at, at + length);
}

/** Bytes of what most directories need, which is soon had, and of what is better for large ones. */
const FEW = 1024;
const CHUNK = 8192;

/** Some more entries of an open directory; none at its end. */
export function* more(sys: Calls, fd: number, buf: Buffer): Program<Entry[]> {
  const entries: Entry[] = [];
  for (;;) {
    const n: number = yield sys.getdents(fd, buf);
    if (n === 0) {
      return entries;
    }
    unpack(buf, n, entries);
    // Only "." and ".." is not the end yet.
    if (entries.length > 0) {
      return entries;
    }
  }
}

export function openDirectory(sys: Calls, path: string): number {
  return sys.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

export function directoryBuffer(size = CHUNK): Buffer {
  return Buffer.allocUnsafeSlow(size);
}

/** All entries of a directory. Its failures are those of `scandir`. */
export function* list(sys: Calls, path: string): Program<Entry[]> {
  const entries: Entry[] = [];
  let fd: number;
  try {
    fd = yield openDirectory(sys, path);
  } catch (error) {
    throw renamed(error, 'scandir', path);
  }
  try {
    let buf: Buffer = Buffer.allocUnsafe(FEW);
    for (;;) {
      const n: number = yield sys.getdents(fd, buf);
      if (n === 0) {
        return entries;
      }
      unpack(buf, n, entries);
      if (n > buf.length / 2) {
        buf = directoryBuffer();
      }
    }
  } catch (error) {
    throw renamed(error, 'scandir', path);
  } finally {
    yield sys.close(fd);
  }
}

export class Dirent {
  readonly name: Text;
  readonly parentPath: Text;
  readonly path: Text;
  readonly #type: number;

  /** `type` is one of UV_DIRENT_*, as Node's are made. */
  constructor(name: Text, type: number, parentPath: Text) {
    this.name = name;
    this.parentPath = parentPath;
    // Of older Nodes.
    this.path = parentPath;
    this.#type = type;
  }

  isDirectory(): boolean {
    return this.#type === UV.DIR;
  }
  isFile(): boolean {
    return this.#type === UV.FILE;
  }
  isBlockDevice(): boolean {
    return this.#type === UV.BLOCK;
  }
  isCharacterDevice(): boolean {
    return this.#type === UV.CHAR;
  }
  isSymbolicLink(): boolean {
    return this.#type === UV.LINK;
  }
  isFIFO(): boolean {
    return this.#type === UV.FIFO;
  }
  isSocket(): boolean {
    return this.#type === UV.SOCKET;
  }
}

export function toDirent(
  entry: Entry,
  parent: string,
  encoding: BufferEncodingOption | null | undefined,
): Dirent {
  const type = KINDS[entry.type] ?? UV.UNKNOWN;
  return new Dirent(nameIn(entry.name, encoding), type, nameIn(parent, undefined));
}

interface ReaddirOptions {
  readonly encoding?: unknown;
  readonly withFileTypes?: unknown;
  readonly recursive?: unknown;
}

export function readdir(sys: Calls, path: unknown, options?: unknown): Program<(Text | Dirent)[]> {
  const { encoding, withFileTypes = false, recursive } = toOptions<ReaddirOptions>(options, {});
  const name = toPath(path);
  if (recursive !== undefined && recursive !== null) {
    toBoolean(recursive, 'options.recursive');
  }
  return entriesOf(sys, name, toEncoding(encoding), Boolean(withFileTypes), Boolean(recursive));
}

function* entriesOf(
  sys: Calls,
  path: string,
  encoding: BufferEncodingOption | null | undefined,
  types: boolean,
  recursive: boolean,
): Program<(Text | Dirent)[]> {
  const found: (Text | Dirent)[] = [];
  // Directories still to be read, by their names below `path`.
  const todo = [''];
  for (const below of todo) {
    const dir = below === '' ? path : posix.join(path, below);
    for (const entry of yield* list(sys, dir)) {
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      found.push(types ? toDirent(entry, dir, encoding) : nameIn(name, encoding));
      if (recursive && (yield* leadsOn(sys, posix.join(dir, entry.name), entry.type, types))) {
        todo.push(name);
      }
    }
  }
  return found;
}

/** As Node: with file types a symbolic link is one, without them what it leads to is read too. */
function* leadsOn(sys: Calls, path: string, type: number, types: boolean): Program<boolean> {
  if (type !== DT_LNK || types) {
    return type === DT_DIR;
  }
  try {
    const st: Stat = yield sys.stat(path);
    return (st.mode & host.S_IFMT) === host.S_IFDIR;
  } catch {
    return false;
  }
}
