/**
 * Open files: what a descriptor refers to. Descriptors of one process or of several share a `File`; the last one to go closes
 * it.
 *
 * NetBSD: sys/sys/file.h, sys/kern/kern_descrip.c (closef).
 */
import { KASSERT } from './kassert.ts';
import type { Lwp } from './lwp.ts';
import type { MaySleep } from './maysleep.ts';
import type { Uio } from './uio.ts';

export const FREAD = 0x00000001;
export const FWRITE = 0x00000002;

/** What can be done with an open file. An operation a file does not know throws the errno NetBSD has for that. */
export interface Fileops {
  readonly name: string;
  read(l: Lwp, fp: File, uio: Uio): MaySleep<void>;
  write(l: Lwp, fp: File, uio: Uio): MaySleep<void>;
  close(l: Lwp, fp: File): void;
}

export class File {
  refcnt = 1;
  /** FREAD, FWRITE and the O_* flags that stay. */
  flag: number;
  readonly ops: Fileops;
  offset = 0;

  constructor(ops: Fileops, flag: number) {
    this.ops = ops;
    this.flag = flag;
  }
}

export function fileHold(fp: File): File {
  KASSERT(fp.refcnt > 0, 'reference to a closed file');
  fp.refcnt++;
  return fp;
}

/** Give one reference back; the last closes the file. */
export function closef(l: Lwp, fp: File): void {
  KASSERT(fp.refcnt > 0, 'file closed twice');
  if (--fp.refcnt === 0) {
    fp.ops.close(l, fp);
  }
}
