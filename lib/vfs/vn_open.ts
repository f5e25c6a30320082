/**
 * Opening files.
 *
 * NetBSD: sys/kern/vfs_vnops.c (vn_open), sys/kern/vfs_syscalls.c (do_open), open(2).
 */

import { closef, File, FREAD, FWRITE } from '../kern/file.ts';
import { fdInstall, fdLimit } from '../kern/filedesc.ts';
import type { Lwp } from '../kern/lwp.ts';
import { andThen, isMaySleep, type MaySleep, type Soon } from '../kern/maysleep.ts';
import { NOTE_WRITE } from '../sys/constants/event.ts';
import {
  FAPPEND,
  FFLAGS,
  FMASK,
  O_ACCMODE,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_EXLOCK,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_SEARCH,
  O_SHLOCK,
  O_TRUNC,
} from '../sys/constants/fcntl.ts';
import { ALLPERMS, APPEND, S_ISTXT } from '../sys/constants/stat.ts';
import { EEXIST, EFTYPE, EINVAL, EISDIR, ENOENT, ENOTDIR, ENXIO, EOPNOTSUPP, EPERM } from '../sys/errno.ts';
import { mayEnter, VEXEC, VREAD, VWRITE, vaccess } from './access.ts';
import type { At } from './at.ts';
import { cwdiOf } from './cwdi.ts';
import { fifoOpen } from './fifo.ts';
import { flockTake } from './flock.ts';
import { nameiParent, nameiUse, type Walk } from './namei.ts';
import { specOpen } from './spec.ts';
import { newNode } from './vn_create.ts';
import { VnodeFile } from './vn_file.ts';
import { vnKnote } from './vn_kqueue.ts';
import { type Vnode, vref, vuse } from './vnode.ts';

/**
 * @param at directory that relative paths start from, null for the working directory
 * @returns a descriptor. @throws EINVAL EEXIST EISDIR ENOTDIR ENXIO EFTYPE EMFILE and what namei does
 */
export function vnOpen(l: Lwp, at: At | null, path: string, oflags: number, mode: number): Soon<number> {
  if ((oflags & O_ACCMODE) === O_ACCMODE || (oflags & (O_CREAT | O_DIRECTORY)) === (O_CREAT | O_DIRECTORY)) {
    throw EINVAL;
  }
  // Before anything is created: there has to be a number for it.
  l.proc.fd.lowestFree(0, fdLimit(l));
  if ((oflags & O_CREAT) === 0) {
    const follow = (oflags & O_NOFOLLOW) === 0 ? 'follow' : 'nofollow';
    return nameiUse(l, at, path, follow, (vp) => vnOpenVnode(l, vp, oflags));
  }
  const follow = (oflags & (O_EXCL | O_NOFOLLOW)) === 0 ? 'follow' : 'nofollow';
  return nameiParent(l, at, path, follow, (walk) => create(l, walk, oflags, mode));
}

function create(l: Lwp, walk: Walk, oflags: number, mode: number): Soon<number> {
  if (walk.vp !== null) {
    if ((oflags & O_EXCL) !== 0) {
      throw EEXIST;
    }
    return vnOpenVnode(l, walk.vp, oflags);
  }
  if (walk.trailing) {
    throw ENOENT;
  }
  const { dvp, name } = walk;
  mayEnter(l.kernel, l.cred, dvp);
  const node = newNode(l, dvp, 'VREG', mode & ALLPERMS & ~S_ISTXT & ~cwdiOf(l.proc).cmask, 0);
  return andThen(dvp.ops.create(l, dvp, name, node), (vp) => {
    vnKnote(dvp, NOTE_WRITE);
    return vuse(vref(vp), () => openVnode(l, vp, oflags & ~O_TRUNC));
  });
}

