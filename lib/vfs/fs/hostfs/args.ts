/**
 * What hostfs is mounted with.
 */
import { ALLPERMS } from '../../../sys/constants/stat.ts';
import { EINVAL } from '../../../sys/errno.ts';

export interface HostfsArgs {
  /** Directory of the host. */
  readonly path: string;
  /** The same as MNT_RDONLY. */
  readonly readonly: boolean;
  /** Everything is shown as this user's and group's; undefined as the host's. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** Permissions that nothing is shown to have. */
  readonly umask: number;
  /** False: there are no directories in it, whatever the host has. */
  readonly subdirs: boolean;
}

const KNOWN: ReadonlySet<string> = new Set(['path', 'readonly', 'uid', 'gid', 'umask', 'subdirs']);
const ID_MAX = 0xfffffffe;

/**
 * @param given an object, which only callers in this host process can pass: to a foreign one, superuser or not, the
 *   host's files are none of its business. @throws EINVAL
 */
export function hostfsArgs(given: unknown): HostfsArgs {
  if (
    typeof given !== 'object' ||
    given === null ||
    ArrayBuffer.isView(given) ||
    !Object.keys(given).every((key) => KNOWN.has(key))
  ) {
    throw EINVAL;
  }
  const { path, readonly = false, uid, gid, umask = 0, subdirs = true } = given as Partial<HostfsArgs>;
  const id = (value: unknown): boolean => value === undefined || whole(value, ID_MAX);
  if (
    typeof path !== 'string' ||
    path === '' ||
    path.includes('\0') ||
    typeof readonly !== 'boolean' ||
    typeof subdirs !== 'boolean' ||
    !id(uid) ||
    !id(gid) ||
    !whole(umask, ALLPERMS)
  ) {
    throw EINVAL;
  }
  return { path, readonly, uid, gid, umask, subdirs };
}

function whole(value: unknown, max: number): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= max;
}
