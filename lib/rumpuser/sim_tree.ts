/**
 * Simulated host: the tree of host files.
 *
 * It begins with the files given at the start, the directories they lie in, and `/tmp`. Permissions are not
 * checked, as if the program ran as root; "read only" holds for it too. Names are kept as bytes (Latin-1 of
 * their UTF-8), as a host does.
 */
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../sys/constants/stat.ts';
import { EEXIST, EINVAL, EISDIR, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR } from '../sys/errno.ts';
import type { Timespec } from '../sys/types.ts';
import type { FileType } from './rumpuser.ts';
import { SimContent } from './sim_content.ts';
import { formatOf, SimNode, type SimNodeTraits } from './sim_node.ts';

const PATH_MAX = 1024;
const NAME_MAX = 255;
const MAXSYMLINKS = 32;

/**
 * A file of the simulated host at its start: its content (text is stored as UTF-8), or more about it. `size`
 * (bytes) may exceed the content, the rest reads as zeroes; a block device never grows beyond it. Bytes given
 * here are not copied and must not change. `link` is the text of a symbolic link, and stands alone.
 */
export type SimHostFile =
  | Uint8Array
  | string
  | {
      readonly content?: Uint8Array | string;
      readonly size?: number;
      readonly type?: FileType;
      readonly access?: 'read-only' | 'read-write';
      readonly mode?: number;
      readonly uid?: number;
      readonly gid?: number;
    }
  | { readonly link: string };

/** By absolute path. A path that ends in a slash is an empty directory. */
export type SimHostFiles = Readonly<Record<string, SimHostFile>>;

export class SimTree {
  readonly root: SimNode;
  readonly #now: () => Timespec;
  #lastIno = 0;

  /** @throws TypeError for a path that is not absolute or lies in a file */
  constructor(files: SimHostFiles, now: () => Timespec) {
    this.#now = now;
    this.root = this.make(S_IFDIR | 0o755);
    this.root.names = 1;
    this.#addDirectories(['tmp'], 0o1777);
    for (const [path, file] of Object.entries(files)) this.#add(path, file);
  }

  make(mode: number, traits?: SimNodeTraits): SimNode {
    return new SimNode(++this.#lastIno, mode, this.#now, traits);
  }

  /** @throws EINVAL ELOOP ENAMETOOLONG ENOENT ENOTDIR */
  lookup(path: string): SimNode {
    const { dir, name } = this.#walk(path, 0);
    const node = name === '' ? dir : dir.entries?.get(name);
    if (node === undefined) throw ENOENT;
    return node;
  }

  /**
   * The file there, made when absent.
   * @throws EEXIST with `exclusive`; EISDIR for a new path that ends in a slash; and as `lookup`
   */
  create(path: string, existing: 'allowed' | 'exclusive'): SimNode {
    const { dir, name } = this.#walk(path, 0);
    const present = name === '' ? dir : dir.entries?.get(name);
    if (present !== undefined) {
      if (existing === 'exclusive') throw EEXIST;
      return present;
    }
    if (path.endsWith('/')) throw EISDIR;
    return this.enter(dir, name, this.make(S_IFREG | 0o644));
  }

  /** Give `node` a name. */
  enter(dir: SimNode, name: string, node: SimNode): SimNode {
    dir.entries?.set(name, node);
    node.names++;
    if (node.entries !== undefined) node.parent = dir;
    dir.modified();
    return node;
  }

  /** Take a name away. */
  leave(dir: SimNode, name: string): void {
    const node = dir.entries?.get(name);
    if (node === undefined) throw ENOENT;
    dir.entries?.delete(name);
    node.names--;
    node.changed();
    dir.modified();
  }

  /**
   * The directory that `path` ends in and the last name, links followed; an empty name is the directory
   * itself. A relative path starts at the root.
   */
  #walk(path: string, links: number, from: SimNode = this.root): { dir: SimNode; name: string } {
    if (path.includes('\0')) throw EINVAL;
    if (path === '') throw ENOENT;
    if (path.length >= PATH_MAX) throw ENAMETOOLONG;
    let dir = path.startsWith('/') ? this.root : from;
    let last = '';
    for (const name of bytesOf(path).split('/')) {
      if (name.length > NAME_MAX) throw ENAMETOOLONG;
      if (name === '') continue;
      if (last !== '') dir = this.#into(dir, last);
      last = '';
      if (name === '..') dir = dir.parent ?? dir;
      else if (name !== '.') last = name;
    }
    const node = last === '' ? undefined : dir.entries?.get(last);
    if (node?.isLink === true) {
      if (links === MAXSYMLINKS) throw ELOOP;
      return this.#walk(textOf(node.target) + (path.endsWith('/') ? '/' : ''), links + 1, dir);
    }
    if (path.endsWith('/') && node !== undefined && node.entries === undefined) throw ENOTDIR;
    return { dir, name: last };
  }

  #into(dir: SimNode, name: string): SimNode {
    let node = dir.entries?.get(name);
    if (node === undefined) throw ENOENT;
    if (node.isLink) {
      const to = this.#walk(textOf(node.target), 1, dir);
      node = to.name === '' ? to.dir : to.dir.entries?.get(to.name);
      if (node === undefined) throw ENOENT;
    }
    if (node.entries === undefined) throw ENOTDIR;
    return node;
  }

  #add(path: string, file: SimHostFile): void {
    if (!path.startsWith('/')) throw new TypeError(`files: ${JSON.stringify(path)} is not an absolute path`);
    const names = bytesOf(path)
      .split('/')
      .filter((name) => name !== '');
    const last = path.endsWith('/') ? '' : (names.pop() as string);
    const dir = this.#addDirectories(names, 0o755);
    if (last === '') return;
    if (dir.entries?.has(last) === true) throw new TypeError(`files: ${path} is there already`);
    this.enter(dir, last, this.#nodeOf(path, file));
  }

  #addDirectories(names: readonly string[], mode: number): SimNode {
    let dir = this.root;
    for (const name of names) {
      const present = dir.entries?.get(name);
      if (present !== undefined && present.entries === undefined)
        throw new TypeError(`files: /${names.join('/')} is a file`);
      dir = present ?? this.enter(dir, name, this.make(S_IFDIR | mode));
    }
    return dir;
  }

  #nodeOf(path: string, file: SimHostFile): SimNode {
    if (typeof file === 'object' && 'link' in file)
      return this.make(S_IFLNK | 0o777, { target: bytesOf(file.link) });
    const whole = typeof file === 'string' || file instanceof Uint8Array ? { content: file } : file;
    const content =
      typeof whole.content === 'string' ? new TextEncoder().encode(whole.content) : whole.content;
    const initial = content ?? new Uint8Array(0);
    const size = whole.size ?? initial.length;
    if (!Number.isSafeInteger(size) || size < initial.length) {
      throw new RangeError(`files: ${path}: size ${size} is not at least the content's ${initial.length}`);
    }
    const { type = 'reg', access, mode = access === 'read-only' ? 0o444 : 0o644, uid, gid } = whole;
    if (type === 'dir') throw new TypeError(`files: ${path}: a directory is written with a slash at its end`);
    const traits = { uid, gid, access, content: new SimContent(initial, size) };
    return this.make(formatOf(type) | (mode & ~S_IFMT), traits);
  }
}

/** The bytes of a text, one for each character. */
export function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function textOf(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString();
}
