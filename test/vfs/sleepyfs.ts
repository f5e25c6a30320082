/**
 * A file system for tests, small enough to be seen right: maps of names, bytes in an array. Every operation may sleep
 * before it acts, as one does that asks a host or a disk; then what it was told may be out of date, and it must look.
 */
import type { Component } from '../../lib/kern/component.ts';
import type { Lwp } from '../../lib/kern/lwp.ts';
import type { MaySleep } from '../../lib/kern/maysleep.ts';
import { preempt } from '../../lib/kern/sched.ts';
import { EEXIST, ENOENT, ENOTEMPTY, ERESTART } from '../../lib/sys/errno.ts';
import type { Stat } from '../../lib/sys/types.ts';
import { genfsOps } from '../../lib/vfs/genfs.ts';
import type { Mount, Vfsops } from '../../lib/vfs/mount.ts';
import { Vfs, vfsAttach } from '../../lib/vfs/vfs.ts';
import { type Owned, type Vnode, type Vtype, vnodeNew, vref } from '../../lib/vfs/vnode.ts';
import type { NewNode, Vnodeops } from '../../lib/vfs/vnodeops.ts';

export interface Node extends Owned {
  readonly ino: number;
  readonly type: Vtype;
  readonly rdev: number;
  nlink: number;
  bytes: Uint8Array;
  target: string;
  entries: Map<string, Node>;
  parent: Node | null;
  vnode: Vnode | null;
  mtime: number;
}

/** How long an operation waits: it lets others run that often. */
type Naps = (l: Lwp) => number;

class SleepyFs {
  readonly naps: Naps;
  readonly mount: Mount;
  #ino = 1;
  /** Nodes that exist, to be counted. */
  readonly nodes = new Set<Node>();

  constructor(mount: Mount, naps: Naps) {
    this.mount = mount;
    this.naps = naps;
  }

  node(type: Vtype, { mode, uid, gid, rdev }: Omit<NewNode, 'type'>, parent: Node | null): Node {
    const node: Node = {
      ino: ++this.#ino,
      type,
      mode,
      uid,
      gid,
      flags: 0,
      rdev,
      nlink: type === 'VDIR' ? 2 : 1,
      bytes: new Uint8Array(0),
      target: '',
      entries: new Map(),
      parent,
      vnode: null,
      mtime: 0,
    };
    this.nodes.add(node);
    return node;
  }

  vnode(node: Node): Vnode {
    node.vnode ??= vnodeNew(this.mount, node.type, sleepyOps, node, node);
    return node.vnode;
  }
}

function nodeOf(vp: Vnode): Node {
  if (vp.data === null) {
    throw ENOENT;
  }
  return vp.data as Node;
}

function fsOf(vp: Vnode): SleepyFs {
  if (vp.mount === null) {
    throw ENOENT;
  }
  return vp.mount.data as SleepyFs;
}

/** The directory, which is still there. */
function dirOf(vp: Vnode): Node {
  const node = nodeOf(vp);
  if (node.nlink === 0) {
    throw ENOENT;
  }
  return node;
}

/** `name` still leads to `vp`. */
function still(dvp: Vnode, name: string, vp: Vnode): Node {
  const node = dirOf(dvp).entries.get(name);
  if (node === undefined || node !== vp.data) {
    throw ERESTART;
  }
  return node;
}

function enter(dvp: Vnode, name: string, how: NewNode, finish: (node: Node, dir: Node) => void): Vnode {
  const fs = fsOf(dvp);
  const dir = dirOf(dvp);
  if (dir.entries.has(name)) {
    throw EEXIST;
  }
  const node = fs.node(how.type, how, how.type === 'VDIR' ? dir : null);
  finish(node, dir);
  dir.entries.set(name, node);
  return fs.vnode(node);
}

function drop(vp: Vnode, node: Node, links: number): void {
  node.nlink -= links;
  if (node.nlink === 0 && node.vnode === null) {
    fsOf(vp).nodes.delete(node);
  }
}

