/**
 * How to boot and how to stop.
 *
 * NetBSD: sys/sys/reboot.h, reboot(2).
 */

// boothowto, and the argument of reboot(2).
export const RB_AUTOBOOT = 0;
export const RB_ASKNAME = 0x00000001;
export const RB_SINGLE = 0x00000002;
export const RB_NOSYNC = 0x00000004;
export const RB_HALT = 0x00000008;
export const RB_INITNAME = 0x00000010;
export const RB_KDB = 0x00000040;
export const RB_RDONLY = 0x00000080;
export const RB_DUMP = 0x00000100;
export const RB_MINIROOT = 0x00000200;
export const RB_STRING = 0x00000400;
export const RB_POWERDOWN = RB_HALT | 0x800;
export const RB_USERCONF = 0x00001000;

// How much to say while booting.
export const AB_NORMAL = 0x00000000;
export const AB_QUIET = 0x00010000;
export const AB_VERBOSE = 0x00020000;
export const AB_SILENT = 0x00040000;
export const AB_DEBUG = 0x00080000;

// Machine dependent bits.
export const RB_MD1 = 0x10000000;
export const RB_MD2 = 0x20000000;
export const RB_MD3 = 0x40000000;
export const RB_MD4 = 0x80000000;
