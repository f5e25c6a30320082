/**
 * What a process has of the file system: working directory, root and umask.
 *
 * NetBSD: sys/kern/vfs_cwd.c, sys/sys/filedesc.h (struct cwdinfo).
 */
import type { Kernel } from '../kern/kernel.ts';
import type { Proc } from '../kern/proc.ts';
import { vfsOf } from './vfs.ts';
import { type Vnode, vref, vrele } from './vnode.ts';

/** Bits taken off the mode of new files, unless said otherwise. */
const CMASK = 0o022;

export class Cwdinfo {
  /** Referenced. */
  cdir: Vnode;
  /** Referenced; the root of the system, or where chroot has gone. */
  rdir: Vnode;
  cmask: number;

  constructor(cdir: Vnode, rdir: Vnode, cmask: number) {
    this.cdir = vref(cdir);
    this.rdir = vref(rdir);
    this.cmask = cmask;
  }
}

export function cwdiOf(p: Proc): Cwdinfo {
  return p.cwdi as Cwdinfo;
}

/** A process begins where its parent is. */
export function cwdInit(p: Proc, parent: Proc | null): void {
  const from = parent?.cwdi == null ? null : cwdiOf(parent);
  const { rootdir } = vfsOf(p.kernel);
  p.cwdi =
    from === null ? new Cwdinfo(rootdir, rootdir, CMASK) : new Cwdinfo(from.cdir, from.rdir, from.cmask);
}

export function cwdRelease(p: Proc): void {
  const cwdi = cwdiOf(p);
  p.cwdi = null;
  vrele(cwdi.cdir);
  vrele(cwdi.rdir);
}

/** Working directory from now on. */
export function cwdChange(cwdi: Cwdinfo, vp: Vnode): void {
  const old = cwdi.cdir;
  cwdi.cdir = vref(vp);
  vrele(old);
}

/** Root from now on. */
export function rootChange(cwdi: Cwdinfo, vp: Vnode): void {
  const old = cwdi.rdir;
  cwdi.rdir = vref(vp);
  vrele(old);
}

/** Who stands in `from` stands in `to` now: something has been mounted there. NetBSD: cwdunshare, mount_checkdirs */
export function cwdMoveAll(k: Kernel, from: Vnode, to: Vnode): void {
  for (const p of k.procs.values()) {
    if (p.cwdi === null) {
      continue;
    }
    const cwdi = cwdiOf(p);
    if (cwdi.cdir === from) {
      cwdChange(cwdi, to);
    }
    if (cwdi.rdir === from) {
      rootChange(cwdi, to);
    }
  }
}
