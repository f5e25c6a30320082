/**
 * File handles: names that stay with a file whatever it is called, for NFS servers and the like.
 *
 * A handle is the file system's number (8 bytes), the length of what the file system says (2, padded to 8), and that.
 *
 * NetBSD: sys/kern/vfs_syscalls.c; getfh(2), fhopen(2).
 */

import { kauthAuthorize } from '../kern/kauth.ts';
import type { Lwp } from '../kern/lwp.ts';
import { isMaySleep, type MaySleep, type Soon, waitFor } from '../kern/maysleep.ts';
import type { Handlers } from '../kern/sysent.ts';
import { FFLAGS, O_ACCMODE, O_CREAT, O_TRUNC } from '../sys/constants/fcntl.ts';
import { E2BIG, EINVAL, EOPNOTSUPP, ESTALE } from '../sys/errno.ts';
import { nameiUse } from './namei.ts';
import { statvfsOf } from './sys_mount.ts';
import { vfsOf } from './vfs.ts';
import { vnOpenVnode } from './vn_open.ts';
import { type Vnode, vref, vuse } from './vnode.ts';

const HEADER = 16;
/** Longest part of the file system's own. */
const FID_MAX = 48;

/** @throws EPERM */
function mayUseHandles(l: Lwp): void {
  kauthAuthorize(l.kernel, l.cred, { scope: 'system', action: 'filehandle' });
}

/** @throws EOPNOTSUPP; E2BIG the buffer is too small */
function getfh(vp: Vnode, buf: Uint8Array): number {
  const fid = vp.mount?.vfsops.vptofh?.(vp);
  if (fid === undefined || vp.mount === null) {
    throw EOPNOTSUPP;
  }
  if (buf.length < HEADER + fid.length) {
    throw E2BIG;
  }
  const view = new DataView(buf.buffer, buf.byteOffset, HEADER);
  view.setBigUint64(0, BigInt(vp.mount.dev), true);
  view.setBigUint64(8, BigInt(fid.length), true);
  buf.set(fid, HEADER);
  return HEADER + fid.length;
}

/** Use the file of a handle. @throws EINVAL no handle; ESTALE the file or its file system has gone */
function* withHandle<T>(l: Lwp, fh: Uint8Array, fn: (vp: Vnode) => Soon<T>): MaySleep<T> {
  mayUseHandles(l);
  if (fh.length < HEADER || fh.length > HEADER + FID_MAX) {
    throw EINVAL;
  }
  const view = new DataView(fh.buffer, fh.byteOffset, HEADER);
  const dev = Number(view.getBigUint64(0, true));
  if (Number(view.getBigUint64(8, true)) !== fh.length - HEADER) {
    throw EINVAL;
  }
  const mp = vfsOf(l.kernel).mounts.find((mount) => mount.dev === dev);
  if (mp?.vfsops.fhtovp === undefined) {
    throw ESTALE;
  }
  const vp = yield* waitFor(mp.vfsops.fhtovp(l, mp, fh.slice(HEADER)));
  const answer = vuse(vref(vp), fn);
  return isMaySleep(answer) ? yield* answer : answer;
}

export const fhHandlers: Handlers<'getfh' | 'fhopen' | 'fhstat' | 'fhstatvfs1' | '__fhstatvfs190'> = {
  getfh(l, path, buf) {
    mayUseHandles(l);
    return nameiUse(l, null, path, 'follow', (vp) => getfh(vp, buf));
  },
  fhopen(l, fh, flags) {
    if ((FFLAGS(flags) & (1 | 2)) === 0 || (flags & O_CREAT) !== 0 || (flags & O_ACCMODE) === O_ACCMODE) {
      throw EINVAL;
    }
    return withHandle(l, fh, (vp) => vnOpenVnode(l, vp, flags & ~O_TRUNC));
  },
  fhstat: (l, fh) => withHandle(l, fh, (vp) => vp.ops.getattr(l, vp)),
  fhstatvfs1: (l, fh, flags) => withHandle(l, fh, (vp) => statvfsOf(l, vp.mount, flags)),
  __fhstatvfs190: (l, fh, flags) => withHandle(l, fh, (vp) => statvfsOf(l, vp.mount, flags)),
};
