/**
 * What host keys lead to: the vnodes' side of etfs.
 *
 * A key for a file reads and writes the host's file, or a window of it that does not grow. Its attributes are this
 * kernel's own, as those of a device's name are: the superuser's to begin with, and changed here, not on the host.
 */
import { FREAD, FWRITE } from '../../../kern/file.ts';
import { hostFsop, hostTransfer, RUMPUSER_OPEN_RDONLY, RUMPUSER_OPEN_WRONLY } from '../../../kern/hostio.ts';
import type { Lwp } from '../../../kern/lwp.ts';
import type { MaySleep } from '../../../kern/maysleep.ts';
import type { Uio } from '../../../kern/uio.ts';
import { RUMPUSER_FS_FSYNC, RUMPUSER_FS_TRUNCATE } from '../../../sys/constants/fsop.ts';
import { PAGE_SIZE } from '../../../sys/constants/param.ts';
import { S_BLKSIZE, S_IFBLK, S_IFCHR, S_IFDIR, S_IFREG } from '../../../sys/constants/stat.ts';
import { FDATASYNC } from '../../../sys/constants/unistd.ts';
import { EBADF, EINVAL, ENOSPC } from '../../../sys/errno.ts';
import type { Stat, Timespec } from '../../../sys/types.ts';
import { genfsOps } from '../../genfs.ts';
import type { Mount } from '../../mount.ts';
import type { Owned, Vnode } from '../../vnode.ts';
import { IO_APPEND, IO_SYNC, type Setattr, type Vnodeops } from '../../vnodeops.ts';
import type { Etfs } from './etfs.ts';

const CHUNK = 1024 * 1024;

const FORMAT = { VDIR: S_IFDIR, VREG: S_IFREG, VBLK: S_IFBLK, VCHR: S_IFCHR } as const;
const MODE = { VDIR: 0o755, VREG: 0o644, VBLK: 0o600, VCHR: 0o600 } as const;

export class EtfsNode implements Owned {
  readonly etfs: Etfs;
  readonly mount: Mount;
  readonly ino: number;
  readonly type: keyof typeof FORMAT;
  readonly name: string;
  readonly parent: EtfsNode | null;
  readonly children = new Map<string, EtfsNode>();
  /** False of a directory that is only on the way. */
  isKey = false;
  hostpath = '';
  /** The window of the host's file, bytes; a null length is all of the file, however long it becomes. */
  begin = 0;
  length: number | null = null;
  rdev = 0;
  vnode: Vnode | null = null;
  mode: number;
  uid = 0;
  gid = 0;
  flags = 0;
  atim: Timespec;
  mtim: Timespec;
  ctim: Timespec;
  readonly birthtim: Timespec;
  /** Host descriptors, -1 while closed. */
  rfd = -1;
  wfd = -1;

  constructor(
    etfs: Etfs,
    mount: Mount,
    ino: number,
    type: EtfsNode['type'],
    name: string,
    parent: EtfsNode | null,
  ) {
    this.etfs = etfs;
    this.mount = mount;
    this.ino = ino;
    this.type = type;
    this.name = name;
    this.parent = parent;
    this.mode = MODE[type];
    this.birthtim = this.now();
    this.atim = this.birthtim;
    this.mtim = this.birthtim;
    this.ctim = this.birthtim;
  }

  now(): Timespec {
    const { timestamp } = this.mount.vfs;
    timestamp.read();
    return { sec: timestamp.sec, nsec: timestamp.nsec };
  }

  /** Give the host's descriptors back. */
  closeAll(): void {
    const { host } = this.mount.vfs.kernel;
    const fds = [this.rfd, this.wfd];
    this.rfd = -1;
    this.wfd = -1;
    for (const fd of fds) {
      if (fd >= 0) {
        host.close(fd);
      }
    }
  }
}

function nodeOf(vp: Vnode): EtfsNode {
  return vp.data as EtfsNode;
}

function open(l: Lwp, vp: Vnode, flag: number): void {
  const node = nodeOf(vp);
  if (node.type !== 'VREG') {
    return;
  }
  const { host } = l.kernel;
  if ((flag & FREAD) !== 0 && node.rfd < 0) {
    node.rfd = host.open(node.hostpath, RUMPUSER_OPEN_RDONLY);
  }
  if ((flag & FWRITE) !== 0 && node.wfd < 0) {
    node.wfd = host.open(node.hostpath, RUMPUSER_OPEN_WRONLY);
  }
}

function descriptor(fd: number): number {
  if (fd < 0) {
    throw EBADF;
  }
  return fd;
}

