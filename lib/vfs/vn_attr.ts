/**
 * Changing attributes: who may, and what goes with it.
 *
 * NetBSD: sys/kern/vfs_syscalls.c (change_mode, change_owner, change_flags, do_sys_utimensat, do_sys_truncate),
 * sys/miscfs/genfs/genfs_vnops.c (genfs_can_chmod, genfs_can_chown, genfs_can_chtimes, genfs_can_chflags).
 */

import { kauthAuthorize, kauthCredIsmember } from '../kern/kauth.ts';
import type { Lwp } from '../kern/lwp.ts';
import { andThen, type Soon } from '../kern/maysleep.ts';
import { psignal } from '../kern/sig.ts';
import { nanotime, timespecOf } from '../kern/times.ts';
import { NOTE_ATTRIB, NOTE_EXTEND, NOTE_WRITE } from '../sys/constants/event.ts';
import { RLIMIT_FSIZE } from '../sys/constants/resource.ts';
import { SIGXFSZ } from '../sys/constants/signal.ts';
import {
  ALLPERMS,
  APPEND,
  IMMUTABLE,
  S_ISGID,
  S_ISTXT,
  S_ISUID,
  SF_SETTABLE,
  UTIME_NOW,
  UTIME_OMIT,
} from '../sys/constants/stat.ts';
import { EFBIG, EFTYPE, EINVAL, EISDIR, EPERM } from '../sys/errno.ts';
import type { Timespec } from '../sys/types.ts';
import { mustBeWritable, mustOwn, VWRITE, vaccess } from './access.ts';
import { vnKnote } from './vn_kqueue.ts';
import type { Vnode } from './vnode.ts';
import type { Setattr } from './vnodeops.ts';

/** What uid_t and gid_t say for "leave it". */
const UNCHANGED = 0xffffffff;

function set(l: Lwp, vp: Vnode, attributes: Setattr, hint = NOTE_ATTRIB): Soon<void> {
  return andThen(vp.ops.setattr(l, vp, attributes), () => vnKnote(vp, hint));
}

/** @throws EROFS; EPERM immutable or append-only */
function mustChange(vp: Vnode): void {
  mustBeWritable(vp);
  if ((vp.owned.flags & (IMMUTABLE | APPEND)) !== 0) {
    throw EPERM;
  }
}

/** @throws EPERM EROFS; EFTYPE a sticky file that is no directory, for who is not the superuser */
export function vnChmod(l: Lwp, vp: Vnode, mode: number): Soon<void> {
  const { cred } = l;
  mustChange(vp);
  mustOwn(cred, vp);
  const bits = mode & ALLPERMS;
  if (cred.euid !== 0) {
    if (vp.type !== 'VDIR' && (bits & S_ISTXT) !== 0) {
      throw EFTYPE;
    }
    if ((bits & S_ISGID) !== 0 && !kauthCredIsmember(cred, vp.owned.gid)) {
      throw EPERM;
    }
  }
  return set(l, vp, { mode: bits });
}

/**
 * What becomes of set-id bits when the owner or group changes: they go (NetBSD), or go unless the superuser does it
 * (POSIX).
 */
export type SetIds = 'netbsd' | 'posix';

/** Ids that both stay are no change: anybody may ask for it. @throws EPERM EROFS */
export function vnChown(l: Lwp, vp: Vnode, newUid: number, newGid: number, setIds: SetIds): Soon<void> {
  const { cred } = l;
  const { owned } = vp;
  let mode = owned.mode;
  if (setIds === 'posix') {
    mode = cred.euid === 0 ? mode : mode & ~(S_ISUID | S_ISGID);
  } else {
    mode &= ~((newUid === UNCHANGED ? 0 : S_ISUID) | (newGid === UNCHANGED ? 0 : S_ISGID));
  }
  if (newUid === UNCHANGED && newGid === UNCHANGED && mode === owned.mode) {
    return;
  }
  mustChange(vp);
  const uid = newUid === UNCHANGED ? owned.uid : newUid;
  const gid = newGid === UNCHANGED ? owned.gid : newGid;
  if (cred.euid !== 0) {
    if (
      cred.euid !== owned.uid ||
      uid !== owned.uid ||
      (gid !== owned.gid && !kauthCredIsmember(cred, gid))
    ) {
      throw EPERM;
    }
  }
  return set(l, vp, mode === owned.mode ? { uid, gid } : { uid, gid, mode });
}

