/**
 * Opening, reading and writing files of a host directory. Nothing is kept here: bytes go to the host and come from it,
 * straight from and into the caller's memory.
 *
 * A node has at most one host descriptor for reading and one for writing, opened when first needed and closed when
 * nobody uses the vnode any more. Only regular files are opened on the host. A FIFO's or socket's name is the host's,
 * what goes through it is this kernel's (as NFS has it), so that nobody on the host can make this kernel wait.
 */
import { FREAD, FWRITE } from '../../../kern/file.ts';
import { hostFsop, hostTransfer, RUMPUSER_OPEN_RDONLY, RUMPUSER_OPEN_WRONLY } from '../../../kern/hostio.ts';
import { Kmutex } from '../../../kern/kmutex.ts';
import type { Lwp } from '../../../kern/lwp.ts';
import { andThen, type MaySleep, type Soon } from '../../../kern/maysleep.ts';
import type { Uio } from '../../../kern/uio.ts';

import {
  RUMPUSER_FS_ALLOCATE,
  RUMPUSER_FS_CLOSE,
  RUMPUSER_FS_DISCARD,
  RUMPUSER_FS_FSYNC,
  RUMPUSER_FS_OPEN,
  RUMPUSER_FS_SEEK,
} from '../../../sys/constants/fsop.ts';
import { FDATASYNC } from '../../../sys/constants/unistd.ts';
import { EBADF } from '../../../sys/errno.ts';
import type { Vnode } from '../../vnode.ts';
import { IO_APPEND, IO_SYNC, type SeekWhat, type Vnodeops } from '../../vnodeops.ts';
import { ask, atName, attributes, attributesNow, byName, closeFd, openNow, readNow, using } from './call.ts';
import { type HostNode, hostNode } from './node.ts';

/** Bytes in one transfer at most, and at least where the end of the file is not known to come sooner. */
const CHUNK = 1024 * 1024;
const CHUNK_MIN = 4096;

type Side = 'rfd' | 'wfd';

const NOTHING = new Uint8Array(0);

function has(node: HostNode, side: Side): boolean {
  return node[side] >= 0 || (side === 'rfd' && node.wfdReads);
}

/** @throws ESTALE; what the host says */
function need(l: Lwp, node: HostNode, side: Side): Soon<void> {
  if (has(node, side)) {
    return;
  }
  const flags = side === 'rfd' ? RUMPUSER_OPEN_RDONLY : RUMPUSER_OPEN_WRONLY;
  const fd = openNow(l, node, flags);
  if (fd === undefined) {
    return needSleeping(l, node, side, [flags]);
  }
  node[side] = fd;
}

function* needSleeping(l: Lwp, node: HostNode, side: Side, args: readonly number[]): MaySleep<void> {
  const where = byName(l, node);
  const fd = yield* atName(l, node, () => hostFsop(l, { ...where, op: RUMPUSER_FS_OPEN, args }));
  if (has(node, side) || node.vnode === null) {
    // Somebody else was faster, or it is too late.
    closeFd(node.fs, fd);
    return;
  }
  node[side] = fd;
}

function open(l: Lwp, vp: Vnode, flag: number): Soon<void> {
  const node = hostNode(vp);
  if (vp.type !== 'VREG') {
    return;
  }
  const reading = (flag & FREAD) === 0 ? undefined : need(l, node, 'rfd');
  return andThen(reading, () => ((flag & FWRITE) === 0 ? undefined : need(l, node, 'wfd')));
}

/**
 * The last who wrote waits for the host to have closed the file: where another machine holds it, that may be when a
 * write that failed is told of.
 */
function close(l: Lwp, vp: Vnode, flag: number): Soon<void> {
  const node = hostNode(vp);
  if (
    node.fs.local ||
    (flag & FWRITE) === 0 ||
    vp.writecount > 0 ||
    vp.usecount > 1 ||
    node.busy > 0 ||
    node.wfd < 0
  ) {
    return;
  }
  const fd = node.wfd;
  node.wfd = -1;
  node.wfdReads = false;
  return closeSleeping(l, fd);
}

function* closeSleeping(l: Lwp, fd: number): MaySleep<void> {
  yield* hostFsop(l, { op: RUMPUSER_FS_CLOSE, fd });
}

/** @throws EBADF it is not open that way: the file system was unmounted by force */
function descriptor(node: HostNode, side: Side): number {
  const fd = node[side] < 0 && side === 'rfd' && node.wfdReads ? node.wfd : node[side];
  if (fd < 0) {
    throw EBADF;
  }
  return fd;
}