function sizeOf(l: Lwp, node: EtfsNode): number {
  if (node.length !== null || node.type !== 'VREG') {
    return node.length ?? 0;
  }
  return l.kernel.host.getfileinfo(node.hostpath).size;
}

function* read(l: Lwp, vp: Vnode, uio: Uio): MaySleep<void> {
  const node = nodeOf(vp);
  const fd = descriptor(node.rfd);
  while (uio.resid > 0) {
    const left = node.length === null ? CHUNK : node.length - uio.offset;
    if (left <= 0) {
      return;
    }
    const piece = uio.piece(Math.min(uio.resid, left, CHUNK));
    const moved = yield* hostTransfer(l, fd, 'read', piece, node.begin + uio.offset);
    uio.advance(moved);
    node.atim = node.now();
    if (moved < piece.length) {
      return;
    }
  }
}

/** @throws ENOSPC a window does not grow */
function* write(l: Lwp, vp: Vnode, uio: Uio, ioflag: number): MaySleep<void> {
  const node = nodeOf(vp);
  const fd = descriptor(node.wfd);
  if ((ioflag & IO_APPEND) !== 0) {
    uio.offset = sizeOf(l, node);
  }
  const whole = uio.resid;
  while (uio.resid > 0) {
    const left = node.length === null ? CHUNK : node.length - uio.offset;
    if (left <= 0) {
      if (uio.resid < whole) {
        return;
      }
      throw ENOSPC;
    }
    const piece = uio.piece(Math.min(uio.resid, left, CHUNK));
    const how = (ioflag & IO_SYNC) === 0 ? 'write' : 'write through';
    const moved = yield* hostTransfer(l, fd, how, piece, node.begin + uio.offset);
    uio.advance(moved);
    node.mtim = node.now();
    node.ctim = node.mtim;
    if (moved < piece.length) {
      return;
    }
  }
}

function getattr(l: Lwp, vp: Vnode): Stat {
  const node = nodeOf(vp);
  const { type, uid, gid, rdev, flags, atim, mtim, ctim, birthtim } = node;
  const size = sizeOf(l, node);
  return {
    dev: node.mount.dev,
    mode: FORMAT[type] | node.mode,
    ino: node.ino,
    nlink: type === 'VDIR' ? 2 : 1,
    uid,
    gid,
    rdev,
    atim,
    mtim,
    ctim,
    birthtim,
    size,
    blocks: type === 'VREG' ? Math.ceil(size / S_BLKSIZE) : 0,
    blksize: PAGE_SIZE,
    flags,
    gen: 0,
  };
}

/** @throws EINVAL a window's size is what it is */
function* setattr(l: Lwp, vp: Vnode, set: Setattr): MaySleep<void> {
  const node = nodeOf(vp);
  if (set.size !== undefined) {
    if (node.length !== null) {
      throw EINVAL;
    }
    open(l, vp, FWRITE);
    yield* hostFsop(l, { op: RUMPUSER_FS_TRUNCATE, fd: node.wfd, args: [set.size] });
    node.mtim = node.now();
  }
  node.mode = set.mode ?? node.mode;
  node.uid = set.uid ?? node.uid;
  node.gid = set.gid ?? node.gid;
  node.flags = set.flags ?? node.flags;
  node.atim = set.atim ?? node.atim;
  node.mtim = set.mtim ?? node.mtim;
  node.ctim = node.now();
}

function* fsync(l: Lwp, vp: Vnode, how: number): MaySleep<void> {
  const { wfd } = nodeOf(vp);
  if (wfd >= 0) {
    yield* hostFsop(l, { op: RUMPUSER_FS_FSYNC, fd: wfd, args: [how === FDATASYNC ? 1 : 0] });
  }
}

export const etfsOps: Vnodeops = {
  ...genfsOps,
  lookup: (_l, dvp, name) => nodeOf(dvp).etfs.lookupIn(nodeOf(dvp), name),
  readdir(_l, vp, from, emit) {
    const { ino, parent } = nodeOf(vp);
    return (
      (from > 0 || emit({ name: '.', fileid: ino, type: 'VDIR' }, 1)) &&
      (from > 1 || emit({ name: '..', fileid: parent?.ino ?? ino, type: 'VDIR' }, 2))
    );
  },
  open,
  read,
  write,
  size: (l, vp) => sizeOf(l, nodeOf(vp)),
  getattr,
  setattr,
  fsync,
  hiddenName: (vp) => nodeOf(vp).name,
  inactive(vp) {
    nodeOf(vp).closeAll();
    return 'keep';
  },
  reclaim(vp) {
    const node = nodeOf(vp);
    node.closeAll();
    node.vnode = null;
  },
};
