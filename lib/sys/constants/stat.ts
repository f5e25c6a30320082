/**
 * File modes and flags.
 *
 * NetBSD: sys/sys/stat.h, stat(2), chflags(2).
 */

// Set-id bits and permissions.
export const S_ISUID = 0o4000;
export const S_ISGID = 0o2000;
export const S_ISTXT = 0o1000;
export const S_ISVTX = 0o1000;
export const S_IRWXU = 0o700;
export const S_IRUSR = 0o400;
export const S_IWUSR = 0o200;
export const S_IXUSR = 0o100;
export const S_IRWXG = 0o70;
export const S_IRGRP = 0o40;
export const S_IWGRP = 0o20;
export const S_IXGRP = 0o10;
export const S_IRWXO = 0o7;
export const S_IROTH = 0o4;
export const S_IWOTH = 0o2;
export const S_IXOTH = 0o1;

// File types.
export const S_IFMT = 0o170000;
export const S_IFIFO = 0o10000;
export const S_IFCHR = 0o20000;
export const S_IFDIR = 0o40000;
export const S_IFBLK = 0o60000;
export const S_IFREG = 0o100000;
export const S_IFLNK = 0o120000;
export const S_IFSOCK = 0o140000;
export const S_IFWHT = 0o160000;
export const S_ARCH1 = 0o200000;
export const S_ARCH2 = 0o400000;

// Combinations.
export const ACCESSPERMS = S_IRWXU | S_IRWXG | S_IRWXO;
export const ALLPERMS = S_ISUID | S_ISGID | S_ISTXT | S_IRWXU | S_IRWXG | S_IRWXO;
export const DEFFILEMODE = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH;

// Bytes in a block of `stat.blocks`.
export const S_BLKSIZE = 512;

// File flags: the owner’s (UF_), the super-user’s (SF_).
export const UF_SETTABLE = 0x0000ffff;
export const UF_NODUMP = 0x00000001;
export const UF_IMMUTABLE = 0x00000002;
export const UF_APPEND = 0x00000004;
export const UF_OPAQUE = 0x00000008;
export const SF_SETTABLE = 0xffff0000;
export const SF_ARCHIVED = 0x00010000;
export const SF_IMMUTABLE = 0x00020000;
export const SF_APPEND = 0x00040000;
export const SF_SNAPSHOT = 0x00200000;
export const SF_LOG = 0x00400000;
export const SF_SNAPINVAL = 0x00800000;
export const OPAQUE = UF_OPAQUE;
export const APPEND = UF_APPEND | SF_APPEND;
export const IMMUTABLE = UF_IMMUTABLE | SF_IMMUTABLE;

// utimensat(2): nanosecond values that mean now, and leave alone.
export const UTIME_NOW = (1 << 30) - 1;
export const UTIME_OMIT = (1 << 30) - 2;

export const S_ISDIR = (mode: number): boolean => (mode & S_IFMT) === S_IFDIR;
export const S_ISCHR = (mode: number): boolean => (mode & S_IFMT) === S_IFCHR;
export const S_ISBLK = (mode: number): boolean => (mode & S_IFMT) === S_IFBLK;
export const S_ISREG = (mode: number): boolean => (mode & S_IFMT) === S_IFREG;
export const S_ISFIFO = (mode: number): boolean => (mode & S_IFMT) === S_IFIFO;
export const S_ISLNK = (mode: number): boolean => (mode & S_IFMT) === S_IFLNK;
export const S_ISSOCK = (mode: number): boolean => (mode & S_IFMT) === S_IFSOCK;
export const S_ISWHT = (mode: number): boolean => (mode & S_IFMT) === S_IFWHT;
