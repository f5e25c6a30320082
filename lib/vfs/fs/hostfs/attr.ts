/** Attributes as the host gives them. */
import type { FsId } from '../../../kern/hostio.ts';
import {
  RUMPUSER_FSATTR_ATIME,
  RUMPUSER_FSATTR_BIRTH,
  RUMPUSER_FSATTR_BLKSIZE,
  RUMPUSER_FSATTR_BLOCKS,
  RUMPUSER_FSATTR_CTIME,
  RUMPUSER_FSATTR_DEV,
  RUMPUSER_FSATTR_GID,
  RUMPUSER_FSATTR_INO,
  RUMPUSER_FSATTR_MODE,
  RUMPUSER_FSATTR_MTIME,
  RUMPUSER_FSATTR_NLINK,
  RUMPUSER_FSATTR_RDEV,
  RUMPUSER_FSATTR_SIZE,
  RUMPUSER_FSATTR_UID,
  RUMPUSER_FSATTRS,
} from '../../../sys/constants/fsop.ts';
import {
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from '../../../sys/constants/stat.ts';
import type { Timespec } from '../../../sys/types.ts';
import type { Vtype } from '../../vnode.ts';

export interface HostAttr {
  readonly id: FsId;
  /** With the type in it. */
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly size: number;
  readonly blocks: number;
  readonly blksize: number;
  readonly atim: Timespec;
  readonly mtim: Timespec;
  readonly ctim: Timespec;
  readonly birthtim: Timespec;
}

/** Memory for the host to put attributes in. */
export function attrBuffer(): BigInt64Array {
  return new BigInt64Array(RUMPUSER_FSATTRS);
}

export function bytesOf(numbers: BigInt64Array): Uint8Array {
  return new Uint8Array(numbers.buffer);
}

export function hostAttr(numbers: BigInt64Array): HostAttr {
  const number = (at: number): number => Number(numbers[at] as bigint);
  const time = (at: number): Timespec => ({ sec: number(at), nsec: number(at + 1) });
  const ctim = time(RUMPUSER_FSATTR_CTIME);
  const birth = time(RUMPUSER_FSATTR_BIRTH);
  return {
    id: { dev: numbers[RUMPUSER_FSATTR_DEV] as bigint, ino: numbers[RUMPUSER_FSATTR_INO] as bigint },
    mode: number(RUMPUSER_FSATTR_MODE),
    nlink: number(RUMPUSER_FSATTR_NLINK),
    uid: number(RUMPUSER_FSATTR_UID) >>> 0,
    gid: number(RUMPUSER_FSATTR_GID) >>> 0,
    rdev: number(RUMPUSER_FSATTR_RDEV),
    size: number(RUMPUSER_FSATTR_SIZE),
    blocks: number(RUMPUSER_FSATTR_BLOCKS),
    blksize: number(RUMPUSER_FSATTR_BLKSIZE),
    atim: time(RUMPUSER_FSATTR_ATIME),
    mtim: time(RUMPUSER_FSATTR_MTIME),
    ctim,
    // Where the host does not know, the last change is the latest it can have been.
    birthtim: birth.sec === 0 ? ctim : birth,
  };
}

const TYPES: ReadonlyMap<number, Vtype> = new Map<number, Vtype>([
  [S_IFREG, 'VREG'],
  [S_IFDIR, 'VDIR'],
  [S_IFLNK, 'VLNK'],
  [S_IFIFO, 'VFIFO'],
  [S_IFSOCK, 'VSOCK'],
  [S_IFCHR, 'VCHR'],
  [S_IFBLK, 'VBLK'],
]);

/** The type in a mode, undefined when there is none that this kernel knows. */
export function vtypeOf(mode: number): Vtype | undefined {
  return TYPES.get(mode & S_IFMT);
}

/** The bits that say what type of file it is. */
export function formatOf(type: Vtype): number {
  for (const [format, known] of TYPES) {
    if (known === type) {
      return format;
    }
  }
  return 0;
}
