/**
 * What a file system implements: operations on its vnodes.
 *
 * The contract, in four rules:
 *
 * 1. Who calls has checked everything that is the same for all file systems: permissions, the sticky bit, read-only
 *    mounts, flags (immutable, append), file types, names ("." and ".." never come), mount points, lengths of names,
 *    limits of file size. An operation is mechanism.
 * 2. An operation answers at once where it can, and returns a coroutine only when it must sleep (`Soon<T>`). It
 *    changes its file system in one go: between two `yield*` everything a caller can see is consistent. So no vnode
 *    is locked; an operation that sleeps before it acts looks again whether what it was given still holds (entries it
 *    was told of may be gone) and throws ERESTART to have the whole system call begin again.
 * 3. Vnodes passed in are referenced by the caller until the operation has ended. Vnodes returned are not referenced:
 *    they are valid until the caller next sleeps, and who keeps one takes a reference (`vref`).
 * 4. An operation that fails has changed nothing.
 *
 * What changes is told to those who watch (kqueue) by the caller too.
 *
 * NetBSD: sys/kern/vnode_if.src, sys/sys/vnode.h, vnodeops(9).
 */
import type { Knote } from '../kern/knote.ts';
import type { Lwp } from '../kern/lwp.ts';
import type { Soon } from '../kern/maysleep.ts';
import type { Selector } from '../kern/selinfo.ts';
import type { Uio, UioRw } from '../kern/uio.ts';
import type { Stat, Timespec } from '../sys/types.ts';
import type { Vnode, Vtype } from './vnode.ts';

/** What a new file is to be. `mode` has no type bits; ids are final (the directory's group is inherited already). */
export interface NewNode {
  readonly type: Vtype;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Device number of VCHR and VBLK, else 0. */
  readonly rdev: number;
}

/** Attributes to change; absent ones stay. All are checked. The file system marks ctime itself. */
export interface Setattr {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** UF_*, SF_* flags. */
  readonly flags?: number;
  /** Truncate or extend (regular files), bytes. */
  readonly size?: number;
  readonly atim?: Timespec;
  readonly mtim?: Timespec;
  readonly birthtim?: Timespec;
}

/** One entry of a directory, "." and ".." included. */
export interface DirEntry {
  readonly name: string;
  readonly fileid: number;
  readonly type: Vtype;
}

/**
 * Takes an entry, with the offset from which reading goes on after it. False: it had no room for it, stop before it.
 */
export type Emit = (entry: DirEntry, next: number) => boolean;

// Flags of a transfer.
export const IO_APPEND = 0x0004;
export const IO_SYNC = 0x0008;

/** Names of `seek`. */
export type SeekWhat = 'data' | 'hole';

export interface Vnodeops {
  // ---- directories (the vnode is a VDIR)
  /** What `name` leads to, or null. The parent for "..", which only file systems with parents are asked for. */
  lookup(l: Lwp, dvp: Vnode, name: string): Soon<Vnode | null>;
  /** A new file of any type but VDIR and VLNK. @throws EEXIST ENOSPC ENOENT (dvp has been removed) ... */
  create(l: Lwp, dvp: Vnode, name: string, node: NewNode): Soon<Vnode>;
  mkdir(l: Lwp, dvp: Vnode, name: string, node: NewNode): Soon<Vnode>;
  symlink(l: Lwp, dvp: Vnode, name: string, node: NewNode, target: string): Soon<Vnode>;
  /** Another name for `vp`, of the same mount and no directory. @throws EEXIST EMLINK */
  link(l: Lwp, dvp: Vnode, name: string, vp: Vnode): Soon<void>;
  /** Remove `name`, which led to `vp`, no directory. */
  remove(l: Lwp, dvp: Vnode, name: string, vp: Vnode): Soon<void>;
  /** Remove `name`, which led to the directory `vp`. @throws ENOTEMPTY */
  rmdir(l: Lwp, dvp: Vnode, name: string, vp: Vnode): Soon<void>;
  /**
   * Make `fname` of `fdvp` (it led to `fvp`) be `tname` of `tdvp`, replacing `tvp` if there is one: same kind
   * (directory or not), not `fvp` itself. `tdvp` is not below `fvp`. @throws ENOTEMPTY `tvp` is a directory that
   * is not empty
   */
  rename(
    l: Lwp,
    fdvp: Vnode,
    fname: string,
    fvp: Vnode,
    tdvp: Vnode,
    tname: string,
    tvp: Vnode | null,
  ): Soon<void>;
  /** Hand entries from offset `from` (0, or a `next` given earlier) on to `emit`. @returns true at the end */
  readdir(l: Lwp, vp: Vnode, from: number, emit: Emit): Soon<boolean>;

