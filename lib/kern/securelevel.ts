/**
 * The securelevel model: a level that is only ever raised, and takes rights away from everybody.
 *
 * At 1 and above modules, system flags of files and the sysctl tree stay as they are, and kernel memory is not
 * written. At 2 the time is not set back and nothing is mounted any more. Below 1 nothing is forbidden.
 *
 * NetBSD: sys/secmodel/securelevel/secmodel_securelevel.c, secmodel_securelevel(9).
 */
import { EINVAL, EPERM } from '../sys/errno.ts';
import {
  KAUTH_RESULT_DEFER,
  KAUTH_RESULT_DENY,
  type KauthAction,
  type KauthResult,
  kauthListenScope,
} from './kauth.ts';
import type { Kernel } from './kernel.ts';
import type { Lwp } from './lwp.ts';
import { secmodelRegister } from './secmodel.ts';

/** The lowest level at which an action is denied. */
function deniedFrom(action: KauthAction): number {
  switch (action.scope === 'system' || action.scope === 'device' ? action.action : '') {
    case 'chsysflags':
    case 'module':
    case 'sysctl_add':
    case 'sysctl_delete':
    case 'sysctl_desc':
    case 'memory_write':
      return 1;
    case 'settime_backwards':
    case 'mount':
      return 2;
    default:
      return Number.POSITIVE_INFINITY;
  }
}

export function secmodelSecurelevelStart(k: Kernel): void {
  const listener = (_cred: unknown, action: KauthAction): KauthResult =>
    k.securelevel >= deniedFrom(action) ? KAUTH_RESULT_DENY : KAUTH_RESULT_DEFER;
  kauthListenScope(k, 'system', listener);
  kauthListenScope(k, 'device', listener);
  secmodelRegister(k, {
    id: 'org.netbsd.secmodel.securelevel',
    name: 'Traditional NetBSD: Securelevel',
    evaluate(what, level) {
      if (what !== 'is-securelevel-above' || typeof level !== 'number') {
        throw EINVAL;
      }
      return k.securelevel > level;
    },
  });
}

/** @throws EPERM to lower it is for init alone */
export function securelevelSet(l: Lwp, level: number): void {
  const k = l.kernel;
  if (level < k.securelevel && l.proc !== k.initproc) {
    throw EPERM;
  }
  k.securelevel = level;
}
