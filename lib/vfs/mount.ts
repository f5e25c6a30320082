/**
 * Mounted file systems, and what a file system does as a whole.
 *
 * Invariants: `root` holds a reference as long as the file system is mounted; so does `covered`, whose `mountedhere`
 * is this mount. The root file system covers nothing. A mount that is `gone` makes no new vnodes.
 *
 * NetBSD: sys/sys/mount.h, sys/kern/vfs_mount.c, vfsops(9).
 */
import { Kmutex } from '../kern/kmutex.ts';
import { List } from '../kern/list.ts';
import type { Lwp } from '../kern/lwp.ts';
import type { Soon } from '../kern/maysleep.ts';
import type { Statvfs } from '../sys/types.ts';
import type { Vfs } from './vfs.ts';
import type { Vnode } from './vnode.ts';

/** What a file system tells of its space; the rest of `Statvfs` is the mount's. */
export type FsSpace = Pick<
  Statvfs,
  | 'bsize'
  | 'frsize'
  | 'iosize'
  | 'blocks'
  | 'bfree'
  | 'bavail'
  | 'bresvd'
  | 'files'
  | 'ffree'
  | 'favail'
  | 'fresvd'
>;

/** A kind of file system. */
export interface Vfsops {
  /** As mount(2) names it: "tmpfs". */
  readonly name: string;
  /**
   * Set up `mp.data`, `mp.root` (a vnode with a reference for the mount), `mp.from` and `mp.namemax`.
   * @param args what the caller of mount(2) passed: an object of a local caller, bytes (the C structure) of a foreign
   *   one, undefined for none
   * @throws EINVAL ENOMEM ...
   */
  mount(l: Lwp, mp: Mount, args: unknown): Soon<void>;
  /** MNT_UPDATE: other flags (`flags` has them) or arguments. */
  update?(l: Lwp, mp: Mount, args: unknown, flags: number): Soon<void>;
  /** MNT_GETARGS. */
  getargs?(mp: Mount): unknown;
  /** Give everything back. Every vnode but the root's has been reclaimed. */
  unmount(l: Lwp, mp: Mount): Soon<void>;
  statvfs(l: Lwp, mp: Mount): Soon<FsSpace>;
  sync?(l: Lwp, mp: Mount): Soon<void>;
  /** The kernel ends, mounted or not: give the host back what it has lent. */
  shutdown?(mp: Mount): void;
  /** The file a handle names, unreferenced. @throws ESTALE */
  fhtovp?(l: Lwp, mp: Mount, fid: Uint8Array): Soon<Vnode>;
  /** What names the file as long as it exists, at most 16 bytes. */
  vptofh?(vp: Vnode): Uint8Array;
}

export class Mount {
  readonly vfs: Vfs;
  readonly vfsops: Vfsops;
  /** Number of the file system: `stat.dev`. */
  readonly dev: number;
  /** MNT_* flags. */
  flag: number;
  /** Those that the file system insists on. */
  flagKept = 0;
  /** Path it was mounted on, and what was mounted. */
  readonly onname: string;
  from = '';
  owner = 0;
  data: unknown = null;
  root!: Vnode;
  covered: Vnode | null = null;
  /** Longest name in bytes. */
  namemax = 255;
  gone = false;
  /** Its vnodes. */
  readonly vnodes = new List<Vnode>();
  /** One rename across directories at a time: what is below what must not change meanwhile. */
  readonly renamelock = new Kmutex('fsrename');

  constructor(vfs: Vfs, vfsops: Vfsops, flag: number, onname: string) {
    this.vfs = vfs;
    this.vfsops = vfsops;
    this.flag = flag;
    this.onname = onname;
    this.dev = ++vfs.lastdev;
  }
}
