/**
 * ioctl(2) commands of disks, and of the memory disk.
 *
 * NetBSD: sys/sys/dkio.h, sys/dev/md.h, md(4).
 */

/** Bytes: 8, as off_t; and of a sector: 4. */
export const DIOCGMEDIASIZE = 0x40086484;
export const DIOCGSECTORSIZE = 0x40046485;

/** struct md_conf: address (8 bytes), size in bytes (8), type (4), and 4 unused. */
export const MD_GETCONF = 0x40187200;
export const MD_SETCONF = 0x80187201;
export const MD_UNCONFIGURED = 0;
export const MD_KMEM_FIXED = 1;
export const MD_KMEM_ALLOCATED = 2;
export const MD_UMEM_SERVER = 3;
