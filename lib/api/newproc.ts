/** What `kernel.newproc` is told, checked. */
import { fork1 } from '../kern/fork.ts';
import { isId, kauthCredCreate, NGROUPS_MAX } from '../kern/kauth.ts';
import type { Kernel as Kern } from '../kern/kernel.ts';
import type { Lwp } from '../kern/lwp.ts';
import { uidFind } from '../kern/uid.ts';
import { EINVAL, EOPNOTSUPP } from '../sys/errno.ts';
import { SysError, wanted } from './errors.ts';

/** Who a new process is. Absent ids are 0: the superuser. */
export interface NewprocOptions {
  readonly uid?: number;
  readonly gid?: number;
  /** Supplementary groups, at most 16. */
  readonly groups?: readonly number[];
  /** Working directory; anything but "/" needs the vfs faction. */
  readonly cwd?: string;
  /** Command name for ps, at most 15 characters count. */
  readonly comm?: string;
}

/** Characters of a command name that count. */
const COMM_MAX = 15;

/**
 * Make it, inside the kernel; to go to `cwd` is left to it. @returns its lwp. @throws EAGAIN; EOPNOTSUPP a `cwd`
 * without the vfs faction
 */
export function spawn(k: Kern, who: Required<NewprocOptions>): Lwp {
  if (who.cwd !== '/' && k.hooks.procVfsInit === undefined) {
    throw EOPNOTSUPP;
  }
  const l = fork1(k.initproc, {
    files: 'copy',
    comm: who.comm.slice(0, COMM_MAX),
    cred: { cred: kauthCredCreate(who.uid, who.gid, who.groups), uidinfo: uidFind(k, who.uid) },
  });
  l.proc.nozombie = true;
  return l;
}

/**
 * A checked copy: looking at what the caller owns may run the caller's code, and that must not happen inside.
 * @throws SysError EINVAL
 */
export function newprocOptions(options: NewprocOptions): Required<NewprocOptions> {
  if (typeof options !== 'object' || options === null) {
    throw new SysError(EINVAL, 'newproc', `options must be an object, not ${String(options)}`);
  }
  const { uid = 0, gid = 0, groups = [], cwd = '/', comm = 'node', ...others } = options;
  const [unknown] = Object.keys(others);
  wanted(unknown === undefined, 'newproc', `no option "${unknown}"`);
  wanted(isId(uid), 'newproc', `uid must be an id, 0 to 4294967294, not ${String(uid)}`);
  wanted(isId(gid), 'newproc', `gid must be an id, 0 to 4294967294, not ${String(gid)}`);
  wanted(typeof cwd === 'string', 'newproc', 'cwd must be a string');
  wanted(typeof comm === 'string', 'newproc', 'comm must be a string');
  wanted(Array.isArray(groups), 'newproc', 'groups must be an array');
  const ids = Array.from(groups);
  wanted(ids.length <= NGROUPS_MAX, 'newproc', `at most ${NGROUPS_MAX} groups, not ${ids.length}`);
  wanted(ids.every(isId), 'newproc', 'groups must be ids, 0 to 4294967294');
  return { uid, gid, groups: ids, cwd, comm };
}
