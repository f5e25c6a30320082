/** Attributes, links, listings of a host directory, and the life of its vnodes. */
import { hostFsop, RUMPUSER_OPEN_DIRECTORY, RUMPUSER_OPEN_RDONLY } from '../../../kern/hostio.ts';
import type { Lwp } from '../../../kern/lwp.ts';
import type { MaySleep, Soon } from '../../../kern/maysleep.ts';
import {
  RUMPUSER_FS_CHMOD,
  RUMPUSER_FS_CHOWN,
  RUMPUSER_FS_OPEN,
  RUMPUSER_FS_READDIR,
  RUMPUSER_FS_READLINK,
  RUMPUSER_FS_TRUNCATE,
  RUMPUSER_FS_UTIMES,
  RUMPUSER_FSENTRY,
} from '../../../sys/constants/fsop.ts';
import { PATH_MAX } from '../../../sys/constants/limits.ts';
import { ALLPERMS, S_IFMT } from '../../../sys/constants/stat.ts';
import { EOPNOTSUPP, EPERM } from '../../../sys/errno.ts';
import { nameDecode } from '../../../sys/pathname.ts';
import type { Stat, Timespec } from '../../../sys/types.ts';
import { genfsOps } from '../../genfs.ts';
import type { Vnode } from '../../vnode.ts';
import type { DirEntry, Emit, Setattr, Vnodeops } from '../../vnodeops.ts';
import { type HostAttr, vtypeOf } from './attr.ts';
import {
  ask,
  askAttributes,
  atName,
  attributes,
  attributesNow,
  byName,
  closeFd,
  closeLater,
  inDirectory,
  lookHost,
} from './call.ts';
import { ioOps, sizing } from './io.ts';
import { nameOps } from './names.ts';
import { type HostNode, hostNode } from './node.ts';

/** What one call reads of a directory. */
const LISTING = 64 * 1024;

const OMIT: readonly number[] = [0, -1];

function getattr(l: Lwp, vp: Vnode): Soon<Stat> {
  const node = hostNode(vp);
  const attr = attributesNow(l, node);
  return attr === undefined ? getattrSleeping(l, node) : statOf(node, attr);
}

function* getattrSleeping(l: Lwp, node: HostNode): MaySleep<Stat> {
  return statOf(node, yield* attributes(l, node));
}

function statOf(node: HostNode, attr: HostAttr): Stat {
  const { fs, mode, uid, gid } = node;
  return {
    dev: fs.mount.dev,
    mode: (attr.mode & S_IFMT) | mode,
    ino: fs.fileid(attr.id),
    nlink: attr.nlink,
    uid,
    gid,
    rdev: attr.rdev,
    atim: attr.atim,
    mtim: attr.mtim,
    ctim: attr.ctim,
    birthtim: attr.birthtim,
    size: attr.size,
    blocks: attr.blocks,
    blksize: attr.blksize,
    flags: 0,
    gen: 0,
  };
}

/** @throws EOPNOTSUPP flags; EPERM an owner that is not the host's to change */
function* setattr(l: Lwp, vp: Vnode, set: Setattr): MaySleep<void> {
  const node = hostNode(vp);
  if (set.flags !== undefined && set.flags !== 0) {
    throw EOPNOTSUPP;
  }
  const { size } = set;
  if (size !== undefined) {
    yield* sizing(l, node, () => askAttributes(l, node, RUMPUSER_FS_TRUNCATE, [size]));
  }
  const owner = ownerOf(node, set);
  const before = node.attr.mode;
  if (owner !== null) {
    yield* askAttributes(l, node, RUMPUSER_FS_CHOWN, owner);
  }
  // Hosts take set-id bits away when the owner changes; here it is the caller who decides.
  const mode = set.mode ?? before & ALLPERMS;
  if (set.mode !== undefined || (node.attr.mode & ALLPERMS) !== mode) {
    yield* askAttributes(l, node, RUMPUSER_FS_CHMOD, [mode]);
  }
  if (set.atim !== undefined || set.mtim !== undefined) {
    yield* askAttributes(l, node, RUMPUSER_FS_UTIMES, [...timeArgs(set.atim), ...timeArgs(set.mtim)]);
  }
}

