/**
 * Host keys: names in the root file system that stand for files, disks and directories of the host.
 *
 * A key is an absolute path. It need not lie in a directory that exists: directories on the way that are not there
 * are found all the same, by who knows the key. Nothing of it shows in a listing, and a file of the same name hides
 * it. The vnodes belong to a mount of their own that is not in the list of mounts; a key for a directory is a place
 * for hostfs to be mounted on.
 *
 * NetBSD: sys/rump/librump/rumpvfs/rumpfs.c (rump_etfs_register), rump_etfs(3).
 */
import type { Lwp } from '../../../kern/lwp.ts';
import {
  EBUSY,
  EEXIST,
  EINVAL,
  EISDIR,
  ENAMETOOLONG,
  ENOENT,
  ENOTDIR,
  EOPNOTSUPP,
} from '../../../sys/errno.ts';
import { longerThan } from '../../../sys/pathname.ts';
import { MemDir } from '../../memdir.ts';
import type { MemFs, MemNode } from '../../memnode.ts';
import { Mount, type Vfsops } from '../../mount.ts';
import type { Vfs } from '../../vfs.ts';
import { type Vnode, vgone, vnodeNew } from '../../vnode.ts';
import { EtfsNode, etfsOps } from './etfs_node.ts';
import { Rumpblk } from './rumpblk.ts';

export type EtfsType = 'REG' | 'BLK' | 'CHR' | 'DIR' | 'DIR_SUBDIRS';

export interface EtfsOptions {
  readonly type: EtfsType;
  /** The part of the host's file that it is: where it begins, and its size; to the end unless said. Bytes. */
  readonly begin: number;
  readonly size: number | undefined;
}

const NAME_MAX = 255;

const vfsops: Vfsops = {
  name: 'etfs',
  mount() {
    throw EOPNOTSUPP;
  },
  unmount() {},
  statvfs: (l, mp) => (mp.vfs.mounts[0] as Mount).vfsops.statvfs(l, mp.vfs.mounts[0] as Mount),
};

export class Etfs {
  readonly #fs: MemFs;
  readonly #mount: Mount;
  readonly #root: EtfsNode;
  readonly #keys = new Map<string, EtfsNode>();
  #blk: Rumpblk | null = null;
  #ino = 2 ** 40;

  constructor(vfs: Vfs, fs: MemFs) {
    this.#fs = fs;
    this.#mount = new Mount(vfs, vfsops, 0, '/');
    this.#mount.from = 'etfs';
    this.#root = this.#node('VDIR', '', null);
  }

  /**
   * Make a key known.
   * @throws EINVAL no absolute path, or a range outside the file; EEXIST; ENOTDIR EISDIR EOPNOTSUPP the wrong type;
   *   what the host says of its file
   */
  register(l: Lwp, key: string, hostpath: string, { type, begin, size }: EtfsOptions): void {
    const names = namesOf(key);
    const { host } = l.kernel;
    const { size: whole, type: found } = host.getfileinfo(hostpath);
    const directory = type === 'DIR' || type === 'DIR_SUBDIRS';
    if (directory !== (found === 'dir')) {
      throw directory ? ENOTDIR : EISDIR;
    }
    if (directory && (begin !== 0 || size !== undefined)) {
      throw EISDIR;
    }
    if (found === 'other') {
      // A FIFO would keep the kernel waiting for who is at its other end.
      throw EOPNOTSUPP;
    }
    const length = size ?? whole - begin;
    if (!directory && (begin > whole || begin + length > whole)) {
      throw EINVAL;
    }
    const node = this.#enter(names, directory ? 'VDIR' : type === 'REG' ? 'VREG' : vtypeOf(type));
    node.hostpath = hostpath;
    node.begin = begin;
    node.length = begin === 0 && size === undefined ? null : length;
    if (type === 'BLK' || type === 'CHR') {
      this.#blk ??= new Rumpblk(l.kernel);
      node.length = length;
      node.rdev = this.#blk.register(hostpath, begin, length, type === 'BLK' ? 'block' : 'character');
    }
    this.#keys.set(names.join('/'), node);
  }

  /** @throws EINVAL ENOENT; EBUSY it is in use */
  remove(key: string): void {
    const names = namesOf(key);
    const node = this.#keys.get(names.join('/'));
    if (node === undefined) {
      throw ENOENT;
    }
    const { vnode } = node;
    if (node.children.size > 0 || (vnode !== null && (vnode.usecount > 0 || vnode.mountedhere !== null))) {
      throw EBUSY;
    }
    if (node.rdev !== 0) {
      if (this.#blk?.isOpen(node.rdev) === true) {
        throw EBUSY;
      }
      this.#blk?.deregister(node.rdev);
    }
    this.#keys.delete(names.join('/'));
    node.isKey = false;
    this.#drop(node);
  }

