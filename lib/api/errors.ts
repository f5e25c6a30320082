/**
 * Errors as callers see them. Inside the kernel an error is a frozen errno singleton; here, at the edge, it
 * becomes an `Error` in the shape Node's own system errors have.
 */
import { EINVAL, type Errno } from '../sys/errno.ts';

export { BootOptionError } from '../kern/bootparams.ts';
export { KernelDead } from '../kern/panic.ts';

/** A system call (or another entry of the kernel) failed. */
export class SysError extends Error {
  override readonly name = 'SysError';
  /** NetBSD's name of the error: `'ENOENT'`. */
  readonly code: string;
  /** NetBSD's number, positive: 2. (EAGAIN is 35.) */
  readonly errno: number;
  /** What that means, without what was being done: `'No such file or directory'`. */
  readonly strerror: string;
  /** The call: `'open'`. */
  readonly syscall: string;
  // Declared alone: an error without a path has no such property.
  declare readonly path?: string;
  declare readonly dest?: string;

  constructor(errno: Errno, syscall: string, detail?: string, path?: string, dest?: string) {
    const where = path === undefined ? '' : ` '${path}'${dest === undefined ? '' : ` -> '${dest}'`}`;
    super(`${errno.code}: ${errno.message}, ${syscall}${where}${detail === undefined ? '' : ` (${detail})`}`);
    this.code = errno.code;
    this.errno = errno.errno;
    this.strerror = errno.message;
    this.syscall = syscall;
    if (path !== undefined) {
      this.path = path;
    }
    if (dest !== undefined) {
      this.dest = dest;
    }
  }
}

/** What a call named `what` wants of its options. @throws SysError EINVAL */
export function wanted(holds: boolean, what: string, complaint: string): asserts holds {
  if (!holds) {
    throw new SysError(EINVAL, what, complaint);
  }
}
