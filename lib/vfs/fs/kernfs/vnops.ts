/**
 * The vnodes of kernfs.
 *
 * NetBSD: sys/miscfs/kernfs/kernfs_vnops.c.
 */
import { andThen } from '../../../kern/maysleep.ts';
import { PAGE_SIZE } from '../../../sys/constants/param.ts';
import { S_IFDIR, S_IFREG } from '../../../sys/constants/stat.ts';
import { EACCES, ENOSPC } from '../../../sys/errno.ts';
import { nameDecode, nameEncode } from '../../../sys/pathname.ts';
import type { Stat } from '../../../sys/types.ts';
import { genfsOps } from '../../genfs.ts';
import type { Mount } from '../../mount.ts';
import { type Owned, type Vnode, vnodeNew } from '../../vnode.ts';
import type { Vnodeops } from '../../vnodeops.ts';
import type { KernfsFile } from './files.ts';

/** The directory, or a file; which vnode it has while somebody uses it. */
export interface Node extends Owned {
  readonly fileid: number;
  readonly file: KernfsFile | null;
  vnode: Vnode | null;
}

export interface Kernfs {
  readonly mount: Mount;
  readonly nodes: ReadonlyMap<string, Node>;
}

/** Number of the directory; files follow. */
export const ROOT_ID = 2;
/** Longest value that can be written. */
const WRITE_MAX = 1024;

function nodeOf(vp: Vnode): Node {
  return vp.data as Node;
}

function fsOf(vp: Vnode): Kernfs {
  return vp.mount?.data as Kernfs;
}

export function vnodeOf(fs: Kernfs, node: Node): Vnode {
  node.vnode ??= vnodeNew(fs.mount, node.file === null ? 'VDIR' : 'VREG', kernfsOps, node, node);
  return node.vnode;
}

function content(vp: Vnode): Uint8Array {
  const { file } = nodeOf(vp);
  return file === null ? new Uint8Array(0) : nameEncode(file.read(fsOf(vp).mount.vfs.kernel));
}

function getattr(vp: Vnode): Stat {
  const { fileid, file, mode, uid, gid } = nodeOf(vp);
  const { mount } = fsOf(vp);
  mount.vfs.timestamp.read();
  const { sec, nsec } = mount.vfs.timestamp;
  return {
    dev: mount.dev,
    mode: mode | (file === null ? S_IFDIR : S_IFREG),
    ino: fileid,
    nlink: file === null ? 2 : 1,
    uid,
    gid,
    rdev: 0,
    atim: { sec, nsec },
    mtim: { sec, nsec },
    ctim: { sec, nsec },
    birthtim: { ...mount.vfs.kernel.boottime },
    size: content(vp).length,
    blocks: 0,
    blksize: PAGE_SIZE,
    flags: 0,
    gen: 0,
  };
}

const kernfsOps: Vnodeops = {
  ...genfsOps,
  lookup(_l, dvp, name) {
    const fs = fsOf(dvp);
    const node = fs.nodes.get(name);
    return node === undefined ? null : vnodeOf(fs, node);
  },
  readdir(_l, vp, from, emit) {
    const { nodes } = fsOf(vp);
    const all: [string, number, 'VDIR' | 'VREG'][] = [
      ['.', ROOT_ID, 'VDIR'],
      ['..', ROOT_ID, 'VDIR'],
      ...[...nodes].map(([name, { fileid }]): [string, number, 'VREG'] => [name, fileid, 'VREG']),
    ];
    return all.slice(from).every(([name, fileid, type], i) => emit({ name, fileid, type }, from + i + 1));
  },
  getattr: (_l, vp) => getattr(vp),
  /** Truncation, which opening for writing asks for, means nothing; the rest is not to be changed. */
  setattr(_l, _vp, set) {
    if (Object.keys(set).some((key) => key !== 'size')) {
      throw EACCES;
    }
  },
  read(_l, vp, uio) {
    const bytes = content(vp);
    if (uio.offset < bytes.length) {
      uio.move(bytes, uio.offset, bytes.length - uio.offset);
    }
  },
  /** A write sets the whole value, whatever the offset. */
  write(l, vp, uio) {
    const { file } = nodeOf(vp);
    if (file?.write === undefined) {
      throw EACCES;
    }
    if (uio.resid > WRITE_MAX) {
      throw ENOSPC;
    }
    const bytes = new Uint8Array(uio.resid);
    uio.move(bytes, 0, bytes.length);
    file.write(l, nameDecode(bytes).replace(/\n$/, ''));
  },
  size: (l, vp) => andThen(kernfsOps.getattr(l, vp), ({ size }) => size),
  reclaim(vp) {
    nodeOf(vp).vnode = null;
  },
};
