/**
 * Credentials and the authorisation framework.
 *
 * A credential is shared and immutable while shared: whoever wants another one copies it (`kauthCredCopy`),
 * changes the copy and puts it in place. References are counted, and counting wrong is an assertion.
 *
 * A question ("may this credential do that?") goes to every listener of its scope: one DENY denies; else one
 * ALLOW allows; if all defer, the answer is no.
 *
 * NetBSD: sys/kern/kern_auth.c, kauth(9).
 */
import { EINVAL, EPERM } from '../sys/errno.ts';
import { KASSERT } from './kassert.ts';
import type { Kernel } from './kernel.ts';
import type { Proc } from './proc.ts';

/** Most supplementary groups a credential holds. */
export const NGROUPS_MAX = 16;
/** Largest user or group id: ids are 32 bits unsigned, and all ones means "unchanged". */
export const UID_MAX = 0xfffffffe;

export class KauthCred {
  refcnt = 1;
  euid: number;
  uid: number;
  svuid: number;
  egid: number;
  gid: number;
  svgid: number;
  groups: readonly number[];

  constructor(uid: number, gid: number, groups: readonly number[]) {
    this.euid = uid;
    this.uid = uid;
    this.svuid = uid;
    this.egid = gid;
    this.gid = gid;
    this.svgid = gid;
    this.groups = groups;
  }
}

/** @throws EINVAL more than NGROUPS_MAX groups, or an id that is none */
export function kauthCredCreate(uid: number, gid: number, groups: readonly number[]): KauthCred {
  if (groups.length > NGROUPS_MAX || !isId(uid) || !isId(gid) || !groups.every(isId)) {
    throw EINVAL;
  }
  return new KauthCred(uid, gid, [...groups]);
}

export function isId(id: number): boolean {
  return Number.isInteger(id) && id >= 0 && id <= UID_MAX;
}

export function kauthCredHold(cred: KauthCred): KauthCred {
  KASSERT(cred.refcnt > 0, 'reference to a freed credential');
  cred.refcnt++;
  return cred;
}

/** Give one reference back. */
export function kauthCredFree(cred: KauthCred): void {
  KASSERT(cred.refcnt > 0, 'credential freed twice');
  cred.refcnt--;
}

/** A private copy of `cred`; the caller's reference to `cred` is given back. */
export function kauthCredCopy(cred: KauthCred): KauthCred {
  KASSERT(cred.refcnt > 0, 'copy of a freed credential');
  if (cred.refcnt === 1) {
    return cred;
  }
  const copy = new KauthCred(cred.uid, cred.gid, cred.groups);
  copy.euid = cred.euid;
  copy.svuid = cred.svuid;
  copy.egid = cred.egid;
  copy.svgid = cred.svgid;
  kauthCredFree(cred);
  return copy;
}

/** Is `gid` the effective group or one of the supplementary ones? */
export function kauthCredIsmember(cred: KauthCred, gid: number): boolean {
  return cred.egid === gid || cred.groups.includes(gid);
}

// ---- authorisation --------------------------------------------------------------------------------------

export const KAUTH_RESULT_ALLOW = 0;
export const KAUTH_RESULT_DENY = 1;
export const KAUTH_RESULT_DEFER = 2;
export type KauthResult = typeof KAUTH_RESULT_ALLOW | typeof KAUTH_RESULT_DENY | typeof KAUTH_RESULT_DEFER;

export type KauthScope =
  | 'generic'
  | 'system'
  | 'process'
  | 'network'
  | 'machdep'
  | 'device'
  | 'cred'
  | 'vnode';

/** What is asked, in the words of kauth(9) without their prefixes, with what it is asked about. */
export type KauthAction =
  | { readonly scope: 'generic'; readonly action: 'issuser' }
  | {
      readonly scope: 'system';
      readonly action:
        | 'reboot'
        | 'sysctl_modify'
        | 'sysctl_prvt'
        | 'sysctl_add'
        | 'sysctl_delete'
        | 'sysctl_desc'
        | 'time_system'
        | 'time_adjtime'
        | 'settime_backwards'
        | 'module'
        | 'mknod'
        | 'chsysflags'
        | 'chroot'
        | 'mount'
        | 'filehandle';
    }
  | { readonly scope: 'process'; readonly action: 'signal'; readonly proc: Proc; readonly signo: number }
  | {
      readonly scope: 'process';
      readonly action:
        | 'setid'
        | 'cansee'
        | 'kevent_filter'
        | 'nice_raise'
        | 'nice'
        | 'rlimit'
        | 'rlimit_raise'
        | 'rlimit_exempt'
        | 'setsid';
      readonly proc: Proc;
    }
  | { readonly scope: 'process'; readonly action: 'setlogin'; readonly proc: Proc }
  | { readonly scope: 'device'; readonly action: 'memory_write' }
  | {
      readonly scope: 'vnode';
      /** `access` asks for `wanted` (VREAD, VWRITE, VEXEC bits). */
      readonly action: 'access';
      readonly wanted: number;
      /** The vnode it is about. */
      readonly vp: object;
      /** What its owner, group and mode say. It stands when every listener defers. */
      readonly allowed: boolean;
    };

export type KauthListener = (cred: KauthCred, action: KauthAction) => KauthResult;

/** Add a listener to a scope. @returns what removes it again. */
export function kauthListenScope(k: Kernel, scope: KauthScope, listener: KauthListener): () => void {
  let listeners = k.kauthScopes.get(scope);
  if (listeners === undefined) {
    listeners = [];
    k.kauthScopes.set(scope, listeners);
  }
  listeners.push(listener);
  return () => {
    const at = listeners.indexOf(listener);
    KASSERT(at >= 0, 'kauth listener removed twice');
    listeners.splice(at, 1);
  };
}

/** @throws EPERM unless someone allows and nobody denies */
export function kauthAuthorize(k: Kernel, cred: KauthCred, action: KauthAction): void {
  if (!kauthAllows(k, cred, action)) {
    throw EPERM;
  }
}

export function kauthAllows(k: Kernel, cred: KauthCred, action: KauthAction): boolean {
  let allowed = false;
  for (const listener of k.kauthScopes.get(action.scope) ?? []) {
    const result = listener(cred, action);
    if (result === KAUTH_RESULT_DENY) {
      return false;
    }
    allowed ||= result === KAUTH_RESULT_ALLOW;
  }
  return allowed;
}