const operations = {
  lookup(_l, dvp, name) {
    const fs = fsOf(dvp);
    const dir = dirOf(dvp);
    const node = name === '..' ? dir.parent : dir.entries.get(name);
    return node == null ? null : fs.vnode(node);
  },
  create: (_l, dvp, name, how) => enter(dvp, name, how, () => {}),
  mkdir: (_l, dvp, name, how) =>
    enter(dvp, name, how, (_node, dir) => {
      dir.nlink++;
    }),
  symlink: (_l, dvp, name, how, target) =>
    enter(dvp, name, how, (node) => {
      node.target = target;
    }),
  link(_l, dvp, name, vp) {
    const dir = dirOf(dvp);
    const node = dirOf(vp);
    if (dir.entries.has(name)) {
      throw EEXIST;
    }
    dir.entries.set(name, node);
    node.nlink++;
  },
  remove(_l, dvp, name, vp) {
    const node = still(dvp, name, vp);
    nodeOf(dvp).entries.delete(name);
    drop(dvp, node, 1);
  },
  rmdir(_l, dvp, name, vp) {
    const node = still(dvp, name, vp);
    if (node.entries.size > 0) {
      throw ENOTEMPTY;
    }
    nodeOf(dvp).entries.delete(name);
    nodeOf(dvp).nlink--;
    drop(dvp, node, 2);
  },
  rename(_l, fdvp, fname, fvp, tdvp, tname, tvp) {
    const node = still(fdvp, fname, fvp);
    const from = nodeOf(fdvp);
    const to = dirOf(tdvp);
    const old = to.entries.get(tname);
    if ((old ?? null) !== (tvp?.data ?? null)) {
      throw ERESTART;
    }
    if (old !== undefined) {
      if (old.entries.size > 0) {
        throw ENOTEMPTY;
      }
      to.entries.delete(tname);
      if (old.type === 'VDIR') {
        to.nlink--;
      }
      drop(tdvp, old, old.type === 'VDIR' ? 2 : 1);
    }
    from.entries.delete(fname);
    to.entries.set(tname, node);
    if (node.type === 'VDIR' && from !== to) {
      from.nlink--;
      to.nlink++;
      node.parent = to;
    }
  },
  readdir(_l, vp, from, emit) {
    const dir = nodeOf(vp);
    const all: (readonly [string, Node])[] = [['.', dir], ['..', dir.parent ?? dir], ...dir.entries];
    for (const [at, [name, node]] of all.entries()) {
      if (at >= from && !emit({ name, fileid: node.ino, type: node.type }, at + 1)) {
        return false;
      }
    }
    return true;
  },
  readlink(_l, vp) {
    return nodeOf(vp).target;
  },
  getattr(_l, vp): Stat {
    const node = nodeOf(vp);
    const time = { sec: node.mtime, nsec: 0 };
    return {
      dev: fsOf(vp).mount.dev,
      mode: node.mode | (TYPES[node.type] ?? 0),
      ino: node.ino,
      nlink: node.nlink,
      uid: node.uid,
      gid: node.gid,
      rdev: node.rdev,
      atim: time,
      mtim: time,
      ctim: time,
      birthtim: time,
      size: node.type === 'VLNK' ? node.target.length : node.bytes.length,
      blocks: 0,
      blksize: 512,
      flags: node.flags,
      gen: 0,
    };
  },
  setattr(_l, vp, set) {
    const node = nodeOf(vp);
    const { mode, uid, gid, flags, size, mtim } = set;
    Object.assign(node, JSON.parse(JSON.stringify({ mode, uid, gid, flags, mtime: mtim?.sec })));
    if (size !== undefined) {
      const bytes = new Uint8Array(size);
      bytes.set(node.bytes.subarray(0, size));
      node.bytes = bytes;
    }
  },
  read(_l, vp, uio) {
    const { bytes } = nodeOf(vp);
    if (uio.offset < bytes.length) {
      uio.move(bytes, uio.offset, bytes.length - uio.offset);
    }
  },
  write(_l, vp, uio, ioflag) {
    const node = nodeOf(vp);
    if ((ioflag & 4) !== 0) {
      uio.offset = node.bytes.length;
    }
    const end = uio.offset + uio.resid;
    if (end > node.bytes.length) {
      const bytes = new Uint8Array(end);
      bytes.set(node.bytes);
      node.bytes = bytes;
    }
    uio.move(node.bytes, uio.offset, uio.resid);
  },
} satisfies Partial<Vnodeops>;

type Operation = (l: Lwp, vp: Vnode, ...rest: never[]) => unknown;

/** The operation, after a nap if there is one to take. */
function sleepily(operation: Operation): Operation {
  return (l, vp, ...rest) => {
    const naps = vp.mount === null ? 0 : fsOf(vp).naps(l);
    return naps === 0 ? operation(l, vp, ...rest) : afterNaps(naps, operation, l, vp, rest);
  };
}

function* afterNaps(naps: number, operation: Operation, l: Lwp, vp: Vnode, rest: never[]): MaySleep<unknown> {
  for (let n = naps; n > 0; n--) {
    yield* preempt(l);
  }
  return operation(l, vp, ...rest);
}

const sleepyOps: Vnodeops = {
  ...genfsOps,
  ...Object.fromEntries(
    Object.entries(operations).map(([name, operation]) => [name, sleepily(operation as Operation)]),
  ),
  inactive: (vp) => (nodeOf(vp).nlink === 0 ? 'recycle' : 'keep'),
  reclaim(vp) {
    const node = nodeOf(vp);
    node.vnode = null;
    if (node.nlink === 0) {
      fsOf(vp).nodes.delete(node);
    }
  },
};

const TYPES: Partial<Record<Vtype, number>> = {
  VREG: 0o100000,
  VDIR: 0o040000,
  VLNK: 0o120000,
  VFIFO: 0o010000,
  VCHR: 0o020000,
  VBLK: 0o060000,
};

function vfsops(name: string, naps: Naps): Vfsops {
  return {
    name,
    mount(_l, mp) {
      const fs = new SleepyFs(mp, naps);
      mp.data = fs;
      mp.from = name;
      const root = fs.node('VDIR', { mode: 0o755, uid: 0, gid: 0, rdev: 0 }, null);
      root.parent = root;
      mp.root = vref(fs.vnode(root));
    },
    unmount() {},
    statvfs: () => ({
      bsize: 512,
      frsize: 512,
      iosize: 512,
      blocks: 0,
      bfree: 0,
      bavail: 0,
      bresvd: 0,
      files: 0,
      ffree: 0,
      favail: 0,
      fresvd: 0,
    }),
  };
}

/** The kind "sleepyfs"; `naps` says how often each operation lets others run before it acts. */
export function sleepyfs(naps: Naps, name = 'sleepyfs'): Component {
  return {
    name,
    requires: ['vfs'],
    attach(k) {
      k.vfs ??= new Vfs(k);
      vfsAttach(k, vfsops(name, naps));
    },
  };
}

/** Nodes that exist in the file system mounted at `mp`. */
export function sleepyNodes(mp: Mount): ReadonlySet<Node> {
  return (mp.data as SleepyFs).nodes;
}
