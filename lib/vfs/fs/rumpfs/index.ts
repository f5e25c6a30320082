/**
 * rumpfs: the root file system. It is memory without limits of its own, and the place where host keys appear (etfs).
 *
 * NetBSD: sys/rump/librump/rumpvfs/rumpfs.c.
 */
import type { Component } from '../../../kern/component.ts';
import type { Kernel } from '../../../kern/kernel.ts';
import { EOPNOTSUPP } from '../../../sys/errno.ts';
import { MemFs } from '../../memnode.ts';
import { memRoot, memVfsops } from '../../memvfs.ts';
import { Vfs, vfsAttach, vfsOf } from '../../vfs.ts';
import { Etfs } from './etfs.ts';

export const rumpfs: Component = {
  name: 'rumpfs',
  attach(k) {
    k.vfs ??= new Vfs(k);
    vfsAttach(k, {
      ...memVfsops,
      name: 'rumpfs',
      mount(_l, mp) {
        const { vfs } = mp;
        const limits = { nodes: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };
        const fs = new MemFs(mp, limits, (dvp, name) => etfsIf(vfs)?.lookup(dvp, name) ?? null);
        mp.from = 'rumpfs';
        memRoot(mp, fs, { mode: 0o755, uid: 0, gid: 0 });
      },
      shutdown: (mp) => etfsIf(mp.vfs)?.shutdown(),
    });
  },
};

/** The host keys of a kernel, if it has had any. */
function etfsIf(vfs: Vfs): Etfs | null {
  return vfs.etfs as Etfs | null;
}

/** The host keys of a kernel. @throws EOPNOTSUPP it has no file systems */
export function etfsOf(k: Kernel): Etfs {
  const vfs = vfsOf(k);
  const [root] = vfs.mounts;
  if (!(root?.data instanceof MemFs)) {
    throw EOPNOTSUPP;
  }
  vfs.etfs ??= new Etfs(vfs, root.data);
  return vfs.etfs as Etfs;
}
