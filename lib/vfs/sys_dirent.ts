/**
 * Reading directories.
 *
 * NetBSD: sys/kern/vfs_syscalls.c (sys___getdents30), sys/sys/dirent.h, getdents(2).
 */

import { type File, FREAD, fileSleep } from '../kern/file.ts';
import type { Lwp } from '../kern/lwp.ts';
import { andThen, isMaySleep, type Soon } from '../kern/maysleep.ts';
import type { Handlers } from '../kern/sysent.ts';
import { O_SEARCH } from '../sys/constants/fcntl.ts';
import { EBADF, EINVAL, ENOTDIR } from '../sys/errno.ts';
import { nameBytes, nameEncode } from '../sys/pathname.ts';
import { VREAD, vaccess } from './access.ts';
import { VnodeFile } from './vn_file.ts';
import type { Vtype } from './vnode.ts';
import type { DirEntry } from './vnodeops.ts';

/** DT_*: the type of a file in `d_type`. */
const TYPES: Readonly<Record<Vtype, number>> = {
  VFIFO: 1,
  VCHR: 2,
  VDIR: 4,
  VBLK: 6,
  VREG: 8,
  VLNK: 10,
  VSOCK: 12,
  VBAD: 0,
};

/** Bytes before the name: d_fileno (8), d_reclen (2), d_namlen (2), d_type (1). */
const HEADER = 13;
const ALIGN = 8;

/** Bytes an entry takes, with the NUL and padding. NetBSD: _DIRENT_RECLEN */
function reclen(namlen: number): number {
  return (HEADER + namlen + 1 + ALIGN - 1) & ~(ALIGN - 1);
}

/** @param view of `buf` */
function pack(
  buf: Uint8Array,
  view: DataView,
  at: number,
  { fileid, type, name }: DirEntry,
  length: number,
  namlen: number,
): void {
  view.setUint32(at, fileid, true);
  view.setUint32(at + 4, Math.floor(fileid / 2 ** 32), true);
  view.setUint16(at + 8, length, true);
  view.setUint16(at + 10, namlen, true);
  view.setUint8(at + 12, TYPES[type]);
  const from = at + HEADER;
  if (namlen === name.length) {
    for (let i = 0; i < namlen; i++) {
      buf[from + i] = name.charCodeAt(i);
    }
  } else {
    buf.set(nameEncode(name), from);
  }
  buf.fill(0, from + namlen, at + length);
}

/** @returns bytes filled, 0 at the end. @throws EBADF; EINVAL the buffer is too small for one; ENOTDIR; EACCES */
function getdents(l: Lwp, fd: number, buf: Uint8Array): Soon<number> {
  const fp = l.proc.fd.get(fd);
  if ((fp.flag & FREAD) === 0) {
    throw EBADF;
  }
  if (!(fp.ops instanceof VnodeFile) || fp.ops.vp.type !== 'VDIR') {
    throw fp.ops instanceof VnodeFile ? ENOTDIR : EINVAL;
  }
  if ((fp.flag & O_SEARCH) !== 0) {
    // That it may be read was not asked when it was opened.
    vaccess(l.kernel, l.cred, fp.ops.vp, VREAD);
  }
  const answer = fill(l, fp, fp.ops, buf);
  return isMaySleep(answer) ? fileSleep(l, fp, answer) : answer;
}

function fill(l: Lwp, fp: File, { vp }: VnodeFile, buf: Uint8Array): Soon<number> {
  const view = new DataView(buf.buffer, buf.byteOffset, buf.length);
  let used = 0;
  let next = fp.offset;
  const reading = vp.ops.readdir(l, vp, fp.offset, (entry, after) => {
    const namlen = nameBytes(entry.name);
    const length = reclen(namlen);
    if (used + length > buf.length) {
      return false;
    }
    pack(buf, view, used, entry, length, namlen);
    used += length;
    next = after;
    return true;
  });
  return andThen(reading, (end) => {
    if (used === 0 && !end) {
      throw EINVAL;
    }
    fp.offset = next;
    return used;
  });
}

export const direntHandlers: Handlers<'getdents'> = { getdents };
