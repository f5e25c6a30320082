/**
 * Files of a mounted host directory, as far as this kernel has met them.
 *
 * A node is known by the host's device and inode, and found on the host again by the name it was last seen under: its
 * directory's node and a name in it, up to the root. Every request says which file it is about, so that a name that
 * leads to another one by now (others use the directory too) is noticed and never mistaken. While a file is open
 * there is a host descriptor, and names do not matter.
 *
 * Invariants: a node is in `nodes` exactly as long as it has a vnode or is the directory of a node that is. Walking
 * up from a node ends at the root. A node that is `lost` has no name that is known.
 */
import type { FsId } from '../../../kern/hostio.ts';
import type { Kmutex } from '../../../kern/kmutex.ts';
import type { Lwp } from '../../../kern/lwp.ts';
import { ALLPERMS } from '../../../sys/constants/stat.ts';
import { EIO, ELOOP, ENOENT, ESTALE } from '../../../sys/errno.ts';
import { nameEncode } from '../../../sys/pathname.ts';
import type { Mount } from '../../mount.ts';
import { type Owned, type Vnode, vgone, vnodeNew } from '../../vnode.ts';
import type { DirEntry, Vnodeops } from '../../vnodeops.ts';
import type { HostfsArgs } from './args.ts';
import { attrBuffer, bytesOf, type HostAttr, vtypeOf } from './attr.ts';

export class HostNode implements Owned {
  readonly fs: HostFs;
  readonly id: FsId;
  attr: HostAttr;
  vnode: Vnode | null = null;
  /** Null of the root. */
  parent: HostNode | null = null;
  name = '';
  lost = false;
  /** Who has been told that it is not where it was, since it was last looked up. */
  told: Set<Lwp> | null = null;
  /** How many nodes in `nodes` have this one as their directory. */
  children = 0;
  // As shown, which is what permission is checked by.
  mode = 0;
  uid = 0;
  gid = 0;
  flags = 0;
  /** Descriptors, -1 when there is none, and how much is under way by them. */
  rfd = -1;
  wfd = -1;
  /** The descriptor for writing is good for reading too: the file was made with it, whatever its mode is since. */
  wfdReads = false;
  busy = 0;
  /** Held while the size changes: by appending, from asking how long the file is until it is longer, and cutting. */
  sizing: Kmutex | null = null;
  /** What reading the directory gives, from when it was last read from the beginning. */
  listing: DirEntry[] | null = null;

  constructor(fs: HostFs, attr: HostAttr) {
    this.fs = fs;
    this.id = attr.id;
    this.attr = attr;
    this.seen(attr);
  }

  /** What the host says of it now. */
  seen(attr: HostAttr): void {
    const { uid, gid, umask } = this.fs.args;
    this.attr = attr;
    this.mode = attr.mode & ALLPERMS & ~umask;
    this.uid = uid ?? attr.uid;
    this.gid = gid ?? attr.gid;
  }
}

export class HostFs {
  readonly mount: Mount;
  readonly args: HostfsArgs;
  readonly ops: Vnodeops;
  /** Host descriptor of the root directory. */
  readonly rootfd: number;
  readonly root: HostNode;
  /** The host need not ask another machine about it. */
  readonly local: boolean;
  /** For attributes that are looked at before anybody else runs. */
  readonly scratch: { readonly numbers: BigInt64Array; readonly bytes: Uint8Array };
  readonly nodes = new Map<string, HostNode>();
  /** Devices of the host there are below the root, in the order they were met. */
  readonly #devs: bigint[] = [];
  /** How often a name has been changed here: who has asked the host before asks again. */
  renames = 0;

