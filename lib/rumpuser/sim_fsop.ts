/** Simulated host: operations on directories below a root, on the tree of `sim_tree.ts`. */
import {
  RUMPUSER_FS_ALLOCATE,
  RUMPUSER_FS_CHMOD,
  RUMPUSER_FS_CHOWN,
  RUMPUSER_FS_CLOSE,
  RUMPUSER_FS_DISCARD,
  RUMPUSER_FS_FSYNC,
  RUMPUSER_FS_GETATTR,
  RUMPUSER_FS_LINK,
  RUMPUSER_FS_MKDIR,
  RUMPUSER_FS_MKNOD,
  RUMPUSER_FS_OPEN,
  RUMPUSER_FS_READDIR,
  RUMPUSER_FS_READLINK,
  RUMPUSER_FS_RENAME,
  RUMPUSER_FS_RMDIR,
  RUMPUSER_FS_ROOT,
  RUMPUSER_FS_SEEK,
  RUMPUSER_FS_STATFS,
  RUMPUSER_FS_SYMLINK,
  RUMPUSER_FS_TRUNCATE,
  RUMPUSER_FS_UNLINK,
  RUMPUSER_FS_UTIMES,
} from '../sys/constants/fsop.ts';
import { S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFSOCK } from '../sys/constants/stat.ts';
import {
  EEXIST,
  EINVAL,
  EISDIR,
  ELOOP,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  ENXIO,
  EOPNOTSUPP,
  EPERM,
} from '../sys/errno.ts';
import type { FsRequest } from './rumpuser.ts';
import {
  RUMPUSER_OPEN_ACCMODE,
  RUMPUSER_OPEN_CREATE,
  RUMPUSER_OPEN_DIRECTORY,
  RUMPUSER_OPEN_EXCL,
  RUMPUSER_OPEN_RDONLY,
} from './rumpuser.ts';
import type { SimFiles } from './sim_files.ts';
import { argsOf, putAttributes, putEntries, putSpace, timeOf } from './sim_fsop_data.ts';
import { type Place, placeOf, there } from './sim_fsop_path.ts';
import type { SimNode } from './sim_node.ts';
import type { SimTree } from './sim_tree.ts';

const OPEN_FLAGS =
  RUMPUSER_OPEN_ACCMODE | RUMPUSER_OPEN_CREATE | RUMPUSER_OPEN_EXCL | RUMPUSER_OPEN_DIRECTORY;

/** One operation: its arguments are complete, zeroes where none were given. */
type Op = (request: FsRequest, args: readonly number[]) => number;

export class SimFsops {
  readonly #tree: SimTree;
  readonly #files: SimFiles;
  readonly #ops: ReadonlyMap<number, Op>;

  constructor(tree: SimTree, files: SimFiles) {
    this.#tree = tree;
    this.#files = files;
    this.#ops = this.#table();
  }

  /** The work that the request is. It is looked at when it is done, not now. @throws EINVAL */
  prepare(request: FsRequest): () => number {
    const args = argsOf(request);
    const kept = { ...request };
    if (kept.path?.includes(0) === true || kept.path2?.includes(0) === true) throw EINVAL;
    return () => {
      const op = this.#ops.get(kept.op);
      if (op === undefined) throw EINVAL;
      return op(kept, args);
    };
  }

  /** Is it one that may be done at once? */
  immediate({ op, args: [flags = 0] = [], path }: FsRequest): boolean {
    if (op === RUMPUSER_FS_OPEN) {
      return (flags & RUMPUSER_OPEN_CREATE) === 0 && path !== undefined && path.length > 0;
    }
    return op === RUMPUSER_FS_GETATTR || op === RUMPUSER_FS_CLOSE;
  }

