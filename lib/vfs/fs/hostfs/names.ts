/**
 * Names in a host directory.
 *
 * Nothing is remembered about names: every lookup asks the host, because others change the directory too. A name
 * that led to a file when it was looked up and does not any more has the system call begin again (ERESTART).
 */
import {
  hostFsop,
  RUMPUSER_OPEN_CREATE,
  RUMPUSER_OPEN_EXCL,
  RUMPUSER_OPEN_RDWR,
} from '../../../kern/hostio.ts';
import type { Lwp } from '../../../kern/lwp.ts';
import type { MaySleep, Soon } from '../../../kern/maysleep.ts';
import {
  RUMPUSER_FS_CHOWN,
  RUMPUSER_FS_LINK,
  RUMPUSER_FS_MKDIR,
  RUMPUSER_FS_MKNOD,
  RUMPUSER_FS_OPEN,
  RUMPUSER_FS_RENAME,
  RUMPUSER_FS_RMDIR,
  RUMPUSER_FS_SYMLINK,
  RUMPUSER_FS_UNLINK,
} from '../../../sys/constants/fsop.ts';
import { ENOENT, EOPNOTSUPP, EPERM, ERESTART, ESTALE } from '../../../sys/errno.ts';
import { nameEncode } from '../../../sys/pathname.ts';
import type { Vnode } from '../../vnode.ts';
import type { NewNode, Vnodeops } from '../../vnodeops.ts';
import { attrBuffer, bytesOf, formatOf, type HostAttr, hostAttr, vtypeOf } from './attr.ts';
import { byName, inDirectory, lookHost, lookNow, type Where } from './call.ts';
import { type HostFs, type HostNode, hostNode, pathOf } from './node.ts';

/** A directory that is not where it was has no names any more. */
function* insideOf<T>(work: () => MaySleep<T>): MaySleep<T> {
  try {
    return yield* work();
  } catch (error) {
    throw error === ESTALE ? ENOENT : error;
  }
}

/** What was looked up is not there any more: look again. */
function* lookedUp<T>(work: () => MaySleep<T>): MaySleep<T> {
  try {
    return yield* work();
  } catch (error) {
    throw error === ESTALE || error === ENOENT ? ERESTART : error;
  }
}

/** @throws ENOENT the directory has gone; ELOOP */
function lookup(l: Lwp, dvp: Vnode, name: string): Soon<Vnode | null> {
  const dir = hostNode(dvp);
  let attr: HostAttr | null | undefined;
  try {
    attr = name === '..' ? undefined : lookNow(dir.fs, inDirectory(dir, name));
  } catch (error) {
    throw error === ESTALE ? ENOENT : error;
  }
  return attr === undefined ? lookupSleeping(l, dir, name) : found(dir, name, attr);
}

function* lookupSleeping(l: Lwp, dir: HostNode, name: string): MaySleep<Vnode | null> {
  const { fs } = dir;
  return yield* insideOf(function* () {
    if (name === '..') {
      return yield* parentOf(l, dir);
    }
    for (;;) {
      const { renames } = fs;
      const attr = yield* lookHost(l, inDirectory(dir, name));
      // A name that was changed here meanwhile may have been looked at before or after.
      if (fs.renames === renames) {
        return found(dir, name, attr);
      }
    }
  });
}

function found(dir: HostNode, name: string, attr: HostAttr | null): Vnode | null {
  const { fs } = dir;
  const shown = attr !== null && (fs.args.subdirs || vtypeOf(attr.mode) !== 'VDIR');
  return shown ? fs.vnode(fs.enter(dir, name, attr)) : null;
}

function* parentOf(l: Lwp, dir: HostNode): MaySleep<Vnode | null> {
  const { fs, parent } = dir;
  if (parent === null) {
    return null;
  }
  const attr = dir.lost ? null : yield* lookHost(l, byName(l, parent));
  if (attr === null) {
    throw ENOENT;
  }
  parent.seen(attr);
  return fs.vnode(parent);
}

/** Make something: `op` does, with the mode and perhaps a text. */
function* make(
  l: Lwp,
  dvp: Vnode,
  name: string,
  node: NewNode,
  op: number,
  args: readonly number[],
  text?: string,
): MaySleep<Vnode> {
  const dir = hostNode(dvp);
  const { fs } = dir;
  const numbers = attrBuffer();
  if (node.type === 'VDIR' && !fs.args.subdirs) {
    throw EPERM;
  }
  return yield* insideOf(function* () {
    const where = inDirectory(dir, name);
    const path2 = text === undefined ? {} : { path2: nameEncode(text) };
    const result = yield* hostFsop(l, { ...where, ...path2, op, args, data: bytesOf(numbers) });
    const attr = (yield* giveAway(l, fs, where, node, numbers)) ?? hostAttr(numbers);
    fs.renames++;
    const made = fs.enter(dir, name, attr);
    const vp = fs.vnode(made);
    if (op === RUMPUSER_FS_OPEN) {
      // Who made it is about to open it.
      made.wfd = result;
      made.wfdReads = true;
    }
    return vp;
  });
}