  constructor(
    mount: Mount,
    args: HostfsArgs,
    ops: Vnodeops,
    host: { readonly rootfd: number; readonly attr: HostAttr; readonly local: boolean },
  ) {
    const { rootfd, attr, local } = host;
    const numbers = attrBuffer();
    this.local = local;
    this.scratch = { numbers, bytes: bytesOf(numbers) };
    this.mount = mount;
    this.args = args;
    this.ops = ops;
    this.rootfd = rootfd;
    this.root = new HostNode(this, attr);
    this.nodes.set(key(attr.id), this.root);
  }

  /** Number of a file in this file system: the host's, made different where another of its file systems is mounted. */
  fileid({ dev, ino }: FsId): number {
    let index = this.#devs.indexOf(dev);
    if (index < 0) {
      index = this.#devs.push(dev) - 1;
    }
    return Number(BigInt.asUintN(53, ino ^ (BigInt(index) << 44n)));
  }

  /** The vnode of a node, made when it has none. @throws ENOENT the file system is being unmounted */
  vnode(node: HostNode): Vnode {
    if (node.vnode === null) {
      if (this.mount.gone) {
        throw ENOENT;
      }
      const type = vtypeOf(node.attr.mode);
      if (type === undefined) {
        throw EIO;
      }
      // Another vnode may have to go for it, the last of a file in this directory: it is needed all the same.
      node.children++;
      node.vnode = vnodeNew(this.mount, type, this.ops, node, node);
      node.children--;
    }
    return node.vnode;
  }

  /** The file that `name` of `dir` leads to, as the host has just told. @throws ELOOP; ENOENT */
  enter(dir: HostNode, name: string, attr: HostAttr): HostNode {
    let node = this.nodes.get(key(attr.id));
    if (node !== undefined && vtypeOf(node.attr.mode) !== vtypeOf(attr.mode)) {
      // Another file has got the number of one that is gone.
      this.disown(node);
      node = undefined;
    }
    if (node === undefined) {
      node = new HostNode(this, attr);
      this.nodes.set(key(attr.id), node);
    }
    this.place(node, dir, name);
    node.seen(attr);
    return node;
  }

  /** Note where a file is. @throws ELOOP a directory that lies in itself, as hosts can mount them */
  place(node: HostNode, dir: HostNode, name: string): void {
    if (node.parent !== dir) {
      for (let up: HostNode | null = dir; up !== null; up = up.parent) {
        if (up === node) {
          throw ELOOP;
        }
      }
      dir.children++;
      this.leave(node.parent);
      node.parent = dir;
    }
    node.name = name;
    node.lost = false;
    node.told = null;
  }

  /** A directory holds one node less. */
  leave(dir: HostNode | null): void {
    if (dir !== null) {
      dir.children--;
      this.forget(dir);
    }
  }

  /** Forget a node nobody needs any more. */
  forget(node: HostNode): void {
    if (node.vnode !== null || node.children > 0 || node === this.root) {
      return;
    }
    const { parent } = node;
    if (this.nodes.get(key(node.id)) === node) {
      this.nodes.delete(key(node.id));
    }
    node.parent = null;
    node.lost = true;
    this.leave(parent);
  }

  /** The file of a node is no more; what is open stays so. */
  disown(node: HostNode): void {
    node.lost = true;
    if (this.nodes.get(key(node.id)) === node) {
      this.nodes.delete(key(node.id));
    }
    if (node.vnode !== null && node.vnode.usecount === 0) {
      vgone(node.vnode);
    }
  }
}

function key({ dev, ino }: FsId): string {
  return `${dev}:${ino}`;
}

export function hostNode(vp: Vnode): HostNode {
  return vp.data as HostNode;
}

/** The path of a node from the root. @throws ESTALE it has none that is known */
export function pathOf(node: HostNode, name?: string): Uint8Array {
  let path = name ?? '';
  for (let at: HostNode = node; at.parent !== null || at.lost; at = at.parent as HostNode) {
    if (at.lost) {
      throw ESTALE;
    }
    path = path === '' ? at.name : `${at.name}/${path}`;
  }
  return nameEncode(path);
}
