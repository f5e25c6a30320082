/**
 * tmpfs: a file system in memory, with limits.
 *
 * NetBSD: sys/fs/tmpfs, mount_tmpfs(8).
 */
import type { Component } from '../../../kern/component.ts';
import { PAGE_SIZE } from '../../../sys/constants/param.ts';
import { EBUSY, EINVAL } from '../../../sys/errno.ts';
import { MemFs } from '../../memnode.ts';
import { memRoot, memVfsops } from '../../memvfs.ts';
import type { Mount } from '../../mount.ts';
import { Vfs, vfsAttach } from '../../vfs.ts';
import { type TmpfsArgs, tmpfsArgs } from './args.ts';

export const tmpfs: Component = {
  name: 'tmpfs',
  requires: ['vfs'],
  attach(k) {
    k.vfs ??= new Vfs(k);
    vfsAttach(k, {
      ...memVfsops,
      name: 'tmpfs',
      mount(_l, mp, data) {
        const args = tmpfsArgs(data);
        if (args.nodes < 1) {
          throw EINVAL;
        }
        mp.from = 'tmpfs';
        memRoot(mp, new MemFs(mp, { nodes: args.nodes, bytes: args.size }), args);
      },
      /** Other limits, which must not be below what is in use. @throws EBUSY */
      update(_l, mp, data) {
        const { size, nodes } = tmpfsArgs(data, argsOf(mp));
        const fs = mp.data as MemFs;
        const pages = Math.ceil(size / PAGE_SIZE);
        if (nodes < fs.nodes || pages < fs.used) {
          throw EBUSY;
        }
        fs.nodesMax = nodes;
        fs.pagesMax = pages;
      },
      getargs: argsOf,
    });
  },
};

function argsOf(mp: Mount): TmpfsArgs {
  const fs = mp.data as MemFs;
  const { uid, gid, mode } = mp.root.owned;
  return { size: fs.pagesMax * PAGE_SIZE, nodes: fs.nodesMax, uid, gid, mode };
}
