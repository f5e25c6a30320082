/**
 * rumpfs: the root file system. It is memory without limits of its own, and the place where host keys appear (etfs).
 *
 * NetBSD: sys/rump/librump/rumpvfs/rumpfs.c.
 */
import type { Component } from '../../../kern/component.ts';
import { MemFs } from '../../memnode.ts';
import { memRoot, memVfsops } from '../../memvfs.ts';
import { Vfs, vfsAttach } from '../../vfs.ts';

export const rumpfs: Component = {
  name: 'rumpfs',
  attach(k) {
    k.vfs ??= new Vfs(k);
    vfsAttach(k, {
      ...memVfsops,
      name: 'rumpfs',
      mount(_l, mp) {
        const fs = new MemFs(mp, { nodes: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY });
        mp.from = 'rumpfs';
        memRoot(mp, fs, { mode: 0o755, uid: 0, gid: 0 });
      },
    });
  },
};