/** Open a file that is there; the caller holds it. @throws what it is not, or does not allow */
export function vnOpenVnode(l: Lwp, vp: Vnode, oflags: number): Soon<number> {
  const fflags = FFLAGS(oflags);
  const writes = (fflags & FWRITE) !== 0 || (oflags & O_TRUNC) !== 0;
  switch (vp.type) {
    case 'VLNK':
      throw EFTYPE;
    case 'VSOCK':
      throw EOPNOTSUPP;
    case 'VDIR':
      if (writes || (oflags & O_CREAT) !== 0) {
        throw EISDIR;
      }
      break;
    case 'VBAD':
      throw ENXIO;
  }
  if ((oflags & O_DIRECTORY) !== 0 && vp.type !== 'VDIR') {
    throw ENOTDIR;
  }
  const searches = (oflags & O_SEARCH) !== 0 && vp.type === 'VDIR';
  const wanted = searches ? VEXEC : ((fflags & FREAD) === 0 ? 0 : VREAD) | (writes ? VWRITE : 0);
  if (wanted !== 0) {
    vaccess(l.kernel, l.cred, vp, wanted);
  }
  if (writes && (vp.owned.flags & APPEND) !== 0 && ((oflags & O_TRUNC) !== 0 || (fflags & FAPPEND) === 0)) {
    throw EPERM;
  }
  return openVnode(l, vp, oflags);
}

/** The open file, and a descriptor for it. The caller holds `vp`. */
function openVnode(l: Lwp, vp: Vnode, oflags: number): Soon<number> {
  const ops = opened(l, vp, FFLAGS(oflags));
  return isMaySleep(ops) ? openSleeping(l, vp, oflags, ops) : install(l, vp, oflags, ops);
}

function* openSleeping(l: Lwp, vp: Vnode, oflags: number, waiting: MaySleep<VnodeFile>): MaySleep<number> {
  const done = install(l, vp, oflags, yield* waiting);
  return isMaySleep(done) ? yield* done : done;
}

/** What the open file can do, by the type of file. */
function opened(l: Lwp, vp: Vnode, fflags: number): Soon<VnodeFile> {
  switch (vp.type) {
    case 'VFIFO':
      return fifoOpen(l, vp, fflags);
    case 'VCHR':
    case 'VBLK':
      return specOpen(l, vp, fflags);
  }
  const opening = vp.ops.open(l, vp, fflags);
  return isMaySleep(opening) ? andThen(opening, () => new VnodeFile(vp)) : new VnodeFile(vp);
}

/** From here on the file is open, whatever still has to be done: if that fails it is closed again. */
function install(l: Lwp, vp: Vnode, oflags: number, ops: VnodeFile): Soon<number> {
  const fflags = FFLAGS(oflags);
  vref(vp);
  const fp = new File(ops, fflags & (FMASK | O_SEARCH));
  if ((fflags & FWRITE) !== 0) {
    vp.writecount++;
  }
  if ((oflags & (O_EXLOCK | O_SHLOCK)) !== 0) {
    return installLocked(l, vp, oflags, fp);
  }
  try {
    const emptying = empty(l, vp, oflags);
    return isMaySleep(emptying) ? installSleeping(l, oflags, fp, emptying) : affix(l, fp, oflags);
  } catch (error) {
    return closeAndFail(l, fp, error);
  }
}

/** A file that is to be opened without what was in it. */
function empty(l: Lwp, vp: Vnode, oflags: number): Soon<void> {
  if ((oflags & O_TRUNC) !== 0 && vp.type === 'VREG') {
    return andThen(vp.ops.setattr(l, vp, { size: 0 }), () => vnKnote(vp, NOTE_WRITE));
  }
}

function* closeAndFail(l: Lwp, fp: File, error: unknown): MaySleep<never> {
  const closing = closef(l, fp);
  if (isMaySleep(closing)) {
    yield* closing;
  }
  throw error;
}

function affix(l: Lwp, fp: File, oflags: number): number {
  return fdInstall(l, fp, (oflags & O_CLOEXEC) === 0 ? 'keep' : 'cloexec');
}

function* installSleeping(l: Lwp, oflags: number, fp: File, waiting: MaySleep<void>): MaySleep<number> {
  try {
    yield* waiting;
    return affix(l, fp, oflags);
  } catch (error) {
    return yield* closeAndFail(l, fp, error);
  }
}

function* installLocked(l: Lwp, vp: Vnode, oflags: number, fp: File): MaySleep<number> {
  try {
    const how = (oflags & O_EXLOCK) === 0 ? 'read' : 'write';
    const locking = flockTake(l, vp, fp, how, (oflags & O_NONBLOCK) === 0 ? 'wait' : 'try');
    if (isMaySleep(locking)) {
      yield* locking;
    }
    const emptying = empty(l, vp, oflags);
    if (isMaySleep(emptying)) {
      yield* emptying;
    }
    return affix(l, fp, oflags);
  } catch (error) {
    return yield* closeAndFail(l, fp, error);
  }
}
