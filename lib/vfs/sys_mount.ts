/**
 * System calls about mounted file systems.
 *
 * NetBSD: sys/kern/vfs_syscalls.c; mount(2), unmount(2), statvfs(2), getvfsstat(2), sync(2).
 */

import { fileSleep } from '../kern/file.ts';
import { kauthAuthorize } from '../kern/kauth.ts';
import type { Lwp } from '../kern/lwp.ts';
import { andThen, isMaySleep, type MaySleep, type Soon, waitFor } from '../kern/maysleep.ts';
import type { Handlers } from '../kern/sysent.ts';
import {
  MNT_FORCE,
  MNT_GETARGS,
  MNT_NOWAIT,
  MNT_OP_FLAGS,
  MNT_UPDATE,
  MNT_VISFLAGMASK,
  MNT_WAIT,
} from '../sys/constants/mount.ts';
import { EINVAL, ENOTDIR, EPERM } from '../sys/errno.ts';
import { nameDecode } from '../sys/pathname.ts';
import type { Statvfs } from '../sys/types.ts';
import { cwdiOf } from './cwdi.ts';
import type { Mount } from './mount.ts';
import { namei, nameiUse } from './namei.ts';
import { pathFrom } from './sys_cwd.ts';
import { vfsOf } from './vfs.ts';
import { doUnmount, mountDomount, mountUpdate, syncAll } from './vfs_mount.ts';
import { fdVnode } from './vn_file.ts';
import { type Vnode, vrele } from './vnode.ts';

/** @throws EPERM EINVAL ENODEV ENOTDIR EBUSY; what the kind of file system says */
function* mount(l: Lwp, type: string, path: string, flags: number, given: unknown): MaySleep<void> {
  if ((flags & MNT_GETARGS) === 0) {
    kauthAuthorize(l.kernel, l.cred, { scope: 'system', action: 'mount' });
  }
  if ((flags & ~(MNT_VISFLAGMASK | MNT_OP_FLAGS)) !== 0) {
    throw EINVAL;
  }
  const vp = yield* waitFor(namei(l, null, path, 'follow'));
  const data = (flags & MNT_GETARGS) === 0 ? fromText(given) : given;
  try {
    if ((flags & MNT_GETARGS) !== 0) {
      getargs(vp, data);
    } else if ((flags & MNT_UPDATE) === 0) {
      if (vp.type !== 'VDIR') {
        throw ENOTDIR;
      }
      const onname = (yield* pathFrom(l, vp, cwdiOf(l.proc).rdir)) ?? path;
      yield* mountDomount(l, vp, type, onname, flags, data);
    } else {
      yield* mountUpdate(l, vp, flags, data);
    }
  } finally {
    vrele(vp);
  }
}

const BRACE = 0x7b;

/**
 * A caller that is not in this isolate cannot pass an object: it passes the object's JSON, which no C structure of
 * arguments looks like. @throws EINVAL
 */
function fromText(data: unknown): unknown {
  if (!(data instanceof Uint8Array) || data[0] !== BRACE) {
    return data;
  }
  try {
    return JSON.parse(nameDecode(data));
  } catch {
    throw EINVAL;
  }
}

/** The arguments a file system is mounted with, into the caller's object. @throws EINVAL */
function getargs(vp: Vnode, data: unknown): void {
  const mp = vp.mount;
  if (
    mp === null ||
    mp.root !== vp ||
    mp.vfsops.getargs === undefined ||
    typeof data !== 'object' ||
    data === null ||
    ArrayBuffer.isView(data)
  ) {
    throw EINVAL;
  }
  Object.assign(data, mp.vfsops.getargs(mp));
}

function* unmount(l: Lwp, path: string, flags: number): MaySleep<void> {
  if ((flags & ~MNT_FORCE) !== 0) {
    throw EINVAL;
  }
  const vp = yield* waitFor(namei(l, null, path, 'follow'));
  const mp = vp.mount;
  const isRoot = mp !== null && mp.root === vp;
  vrele(vp);
  if (mp === null || !isRoot) {
    throw EINVAL;
  }
  if (l.cred.euid !== 0 && l.cred.euid !== mp.owner) {
    throw EPERM;
  }
  yield* doUnmount(l, mp, (flags & MNT_FORCE) === 0 ? 'gently' : 'by force');
}

/** @throws EINVAL flags */
export function statvfsOf(l: Lwp, mp: Mount | null, flags: number): Soon<Statvfs> {
  if (mp === null || (flags !== 0 && flags !== MNT_WAIT && flags !== MNT_NOWAIT)) {
    throw EINVAL;
  }
  return andThen(mp.vfsops.statvfs(l, mp), (space) => ({
    flag: (mp.flag & MNT_VISFLAGMASK) >>> 0,
    ...space,
    syncreads: 0,
    syncwrites: 0,
    asyncreads: 0,
    asyncwrites: 0,
    fsidx: [mp.dev, 0],
    fsid: mp.dev,
    namemax: mp.namemax,
    owner: mp.owner,
    fstypename: mp.vfsops.name,
    mntonname: mp.onname,
    mntfromname: mp.from,
  }));
}

/** @returns at most `count` of them */
function* getvfsstat(l: Lwp, count: number, flags: number): MaySleep<Statvfs[]> {
  const all: Statvfs[] = [];
  for (const mp of [...vfsOf(l.kernel).mounts]) {
    if (all.length >= count) {
      break;
    }
    all.push(yield* waitFor(statvfsOf(l, mp, flags)));
  }
  return all;
}

function fstatvfs(l: Lwp, fd: number, flags: number): Soon<Statvfs> {
  const answer = statvfsOf(l, fdVnode(l, fd).mount, flags);
  return isMaySleep(answer) ? fileSleep(l, l.proc.fd.get(fd), answer) : answer;
}

export const mountHandlers: Handlers<
  | 'mount'
  | 'unmount'
  | 'statvfs1'
  | 'fstatvfs1'
  | 'getvfsstat'
  | '__statvfs190'
  | '__fstatvfs190'
  | '__getvfsstat90'
  | 'sync'
> = {
  mount,
  unmount,
  statvfs1: (l, path, flags) => nameiUse(l, null, path, 'follow', (vp) => statvfsOf(l, vp.mount, flags)),
  fstatvfs1: fstatvfs,
  getvfsstat,
  __statvfs190: (l, path, flags) => nameiUse(l, null, path, 'follow', (vp) => statvfsOf(l, vp.mount, flags)),
  __fstatvfs190: fstatvfs,
  __getvfsstat90: getvfsstat,
  sync: (l) => syncAll(l),
};
