/**
 * Vnodes: the files of all file systems, as the kernel holds them while they are in use.
 *
 * A vnode lives as long as somebody refers to it (`usecount`), then waits on the free list until it is looked up
 * again or, when there are more than `maxvnodes`, reclaimed: its file system forgets it, and makes another one when
 * the file is looked up next. A file system that has nothing to gain from keeping it says so (`inactive`).
 *
 * Invariants: a vnode is on the free list if and only if its usecount is 0 and it is not reclaimed. A reclaimed vnode
 * has `type` VBAD, dead operations and no mount, and never comes back. A plain function may use a vnode it has just
 * found without a reference; across a `yield*` it holds one.
 *
 * NetBSD: sys/sys/vnode.h, sys/kern/vfs_vnode.c, vnode(9).
 */
import { KASSERT } from '../kern/kassert.ts';
import { type KlistHead, knote } from '../kern/knote.ts';
import { Link } from '../kern/list.ts';
import { isMaySleep, type MaySleep, type Soon } from '../kern/maysleep.ts';
import { NOTE_REVOKE } from '../sys/constants/event.ts';
import { deadOps } from './deadfs.ts';
import type { Mount } from './mount.ts';
import type { VnodeExtra } from './vnode_extra.ts';
import type { Vnodeops } from './vnodeops.ts';

/** What kind of file: NetBSD's enum vtype. */
export type Vtype = 'VREG' | 'VDIR' | 'VBLK' | 'VCHR' | 'VLNK' | 'VSOCK' | 'VFIFO' | 'VBAD';

/**
 * Who owns a file and what may be done with it. The file system keeps it true; it may be the object in which it keeps
 * them itself.
 */
export interface Owned {
  /** Permission, set-id and sticky bits, without the type. */
  mode: number;
  uid: number;
  gid: number;
  /** UF_*, SF_* flags. */
  flags: number;
}

export class Vnode implements KlistHead {
  type: Vtype;
  /** Null once reclaimed. */
  mount: Mount | null;
  ops: Vnodeops;
  /** The file system's own. */
  data: unknown;
  owned: Owned;
  usecount = 0;
  /** Open files that may write to it: a mount with one does not become read-only. */
  writecount = 0;
  /** What is mounted on it. */
  mountedhere: Mount | null = null;
  klist: KlistHead['klist'] = null;
  /** What few vnodes have: locks, devices, FIFOs. */
  extra: VnodeExtra | null = null;
  readonly freelink = new Link<Vnode>(this);
  readonly mountlink = new Link<Vnode>(this);

  constructor(mount: Mount, type: Vtype, ops: Vnodeops, owned: Owned, data: unknown) {
    this.mount = mount;
    this.type = type;
    this.ops = ops;
    this.owned = owned;
    this.data = data;
  }
}

/**
 * A vnode of `mount`, not yet referred to. File systems call it, once for each file that has none.
 * NetBSD: vcache_get.
 */
export function vnodeNew(
  mount: Mount,
  type: Vnode['type'],
  ops: Vnodeops,
  owned: Owned,
  data: unknown,
): Vnode {
  KASSERT(!mount.gone, 'a vnode for a file system that is being unmounted');
  const vp = new Vnode(mount, type, ops, owned, data);
  mount.vnodes.insert(vp.mountlink);
  toFreeList(vp);
  return vp;
}

function toFreeList(vp: Vnode): void {
  const { vfs } = vp.mount as Mount;
  vfs.freelist.insert(vp.freelink);
  if (vfs.freelist.size > vfs.maxvnodes) {
    // The oldest goes. It is never `vp`, which has just come and may be about to be used.
    const oldest = vfs.freelist.first;
    if (oldest !== null && oldest.owner !== vp) {
      vgone(oldest.owner);
    }
  }
}

/** A vnode was looked up and is about to be used: of those that nobody refers to it is the last to be taken away. */
export function vtouch(vp: Vnode): void {
  const { list } = vp.freelink;
  if (list !== null) {
    list.remove(vp.freelink);
    list.insert(vp.freelink);
  }
}

/** Take a reference. */
export function vref(vp: Vnode): Vnode {
  if (vp.usecount++ === 0 && vp.freelink.list !== null) {
    vp.freelink.list.remove(vp.freelink);
  }
  return vp;
}

/** Give a reference back. */
export function vrele(vp: Vnode): void {
  KASSERT(vp.usecount > 0, 'vnode released more often than referred to');
  if (--vp.usecount > 0 || vp.type === 'VBAD') {
    return;
  }
  if (vp.ops.inactive(vp) === 'recycle') {
    reclaim(vp);
  } else {
    toFreeList(vp);
  }
}

/** Use a vnode `fn` is given with a reference, and give that back when done, however it ends. */
export function vuse<T>(vp: Vnode, fn: (vp: Vnode) => Soon<T>): Soon<T> {
  let answer: Soon<T>;
  try {
    answer = fn(vp);
  } catch (error) {
    vrele(vp);
    throw error;
  }
  if (isMaySleep(answer)) {
    return vuseSleeping(vp, answer);
  }
  vrele(vp);
  return answer;
}

function* vuseSleeping<T>(vp: Vnode, waiting: MaySleep<T>): MaySleep<T> {
  try {
    return yield* waiting;
  } finally {
    vrele(vp);
  }
}

/** Take a vnode away from its file, whoever uses it: to them it is dead. NetBSD: vgone(9). */
export function vgone(vp: Vnode): void {
  if (vp.type === 'VBAD') {
    return;
  }
  if (vp.freelink.list !== null) {
    vp.freelink.list.remove(vp.freelink);
  }
  KASSERT(vp.mountedhere === null, 'a mount point is reclaimed');
  reclaim(vp);
}

function reclaim(vp: Vnode): void {
  vp.extra?.gone(vp);
  vp.ops.reclaim(vp);
  (vp.mount as Mount).vnodes.remove(vp.mountlink);
  vp.data = null;
  vp.mount = null;
  vp.type = 'VBAD';
  vp.ops = deadOps;
  vp.extra = null;
  knote(vp, NOTE_REVOKE);
}