  // ---- any vnode
  readlink(l: Lwp, vp: Vnode): Soon<string>;
  getattr(l: Lwp, vp: Vnode): Soon<Stat>;
  setattr(l: Lwp, vp: Vnode, set: Setattr): Soon<void>;
  /** About to be used by an open file, and no more used by it. `flag` is FREAD, FWRITE, O_*. */
  open(l: Lwp, vp: Vnode, flag: number): Soon<void>;
  close(l: Lwp, vp: Vnode, flag: number): Soon<void>;
  /** Transfer from `uio.offset` on; reading stops at the end of the file. */
  read(l: Lwp, vp: Vnode, uio: Uio, ioflag: number): Soon<void>;
  write(l: Lwp, vp: Vnode, uio: Uio, ioflag: number): Soon<void>;
  /** The size now, which appending and seeking from the end begin at, bytes. */
  size(l: Lwp, vp: Vnode): Soon<number>;
  /** @throws ENOTTY */
  ioctl(l: Lwp, vp: Vnode, com: number, data: unknown, flag: number): Soon<number>;
  poll(l: Lwp, vp: Vnode, events: number, selector: Selector | null): number;
  kqfilter(l: Lwp, vp: Vnode, kn: Knote): void;
  /** To stable storage. @param how FDATASYNC, FFILESYNC, FDISKSYNC; range in bytes, length 0 to the end */
  fsync(l: Lwp, vp: Vnode, how: number, start: number, length: number): Soon<void>;
  /** Where data or the next hole begins at or after `offset`. @throws ENXIO past the end */
  seek(l: Lwp, vp: Vnode, offset: number, what: SeekWhat): Soon<number>;
  /** Reserve storage, growing the file. @throws EOPNOTSUPP ENOSPC */
  fallocate(l: Lwp, vp: Vnode, offset: number, length: number): Soon<void>;
  /** Zero a range and free its storage. @throws EOPNOTSUPP */
  fdiscard(l: Lwp, vp: Vnode, offset: number, length: number): Soon<void>;
  pathconf(l: Lwp, vp: Vnode, name: number): Soon<number>;
  /** Extended attributes. @throws EOPNOTSUPP; ENOATTR there is none of the name */
  getextattr(l: Lwp, vp: Vnode, namespace: number, name: string): Soon<Uint8Array>;
  setextattr(l: Lwp, vp: Vnode, namespace: number, name: string, value: Uint8Array): Soon<void>;
  listextattr(l: Lwp, vp: Vnode, namespace: number): Soon<string[]>;
  deleteextattr(l: Lwp, vp: Vnode, namespace: number, name: string): Soon<void>;

  /** Bytes have gone through the FIFO or device this is the name of: mark its times. Never sleeps. */
  marked(vp: Vnode, rw: UioRw): void;

  /** The name of a directory that its parent does not list. */
  hiddenName?(vp: Vnode): string;

  // ---- the vnode's life
  /** The last reference has gone. What is left to do with the host is queued, not waited for. */
  inactive(vp: Vnode): 'keep' | 'recycle';
  /** The vnode is being taken away from its file (`vp.data`): it will be asked for anew by lookup or vget. */
  reclaim(vp: Vnode): void;
}
