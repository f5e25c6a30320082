/**
 * Simulated host: the tree of host files.
 *
 * No hypercall makes or removes a directory, so the directories are those the files given at the start lie
 * in, and `/tmp`. There are no links and no permissions beyond "read only".
 */
import { EEXIST, EINVAL, EISDIR, ENAMETOOLONG, ENOENT, ENOTDIR } from '../sys/errno.ts';
import type { FileType } from './rumpuser.ts';
import { SimContent } from './sim_content.ts';

const PATH_MAX = 1024;
const NAME_MAX = 255;

/**
 * A file of the simulated host at its start: its content (text is stored as UTF-8), or more about it. `size`
 * (bytes) may exceed the content, the rest reads as zeroes; a block device never grows beyond it. Bytes given
 * here are not copied and must not change.
 */
export type SimHostFile =
  | Uint8Array
  | string
  | {
      readonly content?: Uint8Array | string;
      readonly size?: number;
      readonly type?: FileType;
      readonly access?: 'read-only' | 'read-write';
    };

/** By absolute path. A path that ends in a slash is an empty directory. */
export type SimHostFiles = Readonly<Record<string, SimHostFile>>;

export interface SimNode {
  readonly type: FileType;
  readonly access: 'read-only' | 'read-write';
  /** Undefined for directories. */
  readonly content: SimContent | undefined;
}

export class SimTree {
  readonly #nodes = new Map<string, SimNode>();

  /** @throws TypeError for a path that is not absolute or lies in a file */
  constructor(files: SimHostFiles) {
    this.#addDirectories(['tmp']);
    for (const [path, file] of Object.entries(files)) {
      if (!path.startsWith('/'))
        throw new TypeError(`files: ${JSON.stringify(path)} is not an absolute path`);
      const names = namesOf(path);
      if (path.endsWith('/')) this.#addDirectories(names);
      else {
        this.#addDirectories(names.slice(0, -1));
        if (this.#nodes.has(join(names))) throw new TypeError(`files: ${path} is there already`);
        this.#nodes.set(join(names), nodeOf(path, file));
      }
    }
  }

  /** @throws EINVAL ENAMETOOLONG ENOENT ENOTDIR */
  lookup(path: string): SimNode {
    const names = this.#walk(path);
    const node = this.#nodes.get(join(names));
    if (node === undefined) throw ENOENT;
    return node;
  }

  /**
   * The file there, made when absent.
   * @throws EEXIST with `exclusive`; EISDIR for a new path that ends in a slash; and as `lookup`
   */
  create(path: string, existing: 'allowed' | 'exclusive'): SimNode {
    const names = this.#walk(path);
    const present = this.#nodes.get(join(names));
    if (present !== undefined) {
      if (existing === 'exclusive') throw EEXIST;
      return present;
    }
    if (path.endsWith('/')) throw EISDIR;
    const node: SimNode = {
      type: 'reg',
      access: 'read-write',
      content: new SimContent(new Uint8Array(0), 0),
    };
    this.#nodes.set(join(names), node);
    return node;
  }

  /**
   * The names on the way to `path`, when all but the last are directories. A relative path starts at the
   * root.
   */
  #walk(path: string): string[] {
    if (path.includes('\0')) throw EINVAL;
    if (path === '') throw ENOENT;
    if (path.length >= PATH_MAX) throw ENAMETOOLONG;
    const names: string[] = [];
    for (const name of path.split('/')) {
      if (name.length > NAME_MAX) throw ENAMETOOLONG;
      if (name === '') continue;
      const here = this.#nodes.get(join(names));
      if (here === undefined) throw ENOENT;
      if (here.type !== 'dir') throw ENOTDIR;
      if (name === '..') names.pop();
      else if (name !== '.') names.push(name);
    }
    const last = this.#nodes.get(join(names));
    if (path.endsWith('/') && last !== undefined && last.type !== 'dir') throw ENOTDIR;
    return names;
  }

  #addDirectories(names: readonly string[]): void {
    for (let depth = 0; depth <= names.length; depth++) {
      const path = join(names.slice(0, depth));
      const present = this.#nodes.get(path);
      if (present === undefined)
        this.#nodes.set(path, { type: 'dir', access: 'read-write', content: undefined });
      else if (present.type !== 'dir') throw new TypeError(`files: ${path} is a file`);
    }
  }
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '');
}

function join(names: readonly string[]): string {
  return `/${names.join('/')}`;
}

function nodeOf(path: string, file: SimHostFile): SimNode {
  const whole = typeof file === 'string' || file instanceof Uint8Array ? { content: file } : file;
  const content = typeof whole.content === 'string' ? new TextEncoder().encode(whole.content) : whole.content;
  const initial = content ?? new Uint8Array(0);
  const size = whole.size ?? initial.length;
  if (!Number.isSafeInteger(size) || size < initial.length) {
    throw new RangeError(`files: ${path}: size ${size} is not at least the content's ${initial.length}`);
  }
  const type = whole.type ?? 'reg';
  if (type === 'dir') throw new TypeError(`files: ${path}: a directory is written with a slash at its end`);
  return { type, access: whole.access ?? 'read-write', content: new SimContent(initial, size) };
}
