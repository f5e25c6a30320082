/**
 * System parameters: version, sizes, priorities.
 *
 * NetBSD: sys/sys/param.h, sys/conf/param.c.
 */
import { ARG_MAX, LOGIN_NAME_MAX, NGROUPS_MAX, OPEN_MAX, PATH_MAX } from './limits.ts';

/**
 * The version of NetBSD whose interface this kernel has, as MMmmrrpp00: major, minor, release letter, patch
 * level. `versionString` spells it.
 */
export const __NetBSD_Version__ = 799003400;

/** `7.99.34` from 799003400; a release letter as in `7.0_RC1` does not occur. */
export function versionString(version: number): string {
  const major = Math.floor(version / 100_000_000);
  const minor = Math.floor(version / 1_000_000) % 100;
  const patch = Math.floor(version / 100) % 10_000;
  return patch === 0 ? `${major}.${minor}` : `${major}.${minor}.${patch}`;
}

// Names and tables.
export const MAXCOMLEN = 16;
export const MAXLOGNAME = LOGIN_NAME_MAX - 1;
export const NCARGS = ARG_MAX;
export const NGROUPS = NGROUPS_MAX;
export const NOGROUP = 65535;
export const MAXHOSTNAMELEN = 256;
export const NOFILE = OPEN_MAX;
export const MAXPATHLEN = PATH_MAX;
export const MAXSYMLINKS = 32;
export const KERNEL_NAME_MAX = 255;
export const MAXCPUS = 256;
export const MAX_LWP_PER_PROC = 8000;
export const CMASK = 0o22;

// Sleep priorities of ltsleep: the lower, the more urgent. The flags are or-ed to them.
export const PSWP = 0;
export const PVM = 4;
export const PINOD = 8;
export const PRIBIO = 16;
export const PVFS = 20;
export const PZERO = 22;
export const PSOCK = 24;
export const PWAIT = 32;
export const PLOCK = 36;
export const PPAUSE = 40;
export const PUSER = 50;
export const MAXPRI = 127;
export const PCATCH = 0x100;
export const PNORELOCK = 0x200;

// Scheduler priorities: the higher, the more urgent. Each band has its size and its greatest.
export const PRI_COUNT = 224;
export const PRI_NONE = -1;
export const PRI_KERNEL_RT = 192;
export const NPRI_KERNEL_RT = 32;
export const MAXPRI_KERNEL_RT = PRI_KERNEL_RT + NPRI_KERNEL_RT - 1;
export const PRI_USER_RT = 128;
export const NPRI_USER_RT = 64;
export const MAXPRI_USER_RT = PRI_USER_RT + NPRI_USER_RT - 1;
export const PRI_KTHREAD = 96;
export const NPRI_KTHREAD = 32;
export const MAXPRI_KTHREAD = PRI_KTHREAD + NPRI_KTHREAD - 1;
export const PRI_KERNEL = 64;
export const NPRI_KERNEL = 32;
export const MAXPRI_KERNEL = PRI_KERNEL + NPRI_KERNEL - 1;
export const PRI_USER = 0;
export const NPRI_USER = 64;
export const MAXPRI_USER = PRI_USER + NPRI_USER - 1;
export const SCHED_PRI_MIN = 0;
export const SCHED_PRI_MAX = 63;

// Load averages are fixed point numbers.
export const FSHIFT = 11;
export const FSCALE = 1 << FSHIFT;

/** Who runs in the kernel at which priority; `schedppq` is 1 here. */
export const PRI_SOFTSERIAL = MAXPRI_KERNEL_RT;
export const PRI_SOFTNET = MAXPRI_KERNEL_RT - 1;
export const PRI_SOFTBIO = MAXPRI_KERNEL_RT - 2;
export const PRI_SOFTCLOCK = MAXPRI_KERNEL_RT - 3;
export const PRI_XCALL = MAXPRI_KTHREAD;
export const PRI_PGDAEMON = MAXPRI_KTHREAD - 1;
export const PRI_VM = MAXPRI_KTHREAD - 2;
export const PRI_IOFLUSH = MAXPRI_KTHREAD - 3;
export const PRI_BIO = MAXPRI_KTHREAD - 4;
export const PRI_IDLE = PRI_USER;

/** Clock ticks a second, as clock(3) and sysctl kern.clockrate report them; nothing here ticks. */
export const HZ = 100;
/** Bytes in a page of memory and in a device block; longest physical transfer. */
export const PAGE_SIZE = 4096;
export const DEV_BSIZE = 512;
export const MAXPHYS = 65536;
export const MAXBSIZE = MAXPHYS;
/** Bytes in a cluster of network memory: the longest option of a socket. */
export const MCLBYTES = 2048;
/** Device number of no device. */
export const NODEV = -1;
