/**
 * System calls that ask for and change attributes.
 *
 * NetBSD: sys/kern/vfs_syscalls.c; stat(2), access(2), chmod(2), chown(2), chflags(2), utimensat(2), utimes(2).
 */

import { fileSleep } from '../kern/file.ts';
import { KauthCred } from '../kern/kauth.ts';
import type { Lwp } from '../kern/lwp.ts';
import { isMaySleep, type Soon } from '../kern/maysleep.ts';
import type { Handlers } from '../kern/sysent.ts';
import { timespecOfTimeval } from '../kern/times.ts';
import { AT_EACCESS, AT_FDCWD, AT_SYMLINK_NOFOLLOW } from '../sys/constants/fcntl.ts';
import { F_OK, R_OK, W_OK, X_OK } from '../sys/constants/unistd.ts';
import { EINVAL } from '../sys/errno.ts';
import type { Stat, Timeval } from '../sys/types.ts';
import { vaccess } from './access.ts';
import { atDirectory } from './at.ts';
import { type Follow, nameiUse } from './namei.ts';
import { type SetIds, type TimesArg, vnChflags, vnChmod, vnChown, vnUtimens } from './vn_attr.ts';
import { fdVnode } from './vn_file.ts';
import type { Vnode } from './vnode.ts';

/** Look up and do something to the file. */
function onPath<T>(l: Lwp, path: string, follow: Follow, fn: (vp: Vnode) => Soon<T>): Soon<T> {
  return nameiUse(l, null, path, follow, fn);
}

/** The same below a directory descriptor; `flag` may say AT_SYMLINK_NOFOLLOW. */
function onPathAt<T>(l: Lwp, fd: number, path: string, flag: number, fn: (vp: Vnode) => Soon<T>): Soon<T> {
  if ((flag & ~AT_SYMLINK_NOFOLLOW) !== 0) {
    throw EINVAL;
  }
  const follow = (flag & AT_SYMLINK_NOFOLLOW) === 0 ? 'follow' : 'nofollow';
  return nameiUse(l, atDirectory(l, fd, path), path, follow, fn);
}

/** The file behind a descriptor, which stays open meanwhile. */
function onFd<T>(l: Lwp, fd: number, fn: (vp: Vnode) => Soon<T>): Soon<T> {
  const answer = fn(fdVnode(l, fd));
  return isMaySleep(answer) ? fileSleep(l, l.proc.fd.get(fd), answer) : answer;
}

/**
 * May the caller, by its real ids unless AT_EACCESS, do what `amode` says? The walk there is judged by the same ids.
 * @throws EINVAL EACCES EROFS and what namei does
 */
function access(l: Lwp, fd: number, path: string, amode: number, flag: number): Soon<void> {
  if ((amode & ~(R_OK | W_OK | X_OK)) !== 0 || (flag & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW)) !== 0) {
    throw EINVAL;
  }
  const { cred } = l;
  const real = cred.euid === cred.uid && cred.egid === cred.gid;
  const who = real || (flag & AT_EACCESS) !== 0 ? cred : new KauthCred(cred.uid, cred.gid, cred.groups);
  const follow = (flag & AT_SYMLINK_NOFOLLOW) === 0 ? 'follow' : 'nofollow';
  return nameiUse(
    l,
    atDirectory(l, fd, path),
    path,
    follow,
    (vp) => {
      if (amode !== F_OK) {
        vaccess(l.kernel, who, vp, amode);
      }
    },
    who,
  );
}

function timesOf(tv: readonly [Timeval, Timeval] | null | undefined): TimesArg {
  return tv == null ? null : [timespecOfTimeval(tv[0]), timespecOfTimeval(tv[1])];
}

function chown(l: Lwp, path: string, uid: number, gid: number, follow: Follow, setIds: SetIds): Soon<void> {
  return onPath(l, path, follow, (vp) => vnChown(l, vp, uid, gid, setIds));
}

function stat(l: Lwp, path: string, follow: Follow): Soon<Stat> {
  return nameiUse(l, null, path, follow, (vp) => vp.ops.getattr(l, vp));
}

export const attrHandlers: Handlers<
  | 'stat'
  | 'lstat'
  | 'fstatat'
  | 'access'
  | 'faccessat'
  | 'chmod'
  | 'lchmod'
  | 'fchmod'
  | 'fchmodat'
  | 'chown'
  | 'lchown'
  | 'fchown'
  | 'fchownat'
  | '__posix_chown'
  | '__posix_lchown'
  | '__posix_fchown'
  | 'chflags'
  | 'lchflags'
  | 'fchflags'
  | 'utimes'
  | 'lutimes'
  | 'futimes'
  | 'utimensat'
  | 'futimens'
> = {
  stat: (l, path) => stat(l, path, 'follow'),
  lstat: (l, path) => stat(l, path, 'nofollow'),
  fstatat: (l, fd, path, flag) => onPathAt(l, fd, path, flag, (vp) => vp.ops.getattr(l, vp)),
  access: (l, path, amode) => access(l, AT_FDCWD, path, amode, 0),
  faccessat: access,
  chmod: (l, path, mode) => onPath(l, path, 'follow', (vp) => vnChmod(l, vp, mode)),
  lchmod: (l, path, mode) => onPath(l, path, 'nofollow', (vp) => vnChmod(l, vp, mode)),
  fchmod: (l, fd, mode) => onFd(l, fd, (vp) => vnChmod(l, vp, mode)),
  fchmodat: (l, fd, path, mode, flag) => onPathAt(l, fd, path, flag, (vp) => vnChmod(l, vp, mode)),
  chown: (l, path, uid, gid) => chown(l, path, uid, gid, 'follow', 'netbsd'),
  lchown: (l, path, uid, gid) => chown(l, path, uid, gid, 'nofollow', 'netbsd'),
  fchown: (l, fd, uid, gid) => onFd(l, fd, (vp) => vnChown(l, vp, uid, gid, 'netbsd')),
  fchownat: (l, fd, path, uid, gid, flag) =>
    onPathAt(l, fd, path, flag, (vp) => vnChown(l, vp, uid, gid, 'netbsd')),
  __posix_chown: (l, path, uid, gid) => chown(l, path, uid, gid, 'follow', 'posix'),
  __posix_lchown: (l, path, uid, gid) => chown(l, path, uid, gid, 'nofollow', 'posix'),
  __posix_fchown: (l, fd, uid, gid) => onFd(l, fd, (vp) => vnChown(l, vp, uid, gid, 'posix')),
  chflags: (l, path, flags) => onPath(l, path, 'follow', (vp) => vnChflags(l, vp, flags)),
  lchflags: (l, path, flags) => onPath(l, path, 'nofollow', (vp) => vnChflags(l, vp, flags)),
  fchflags: (l, fd, flags) => onFd(l, fd, (vp) => vnChflags(l, vp, flags)),
  utimes: (l, path, times) => onPath(l, path, 'follow', (vp) => vnUtimens(l, vp, timesOf(times))),
  lutimes: (l, path, times) => onPath(l, path, 'nofollow', (vp) => vnUtimens(l, vp, timesOf(times))),
  futimes: (l, fd, times) => onFd(l, fd, (vp) => vnUtimens(l, vp, timesOf(times))),
  utimensat: (l, fd, path, times, flag) => onPathAt(l, fd, path, flag, (vp) => vnUtimens(l, vp, times)),
  futimens: (l, fd, times) => onFd(l, fd, (vp) => vnUtimens(l, vp, times)),
};