/**
 * A new file is the host process's; it becomes the caller's where the host lets it. Where it does not, it is shown as
 * what it is. @returns what it is like then
 */
function* giveAway(
  l: Lwp,
  fs: HostFs,
  where: Where,
  { uid, gid }: NewNode,
  numbers: BigInt64Array,
): MaySleep<ReturnType<typeof hostAttr> | null> {
  const made = hostAttr(numbers);
  const args = [
    fs.args.uid === undefined && uid !== made.uid ? uid : -1,
    fs.args.gid === undefined && gid !== made.gid ? gid : -1,
  ];
  if (args[0] === -1 && args[1] === -1) {
    return null;
  }
  try {
    yield* hostFsop(l, { ...where, what: made.id, op: RUMPUSER_FS_CHOWN, args, data: bytesOf(numbers) });
  } catch (error) {
    if (error !== EPERM && error !== ENOENT && error !== ESTALE) {
      throw error;
    }
  }
  return hostAttr(numbers);
}

function create(l: Lwp, dvp: Vnode, name: string, node: NewNode): MaySleep<Vnode> {
  switch (node.type) {
    case 'VREG': {
      const flags = RUMPUSER_OPEN_RDWR | RUMPUSER_OPEN_CREATE | RUMPUSER_OPEN_EXCL;
      return make(l, dvp, name, node, RUMPUSER_FS_OPEN, [flags, node.mode]);
    }
    case 'VFIFO':
    case 'VSOCK':
      return make(l, dvp, name, node, RUMPUSER_FS_MKNOD, [formatOf(node.type) | node.mode]);
    default:
      // A device of this kernel is none of the host's.
      throw EOPNOTSUPP;
  }
}

function* link(l: Lwp, dvp: Vnode, name: string, vp: Vnode): MaySleep<void> {
  const dir = hostNode(dvp);
  const node = hostNode(vp);
  const path2 = pathOf(dir, name);
  yield* lookedUp(() => hostFsop(l, { ...byName(l, node), op: RUMPUSER_FS_LINK, path2, where2: dir.id }));
  dir.fs.renames++;
}

/** A name of a node has gone, by which it may have been known. */
function nameGone(dir: HostNode, name: string, node: HostNode): void {
  dir.fs.renames++;
  if (node.parent === dir && node.name === name) {
    node.lost = true;
    node.attr = { ...node.attr, nlink: vtypeOf(node.attr.mode) === 'VDIR' ? 0 : node.attr.nlink - 1 };
  }
}

function* remove(l: Lwp, dvp: Vnode, name: string, vp: Vnode, op: number): MaySleep<void> {
  const dir = hostNode(dvp);
  const node = hostNode(vp);
  yield* lookedUp(() => hostFsop(l, { ...inDirectory(dir, name), what: node.id, op }));
  nameGone(dir, name, node);
}

function* rename(
  l: Lwp,
  fdvp: Vnode,
  fname: string,
  fvp: Vnode,
  tdvp: Vnode,
  tname: string,
  tvp: Vnode | null,
): MaySleep<void> {
  const from = hostNode(fdvp);
  const to = hostNode(tdvp);
  const node = hostNode(fvp);
  yield* lookedUp(() =>
    hostFsop(l, {
      ...inDirectory(from, fname),
      what: node.id,
      op: RUMPUSER_FS_RENAME,
      path2: pathOf(to, tname),
      where2: to.id,
    }),
  );
  from.fs.renames++;
  if (tvp !== null) {
    nameGone(to, tname, hostNode(tvp));
  }
  from.fs.place(node, to, tname);
}

export const nameOps: Pick<
  Vnodeops,
  'lookup' | 'create' | 'mkdir' | 'symlink' | 'link' | 'remove' | 'rmdir' | 'rename'
> = {
  lookup,
  create,
  mkdir: (l, dvp, name, node) => make(l, dvp, name, node, RUMPUSER_FS_MKDIR, [node.mode]),
  symlink: (l, dvp, name, node, target) => make(l, dvp, name, node, RUMPUSER_FS_SYMLINK, [], target),
  link,
  remove: (l, dvp, name, vp) => remove(l, dvp, name, vp, RUMPUSER_FS_UNLINK),
  rmdir: (l, dvp, name, vp) => remove(l, dvp, name, vp, RUMPUSER_FS_RMDIR),
  rename,
};
