/**
 * Where a process is: working directory, root, umask.
 *
 * NetBSD: sys/kern/vfs_syscalls.c, sys/kern/vfs_getcwd.c; chdir(2), chroot(2), getcwd(3), umask(2).
 */

import { fileSleep } from '../kern/file.ts';
import { kauthAuthorize } from '../kern/kauth.ts';
import type { Lwp } from '../kern/lwp.ts';
import { andThen, isMaySleep, type MaySleep, type Soon } from '../kern/maysleep.ts';
import type { Handlers } from '../kern/sysent.ts';
import { ALLPERMS } from '../sys/constants/stat.ts';
import { ENOENT, ENOTDIR, EPERM } from '../sys/errno.ts';
import { VEXEC, vaccess } from './access.ts';
import { fdDirectory } from './at.ts';
import { cwdChange, cwdiOf, rootChange } from './cwdi.ts';
import { nameiUse } from './namei.ts';
import { vfsOf } from './vfs.ts';
import { type Vnode, vref, vrele } from './vnode.ts';

/** @throws ENOTDIR EACCES */
function searchable(l: Lwp, vp: Vnode): void {
  if (vp.type !== 'VDIR') {
    throw ENOTDIR;
  }
  vaccess(l.kernel, l.cred, vp, VEXEC);
}

/** @throws ENOTDIR EACCES; EPERM outside the root of the process */
function fchdir(l: Lwp, fd: number): Soon<void> {
  const vp = fdDirectory(l, fd);
  searchable(l, vp);
  const cwdi = cwdiOf(l.proc);
  if (cwdi.rdir === vfsOf(l.kernel).rootdir) {
    cwdChange(cwdi, vp);
    return;
  }
  const under = pathFrom(l, vp, cwdi.rdir);
  return fileSleep(
    l,
    l.proc.fd.get(fd),
    then(under, (path) => {
      if (path === null) {
        throw EPERM;
      }
      cwdChange(cwdi, vp);
    }),
  );
}

function* then<A>(waiting: MaySleep<A>, fn: (a: A) => void): MaySleep<void> {
  fn(yield* waiting);
}

/** The caller holds `vp`. @throws EPERM ENOTDIR EACCES */
function* chroot(l: Lwp, vp: Vnode): MaySleep<void> {
  kauthAuthorize(l.kernel, l.cred, { scope: 'system', action: 'chroot' });
  searchable(l, vp);
  const cwdi = cwdiOf(l.proc);
  const under = yield* isUnder(l, cwdi.cdir, vp);
  rootChange(cwdi, vp);
  if (!under) {
    // Who stands outside could walk further out.
    cwdChange(cwdi, vp);
  }
}

/** NetBSD: vn_isunder */
function* isUnder(l: Lwp, vp: Vnode, root: Vnode): MaySleep<boolean> {
  try {
    return (yield* pathFrom(l, vp, root)) !== null;
  } catch (error) {
    if (error !== ENOENT) {
      throw error;
    }
    return false;
  }
}

/**
 * The way from `root` to `vp`: "/a/b", or "/" for the root itself; null when `vp` is not below it. Each step looks
 * for the directory in its parent. NetBSD: getcwd_common
 * @throws ENOENT a directory on the way has been removed
 */
export function* pathFrom(l: Lwp, vp: Vnode, root: Vnode): MaySleep<string | null> {
  let at = vref(vp);
  let path = '';
  try {
    for (;;) {
      while (at !== root && at === at.mount?.root && at.mount.covered !== null) {
        at = moveTo(at, at.mount.covered);
      }
      if (at === root) {
        return path === '' ? '/' : path;
      }
      if (at === at.mount?.root) {
        return null;
      }
      const looking = at.ops.lookup(l, at, '..');
      const up = isMaySleep(looking) ? yield* looking : looking;
      if (up === null) {
        throw ENOENT;
      }
      vref(up);
      try {
        const name = yield* nameIn(l, up, at);
        path = `/${name}${path}`;
        at = moveTo(at, up);
      } finally {
        vrele(up);
      }
    }
  } finally {
    vrele(at);
  }
}

function moveTo(from: Vnode, to: Vnode): Vnode {
  vref(to);
  vrele(from);
  return to;
}

/** The name of directory `vp` in its parent. @throws ENOENT it has none */
function* nameIn(l: Lwp, parent: Vnode, vp: Vnode): MaySleep<string> {
  if (vp.ops.hiddenName !== undefined) {
    return vp.ops.hiddenName(vp);
  }
  const getting = vp.ops.getattr(l, vp);
  const { ino } = isMaySleep(getting) ? yield* getting : getting;
  let name: string | null = null;
  const reading = parent.ops.readdir(l, parent, 0, (entry) => {
    if (entry.fileid === ino && entry.name !== '.' && entry.name !== '..') {
      ({ name } = entry);
      return false;
    }
    return true;
  });
  if (isMaySleep(reading)) {
    yield* reading;
  }
  if (name === null) {
    throw ENOENT;
  }
  return name;
}

export const cwdHandlers: Handlers<'chdir' | 'fchdir' | 'chroot' | 'fchroot' | 'getcwd' | 'umask'> = {
  chdir: (l, path) =>
    nameiUse(l, null, path, 'follow', (vp) => {
      searchable(l, vp);
      cwdChange(cwdiOf(l.proc), vp);
    }),
  fchdir,
  chroot: (l, path) => nameiUse(l, null, path, 'follow', (vp) => chroot(l, vp)),
  fchroot: (l, fd) => fileSleep(l, l.proc.fd.get(fd), chroot(l, fdDirectory(l, fd))),
  getcwd(l) {
    const { cdir, rdir } = cwdiOf(l.proc);
    return andThen<string | null, string>(pathFrom(l, cdir, rdir), (path) => {
      if (path === null) {
        throw ENOENT;
      }
      return path;
    });
  },
  umask(l, mask) {
    const cwdi = cwdiOf(l.proc);
    const old = cwdi.cmask;
    cwdi.cmask = mask & ALLPERMS;
    return old;
  },
};
