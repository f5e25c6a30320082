/**
 * What fstat tells of files that no file system holds.
 *
 * NetBSD: sys/kern/sys_descrip.c (sys___fstat50), sys/kern/{sys_pipe,kern_event}.c.
 */
import type { Stat, Timespec } from '../sys/types.ts';
import type { Kernel } from './kernel.ts';
import type { Lwp } from './lwp.ts';
import { nanotime, timespecOf } from './times.ts';

/** Wall-clock time of a moment on the host's monotonic clock. */
export function wallTime(k: Kernel, monotonicNs: number): Timespec {
  return timespecOf(nanotime(k) - BigInt(k.host.monotonicNs() - monotonicNs));
}

const EPOCH: Timespec = { sec: 0, nsec: 0 };

/** A file of the caller's, `size` bytes long, without device, links or times. */
export function anonStat(l: Lwp, mode: number, size: number, blksize: number): Stat {
  return {
    dev: 0,
    mode,
    ino: 0,
    nlink: 0,
    uid: l.cred.euid,
    gid: l.cred.egid,
    rdev: 0,
    atim: EPOCH,
    mtim: EPOCH,
    ctim: EPOCH,
    birthtim: EPOCH,
    size,
    blocks: blksize === 0 ? 0 : Math.ceil(size / blksize),
    blksize,
    flags: 0,
    gen: 0,
  };
}