  #table(): ReadonlyMap<number, Op> {
    return new Map<number, Op>([
      [RUMPUSER_FS_ROOT, (r) => this.#root(r)],
      [RUMPUSER_FS_OPEN, (r, [flags = 0, mode = 0]) => this.#open(r, flags, mode)],
      [RUMPUSER_FS_CLOSE, ({ fd }) => done(this.#files.close(fd))],
      [RUMPUSER_FS_GETATTR, (r) => told(r, this.#existing(r))],
      [RUMPUSER_FS_READDIR, (r) => this.#readdir(r)],
      [RUMPUSER_FS_READLINK, (r) => this.#readlink(r)],
      [RUMPUSER_FS_MKDIR, (r, [mode = 0]) => this.#make(r, S_IFDIR | (mode & ~S_IFMT), '')],
      [RUMPUSER_FS_MKNOD, (r, [mode = 0]) => this.#mknod(r, mode)],
      [RUMPUSER_FS_SYMLINK, (r) => this.#make(r, S_IFLNK | 0o777, latin1(r.path2))],
      [RUMPUSER_FS_LINK, (r) => this.#link(r)],
      [RUMPUSER_FS_RENAME, (r) => this.#rename(r)],
      [RUMPUSER_FS_UNLINK, (r) => this.#unlink(r, 'file')],
      [RUMPUSER_FS_RMDIR, (r) => this.#unlink(r, 'directory')],
      [RUMPUSER_FS_CHMOD, (r, [mode = 0]) => this.#chmod(r, mode)],
      [RUMPUSER_FS_CHOWN, (r, [uid = 0, gid = 0]) => this.#chown(r, uid, gid)],
      [RUMPUSER_FS_UTIMES, (r, args) => this.#utimes(r, args)],
      [RUMPUSER_FS_TRUNCATE, (r, [size = 0]) => this.#truncate(r, size)],
      [RUMPUSER_FS_STATFS, (r) => done(this.#files.target(r.fd), putSpace(r))],
      [RUMPUSER_FS_FSYNC, ({ fd }) => this.#fsync(fd)],
      [RUMPUSER_FS_SEEK, ({ fd }, [off = 0, hole = 0]) => this.#seek(fd, off, hole)],
      [RUMPUSER_FS_ALLOCATE, ({ fd }, [off = 0, length = 0]) => this.#reserve(fd, off, length)],
      [RUMPUSER_FS_DISCARD, ({ fd }, [off = 0, length = 0]) => this.#discard(fd, off, length)],
    ]);
  }

  #place(r: FsRequest): Place {
    return placeOf(this.#files.target(r.fd).node, r.path, r.where);
  }

  /** What is meant. */
  #existing(r: FsRequest): SimNode {
    return there(this.#place(r), r.what);
  }

  #root(r: FsRequest): number {
    const node = this.#tree.lookup(Buffer.from(r.path ?? []).toString());
    if (node.entries === undefined) throw ENOTDIR;
    told(r, node);
    return this.#files.openNode(node, RUMPUSER_OPEN_RDONLY);
  }

  #open(r: FsRequest, flags: number, mode: number): number {
    const accmode = flags & RUMPUSER_OPEN_ACCMODE;
    const making = flags & (RUMPUSER_OPEN_CREATE | RUMPUSER_OPEN_EXCL);
    const directory = (flags & RUMPUSER_OPEN_DIRECTORY) !== 0;
    if ((flags & ~OPEN_FLAGS) !== 0 || accmode === RUMPUSER_OPEN_ACCMODE) throw EINVAL;
    if (making !== 0 && (making & RUMPUSER_OPEN_CREATE) * 2 !== (making & RUMPUSER_OPEN_EXCL)) throw EINVAL;
    const place = this.#place(r);
    if (place.name === '' ? making !== 0 || !directory : making !== 0 && directory) throw EINVAL;
    if (making !== 0) {
      if (place.dir.entries?.has(place.name) === true) throw EEXIST;
      const made = this.#tree.make(0o100000 | (mode & 0o7777));
      const fd = this.#files.openNode(made, accmode);
      this.#tree.enter(place.dir, place.name, made);
      told(r, made);
      return fd;
    }
    const node = there(place, r.what);
    if (node.isLink) throw ELOOP;
    if (directory && node.entries === undefined) throw ENOTDIR;
    if (node.entries !== undefined && accmode !== RUMPUSER_OPEN_RDONLY) throw EISDIR;
    if (node.entries === undefined && !node.isRegular) throw EOPNOTSUPP;
    told(r, node);
    return this.#files.openNode(node, accmode);
  }

  #readdir(r: FsRequest): number {
    const { bytes, entries } = putEntries(r, this.#files.listing(r.fd));
    this.#files.advance(r.fd, entries);
    return bytes;
  }

  #readlink(r: FsRequest): number {
    const node = this.#existing(r);
    if (!node.isLink) throw EINVAL;
    const text = Buffer.from(node.target, 'latin1').subarray(0, r.data?.length ?? 0);
    r.data?.set(text);
    return text.length;
  }

  #mknod(r: FsRequest, mode: number): number {
    const type = mode & S_IFMT;
    if (type !== S_IFIFO && type !== S_IFSOCK) throw EOPNOTSUPP;
    return this.#make(r, mode & (S_IFMT | 0o7777), '');
  }

  #make(r: FsRequest, mode: number, target: string): number {
    const { dir, name } = this.#place(r);
    if (name === '') throw EINVAL;
    if (dir.entries?.has(name) === true) throw EEXIST;
    if (dir.names === 0 || ((mode & S_IFMT) === S_IFLNK && target === '')) throw ENOENT;
    return told(r, this.#tree.enter(dir, name, this.#tree.make(mode, { target })));
  }

  #link(r: FsRequest): number {
    const { from, to, node } = this.#between(r);
    if (node.entries !== undefined) throw EPERM;
    if (to.dir.entries?.has(to.name) === true) throw EEXIST;
    this.#tree.enter(to.dir, to.name, node);
    node.changed();
    return done(from);
  }

  #rename(r: FsRequest): number {
    const { from, to, node } = this.#between(r);
    for (let up: SimNode | undefined = to.dir; up !== undefined; up = up.parent)
      if (up === node) throw EINVAL;
    const present = to.dir.entries?.get(to.name);
    if (present === node) return 0;
    if (present !== undefined) {
      if (node.entries !== undefined && present.entries === undefined) throw ENOTDIR;
      if (node.entries === undefined && present.entries !== undefined) throw EISDIR;
      if (present.entries !== undefined && present.entries.size > 0) throw ENOTEMPTY;
      this.#tree.leave(to.dir, to.name);
    }
    this.#tree.leave(from.dir, from.name);
    this.#tree.enter(to.dir, to.name, node);
    return 0;
  }

  #between(r: FsRequest): { from: Place; to: Place; node: SimNode } {
    const from = this.#place(r);
    const to = placeOf(this.#files.target(r.fd).node, r.path2, r.where2);
    if (from.name === '' || to.name === '') throw EINVAL;
    return { from, to, node: there(from, r.what) };
  }

  #unlink(r: FsRequest, kind: 'file' | 'directory'): number {
    const place = this.#place(r);
    if (place.name === '') throw EINVAL;
    const { entries } = there(place, r.what);
    if (kind === 'file' && entries !== undefined) throw EISDIR;
    if (kind === 'directory' && entries === undefined) throw ENOTDIR;
    if (entries !== undefined && entries.size > 0) throw ENOTEMPTY;
    return done(this.#tree.leave(place.dir, place.name));
  }

  #chmod(r: FsRequest, mode: number): number {
    const node = this.#existing(r);
    if (node.isLink) throw EOPNOTSUPP;
    node.mode = (node.mode & S_IFMT) | (mode & ~S_IFMT);
    node.changed();
    return told(r, node);
  }

  #chown(r: FsRequest, uid: number, gid: number): number {
    const node = this.#existing(r);
    if (uid !== -1) node.uid = uid;
    if (gid !== -1) node.gid = gid;
    node.changed();
    return told(r, node);
  }

  #utimes(r: FsRequest, args: readonly number[]): number {
    const node = this.#existing(r);
    node.atime = timeOf(args, 0) ?? node.atime;
    node.mtime = timeOf(args, 2) ?? node.mtime;
    node.changed();
    return told(r, node);
  }

  #truncate(r: FsRequest, size: number): number {
    if (size < 0) throw EINVAL;
    const node = this.#existing(r);
    if (node.entries !== undefined) throw EISDIR;
    if (node.isLink) throw ELOOP;
    if (node.content === undefined || !node.isRegular) throw EOPNOTSUPP;
    node.content.truncate(size);
    node.modified();
    return told(r, node);
  }

  #fsync(fd: number): number {
    return done(this.#files.target(fd).node.content?.sync(0, Number.POSITIVE_INFINITY));
  }

  #seek(fd: number, off: number, hole: number): number {
    const { content } = this.#files.target(fd).node;
    if (content === undefined) throw EINVAL;
    if (off < 0 || off >= content.size) throw ENXIO;
    const at = content.seek(off, hole === 0 ? 'data' : 'hole');
    if (hole === 0 && at === content.size) throw ENXIO;
    return at;
  }

  #reserve(fd: number, off: number, length: number): number {
    const { content } = this.#files.target(fd).node;
    if (off < 0 || length <= 0 || content === undefined) throw EINVAL;
    if (content.size < off + length) content.truncate(off + length);
    return 0;
  }

  #discard(fd: number, off: number, length: number): number {
    const { content } = this.#files.target(fd).node;
    if (off < 0 || length <= 0 || content === undefined) throw EINVAL;
    content.zero(off, off + length);
    return 0;
  }
}

function latin1(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('latin1');
}

/** Attributes to who asked, if there is room. */
function told(request: FsRequest, node: SimNode): number {
  putAttributes(request, node);
  return 0;
}

/** Nothing to report of what was done. */
function done(..._what: unknown[]): number {
  return 0;
}
