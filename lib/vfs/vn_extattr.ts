/**
 * Extended attributes: who may see and change them.
 *
 * NetBSD: sys/kern/vfs_xattr.c, sys/kern/vfs_subr.c (extattr_check_cred).
 */

import type { Lwp } from '../kern/lwp.ts';
import {
  EXTATTR_MAXNAMELEN,
  EXTATTR_NAMESPACE_SYSTEM,
  EXTATTR_NAMESPACE_USER,
} from '../sys/constants/extattr.ts';
import { EINVAL, ENAMETOOLONG, EPERM } from '../sys/errno.ts';
import { longerThan } from '../sys/pathname.ts';
import { mustBeWritable, type VREAD, VWRITE, vaccess } from './access.ts';
import type { Vnode } from './vnode.ts';

/** The user's attributes go by the rights on the file, the system's are the superuser's. @throws EACCES EPERM EINVAL */
export function extattrCheck(
  l: Lwp,
  vp: Vnode,
  namespace: number,
  wanted: typeof VREAD | typeof VWRITE,
): void {
  switch (namespace) {
    case EXTATTR_NAMESPACE_SYSTEM:
      if (l.cred.euid !== 0) {
        throw EPERM;
      }
      if (wanted === VWRITE) {
        mustBeWritable(vp);
      }
      return;
    case EXTATTR_NAMESPACE_USER:
      vaccess(l.kernel, l.cred, vp, wanted);
      return;
    default:
      throw EINVAL;
  }
}

/** @throws EINVAL empty; ENAMETOOLONG */
export function extattrName(name: string): string {
  if (name === '') {
    throw EINVAL;
  }
  if (longerThan(name, EXTATTR_MAXNAMELEN)) {
    throw ENAMETOOLONG;
  }
  return name;
}
