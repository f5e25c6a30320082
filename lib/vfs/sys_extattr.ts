/**
 * System calls on extended attributes, in FreeBSD's form (a name space and a name) and Linux's ("user.name").
 *
 * NetBSD: sys/kern/vfs_xattr.c; extattr_get_file(2), getxattr(2).
 */

import { fileSleep } from '../kern/file.ts';
import type { Lwp } from '../kern/lwp.ts';
import { isMaySleep, type MaySleep, type Soon, waitFor } from '../kern/maysleep.ts';
import type { Handlers } from '../kern/sysent.ts';
import { NOTE_ATTRIB } from '../sys/constants/event.ts';
import {
  EXTATTR_NAMESPACE_SYSTEM,
  EXTATTR_NAMESPACE_USER,
  XATTR_CREATE,
  XATTR_REPLACE,
} from '../sys/constants/extattr.ts';
import { EEXIST, EINVAL, ENOATTR, EOPNOTSUPP, EPERM, ERANGE } from '../sys/errno.ts';
import { nameEncode } from '../sys/pathname.ts';
import { VREAD, VWRITE } from './access.ts';
import { type Follow, nameiUse } from './namei.ts';
import { extattrCheck, extattrName } from './vn_extattr.ts';
import { fdVnode } from './vn_file.ts';
import { vnKnote } from './vn_kqueue.ts';
import type { Vnode } from './vnode.ts';

/** A file by path or descriptor. */
type Target = readonly [path: string, follow: Follow] | number;

function on<T>(l: Lwp, target: Target, fn: (vp: Vnode) => Soon<T>): Soon<T> {
  if (typeof target !== 'number') {
    return nameiUse(l, null, target[0], target[1], fn);
  }
  const answer = fn(fdVnode(l, target));
  return isMaySleep(answer) ? fileSleep(l, l.proc.fd.get(target), answer) : answer;
}

function* set(l: Lwp, vp: Vnode, ns: number, name: string, value: Uint8Array): MaySleep<number> {
  extattrCheck(l, vp, ns, VWRITE);
  yield* waitFor(vp.ops.setextattr(l, vp, ns, extattrName(name), value.slice()));
  vnKnote(vp, NOTE_ATTRIB);
  return value.length;
}

/** @param short what a buffer too small for the value gets: as much as fits, or ERANGE */
function* get(
  l: Lwp,
  vp: Vnode,
  ns: number,
  name: string,
  data: Uint8Array | null,
  short: 'cut' | 'fail',
): MaySleep<number> {
  extattrCheck(l, vp, ns, VREAD);
  return deliver(yield* waitFor(vp.ops.getextattr(l, vp, ns, extattrName(name))), data, short);
}

/** Without a buffer (or with an empty one, for Linux's calls): how large it has to be. */
function deliver(value: Uint8Array, data: Uint8Array | null, short: 'cut' | 'fail'): number {
  if (data === null || (data.length === 0 && short === 'fail')) {
    return value.length;
  }
  if (value.length > data.length && short === 'fail') {
    throw ERANGE;
  }
  const part = value.subarray(0, data.length);
  data.set(part);
  return part.length;
}

function* remove(l: Lwp, vp: Vnode, ns: number, name: string): MaySleep<void> {
  extattrCheck(l, vp, ns, VWRITE);
  yield* waitFor(vp.ops.deleteextattr(l, vp, ns, extattrName(name)));
  vnKnote(vp, NOTE_ATTRIB);
}

