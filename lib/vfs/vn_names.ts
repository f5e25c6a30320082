/**
 * Making and removing names.
 *
 * NetBSD: sys/kern/vfs_syscalls.c (do_sys_mkdirat, do_sys_mknodat, do_sys_linkat, do_sys_symlinkat,
 * do_sys_unlinkat).
 */

import { kauthAuthorize } from '../kern/kauth.ts';
import type { Lwp } from '../kern/lwp.ts';
import { andThen, type Soon } from '../kern/maysleep.ts';
import { NOTE_DELETE, NOTE_LINK, NOTE_WRITE } from '../sys/constants/event.ts';
import { PATH_MAX } from '../sys/constants/limits.ts';
import {
  ACCESSPERMS,
  ALLPERMS,
  APPEND,
  IMMUTABLE,
  S_IFBLK,
  S_IFCHR,
  S_IFIFO,
  S_IFMT,
  S_IFREG,
  S_ISTXT,
} from '../sys/constants/stat.ts';
import {
  EBUSY,
  EEXIST,
  EINVAL,
  ENAMETOOLONG,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  EPERM,
  EXDEV,
} from '../sys/errno.ts';
import { longerThan } from '../sys/pathname.ts';
import { mayDelete, mayEnter } from './access.ts';
import type { At } from './at.ts';
import { cwdiOf } from './cwdi.ts';
import { type Follow, nameiParent, nameiUse, type Walk } from './namei.ts';
import { newNode } from './vn_create.ts';
import { vnKnote } from './vn_kqueue.ts';
import type { Vtype } from './vnode.ts';

/** A place for a new name. @throws EEXIST ENOENT (the path ends in a slash) EACCES EROFS EPERM */
function newPlace(l: Lwp, walk: Walk, slash: 'slash' | 'no slash'): void {
  if (walk.vp !== null) {
    throw EEXIST;
  }
  if (walk.trailing && slash === 'no slash') {
    throw ENOENT;
  }
  mayEnter(l.kernel, l.cred, walk.dvp);
}

/** @param mode permission bits, from which the umask is taken */
export function vnMkdir(l: Lwp, at: At | null, path: string, mode: number): Soon<void> {
  return nameiParent(l, at, path, 'nofollow', (walk) => {
    newPlace(l, walk, 'slash');
    const { dvp, name } = walk;
    const node = newNode(l, dvp, 'VDIR', mode & (ACCESSPERMS | S_ISTXT) & ~cwdiOf(l.proc).cmask, 0);
    return andThen(dvp.ops.mkdir(l, dvp, name, node), () => vnKnote(dvp, NOTE_WRITE | NOTE_LINK));
  });
}

/**
 * The device is nothing to a regular file.
 * @throws EINVAL no type that mknod makes, or no device; EPERM all but FIFOs are the superuser's
 */
export function vnMknod(l: Lwp, at: At | null, path: string, mode: number, rdev: number): Soon<void> {
  const type = nodeType(mode);
  if (type !== 'VFIFO') {
    kauthAuthorize(l.kernel, l.cred, { scope: 'system', action: 'mknod' });
  }
  if (type === 'VREG') {
    return vnMake(l, at, path, type, mode, 0);
  }
  if (type === 'VFIFO' ? rdev !== 0 : !Number.isSafeInteger(rdev) || rdev < 0) {
    throw EINVAL;
  }
  return vnMake(l, at, path, type, mode, rdev);
}

function nodeType(mode: number): Vtype {
  switch (mode & S_IFMT) {
    case S_IFCHR:
      return 'VCHR';
    case S_IFBLK:
      return 'VBLK';
    case S_IFIFO:
      return 'VFIFO';
    case S_IFREG:
      return 'VREG';
    default:
      throw EINVAL;
  }
}