/** Flags of devices are the superuser's, whoever owns them. @throws EPERM EROFS */
export function vnChflags(l: Lwp, vp: Vnode, flags: number): Soon<void> {
  const { owned } = vp;
  mustBeWritable(vp);
  mustOwn(l.cred, vp);
  if (l.cred.euid !== 0 && (vp.type === 'VCHR' || vp.type === 'VBLK')) {
    throw EPERM;
  }
  if (((flags ^ owned.flags) & SF_SETTABLE) !== 0) {
    kauthAuthorize(l.kernel, l.cred, { scope: 'system', action: 'chsysflags' });
  }
  return set(l, vp, { flags: flags >>> 0 });
}

export type TimesArg = readonly [Timespec, Timespec] | null | undefined;

/**
 * @param times access and modification, with UTIME_NOW and UTIME_OMIT; null is now
 * @throws EINVAL EROFS; EACCES not the owner's now and not writable; EPERM not the owner
 */
export function vnUtimens(l: Lwp, vp: Vnode, times: TimesArg): Soon<void> {
  const now = timespecOf(nanotime(l.kernel));
  const atim = chosen(times?.[0], now);
  const mtim = chosen(times?.[1], now);
  const isNow = times == null || (times[0].nsec === UTIME_NOW && times[1].nsec === UTIME_NOW);
  return andThen(mtim === null ? null : vp.ops.getattr(l, vp), (stat) => {
    mustChange(vp);
    if (atim === null && mtim === null) {
      return;
    }
    if (l.cred.euid !== 0 && l.cred.euid !== vp.owned.uid) {
      if (!isNow) {
        throw EPERM;
      }
      vaccess(l.kernel, l.cred, vp, VWRITE);
    }
    return set(l, vp, {
      ...(atim === null ? {} : { atim }),
      ...(mtim === null ? {} : { mtim }),
      // A file cannot be younger than what is in it.
      ...(mtim !== null && stat !== null && before(mtim, stat.birthtim) ? { birthtim: mtim } : {}),
    });
  });
}

function before(a: Timespec, b: Timespec): boolean {
  return a.sec < b.sec || (a.sec === b.sec && a.nsec < b.nsec);
}

/** POSIX: what a file's time cannot be becomes the nearest that it can. */
function nearest(sec: number): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(sec, Number.MAX_SAFE_INTEGER));
}

/** @returns null to leave it. @throws EINVAL */
function chosen(ts: Timespec | undefined, now: Timespec): Timespec | null {
  if (ts === undefined || ts.nsec === UTIME_NOW) {
    return now;
  }
  if (ts.nsec === UTIME_OMIT) {
    return null;
  }
  if (!Number.isInteger(ts.sec) || !Number.isInteger(ts.nsec) || ts.nsec < 0 || ts.nsec >= 1e9) {
    throw EINVAL;
  }
  return { sec: nearest(ts.sec), nsec: ts.nsec };
}

/** May the caller make a file of `size` bytes one of `length`? @throws EFBIG, and SIGXFSZ is sent */
export function mayGrow(l: Lwp, size: number, length: number): void {
  if (length > size && length > (l.proc.limit.cur[RLIMIT_FSIZE] as number)) {
    psignal(l.proc, SIGXFSZ);
    throw EFBIG;
  }
}

/** @throws EISDIR; EINVAL no regular file, or a negative length; EFBIG; EROFS EPERM */
export function vnTruncate(l: Lwp, vp: Vnode, length: number): Soon<void> {
  if (length < 0) {
    throw EINVAL;
  }
  if (vp.type === 'VDIR') {
    throw EISDIR;
  }
  if (vp.type !== 'VREG') {
    throw EINVAL;
  }
  mustChange(vp);
  return andThen(vp.ops.size(l, vp), (size) => {
    mayGrow(l, size, length);
    const { mode } = vp.owned;
    const setid = (mode & (S_ISUID | S_ISGID)) !== 0 && l.cred.euid !== 0;
    return set(
      l,
      vp,
      setid ? { size: length, mode: mode & ~(S_ISUID | S_ISGID) } : { size: length },
      NOTE_WRITE | NOTE_ATTRIB | (length > size ? NOTE_EXTEND : 0),
    );
  });
}
