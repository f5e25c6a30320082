/**
 * What few vnodes have, made when first needed: advisory locks, and what FIFOs and devices keep.
 */
import { ENXIO } from '../sys/errno.ts';
import { Lockf } from './lockf.ts';
import type { Vnode } from './vnode.ts';

/** Anything bound to a vnode's life. */
export interface VnodePart {
  /** The vnode is being reclaimed. */
  gone(vp: Vnode): void;
}

export class VnodeExtra {
  lockf: Lockf | null = null;
  /** Of a FIFO while it is open. */
  special: VnodePart | null = null;

  gone(vp: Vnode): void {
    this.special?.gone(vp);
    this.lockf?.gone();
  }
}

export function vnodeExtra(vp: Vnode): VnodeExtra {
  vp.extra ??= new VnodeExtra();
  return vp.extra;
}

/** The advisory locks on a vnode. @throws ENXIO it is dead */
export function vnodeLockf(vp: Vnode): Lockf {
  if (vp.mount === null) {
    throw ENXIO;
  }
  const extra = vnodeExtra(vp);
  extra.lockf ??= new Lockf(vp.mount.vfs.lockWants);
  return extra.lockf;
}
