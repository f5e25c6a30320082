/**
 * The superuser model: uid 0 may do anything, and everybody may do to their own processes what the
 * traditional Unix rules say.
 *
 * NetBSD: sys/secmodel/suser/secmodel_suser.c, and the default listeners of
 * sys/kern/{kern_proc,kern_sig,kern_resource}.c.
 */
import { PK_SUGID } from '../sys/constants/proc.ts';
import { EINVAL } from '../sys/errno.ts';
import {
  KAUTH_RESULT_ALLOW,
  KAUTH_RESULT_DEFER,
  type KauthAction,
  KauthCred,
  type KauthResult,
  type KauthScope,
  kauthListenScope,
} from './kauth.ts';
import type { Kernel } from './kernel.ts';
import { secmodelRegister } from './secmodel.ts';

const SCOPES: readonly KauthScope[] = [
  'generic',
  'system',
  'process',
  'network',
  'machdep',
  'device',
  'cred',
];

/** secmodel_suser: an effective uid of 0 is allowed everything nobody else denies. */
function suser(cred: KauthCred): KauthResult {
  return cred.euid === 0 ? KAUTH_RESULT_ALLOW : KAUTH_RESULT_DEFER;
}

/** What needs no privilege: actions on a process of the same user. */
function processListener(cred: KauthCred, action: KauthAction): KauthResult {
  if (action.scope !== 'process') {
    return KAUTH_RESULT_DEFER;
  }
  const target = action.proc.cred;
  switch (action.action) {
    case 'cansee':
      return KAUTH_RESULT_ALLOW;
    case 'kevent_filter':
      return allowIf(cred.uid === target.uid && (action.proc.flag & PK_SUGID) === 0);
    case 'nice':
    case 'rlimit':
      return allowIf(cred.euid === target.euid || cred.uid === target.euid);
    case 'signal':
      return allowIf(
        cred.euid === target.uid ||
          cred.uid === target.uid ||
          cred.euid === target.euid ||
          cred.uid === target.euid,
      );
    default:
      return KAUTH_RESULT_DEFER;
  }
}

function allowIf(condition: boolean): KauthResult {
  return condition ? KAUTH_RESULT_ALLOW : KAUTH_RESULT_DEFER;
}

/** Start the superuser model on a kernel. */
export function secmodelSuserStart(k: Kernel): void {
  for (const scope of SCOPES) {
    kauthListenScope(k, scope, suser);
  }
  kauthListenScope(k, 'process', processListener);
  secmodelRegister(k, {
    id: 'org.netbsd.secmodel.suser',
    name: 'Traditional NetBSD: Superuser',
    evaluate(what, cred) {
      if (what !== 'is-root' || !(cred instanceof KauthCred)) {
        throw EINVAL;
      }
      return suser(cred) === KAUTH_RESULT_ALLOW;
    },
  });
}