/** The next piece to read, not much longer than what is left of the file. */
function nextPiece(node: HostNode, uio: Uio): Uint8Array {
  const left = node.attr.size - uio.offset;
  return uio.piece(Math.min(uio.resid, CHUNK, Math.max(CHUNK_MIN, left)));
}

function read(l: Lwp, vp: Vnode, uio: Uio): Soon<void> {
  const node = hostNode(vp);
  while (uio.resid > 0) {
    const moved = readNow(node.fs, descriptor(node, 'rfd'), nextPiece(node, uio), uio.offset);
    if (moved === undefined) {
      return readSleeping(l, node, uio);
    }
    if (moved === 0) {
      return;
    }
    uio.advance(moved);
  }
}

function* readSleeping(l: Lwp, node: HostNode, uio: Uio): MaySleep<void> {
  while (uio.resid > 0) {
    const piece = nextPiece(node, uio);
    const fd = descriptor(node, 'rfd');
    const moved = yield* using(l, node, () => hostTransfer(l, fd, 'read', piece, uio.offset));
    uio.advance(moved);
    if (moved < piece.length) {
      return;
    }
  }
}

function* write(l: Lwp, vp: Vnode, uio: Uio, ioflag: number): MaySleep<void> {
  const node = hostNode(vp);
  if ((ioflag & IO_APPEND) === 0) {
    yield* writeAt(l, node, uio, ioflag);
    return;
  }
  yield* sizing(l, node, function* () {
    uio.offset = (yield* attributes(l, node)).size;
    yield* writeAt(l, node, uio, ioflag);
  });
}

/** Do something by which the size of a file changes, and nobody else meanwhile. */
export function* sizing(l: Lwp, node: HostNode, work: () => MaySleep<unknown>): MaySleep<void> {
  node.sizing ??= new Kmutex('hostsize');
  const lock = node.sizing;
  yield* lock.enter(l);
  try {
    yield* work();
  } finally {
    lock.exit(l);
  }
}

function* writeAt(l: Lwp, node: HostNode, uio: Uio, ioflag: number): MaySleep<void> {
  const how = (ioflag & IO_SYNC) === 0 ? 'write' : 'write through';
  while (uio.resid > 0) {
    const piece = uio.piece(Math.min(uio.resid, CHUNK));
    const fd = descriptor(node, 'wfd');
    const moved = yield* using(l, node, () => hostTransfer(l, fd, how, piece, uio.offset));
    uio.advance(moved);
    if (moved < piece.length) {
      return;
    }
  }
}

function* fsync(l: Lwp, vp: Vnode, how: number): MaySleep<void> {
  const node = hostNode(vp);
  const dataOnly = how === FDATASYNC ? 1 : 0;
  if (node.wfd >= 0 || node.rfd >= 0) {
    yield* ask(l, node, RUMPUSER_FS_FSYNC, [dataOnly], NOTHING);
  }
}

function* seek(l: Lwp, vp: Vnode, offset: number, what: SeekWhat): MaySleep<number> {
  return yield* ask(l, hostNode(vp), RUMPUSER_FS_SEEK, [offset, what === 'data' ? 0 : 1], NOTHING);
}

function* reserve(l: Lwp, vp: Vnode, op: number, offset: number, length: number): MaySleep<void> {
  const node = hostNode(vp);
  const fd = descriptor(node, 'wfd');
  yield* using(l, node, () => hostFsop(l, { op, fd, args: [offset, length] }));
}

function* sizeSleeping(l: Lwp, node: HostNode): MaySleep<number> {
  return (yield* attributes(l, node)).size;
}

export const ioOps: Pick<
  Vnodeops,
  'open' | 'close' | 'read' | 'write' | 'size' | 'fsync' | 'seek' | 'fallocate' | 'fdiscard'
> = {
  open,
  close,
  read,
  write,
  size(l, vp) {
    const node = hostNode(vp);
    return attributesNow(l, node)?.size ?? sizeSleeping(l, node);
  },
  fsync,
  seek,
  fallocate: (l, vp, offset, length) => reserve(l, vp, RUMPUSER_FS_ALLOCATE, offset, length),
  fdiscard: (l, vp, offset, length) => reserve(l, vp, RUMPUSER_FS_DISCARD, offset, length),
};
