/**
 * Limits of the system.
 *
 * NetBSD: sys/sys/syslimits.h.
 */

// Counts and lengths, in bytes and with the NUL where there is one.
export const ARG_MAX = 256 * 1024;
export const CHILD_MAX = 160;
export const GID_MAX = 2147483647;
export const LINK_MAX = 32767;
export const MAX_CANON = 255;
export const MAX_INPUT = 255;
export const NAME_MAX = 511;
export const NGROUPS_MAX = 16;
export const UCHAR_MAX = 255;
export const UID_MAX = 2147483647;
export const OPEN_MAX = 128;
export const PATH_MAX = 1024;
export const PIPE_BUF = 512;
export const LOGIN_NAME_MAX = 17;
export const IOV_MAX = 1024;
export const NZERO = 20;

// Limits of the standard utilities, for sysctl user.*.
export const BC_DIM_MAX = 65535;
export const BC_STRING_MAX = 2147483647;
export const BC_BASE_MAX = 2147483647;
export const BC_SCALE_MAX = 2147483647;
export const COLL_WEIGHTS_MAX = 2;
export const EXPR_NEST_MAX = 32;
export const LINE_MAX = 2048;
export const RE_DUP_MAX = 255;
