/** Simulated host: descriptors, and reading and writing through them. */
import { EACCES, EBADF, EFBIG, EINVAL, EISDIR, EMFILE, ENOSPC, ENOTDIR, Errno } from '../sys/errno.ts';
import type { FileType } from './rumpuser.ts';
import {
  RUMPUSER_IOV_NOSEEK,
  RUMPUSER_OPEN_ACCMODE,
  RUMPUSER_OPEN_BIO,
  RUMPUSER_OPEN_CREATE,
  RUMPUSER_OPEN_EXCL,
  RUMPUSER_OPEN_RDONLY,
  RUMPUSER_OPEN_WRONLY,
  RUMPUSER_SYNCFD_BARRIER,
  RUMPUSER_SYNCFD_READ,
  RUMPUSER_SYNCFD_SYNC,
  RUMPUSER_SYNCFD_WRITE,
} from './rumpuser.ts';
import type { SimContent } from './sim_content.ts';
import type { SimNode } from './sim_node.ts';
import type { SimTree } from './sim_tree.ts';

const OPEN_FLAGS = RUMPUSER_OPEN_ACCMODE | RUMPUSER_OPEN_CREATE | RUMPUSER_OPEN_EXCL | RUMPUSER_OPEN_BIO;
const SYNC_FLAGS =
  RUMPUSER_SYNCFD_READ | RUMPUSER_SYNCFD_WRITE | RUMPUSER_SYNCFD_BARRIER | RUMPUSER_SYNCFD_SYNC;

/** Descriptors below it are taken: standard input, output and error. */
const FIRST_FD = 3;
const MAX_FDS = 1024;

interface OpenFile {
  readonly node: SimNode;
  readonly accmode: number;
  /** Position of `RUMPUSER_IOV_NOSEEK`, in bytes; of a directory, in entries of `listing`. */
  position: number;
  /** What a directory held when its reading began. */
  listing?: readonly (readonly [string, SimNode])[];
}

/** What a descriptor allows, held on to by block I/O under way. */
export type SimTarget = Pick<OpenFile, 'node' | 'accmode'>;

export class SimFiles {
  readonly #tree: SimTree;
  readonly #open: (OpenFile | undefined)[] = [];

  constructor(tree: SimTree) {
    this.#tree = tree;
  }

  /** @throws EACCES EEXIST EINVAL EISDIR EMFILE ENAMETOOLONG ENOENT ENOTDIR */
  open(path: string, flags: number): number {
    const accmode = flags & RUMPUSER_OPEN_ACCMODE;
    if ((flags & ~OPEN_FLAGS) !== 0 || accmode === RUMPUSER_OPEN_ACCMODE) throw EINVAL;
    this.#freeIndex();
    const node =
      (flags & RUMPUSER_OPEN_CREATE) === 0
        ? this.#tree.lookup(path)
        : this.#tree.create(path, (flags & RUMPUSER_OPEN_EXCL) === 0 ? 'allowed' : 'exclusive');
    if (node.entries !== undefined && (flags & (RUMPUSER_OPEN_ACCMODE | RUMPUSER_OPEN_CREATE)) !== 0)
      throw EISDIR;
    return this.openNode(node, accmode);
  }

  /** @returns a descriptor. @throws EACCES EMFILE */
  openNode(node: SimNode, accmode: number): number {
    if (node.access === 'read-only' && accmode !== RUMPUSER_OPEN_RDONLY) throw EACCES;
    const index = this.#freeIndex();
    this.#open[index] = { node, accmode, position: 0 };
    return index + FIRST_FD;
  }

  /** @throws EBADF EINVAL */
  close(fd: number): void {
    this.#get(fd);
    this.#open[fd - FIRST_FD] = undefined;
  }

  getfileinfo(path: string): { size: number; type: FileType } {
    const node = this.#tree.lookup(path);
    return { size: node.content?.size ?? 0, type: node.type };
  }

  /** @throws EBADF EINVAL EISDIR */
  read(fd: number, buffers: readonly Uint8Array[], off: number): number {
    const file = this.#get(fd);
    const count = readAt(file, buffers, startOf(file, off));
    if (off === RUMPUSER_IOV_NOSEEK) file.position += count;
    return count;
  }

