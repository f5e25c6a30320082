/**
 * What all mounts of file systems in memory do alike.
 *
 * NetBSD: sys/fs/tmpfs/tmpfs_vfsops.c.
 */
import { PAGE_SIZE } from '../sys/constants/param.ts';
import { ESTALE } from '../sys/errno.ts';
import { type MemFs, memNode } from './memnode.ts';
import type { FsSpace, Mount, Vfsops } from './mount.ts';
import { type Vnode, vref } from './vnode.ts';

/** Make the root of a new file system. */
export function memRoot(mp: Mount, fs: MemFs, owned: { mode: number; uid: number; gid: number }): void {
  mp.data = fs;
  const root = fs.node({ type: 'VDIR', ...owned, rdev: 0 }, null);
  root.nlink = 2;
  fs.root = root;
  mp.root = vref(fs.vnode(root));
}

function fsOf(mp: Mount): MemFs {
  return mp.data as MemFs;
}

/** What is not limited is as large as memory may become: told in pages of the kernel's limit, or of 2^40 bytes. */
const PLENTY = 2 ** 40;

function space(mp: Mount): FsSpace {
  const { used, pagesMax, nodes, nodesMax, kernel } = fsOf(mp);
  const { limit, inuse } = kernel.uvm.stats();
  const memory = Math.floor(
    (limit === Number.POSITIVE_INFINITY ? PLENTY : Math.max(0, limit - inuse)) / PAGE_SIZE,
  );
  const free = Math.min(pagesMax - used, memory);
  const files = Math.min(nodesMax, PLENTY);
  return {
    bsize: PAGE_SIZE,
    frsize: PAGE_SIZE,
    iosize: PAGE_SIZE,
    blocks: used + free,
    bfree: free,
    bavail: free,
    bresvd: 0,
    files,
    ffree: files - nodes,
    favail: files - nodes,
    fresvd: 0,
  };
}

/** A handle is number (8 bytes) and generation (8). */
const FID = 16;

function vptofh(vp: Vnode): Uint8Array {
  const node = memNode(vp);
  node.fs.handles.set(node.ino, node);
  const fid = new Uint8Array(FID);
  const view = new DataView(fid.buffer);
  view.setFloat64(0, node.ino, true);
  view.setFloat64(8, node.gen, true);
  return fid;
}

function fhtovp(mp: Mount, fid: Uint8Array): Vnode {
  const fs = fsOf(mp);
  const view = new DataView(fid.buffer, fid.byteOffset, fid.byteLength);
  const node = fid.length === FID ? fs.handles.get(view.getFloat64(0, true)) : undefined;
  if (node === undefined || node.nlink === 0 || node.gen !== view.getFloat64(8, true)) {
    throw ESTALE;
  }
  return fs.vnode(node);
}

export const memVfsops: Pick<Vfsops, 'unmount' | 'statvfs' | 'vptofh' | 'fhtovp'> = {
  /** Every node that has a name goes, and its pages with it. */
  unmount(_l, mp) {
    fsOf(mp).destroy();
  },
  statvfs: (_l, mp) => space(mp),
  vptofh,
  fhtovp: (_l, mp, fid) => fhtovp(mp, fid),
};
