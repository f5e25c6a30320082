/**
 * Files of the file systems in memory, and the file system as a whole: what it may use and what it does use.
 *
 * A node is what its vnode's `owned` and `data` are; the vnode is made when the file is looked up and forgotten when
 * nobody has used it for a while. A node without names (`nlink` 0) is freed when its vnode goes.
 *
 * NetBSD: sys/fs/tmpfs/tmpfs.h, tmpfs_subr.c, tmpfs_mem.c.
 */

import { KASSERT } from '../kern/kassert.ts';
import type { Kernel } from '../kern/kernel.ts';
import { PAGE_SIZE } from '../sys/constants/param.ts';
import { ENOSPC } from '../sys/errno.ts';
import { MemDir } from './memdir.ts';
import { MemFile } from './memfile.ts';
import { memOps } from './memops.ts';
import type { Mount } from './mount.ts';
import { type Owned, type Vnode, type Vtype, vnodeNew } from './vnode.ts';
import type { NewNode } from './vnodeops.ts';

// Which times are marked.
export const ACCESSED = 1;
export const MODIFIED = 2;
export const CHANGED = 4;

export class MemNode implements Owned {
  readonly fs: MemFs;
  readonly ino: number;
  readonly type: Vtype;
  mode: number;
  uid: number;
  gid: number;
  flags = 0;
  nlink = 1;
  readonly rdev: number;
  readonly gen: number;
  atimeSec = 0;
  atimeNsec = 0;
  mtimeSec = 0;
  mtimeNsec = 0;
  ctimeSec = 0;
  ctimeNsec = 0;
  birthSec = 0;
  birthNsec = 0;
  vnode: Vnode | null = null;
  /** What it holds: pages of a VREG, entries of a VDIR, the text of a VLNK. */
  content: MemFile | MemDir | string | null;
  /** Extended attributes by name space and name. */
  extattrs: Map<string, Uint8Array> | null = null;

  constructor(fs: MemFs, ino: number, gen: number, node: NewNode, content: MemNode['content']) {
    this.fs = fs;
    this.ino = ino;
    this.gen = gen;
    this.type = node.type;
    this.mode = node.mode;
    this.uid = node.uid;
    this.gid = node.gid;
    this.rdev = node.rdev;
    this.content = content;
    this.touch(ACCESSED | MODIFIED | CHANGED);
    this.birthSec = this.mtimeSec;
    this.birthNsec = this.mtimeNsec;
  }

  /** Mark times as now. */
  touch(which: number): void {
    const now = this.fs.mount.vfs.timestamp;
    now.read();
    if ((which & ACCESSED) !== 0) {
      this.atimeSec = now.sec;
      this.atimeNsec = now.nsec;
    }
    if ((which & MODIFIED) !== 0) {
      this.mtimeSec = now.sec;
      this.mtimeNsec = now.nsec;
    }
    if ((which & CHANGED) !== 0) {
      this.ctimeSec = now.sec;
      this.ctimeNsec = now.nsec;
    }
  }

  /** `node` has just been made in this directory: it was changed at that moment, which need not be asked for again. */
  entered(node: MemNode): void {
    this.mtimeSec = node.birthSec;
    this.mtimeNsec = node.birthNsec;
    this.ctimeSec = node.birthSec;
    this.ctimeNsec = node.birthNsec;
  }

  get dir(): MemDir {
    KASSERT(this.content instanceof MemDir, 'the node is no directory');
    return this.content;
  }

  /** The content of a VREG, made when somebody first wants it: many files are never written to. */
  get file(): MemFile {
    KASSERT(this.type === 'VREG', 'the node is no regular file');
    this.content ??= new MemFile(this.fs);
    return this.content as MemFile;
  }
}

/** Names after a file's first that take a page's room. NetBSD: sizeof(struct tmpfs_dirent), TMPFS_NAME_QUANTUM. */
const LINKS_PER_PAGE = 32;

export class MemFs {
  readonly kernel: Kernel;
  readonly mount: Mount;
  /** Most nodes and pages. */
  nodesMax: number;
  pagesMax: number;
  root!: MemNode;
  nodes = 0;
  pages = 0;
  /** Names that files have beside their first: as many as there are files is not how many these can be. */
  #links = 0;
  #ino = 1;
  #gen = 0;
  /** What is read where nothing has been written. */
  readonly hole = new Uint8Array(PAGE_SIZE);
  /** Nodes that file handles have been made of. */
  readonly handles = new Map<number, MemNode>();
  /** What is in the root beside what it holds: the file a name leads to that is not there. */
  readonly elsewhere: ((dvp: Vnode, name: string) => Vnode | null) | null;

  constructor(
    mount: Mount,
    limits: { readonly nodes: number; readonly bytes: number },
    elsewhere: MemFs['elsewhere'] = null,
  ) {
    this.kernel = mount.vfs.kernel;
    this.mount = mount;
    this.nodesMax = limits.nodes;
    this.pagesMax = Math.ceil(limits.bytes / PAGE_SIZE);
    this.elsewhere = elsewhere;
  }

  /** A new node, with no name yet. @param parent of a directory; null for the root. @throws ENOSPC */
  node(how: NewNode, parent: MemNode | null, target = ''): MemNode {
    if (this.nodes >= this.nodesMax) {
      throw ENOSPC;
    }
    const content = how.type === 'VDIR' ? new MemDir(parent) : how.type === 'VLNK' ? target : null;
    // The root is 2, as in most file systems.
    const node = new MemNode(this, ++this.#ino, ++this.#gen, how, content);
    this.nodes++;
    return node;
  }

  /** Pages in use. */
  get used(): number {
    return this.pages + Math.ceil(this.#links / LINKS_PER_PAGE);
  }

  /** A file gets one more name. @throws ENOSPC */
  linked(): void {
    if (this.pages + Math.ceil((this.#links + 1) / LINKS_PER_PAGE) > this.pagesMax) {
      throw ENOSPC;
    }
    this.#links++;
  }

  /** A file has lost a name, and has others. */
  unlinked(): void {
    this.#links--;
  }

  /** The vnode of a node. */
  vnode(node: MemNode): Vnode {
    node.vnode ??= vnodeNew(this.mount, node.type, memOps, node, node);
    return node.vnode;
  }

  /** The file system goes, with everything that has a name in it. Nobody has a vnode of it. */
  destroy(): void {
    const rest = [this.root];
    for (let node = rest.pop(); node !== undefined; node = rest.pop()) {
      if (node.content instanceof MemDir) {
        rest.push(...node.content.nodes());
      } else if (node.content instanceof MemFile) {
        node.content.truncate(0);
      }
    }
  }

  /** A node without names and without users goes. */
  free(node: MemNode): void {
    KASSERT(node.nlink === 0 && node.vnode === null, 'a node in use is freed');
    if (node.content instanceof MemFile) {
      node.content.truncate(0);
    }
    this.handles.delete(node.ino);
    this.nodes--;
  }
}

/** The node of a vnode. */
export function memNode(vp: Vnode): MemNode {
  return vp.data as MemNode;
}