  /** @throws EBADF EFBIG EINVAL ENOSPC */
  write(fd: number, buffers: readonly Uint8Array[], off: number): number {
    const file = this.#get(fd);
    const count = writeAt(file, buffers, startOf(file, off));
    if (off === RUMPUSER_IOV_NOSEEK) file.position += count;
    return count;
  }

  /** @throws EBADF EINVAL */
  sync(fd: number, flags: number, start: number, length: number): void {
    const { node } = this.#get(fd);
    if ((flags & ~SYNC_FLAGS) !== 0 || (flags & (RUMPUSER_SYNCFD_READ | RUMPUSER_SYNCFD_WRITE)) === 0)
      throw EINVAL;
    if (!isOffset(start) || !isOffset(length)) throw EINVAL;
    // Writes happen at once and in order here: a barrier holds by itself, and there is no read cache to drop.
    if ((flags & RUMPUSER_SYNCFD_WRITE) === 0 || (flags & RUMPUSER_SYNCFD_SYNC) === 0) return;
    node.content?.sync(start, length === 0 ? Number.POSITIVE_INFINITY : start + length);
  }

  exists(path: string): boolean {
    try {
      this.#tree.lookup(path);
      return true;
    } catch (error) {
      if (error instanceof Errno) return false;
      throw error;
    }
  }

  /** What block I/O works on; closing the descriptor later does not take it away. @throws EBADF */
  target(fd: number): SimTarget {
    return this.#get(fd);
  }

  /** The entries of a directory that are still to be read. @throws ENOTDIR */
  listing(fd: number): readonly (readonly [string, SimNode])[] {
    const file = this.#get(fd);
    const { node } = file;
    if (node.entries === undefined) throw ENOTDIR;
    file.listing ??= [['.', node], ['..', node.parent ?? node], ...node.entries];
    return file.listing.slice(file.position);
  }

  /** Move the position of a directory on. */
  advance(fd: number, entries: number): void {
    this.#get(fd).position += entries;
  }

  /** Content of a file, for tests. @throws ENOENT ... EISDIR */
  content(path: string): SimContent {
    const { content } = this.#tree.lookup(path);
    if (content === undefined) throw EISDIR;
    return content;
  }

  #get(fd: number): OpenFile {
    if ((fd | 0) !== fd) throw EINVAL;
    const file = this.#open[fd - FIRST_FD];
    if (file === undefined) throw EBADF;
    return file;
  }

  #freeIndex(): number {
    const free = this.#open.indexOf(undefined);
    const index = free === -1 ? this.#open.length : free;
    if (index + FIRST_FD >= MAX_FDS) throw EMFILE;
    return index;
  }
}

/** @returns bytes read, fewer than asked at the end of the file. @throws EBADF EISDIR */
export function readAt({ node, accmode }: SimTarget, buffers: readonly Uint8Array[], off: number): number {
  if (accmode === RUMPUSER_OPEN_WRONLY) throw EBADF;
  if (node.content === undefined) throw EISDIR;
  let count = 0;
  for (const buffer of buffers) count += node.content.read(buffer, off + count);
  return count;
}

/** @returns bytes written, fewer than asked where the file can grow no more. @throws EBADF EFBIG ENOSPC */
export function writeAt({ node, accmode }: SimTarget, buffers: readonly Uint8Array[], off: number): number {
  if (accmode === RUMPUSER_OPEN_RDONLY || node.content === undefined) throw EBADF;
  const wanted = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
  const end = node.type === 'blk' ? node.content.size : Number.MAX_SAFE_INTEGER;
  if (wanted > 0 && off >= end) throw node.type === 'blk' ? ENOSPC : EFBIG;
  let count = 0;
  for (const buffer of buffers) {
    const part = buffer.subarray(0, Math.max(0, end - off - count));
    node.content.write(part, off + count);
    count += part.length;
  }
  if (count > 0) node.modified();
  return count;
}

export function isOffset(off: number): boolean {
  return Number.isSafeInteger(off) && off >= 0;
}

function startOf(file: OpenFile, off: number): number {
  if (off === RUMPUSER_IOV_NOSEEK) return file.position;
  if (!isOffset(off)) throw EINVAL;
  return off;
}