/** Ids for the host to set, null when there is nothing to do. @throws EPERM they are shown as another's */
function ownerOf(node: HostNode, { uid = node.uid, gid = node.gid }: Setattr): readonly number[] | null {
  const { args } = node.fs;
  if ((args.uid !== undefined && uid !== node.uid) || (args.gid !== undefined && gid !== node.gid)) {
    throw EPERM;
  }
  return uid === node.uid && gid === node.gid
    ? null
    : [args.uid === undefined ? uid : -1, args.gid === undefined ? gid : -1];
}

function timeArgs(time: Timespec | undefined): readonly number[] {
  return time === undefined ? OMIT : [time.sec, time.nsec];
}

function* readlink(l: Lwp, vp: Vnode): MaySleep<string> {
  const data = new Uint8Array(PATH_MAX);
  const length = yield* ask(l, hostNode(vp), RUMPUSER_FS_READLINK, [], data);
  return nameDecode(data.subarray(0, length));
}

/**
 * Reading from the beginning takes all of the directory's entries; who goes on reading gets them, so that entries
 * that come and go make nobody see one twice or miss another. @throws ESTALE the directory is somewhere else
 */
function* readdir(l: Lwp, vp: Vnode, from: number, emit: Emit): MaySleep<boolean> {
  const node = hostNode(vp);
  if (node.lost && node.attr.nlink === 0) {
    return true;
  }
  if (from === 0 || node.listing === null) {
    node.listing = yield* list(l, node);
  }
  const { listing } = node;
  for (let i = from; i < listing.length; i++) {
    if (!emit(listing[i] as DirEntry, i + 1)) {
      return false;
    }
  }
  return true;
}

function* list(l: Lwp, node: HostNode): MaySleep<DirEntry[]> {
  // What is above the root is nobody's business here.
  const { fs, id, parent } = node;
  const entries: DirEntry[] = [
    { name: '.', fileid: fs.fileid(id), type: 'VDIR' },
    { name: '..', fileid: fs.fileid(parent === null ? id : parent.id), type: 'VDIR' },
  ];
  let seen = 0;
  const args = [RUMPUSER_OPEN_RDONLY | RUMPUSER_OPEN_DIRECTORY];
  const where = byName(l, node);
  const fd = yield* atName(l, node, () => hostFsop(l, { ...where, op: RUMPUSER_FS_OPEN, args }));
  try {
    const data = new Uint8Array(LISTING);
    for (;;) {
      const end = yield* hostFsop(l, { op: RUMPUSER_FS_READDIR, fd, data, args: [seen] });
      if (end === 0) {
        return entries;
      }
      seen += yield* decode(l, node, data.subarray(0, end), entries);
    }
  } finally {
    closeFd(node.fs, fd);
  }
}

/** @returns how many entries the host gave */
function* decode(l: Lwp, node: HostNode, data: Uint8Array, entries: DirEntry[]): MaySleep<number> {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const { fs } = node;
  let count = 0;
  for (let at = 0; at < data.length; count++) {
    const start = at + RUMPUSER_FSENTRY;
    const end = start + (data[at + 9] as number);
    const name = nameDecode(data.subarray(start, end));
    const ino = view.getBigUint64(at, true);
    let type = vtypeOf((data[at + 8] as number) << 12);
    if (name !== '.' && name !== '..') {
      if (type === undefined) {
        // Some file systems do not keep types in directories.
        const attr = yield* lookHost(l, inDirectory(node, name));
        type = attr === null ? undefined : vtypeOf(attr.mode);
      }
      if (type !== 'VDIR' || fs.args.subdirs) {
        entries.push({ name, fileid: fs.fileid({ dev: node.id.dev, ino }), type: type ?? 'VREG' });
      }
    }
    at = end;
  }
  return count;
}

export const hostOps: Vnodeops = {
  ...genfsOps,
  ...nameOps,
  ...ioOps,
  getattr,
  setattr,
  readlink,
  readdir,
  inactive(vp) {
    const node = hostNode(vp);
    node.listing = null;
    closeLater(node.fs.mount.vfs, node);
    return node.lost ? 'recycle' : 'keep';
  },
  reclaim(vp) {
    const node = hostNode(vp);
    node.vnode = null;
    closeLater(node.fs.mount.vfs, node);
    node.fs.forget(node);
  },
};
