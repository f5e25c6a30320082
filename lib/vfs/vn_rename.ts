/**
 * Renaming.
 *
 * Both ends are looked up, then all is checked and done in one go. That a directory does not move below itself is
 * found by walking up from the target; renames between directories of one mount hold its rename lock meanwhile, so
 * that what was found stays true.
 *
 * NetBSD: sys/kern/vfs_syscalls.c (do_sys_renameat), sys/miscfs/genfs/genfs_rename.c, rename(2).
 */

import type { Kmutex } from '../kern/kmutex.ts';
import type { Lwp } from '../kern/lwp.ts';
import { andThen, isMaySleep, type MaySleep, type Soon } from '../kern/maysleep.ts';
import { NOTE_DELETE, NOTE_LINK, NOTE_RENAME, NOTE_WRITE } from '../sys/constants/event.ts';
import { EBUSY, EINVAL, EISDIR, ENOENT, ENOTDIR, ENOTEMPTY, EXDEV } from '../sys/errno.ts';
import { mayDelete, mayEnter, mustBeWritable, VWRITE, vaccess } from './access.ts';
import type { At } from './at.ts';
import type { Mount } from './mount.ts';
import { nameiParent, type Walk } from './namei.ts';
import { vnKnote } from './vn_kqueue.ts';
import { type Vnode, vref, vrele } from './vnode.ts';

/** What becomes of `from` when both are names of one file: it goes (NetBSD), or nothing happens (POSIX). */
export type SameFile = 'remove' | 'retain';

/** @throws EINVAL EXDEV EISDIR ENOTDIR ENOTEMPTY EBUSY EACCES EPERM EROFS ENOENT */
export function vnRename(
  l: Lwp,
  fromAt: At | null,
  from: string,
  toAt: At | null,
  to: string,
  same: SameFile,
): Soon<void> {
  return nameiParent(l, fromAt, from, 'nofollow', (f) => {
    if (f.vp === null) {
      throw ENOENT;
    }
    if (f.kind !== 'name') {
      throw f.kind === 'root' ? EBUSY : EINVAL;
    }
    return nameiParent(l, toAt, to, 'nofollow', (t) => renameBetween(l, f, t, same));
  });
}

function renameBetween(l: Lwp, f: Walk, t: Walk, same: SameFile): Soon<void> {
  const fvp = f.vp as Vnode;
  const tvp = t.vp;
  if (t.kind !== 'name') {
    if (t.kind === 'root') {
      throw fvp.type === 'VDIR' ? EBUSY : EISDIR;
    }
    throw t.kind === 'dot' ? EISDIR : EINVAL;
  }
  if (t.trailing && fvp.type !== 'VDIR') {
    throw tvp === null ? ENOENT : ENOTDIR;
  }
  // That a place is read-only is seen on the way there, before the two are compared.
  mustBeWritable(f.dvp);
  mustBeWritable(t.dvp);
  // Mount points stay, and their roots have no names to change.
  if (fvp === fvp.mount?.root || (tvp === tvp?.mount?.root && tvp !== null)) {
    throw f.dvp.mount === t.dvp.mount ? EBUSY : EXDEV;
  }
  if (f.dvp.mount !== t.dvp.mount) {
    throw EXDEV;
  }
  if (fvp.type !== 'VDIR' || f.dvp === t.dvp) {
    return renameChecked(l, f, t, same);
  }
  return renameAcross(l, (f.dvp.mount as Mount).renamelock, f, t, same);
}

/** A directory moves to another: with the lock, which is taken at once if it is free. */
function renameAcross(l: Lwp, lock: Kmutex, f: Walk, t: Walk, same: SameFile): Soon<void> {
  try {
    lock.tryenter(l);
  } catch (error) {
    if (error !== EBUSY) {
      throw error;
    }
    return renameInTurn(l, lock, f, t, same);
  }
  return renameHolding(l, lock, f, t, same);
}

function* renameInTurn(l: Lwp, lock: Kmutex, f: Walk, t: Walk, same: SameFile): MaySleep<void> {
  yield* lock.enter(l);
  const done = renameHolding(l, lock, f, t, same);
  if (isMaySleep(done)) {
    yield* done;
  }
}

