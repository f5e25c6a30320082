/**
 * Kernel modules.
 *
 * NetBSD: sys/sys/module.h, modctl(2).
 */

// Lengths and flags.
export const MAXMODNAME = 32;
export const MAXMODDEPS = 10;
export const MODCTL_NO_PROP = 0x2;
export const MODCTL_LOAD_FORCE = 0x1;
export const MODFLG_MUST_FORCE = 0x01;
export const MODFLG_AUTO_LOADED = 0x02;

// Commands of modctl(2).
export const MODCTL_LOAD = 0;
export const MODCTL_UNLOAD = 1;
export const MODCTL_STAT = 2;
export const MODCTL_EXISTS = 3;

// Classes of module. ANY matches all of them.
export const MODULE_CLASS_ANY = 0;
export const MODULE_CLASS_MISC = 1;
export const MODULE_CLASS_VFS = 2;
export const MODULE_CLASS_DRIVER = 3;
export const MODULE_CLASS_EXEC = 4;
export const MODULE_CLASS_SECMODEL = 5;

// Where a module came from.
export const MODULE_SOURCE_KERNEL = 0;
export const MODULE_SOURCE_BOOT = 1;
export const MODULE_SOURCE_FILESYS = 2;

// What is asked of a module's own command function.
export const MODULE_CMD_INIT = 0;
export const MODULE_CMD_FINI = 1;
export const MODULE_CMD_STAT = 2;
export const MODULE_CMD_AUTOUNLOAD = 3;