/** A new file of a type that is made whole: all but directories and links. */
export function vnMake(
  l: Lwp,
  at: At | null,
  path: string,
  type: Vtype,
  mode: number,
  rdev: number,
): Soon<void> {
  return nameiParent(l, at, path, 'nofollow', (walk) => {
    newPlace(l, walk, 'no slash');
    const { dvp, name } = walk;
    const node = newNode(l, dvp, type, mode & ALLPERMS & ~cwdiOf(l.proc).cmask, rdev);
    return andThen(dvp.ops.create(l, dvp, name, node), () => vnKnote(dvp, NOTE_WRITE));
  });
}

/** A link to nothing at all can be made; who goes through it gets ENOENT. @throws ENAMETOOLONG the target */
export function vnSymlink(l: Lwp, target: string, at: At | null, path: string): Soon<void> {
  if (longerThan(target, PATH_MAX - 1)) {
    throw ENAMETOOLONG;
  }
  return nameiParent(l, at, path, 'nofollow', (walk) => {
    newPlace(l, walk, 'no slash');
    const { dvp, name } = walk;
    const node = newNode(l, dvp, 'VLNK', ACCESSPERMS & ~cwdiOf(l.proc).cmask, 0);
    return andThen(dvp.ops.symlink(l, dvp, name, node, target), () => vnKnote(dvp, NOTE_WRITE));
  });
}

/** @throws EPERM a directory, or immutable; EXDEV; EMLINK */
export function vnLink(
  l: Lwp,
  at: At | null,
  path: string,
  follow: Follow,
  toAt: At | null,
  to: string,
): Soon<void> {
  return nameiUse(l, at, path, follow, (vp) => {
    if (vp.type === 'VDIR') {
      throw EPERM;
    }
    return nameiParent(l, toAt, to, 'nofollow', (walk) => {
      const { dvp, name } = walk;
      newPlace(l, walk, 'no slash');
      if (dvp.mount !== vp.mount) {
        throw EXDEV;
      }
      if ((vp.owned.flags & (IMMUTABLE | APPEND)) !== 0) {
        throw EPERM;
      }
      return andThen(dvp.ops.link(l, dvp, name, vp), () => {
        vnKnote(vp, NOTE_LINK);
        vnKnote(dvp, NOTE_WRITE);
      });
    });
  });
}

/** @throws EPERM a directory */
export function vnUnlink(l: Lwp, at: At | null, path: string): Soon<void> {
  return nameiParent(l, at, path, 'nofollow', (walk) => {
    const { dvp, name, vp } = walk;
    if (vp === null) {
      throw ENOENT;
    }
    if (vp === vp.mount?.root) {
      throw EBUSY;
    }
    mayDelete(l.kernel, l.cred, dvp, vp);
    if (vp.type === 'VDIR') {
      throw EPERM;
    }
    return andThen(dvp.ops.remove(l, dvp, name, vp), () => {
      vnKnote(dvp, NOTE_WRITE);
      vnKnote(vp, NOTE_DELETE);
    });
  });
}

/** @throws ENOTDIR; EBUSY a root; EINVAL "."; ENOTEMPTY ".." or not empty */
export function vnRmdir(l: Lwp, at: At | null, path: string): Soon<void> {
  return nameiParent(l, at, path, 'nofollow', (walk) => {
    const { dvp, name, vp } = walk;
    if (vp === null) {
      throw ENOENT;
    }
    if (walk.kind === 'dot' || walk.kind === 'dotdot') {
      throw walk.kind === 'dotdot' ? ENOTEMPTY : EINVAL;
    }
    if (vp === vp.mount?.root) {
      throw EBUSY;
    }
    mayDelete(l.kernel, l.cred, dvp, vp);
    if (vp.type !== 'VDIR') {
      throw ENOTDIR;
    }
    return andThen(dvp.ops.rmdir(l, dvp, name, vp), () => {
      vnKnote(dvp, NOTE_WRITE | NOTE_LINK);
      vnKnote(vp, NOTE_DELETE);
    });
  });
}