/** Names, each behind a byte with its length. */
function* list(l: Lwp, vp: Vnode, ns: number, data: Uint8Array | null): MaySleep<number> {
  extattrCheck(l, vp, ns, VREAD);
  const names = (yield* waitFor(vp.ops.listextattr(l, vp, ns))).map(nameEncode);
  return deliver(joined(names.map((name) => Uint8Array.of(name.length, ...name))), data, 'cut');
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

// ---- Linux's form ----------------------------------------------------------------------------------------

const PREFIXES: readonly (readonly [prefix: string, namespace: number])[] = [
  ['user.', EXTATTR_NAMESPACE_USER],
  ['system.', EXTATTR_NAMESPACE_SYSTEM],
  ['security.', EXTATTR_NAMESPACE_SYSTEM],
  ['trusted.', EXTATTR_NAMESPACE_SYSTEM],
];

/** Where "user.name" is kept: the whole name in the name space of its prefix, as NetBSD does. @throws EOPNOTSUPP */
function namespaceOf(name: string): number {
  const found = PREFIXES.find(([prefix]) => name.startsWith(prefix) && name.length > prefix.length);
  if (found === undefined) {
    throw EOPNOTSUPP;
  }
  return found[1];
}

/** @throws EEXIST (XATTR_CREATE) ENOATTR (XATTR_REPLACE) EINVAL */
function* setxattr(l: Lwp, vp: Vnode, name: string, value: Uint8Array, flags: number): MaySleep<void> {
  if ((flags & ~(XATTR_CREATE | XATTR_REPLACE)) !== 0) {
    throw EINVAL;
  }
  const ns = namespaceOf(name);
  if (flags !== 0) {
    extattrCheck(l, vp, ns, VWRITE);
    const exists = yield* has(l, vp, ns, name);
    if (exists && (flags & XATTR_CREATE) !== 0) {
      throw EEXIST;
    }
    if (!exists && (flags & XATTR_REPLACE) !== 0) {
      throw ENOATTR;
    }
  }
  yield* set(l, vp, ns, name, value);
}

function* has(l: Lwp, vp: Vnode, ns: number, name: string): MaySleep<boolean> {
  try {
    yield* waitFor(vp.ops.getextattr(l, vp, ns, extattrName(name)));
    return true;
  } catch (error) {
    if (error !== ENOATTR) {
      throw error;
    }
    return false;
  }
}

/** Names that the caller may see, each with a NUL. */
function* listxattr(l: Lwp, vp: Vnode, data: Uint8Array | null): MaySleep<number> {
  const names: string[] = [];
  for (const ns of [EXTATTR_NAMESPACE_USER, EXTATTR_NAMESPACE_SYSTEM]) {
    try {
      extattrCheck(l, vp, ns, VREAD);
    } catch (error) {
      if (error !== EPERM) {
        throw error;
      }
      continue;
    }
    names.push(...(yield* waitFor(vp.ops.listextattr(l, vp, ns))));
  }
  return deliver(joined(names.map((name) => nameEncode(`${name}\0`))), data, 'fail');
}

const byPath = (path: string): Target => [path, 'follow'];
const byLink = (path: string): Target => [path, 'nofollow'];

export const extattrHandlers: Handlers<
  | `extattr_${'set' | 'get' | 'delete' | 'list'}_${'file' | 'link' | 'fd'}`
  | `${'' | 'l' | 'f'}${'set' | 'get' | 'list' | 'remove'}xattr`
> = {
  extattr_set_file: (l, path, ns, name, data) => on(l, byPath(path), (vp) => set(l, vp, ns, name, data)),
  extattr_set_link: (l, path, ns, name, data) => on(l, byLink(path), (vp) => set(l, vp, ns, name, data)),
  extattr_set_fd: (l, fd, ns, name, data) => on(l, fd, (vp) => set(l, vp, ns, name, data)),
  extattr_get_file: (l, path, ns, name, data = null) =>
    on(l, byPath(path), (vp) => get(l, vp, ns, name, data, 'cut')),
  extattr_get_link: (l, path, ns, name, data = null) =>
    on(l, byLink(path), (vp) => get(l, vp, ns, name, data, 'cut')),
  extattr_get_fd: (l, fd, ns, name, data = null) => on(l, fd, (vp) => get(l, vp, ns, name, data, 'cut')),
  extattr_delete_file: (l, path, ns, name) => on(l, byPath(path), (vp) => remove(l, vp, ns, name)),
  extattr_delete_link: (l, path, ns, name) => on(l, byLink(path), (vp) => remove(l, vp, ns, name)),
  extattr_delete_fd: (l, fd, ns, name) => on(l, fd, (vp) => remove(l, vp, ns, name)),
  extattr_list_file: (l, path, ns, data = null) => on(l, byPath(path), (vp) => list(l, vp, ns, data)),
  extattr_list_link: (l, path, ns, data = null) => on(l, byLink(path), (vp) => list(l, vp, ns, data)),
  extattr_list_fd: (l, fd, ns, data = null) => on(l, fd, (vp) => list(l, vp, ns, data)),
  setxattr: (l, path, name, value, flags) => on(l, byPath(path), (vp) => setxattr(l, vp, name, value, flags)),
  lsetxattr: (l, path, name, value, flags) =>
    on(l, byLink(path), (vp) => setxattr(l, vp, name, value, flags)),
  fsetxattr: (l, fd, name, value, flags) => on(l, fd, (vp) => setxattr(l, vp, name, value, flags)),
  getxattr: (l, path, name, value = null) =>
    on(l, byPath(path), (vp) => get(l, vp, namespaceOf(name), name, value, 'fail')),
  lgetxattr: (l, path, name, value = null) =>
    on(l, byLink(path), (vp) => get(l, vp, namespaceOf(name), name, value, 'fail')),
  fgetxattr: (l, fd, name, value = null) =>
    on(l, fd, (vp) => get(l, vp, namespaceOf(name), name, value, 'fail')),
  listxattr: (l, path, data = null) => on(l, byPath(path), (vp) => listxattr(l, vp, data)),
  llistxattr: (l, path, data = null) => on(l, byLink(path), (vp) => listxattr(l, vp, data)),
  flistxattr: (l, fd, data = null) => on(l, fd, (vp) => listxattr(l, vp, data)),
  removexattr: (l, path, name) => on(l, byPath(path), (vp) => remove(l, vp, namespaceOf(name), name)),
  lremovexattr: (l, path, name) => on(l, byLink(path), (vp) => remove(l, vp, namespaceOf(name), name)),
  fremovexattr: (l, fd, name) => on(l, fd, (vp) => remove(l, vp, namespaceOf(name), name)),
};
