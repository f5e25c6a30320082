/**
 * kernfs: what the kernel has to tell, as files. Each is made when it is read; `hostname` can be written.
 *
 * NetBSD: sys/miscfs/kernfs, mount_kernfs(8).
 */
import type { Component } from '../../../kern/component.ts';
import { PAGE_SIZE } from '../../../sys/constants/param.ts';
import { EINVAL } from '../../../sys/errno.ts';
import { Vfs, vfsAttach } from '../../vfs.ts';
import { vref } from '../../vnode.ts';
import { KERNFS_FILES, type KernfsFile } from './files.ts';
import { type Kernfs, type Node, ROOT_ID, vnodeOf } from './vnops.ts';

export const kernfs: Component = {
  name: 'kernfs',
  requires: ['vfs'],
  attach(k) {
    k.vfs ??= new Vfs(k);
    vfsAttach(k, {
      name: 'kernfs',
      mount(_l, mp, args) {
        if (args !== undefined && args !== null) {
          throw EINVAL;
        }
        const node = (file: KernfsFile | null, fileid: number, mode: number): Node => ({
          file,
          fileid,
          mode,
          uid: 0,
          gid: 0,
          flags: 0,
          vnode: null,
        });
        const nodes = new Map(
          KERNFS_FILES.map((file, i) => [
            file.name,
            node(file, ROOT_ID + 1 + i, file.write === undefined ? 0o444 : 0o644),
          ]),
        );
        const fs: Kernfs = { mount: mp, nodes };
        mp.data = fs;
        mp.from = 'kernfs';
        mp.root = vref(vnodeOf(fs, node(null, ROOT_ID, 0o555)));
      },
      unmount() {},
      statvfs: () => ({
        bsize: PAGE_SIZE,
        frsize: PAGE_SIZE,
        iosize: PAGE_SIZE,
        blocks: 0,
        bfree: 0,
        bavail: 0,
        bresvd: 0,
        files: KERNFS_FILES.length + 1,
        ffree: 0,
        favail: 0,
        fresvd: 0,
      }),
    });
  },
};
