/**
 * Names of users and groups. There is no file system with a password file yet; these are the entries that
 * every NetBSD system is installed with.
 *
 * NetBSD: passwd(5), group(5).
 */

const USERS: ReadonlyMap<number, string> = new Map([
  [0, 'root'],
  [1, 'daemon'],
  [2, 'operator'],
  [3, 'bin'],
  [7, 'games'],
  [32767, 'nobody'],
]);

const GROUPS: ReadonlyMap<number, string> = new Map([
  [0, 'wheel'],
  [1, 'daemon'],
  [2, 'kmem'],
  [3, 'sys'],
  [4, 'tty'],
  [5, 'operator'],
  [20, 'staff'],
  [31, 'guest'],
  [39, 'nobody'],
  [100, 'users'],
]);

/** Undefined for a user without a name. */
export function userName(uid: number): string | undefined {
  return USERS.get(uid);
}

/** Undefined for a group without a name. */
export function groupName(gid: number): string | undefined {
  return GROUPS.get(gid);
}
