/**
 * The operations of the file systems in memory. None ever sleeps.
 *
 * NetBSD: sys/fs/tmpfs/tmpfs_vnops.c.
 */
import { LINK_MAX } from '../sys/constants/limits.ts';
import { MNT_NOATIME, MNT_RDONLY } from '../sys/constants/mount.ts';
import { PAGE_SIZE } from '../sys/constants/param.ts';
import {
  S_BLKSIZE,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFREG,
  S_IFSOCK,
} from '../sys/constants/stat.ts';
import { EBUSY, EEXIST, EINVAL, EMLINK, ENOENT, ENOTEMPTY, ERESTART } from '../sys/errno.ts';
import { nameBytes } from '../sys/pathname.ts';
import type { Stat } from '../sys/types.ts';
import { genfsOps } from './genfs.ts';
import { DOT, DOTDOT } from './memdir.ts';
import { memExtattrOps } from './memextattr.ts';
import { MemFile } from './memfile.ts';
import { ACCESSED, CHANGED, type MemNode, MODIFIED, memNode } from './memnode.ts';
import { small } from './timestamp.ts';
import type { Vnode, Vtype } from './vnode.ts';
import { IO_APPEND, type NewNode, type Vnodeops } from './vnodeops.ts';

const FORMAT: Readonly<Record<Vtype, number>> = {
  VREG: S_IFREG,
  VDIR: S_IFDIR,
  VBLK: S_IFBLK,
  VCHR: S_IFCHR,
  VLNK: S_IFLNK,
  VSOCK: S_IFSOCK,
  VFIFO: S_IFIFO,
  VBAD: 0,
};

/** Bytes an entry counts for in the size of its directory. */
const DIRENT_SIZE = 64;

/** A directory that has been removed holds nothing and takes nothing. @throws ENOENT */
function living(dvp: Vnode): MemNode {
  const dir = memNode(dvp);
  if (dir.nlink === 0) {
    throw ENOENT;
  }
  return dir;
}

/** Give a new node its name. @throws EEXIST ENOENT EMLINK ENOSPC */
function enter(dvp: Vnode, name: string, how: NewNode, target = ''): Vnode {
  const dir = living(dvp);
  const { fs } = dir;
  if (dir.dir.get(name) !== null) {
    throw EEXIST;
  }
  if (how.type === 'VDIR' && dir.nlink >= LINK_MAX) {
    throw EMLINK;
  }
  const node = fs.node(how, how.type === 'VDIR' ? dir : null, target);
  dir.dir.add(name, node);
  if (how.type === 'VDIR') {
    node.nlink = 2;
    dir.nlink++;
  }
  dir.entered(node);
  return fs.vnode(node);
}

/** A name of `node` has gone. */
function drop(node: MemNode, links: number): void {
  node.nlink -= links;
  node.touch(CHANGED);
  if (node.nlink > 0) {
    node.fs.unlinked();
  } else if (node.vnode === null) {
    node.fs.free(node);
  }
}

/** What is there by way of `elsewhere` stays there. @throws EBUSY */
function own(dvp: Vnode, vp: Vnode): void {
  if (vp.mount !== dvp.mount) {
    throw EBUSY;
  }
}

/** `name` leads to what the caller thinks. @throws ERESTART EBUSY */
function still(dvp: Vnode, name: string, vp: Vnode): MemNode {
  own(dvp, vp);
  const node = living(dvp).dir.get(name);
  if (node === null || node !== vp.data) {
    throw ERESTART;
  }
  return node;
}

function remove(dvp: Vnode, name: string, vp: Vnode): void {
  const node = still(dvp, name, vp);
  const dir = memNode(dvp);
  dir.dir.remove(name);
  dir.touch(MODIFIED | CHANGED);
  drop(node, 1);
}