/** `l` has the lock, which is given back in the end. What is found holds until then. @throws EINVAL */
function renameHolding(l: Lwp, lock: Kmutex, f: Walk, t: Walk, same: SameFile): Soon<void> {
  let done: Soon<void>;
  try {
    done = andThen(isBelow(l, t.dvp, f.vp as Vnode), (below) => {
      if (below) {
        throw EINVAL;
      }
      return renameChecked(l, f, t, same);
    });
  } catch (error) {
    lock.exit(l);
    throw error;
  }
  if (isMaySleep(done)) {
    return renameSleeping(l, lock, done);
  }
  lock.exit(l);
}

function* renameSleeping(l: Lwp, lock: Kmutex, done: MaySleep<void>): MaySleep<void> {
  try {
    yield* done;
  } finally {
    lock.exit(l);
  }
}

/** Is `vp` the directory `top`, or somewhere below it? */
function isBelow(l: Lwp, vp: Vnode, top: Vnode): Soon<boolean> {
  let at: Vnode = vp;
  for (;;) {
    if (at === top) {
      return true;
    }
    if (at === at.mount?.root) {
      return false;
    }
    const up: Soon<Vnode | null> = at.ops.lookup(l, at, '..');
    if (isMaySleep(up)) {
      return isBelowSleeping(l, at, up, top);
    }
    if (up === null || up === at) {
      return false;
    }
    at = up;
  }
}

function* isBelowSleeping(l: Lwp, vp: Vnode, waiting: MaySleep<Vnode | null>, top: Vnode): MaySleep<boolean> {
  vref(vp);
  try {
    const up = yield* waiting;
    if (up === null) {
      return false;
    }
    const below = isBelow(l, up, top);
    return isMaySleep(below) ? yield* below : below;
  } finally {
    vrele(vp);
  }
}

function renameChecked(l: Lwp, f: Walk, t: Walk, same: SameFile): Soon<void> {
  const { kernel: k, cred } = l;
  const fvp = f.vp as Vnode;
  const tvp = t.vp;
  if (tvp === fvp && same === 'retain') {
    return;
  }
  mayDelete(k, cred, f.dvp, fvp);
  if (tvp === null) {
    mayEnter(k, cred, t.dvp);
  } else if (tvp !== fvp) {
    mayDelete(k, cred, t.dvp, tvp);
    if (fvp.type === 'VDIR' && tvp.type !== 'VDIR') {
      throw ENOTDIR;
    }
    if (fvp.type !== 'VDIR' && tvp.type === 'VDIR') {
      throw EISDIR;
    }
  }
  if (fvp.type === 'VDIR' && f.dvp !== t.dvp) {
    // Its ".." changes.
    vaccess(k, cred, fvp, VWRITE);
  }
  if (tvp === fvp) {
    return sameFile(l, f, t);
  }
  if (tvp !== null && tvp === f.dvp) {
    throw ENOTEMPTY;
  }
  return andThen(f.dvp.ops.rename(l, f.dvp, f.name, fvp, t.dvp, t.name, tvp), () => {
    // A directory that goes, or is replaced, takes a link to its parent with it; the one that comes brings one.
    const moved = fvp.type === 'VDIR';
    const replaced = tvp?.type === 'VDIR';
    const same = f.dvp === t.dvp;
    vnKnote(f.dvp, (same ? replaced : moved) ? NOTE_WRITE | NOTE_LINK : NOTE_WRITE);
    if (!same) {
      vnKnote(t.dvp, moved && !replaced ? NOTE_WRITE | NOTE_LINK : NOTE_WRITE);
    }
    vnKnote(fvp, NOTE_RENAME);
    if (tvp !== null) {
      vnKnote(tvp, NOTE_DELETE);
    }
  });
}

/** Two names of one file, of which the first goes; or one name twice. */
function sameFile(l: Lwp, f: Walk, t: Walk): Soon<void> {
  if (f.dvp === t.dvp && f.name === t.name) {
    return;
  }
  const { dvp, name } = f;
  const vp = f.vp as Vnode;
  return andThen(dvp.ops.remove(l, dvp, name, vp), () => {
    vnKnote(dvp, NOTE_WRITE);
    vnKnote(vp, NOTE_LINK);
  });
}
