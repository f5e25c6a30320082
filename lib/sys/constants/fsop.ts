/**
 * Numbers of `fsop`, the hypercall for host directories. They are data for the kernel's file systems and for both
 * hosts; `native/include/rump/rumpuser.h` has the same, and a test compares them.
 */

/** `path` is any path of the host, to a directory. The result is a descriptor, a root to begin at. */
export const RUMPUSER_FS_ROOT = 0;
/**
 * `args`: RUMPUSER_OPEN_* (CREATE and EXCL together or not at all), mode. Files and directories only: a FIFO,
 * a device or a socket is EOPNOTSUPP, so that opening never waits. The result is a descriptor.
 */
export const RUMPUSER_FS_OPEN = 1;
export const RUMPUSER_FS_CLOSE = 2;
export const RUMPUSER_FS_GETATTR = 3;
/** `fd` is an open directory; `args`: how many entries were read from it so far. The result is bytes. */
export const RUMPUSER_FS_READDIR = 4;
/** The result is the length of the text in `data`. */
export const RUMPUSER_FS_READLINK = 5;
/** `args`: mode. The process's umask does not matter. */
export const RUMPUSER_FS_MKDIR = 6;
/** `args`: mode with the type, S_IFIFO or S_IFSOCK. */
export const RUMPUSER_FS_MKNOD = 7;
/** `path2` is the text. */
export const RUMPUSER_FS_SYMLINK = 8;
/** `path2` is the new name. */
export const RUMPUSER_FS_LINK = 9;
export const RUMPUSER_FS_RENAME = 10;
export const RUMPUSER_FS_UNLINK = 11;
export const RUMPUSER_FS_RMDIR = 12;
/** `args`: mode. EOPNOTSUPP for a symbolic link. */
export const RUMPUSER_FS_CHMOD = 13;
/** `args`: uid, gid; -1 leaves it. */
export const RUMPUSER_FS_CHOWN = 14;
/** `args`: time of access and of modification, seconds and nanoseconds each; nanoseconds -1 leave it. */
export const RUMPUSER_FS_UTIMES = 15;
/** `args`: size in bytes. */
export const RUMPUSER_FS_TRUNCATE = 16;
/** Of the file system `fd` is on: FSSPACE numbers into `data`. */
export const RUMPUSER_FS_STATFS = 17;
/** `args`: 1 leaves out what is not needed to read the data back. */
export const RUMPUSER_FS_FSYNC = 18;
/** `fd` is an open file; `args`: offset, 0 for data or 1 for a hole. The result is an offset. */
export const RUMPUSER_FS_SEEK = 19;
/** `fd` is an open file; `args`: offset, length. EOPNOTSUPP where the host cannot. */
export const RUMPUSER_FS_ALLOCATE = 20;
export const RUMPUSER_FS_DISCARD = 21;

/**
 * Attributes, as 64-bit numbers in the host's byte order, at these places. The mode has the type in it, in
 * the bits every Unix uses; blocks are of 512 bytes; times are seconds and nanoseconds; a birth of 0 is not
 * known.
 */
export const RUMPUSER_FSATTR_DEV = 0;
export const RUMPUSER_FSATTR_INO = 1;
export const RUMPUSER_FSATTR_MODE = 2;
export const RUMPUSER_FSATTR_NLINK = 3;
export const RUMPUSER_FSATTR_UID = 4;
export const RUMPUSER_FSATTR_GID = 5;
export const RUMPUSER_FSATTR_RDEV = 6;
export const RUMPUSER_FSATTR_SIZE = 7;
export const RUMPUSER_FSATTR_BLOCKS = 8;
export const RUMPUSER_FSATTR_BLKSIZE = 9;
export const RUMPUSER_FSATTR_ATIME = 10;
export const RUMPUSER_FSATTR_MTIME = 12;
export const RUMPUSER_FSATTR_CTIME = 14;
export const RUMPUSER_FSATTR_BIRTH = 16;
export const RUMPUSER_FSATTRS = 18;

/** What STATFS gives, in the same form. */
export const RUMPUSER_FSSPACE_BSIZE = 0;
export const RUMPUSER_FSSPACE_FRSIZE = 1;
export const RUMPUSER_FSSPACE_BLOCKS = 2;
export const RUMPUSER_FSSPACE_BFREE = 3;
export const RUMPUSER_FSSPACE_BAVAIL = 4;
export const RUMPUSER_FSSPACE_FILES = 5;
export const RUMPUSER_FSSPACE_FFREE = 6;
export const RUMPUSER_FSSPACE_NAMEMAX = 7;
/** 1 when the file system is this machine's own: `fsopNow` and `readNow` mean what they say there. */
export const RUMPUSER_FSSPACE_LOCAL = 8;
export const RUMPUSER_FSSPACES = 9;

/** Bytes of a directory's entry before its name: inode (8, host's order), type (the mode's, >> 12), length. */
export const RUMPUSER_FSENTRY = 10;