function rmdir(dvp: Vnode, name: string, vp: Vnode): void {
  const node = still(dvp, name, vp);
  if (node.dir.size > 0) {
    throw ENOTEMPTY;
  }
  const dir = memNode(dvp);
  dir.dir.remove(name);
  dir.nlink--;
  dir.touch(MODIFIED | CHANGED);
  node.dir.parent = null;
  drop(node, 2);
}

function rename(fdvp: Vnode, fname: string, fvp: Vnode, tdvp: Vnode, tname: string, tvp: Vnode | null): void {
  const node = still(fdvp, fname, fvp);
  const from = memNode(fdvp);
  const to = living(tdvp);
  const old = to.dir.get(tname);
  if (tvp !== null) {
    own(tdvp, tvp);
  }
  if (old !== (tvp === null ? null : tvp.data)) {
    throw ERESTART;
  }
  const moves = node.type === 'VDIR' && from !== to;
  if (old?.type === 'VDIR' && old.dir.size > 0) {
    throw ENOTEMPTY;
  }
  if (moves && old === null && to.nlink >= LINK_MAX) {
    throw EMLINK;
  }
  from.dir.remove(fname);
  if (old === null) {
    to.dir.add(tname, node);
  } else {
    to.dir.replace(tname, node);
    if (old.type === 'VDIR') {
      to.nlink--;
      old.dir.parent = null;
    }
    drop(old, old.type === 'VDIR' ? 2 : 1);
  }
  if (moves) {
    from.nlink--;
    to.nlink++;
    node.dir.parent = to;
  }
  node.touch(CHANGED);
  from.touch(MODIFIED | CHANGED);
  to.touch(MODIFIED | CHANGED);
}

/** Reading marks the access time, unless the mount says that it does not. */
function accessed(vp: Vnode, node: MemNode): void {
  if (((vp.mount?.flag ?? 0) & (MNT_NOATIME | MNT_RDONLY)) === 0) {
    node.touch(ACCESSED);
  }
}

function sizeOf(node: MemNode): number {
  const { content } = node;
  if (content instanceof MemFile) {
    return content.size;
  }
  if (typeof content === 'string') {
    return nameBytes(content);
  }
  return content === null ? 0 : content.size * DIRENT_SIZE;
}

function getattr(vp: Vnode): Stat {
  const node = memNode(vp);
  const { content } = node;
  return {
    dev: node.fs.mount.dev,
    mode: node.mode | FORMAT[node.type],
    ino: node.ino,
    nlink: node.nlink,
    uid: node.uid,
    gid: node.gid,
    rdev: node.rdev,
    atim: { sec: node.atimeSec, nsec: node.atimeNsec },
    mtim: { sec: node.mtimeSec, nsec: node.mtimeNsec },
    ctim: { sec: node.ctimeSec, nsec: node.ctimeNsec },
    birthtim: { sec: node.birthSec, nsec: node.birthNsec },
    size: sizeOf(node),
    blocks: content instanceof MemFile ? content.npages * (PAGE_SIZE / S_BLKSIZE) : 0,
    blksize: PAGE_SIZE,
    flags: node.flags,
    gen: node.gen,
  };
}

/** @throws EINVAL not a regular file */
function fileOf(vp: Vnode): MemFile {
  const node = memNode(vp);
  if (node.type !== 'VREG') {
    throw EINVAL;
  }
  return node.file;
}