  /** Is a directory of the host mounted there? @throws EINVAL ENOENT */
  isMounted(key: string): boolean {
    const node = this.#keys.get(namesOf(key).join('/'));
    if (node === undefined) {
      throw ENOENT;
    }
    return node.vnode !== null && node.vnode.mountedhere !== null;
  }

  keys(): string[] {
    return [...this.#keys.keys()].map((key) => `/${key}`);
  }

  /** The kernel ends. */
  shutdown(): void {
    this.#blk?.shutdown();
    for (const node of this.#keys.values()) {
      node.closeAll();
    }
  }

  /** What `name` of a directory of the root file system leads to, when nothing there has that name. */
  lookup(dvp: Vnode, name: string): Vnode | null {
    if (this.#keys.size === 0) {
      return null;
    }
    const dir = this.#at(this.#root, this.#fs.root, dvp.data as MemNode);
    const child = dir?.children.get(name);
    return child === undefined ? null : this.#vnode(child);
  }

  /** The same below a directory that only keys know. */
  lookupIn(dir: EtfsNode, name: string): Vnode | null {
    if (name === '..') {
      const real = this.#real(dir.parent ?? dir);
      return real === null ? this.#vnode(dir.parent ?? dir) : this.#fs.vnode(real);
    }
    const child = dir.children.get(name);
    return child === undefined ? null : this.#vnode(child);
  }

  /** The directory of the keys that is where `wanted` is. */
  #at(node: EtfsNode, real: MemNode, wanted: MemNode): EtfsNode | null {
    if (real === wanted) {
      return node;
    }
    for (const child of node.children.values()) {
      const below =
        child.children.size > 0 && real.content instanceof MemDir ? real.dir.get(child.name) : null;
      const found = below?.type === 'VDIR' ? this.#at(child, below, wanted) : null;
      if (found !== null) {
        return found;
      }
    }
    return null;
  }

  /** The directory of the root file system that lies where a directory of the keys does. */
  #real(node: EtfsNode): MemNode | null {
    if (node.parent === null) {
      return this.#fs.root;
    }
    const above = this.#real(node.parent);
    const here = above === null ? null : above.dir.get(node.name);
    return here?.type === 'VDIR' ? here : null;
  }

  #node(type: EtfsNode['type'], name: string, parent: EtfsNode | null): EtfsNode {
    return new EtfsNode(this, this.#mount, ++this.#ino, type, name, parent);
  }

  #vnode(node: EtfsNode): Vnode {
    node.vnode ??= vnodeNew(this.#mount, node.type, etfsOps, node, node);
    return node.vnode;
  }

  /** @throws EEXIST */
  #enter(names: readonly string[], type: EtfsNode['type']): EtfsNode {
    // Looked at first, so that a refusal leaves no directories behind.
    let node: EtfsNode | undefined = this.#root;
    for (const [i, name] of names.entries()) {
      node = node?.children.get(name);
      if (node !== undefined && (node.isKey || i === names.length - 1)) {
        throw EEXIST;
      }
    }
    let dir = this.#root;
    for (const name of names.slice(0, -1)) {
      const next: EtfsNode = dir.children.get(name) ?? this.#node('VDIR', name, dir);
      dir.children.set(name, next);
      dir = next;
    }
    const last = names.at(-1) as string;
    const made = this.#node(type, last, dir);
    made.isKey = true;
    dir.children.set(last, made);
    return made;
  }

  /** Take a node out, and the directories that were only there for it. */
  #drop(node: EtfsNode): void {
    const { parent } = node;
    if (parent === null || node.isKey || node.children.size > 0) {
      return;
    }
    if (node.vnode !== null && node.vnode.usecount === 0) {
      vgone(node.vnode);
    }
    parent.children.delete(node.name);
    this.#drop(parent);
  }
}

function vtypeOf(type: 'BLK' | 'CHR' | 'DIR' | 'DIR_SUBDIRS'): 'VBLK' | 'VCHR' {
  return type === 'BLK' ? 'VBLK' : 'VCHR';
}

/** The names of a key: slashes in front do not count. @throws EINVAL ENAMETOOLONG */
function namesOf(key: string): string[] {
  const names = key.replace(/^\/+/, '').split('/');
  const wrong = (name: string): boolean =>
    name === '' || name === '.' || name === '..' || name.includes('\0');
  if (!key.startsWith('/') || names.some(wrong)) {
    throw EINVAL;
  }
  if (names.some((name) => longerThan(name, NAME_MAX))) {
    throw ENAMETOOLONG;
  }
  return names;
}
