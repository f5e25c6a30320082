/**
 * The vfs faction's state in a kernel.
 *
 * NetBSD: the variables of sys/kern/vfs_*.c.
 */
import type { Kernel } from '../kern/kernel.ts';
import { List } from '../kern/list.ts';
import { EEXIST, EOPNOTSUPP } from '../sys/errno.ts';
import type { Want } from './lockf.ts';
import type { Mount, Vfsops } from './mount.ts';
import { Timestamp } from './timestamp.ts';
import type { Vnode } from './vnode.ts';

/** Vnodes nobody uses that are kept, unless RUMP_NVNODES says otherwise. */
const NVNODES = 1024;

export class Vfs {
  readonly kernel: Kernel;
  /** Kinds of file systems by name. */
  readonly filesystems = new Map<string, Vfsops>();
  /** Mounted ones, in the order of mounting; the root is the first. */
  readonly mounts: Mount[] = [];
  /** Vnodes nobody uses, the longest unused first, and how many are kept. */
  readonly freelist = new List<Vnode>();
  maxvnodes = NVNODES;
  lastdev = 0;
  /** Advisory locks that are waited for, by who waits. */
  readonly lockWants = new Map<object, Want>();
  /** Root of the root file system, with a reference. */
  rootdir!: Vnode;

  /** Host keys, of the component that the root is made of; null while there are none. */
  etfs: object | null = null;
  /** The time for the times of files. */
  readonly timestamp: Timestamp;

  constructor(k: Kernel) {
    this.kernel = k;
    this.timestamp = new Timestamp(k);
  }
}

/** @throws EOPNOTSUPP the kernel has no vfs faction */
export function vfsOf(k: Kernel): Vfs {
  if (k.vfs === null) {
    throw EOPNOTSUPP;
  }
  return k.vfs as Vfs;
}

/** Make a kind of file system known. @throws EEXIST. NetBSD: vfs_attach */
export function vfsAttach(k: Kernel, vfsops: Vfsops): void {
  const { filesystems } = vfsOf(k);
  if (filesystems.has(vfsops.name)) {
    throw EEXIST;
  }
  filesystems.set(vfsops.name, vfsops);
}