export const memOps: Vnodeops = {
  ...genfsOps,
  ...memExtattrOps,
  lookup(_l, dvp, name) {
    const dir = memNode(dvp);
    const node = name === '..' ? dir.dir.parent : dir.dir.get(name);
    if (node !== null) {
      return dir.fs.vnode(node);
    }
    return dir.fs.elsewhere === null ? null : dir.fs.elsewhere(dvp, name);
  },
  create: (_l, dvp, name, node) => enter(dvp, name, node),
  mkdir: (_l, dvp, name, node) => enter(dvp, name, node),
  symlink: (_l, dvp, name, node, target) => enter(dvp, name, node, target),
  link(_l, dvp, name, vp) {
    const dir = living(dvp);
    const node = memNode(vp);
    if (dir.dir.get(name) !== null) {
      throw EEXIST;
    }
    if (node.nlink === 0) {
      throw ENOENT;
    }
    if (node.nlink >= LINK_MAX) {
      throw EMLINK;
    }
    dir.fs.linked();
    dir.dir.add(name, node);
    node.nlink++;
    node.touch(CHANGED);
    dir.touch(MODIFIED | CHANGED);
  },
  remove: (_l, dvp, name, vp) => remove(dvp, name, vp),
  rmdir: (_l, dvp, name, vp) => rmdir(dvp, name, vp),
  rename: (_l, fdvp, fname, fvp, tdvp, tname, tvp) => rename(fdvp, fname, fvp, tdvp, tname, tvp),
  readdir(_l, vp, from, emit) {
    const node = memNode(vp);
    accessed(vp, node);
    if (node.nlink === 0) {
      return true;
    }
    if (from <= DOT && !emit({ name: '.', fileid: node.ino, type: 'VDIR' }, DOTDOT)) {
      return false;
    }
    const parent = node.dir.parent ?? node;
    if (from <= DOTDOT && !emit({ name: '..', fileid: parent.ino, type: 'VDIR' }, DOTDOT + 1)) {
      return false;
    }
    return node.dir.read(from, (name, { ino, type }, next) => emit({ name, fileid: ino, type }, next));
  },
  readlink(_l, vp) {
    const node = memNode(vp);
    accessed(vp, node);
    return node.content as string;
  },
  getattr: (_l, vp) => getattr(vp),
  setattr(_l, vp, set) {
    const node = memNode(vp);
    if (set.size !== undefined) {
      fileOf(vp).truncate(set.size);
      node.touch(MODIFIED | CHANGED);
    }
    node.mode = set.mode ?? node.mode;
    node.uid = set.uid ?? node.uid;
    node.gid = set.gid ?? node.gid;
    node.flags = set.flags ?? node.flags;
    if (set.atim !== undefined) {
      node.atimeSec = small(set.atim.sec);
      node.atimeNsec = small(set.atim.nsec);
    }
    if (set.mtim !== undefined) {
      node.mtimeSec = small(set.mtim.sec);
      node.mtimeNsec = small(set.mtim.nsec);
    }
    if (set.birthtim !== undefined) {
      node.birthSec = small(set.birthtim.sec);
      node.birthNsec = small(set.birthtim.nsec);
    }
    node.touch(CHANGED);
  },
  read(_l, vp, uio) {
    const file = fileOf(vp);
    if (uio.resid > 0) {
      file.read(uio);
      accessed(vp, memNode(vp));
    }
  },
  write(_l, vp, uio, ioflag) {
    const file = fileOf(vp);
    if ((ioflag & IO_APPEND) !== 0) {
      uio.offset = file.size;
    }
    if (uio.resid > 0) {
      file.write(uio);
      memNode(vp).touch(MODIFIED | CHANGED);
    }
  },
  size: (_l, vp) => sizeOf(memNode(vp)),
  seek: (_l, vp, offset, what) => fileOf(vp).seek(offset, what),
  fallocate(_l, vp, offset, length) {
    fileOf(vp).allocate(offset, length);
    memNode(vp).touch(MODIFIED | CHANGED);
  },
  fdiscard(_l, vp, offset, length) {
    fileOf(vp).discard(offset, length);
    memNode(vp).touch(MODIFIED | CHANGED);
  },
  marked(vp, rw) {
    if (rw === 'read') {
      accessed(vp, memNode(vp));
    } else if (((vp.mount?.flag ?? 0) & MNT_RDONLY) === 0) {
      memNode(vp).touch(MODIFIED | CHANGED);
    }
  },
  inactive: (vp) => (memNode(vp).nlink === 0 ? 'recycle' : 'keep'),
  reclaim(vp) {
    const node = memNode(vp);
    node.vnode = null;
    if (node.nlink === 0) {
      node.fs.free(node);
    }
  },
};
