/**
 * Who may do what with a file.
 *
 * The rules of owner, group and mode come first; then whoever listens to kauth's vnode scope may deny what they allow
 * and allow what they deny. The superuser may read and write everything and execute what anybody may.
 *
 * NetBSD: sys/kern/vfs_subr.c (vaccess), sys/miscfs/genfs/genfs_vnops.c (genfs_can_*), sys/kern/kern_auth.c
 * (kauth_authorize_vnode), secmodel_suser(9).
 */
import { KAUTH_RESULT_ALLOW, KAUTH_RESULT_DENY, type KauthCred, kauthCredIsmember } from '../kern/kauth.ts';
import type { Kernel } from '../kern/kernel.ts';
import { MNT_RDONLY } from '../sys/constants/mount.ts';
import { APPEND, IMMUTABLE, S_ISTXT } from '../sys/constants/stat.ts';
import { EACCES, ENOENT, EPERM, EROFS } from '../sys/errno.ts';
import type { Owned, Vnode } from './vnode.ts';

/** What can be wanted; the bits of a mode, and of access(2). */
export const VEXEC = 1;
export const VWRITE = 2;
export const VREAD = 4;

/** What owner, group and mode say. */
function modeAllows(cred: KauthCred, { mode, uid, gid }: Owned, directory: boolean, wanted: number): boolean {
  if (cred.euid === 0) {
    return (wanted & VEXEC) === 0 || directory || (mode & 0o111) !== 0;
  }
  const bits = cred.euid === uid ? mode >> 6 : kauthCredIsmember(cred, gid) ? mode >> 3 : mode;
  return (bits & wanted) === wanted;
}

/** @throws EACCES; EROFS, EPERM (immutable) for VWRITE */
export function vaccess(k: Kernel, cred: KauthCred, vp: Vnode, wanted: number): void {
  if ((wanted & VWRITE) !== 0) {
    writable(vp);
  }
  const allowed = modeAllows(cred, vp.owned, vp.type === 'VDIR', wanted);
  const listeners = k.kauthScopes.get('vnode');
  if (listeners === undefined ? !allowed : !listened(listeners, cred, vp, wanted, allowed)) {
    throw EACCES;
  }
}

function listened(
  listeners: NonNullable<ReturnType<Kernel['kauthScopes']['get']>>,
  cred: KauthCred,
  vp: Vnode,
  wanted: number,
  byMode: boolean,
): boolean {
  let allowed = byMode;
  for (const listener of listeners) {
    const result = listener(cred, { scope: 'vnode', action: 'access', wanted, vp, allowed: byMode });
    if (result === KAUTH_RESULT_DENY) {
      return false;
    }
    allowed ||= result === KAUTH_RESULT_ALLOW;
  }
  return allowed;
}

/** What does not depend on who asks. @throws EROFS; EPERM it is immutable */
function writable(vp: Vnode): void {
  switch (vp.type) {
    case 'VREG':
    case 'VDIR':
    case 'VLNK':
      if (((vp.mount?.flag ?? 0) & MNT_RDONLY) !== 0) {
        throw EROFS;
      }
  }
  if ((vp.owned.flags & IMMUTABLE) !== 0) {
    throw EPERM;
  }
}

/** May an entry be made in `dvp`? @throws EACCES EROFS EPERM; ENOENT it is gone */
export function mayEnter(k: Kernel, cred: KauthCred, dvp: Vnode): void {
  if (dvp.type === 'VBAD') {
    throw ENOENT;
  }
  vaccess(k, cred, dvp, VWRITE | VEXEC);
}

/**
 * May the entry for `vp` in `dvp` be taken away? @throws EACCES EROFS; EPERM flags of either, or the directory is
 * sticky and neither is the caller's
 */
export function mayDelete(k: Kernel, cred: KauthCred, dvp: Vnode, vp: Vnode): void {
  mayEnter(k, cred, dvp);
  if (((dvp.owned.flags | vp.owned.flags) & (IMMUTABLE | APPEND)) !== 0) {
    throw EPERM;
  }
  const { euid } = cred;
  if ((dvp.owned.mode & S_ISTXT) !== 0 && euid !== 0 && euid !== dvp.owned.uid && euid !== vp.owned.uid) {
    throw EPERM;
  }
}

/** Is it the caller's, or is the caller the superuser? @throws EPERM */
export function mustOwn(cred: KauthCred, vp: Vnode): void {
  if (cred.euid !== 0 && cred.euid !== vp.owned.uid) {
    throw EPERM;
  }
}

/** A mount that is read-only stays as it is. @throws EROFS */
export function mustBeWritable(vp: Vnode): void {
  if (((vp.mount?.flag ?? 0) & MNT_RDONLY) !== 0) {
    throw EROFS;
  }
}
