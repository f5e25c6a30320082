/**
 * Mounting.
 *
 * NetBSD: sys/sys/fstypes.h, sys/sys/mount.h, mount(2).
 */

// Flags a mount has.
export const MNT_RDONLY = 0x00000001;
export const MNT_SYNCHRONOUS = 0x00000002;
export const MNT_NOEXEC = 0x00000004;
export const MNT_NOSUID = 0x00000008;
export const MNT_NODEV = 0x00000010;
export const MNT_UNION = 0x00000020;
export const MNT_ASYNC = 0x00000040;
export const MNT_NOCOREDUMP = 0x00008000;
export const MNT_RELATIME = 0x00020000;
export const MNT_IGNORE = 0x00100000;
export const MNT_DISCARD = 0x00800000;
export const MNT_EXTATTR = 0x01000000;
export const MNT_LOG = 0x02000000;
export const MNT_NOATIME = 0x04000000;
export const MNT_SYMPERM = 0x20000000;
export const MNT_NODEVMTIME = 0x40000000;
export const MNT_SOFTDEP = 0x80000000;
export const MNT_EXRDONLY = 0x00000080;
export const MNT_EXPORTED = 0x00000100;
export const MNT_DEFEXPORTED = 0x00000200;
export const MNT_EXPORTANON = 0x00000400;
export const MNT_EXKERB = 0x00000800;
export const MNT_EXNORESPORT = 0x08000000;
export const MNT_EXPUBLIC = 0x10000000;
export const MNT_LOCAL = 0x00001000;
export const MNT_QUOTA = 0x00002000;
export const MNT_ROOTFS = 0x00004000;
export const MNT_VISFLAGMASK =
  (MNT_RDONLY |
    MNT_SYNCHRONOUS |
    MNT_NOEXEC |
    MNT_NOSUID |
    MNT_NODEV |
    MNT_UNION |
    MNT_ASYNC |
    MNT_NOCOREDUMP |
    MNT_IGNORE |
    MNT_DISCARD |
    MNT_NOATIME |
    MNT_SYMPERM |
    MNT_NODEVMTIME |
    MNT_SOFTDEP |
    MNT_EXRDONLY |
    MNT_EXPORTED |
    MNT_DEFEXPORTED |
    MNT_EXPORTANON |
    MNT_EXKERB |
    MNT_EXNORESPORT |
    MNT_EXPUBLIC |
    MNT_LOCAL |
    MNT_QUOTA |
    MNT_ROOTFS |
    MNT_LOG |
    MNT_EXTATTR) >>>
  0;
export const MNT_UPDATE = 0x00010000;
export const MNT_RELOAD = 0x00040000;
export const MNT_FORCE = 0x00080000;
export const MNT_GETARGS = 0x00400000;
export const MNT_OP_FLAGS = MNT_UPDATE | MNT_RELOAD | MNT_FORCE | MNT_GETARGS;
export const MNT_WAIT = 1;
export const MNT_NOWAIT = 2;
export const MNT_LAZY = 3;

// State of a mount in the kernel.
export const IMNT_GONE = 0x00000001;
export const IMNT_UNMOUNT = 0x00000002;
export const IMNT_WANTRDWR = 0x00000004;
export const IMNT_DTYPE = 0x00000040;
export const IMNT_HAS_TRANS = 0x00000080;
export const IMNT_MPSAFE = 0x00000100;
export const IMNT_CAN_RWTORO = 0x00000200;
export const IMNT_ONWORKLIST = 0x00000400;

// Lengths of names, most data of a mount call.
export const _VFS_NAMELEN = 32;
export const _VFS_MNAMELEN = 1024;
export const VFS_MAX_MOUNT_DATA = 8192;
