/**
 * Opening, descriptor control, locks, seeking.
 *
 * NetBSD: sys/sys/fcntl.h, open(2), fcntl(2), flock(2).
 */

// open(2) flags, which are also the file status flags of fcntl(2).
export const O_RDONLY = 0x00000000;
export const O_WRONLY = 0x00000001;
export const O_RDWR = 0x00000002;
export const O_ACCMODE = 0x00000003;
export const O_NONBLOCK = 0x00000004;
export const O_APPEND = 0x00000008;
export const O_SHLOCK = 0x00000010;
export const O_EXLOCK = 0x00000020;
export const O_ASYNC = 0x00000040;
export const O_SYNC = 0x00000080;
export const O_NOFOLLOW = 0x00000100;
export const O_CREAT = 0x00000200;
export const O_TRUNC = 0x00000400;
export const O_EXCL = 0x00000800;
export const O_NOCTTY = 0x00008000;
export const O_DSYNC = 0x00010000;
export const O_RSYNC = 0x00020000;
export const O_ALT_IO = 0x00040000;
export const O_DIRECT = 0x00080000;
export const O_DIRECTORY = 0x00200000;
export const O_CLOEXEC = 0x00400000;
export const O_SEARCH = 0x00800000;
export const O_NOSIGPIPE = 0x01000000;
export const O_FSYNC = O_SYNC;
export const O_NDELAY = O_NONBLOCK;
export const O_MASK =
  O_ACCMODE |
  O_NONBLOCK |
  O_APPEND |
  O_SHLOCK |
  O_EXLOCK |
  O_ASYNC |
  O_SYNC |
  O_CREAT |
  O_TRUNC |
  O_EXCL |
  O_DSYNC |
  O_RSYNC |
  O_NOCTTY |
  O_ALT_IO |
  O_NOFOLLOW |
  O_DIRECT |
  O_DIRECTORY |
  O_CLOEXEC |
  O_NOSIGPIPE;

// The same, as the kernel keeps them in an open file: reading and writing are bits there (see `FFLAGS`).
export const FREAD = 0x00000001;
export const FWRITE = 0x00000002;
export const FAPPEND = O_APPEND;
export const FASYNC = O_ASYNC;
export const FNDELAY = O_NONBLOCK;
export const FNOSIGPIPE = O_NOSIGPIPE;
export const FNONBLOCK = O_NONBLOCK;
export const FFSYNC = O_SYNC;
export const FDSYNC = O_DSYNC;
export const FRSYNC = O_RSYNC;
export const FALTIO = O_ALT_IO;
export const FDIRECT = O_DIRECT;
export const FMARK = 0x00001000;
export const FDEFER = 0x00002000;
export const FHASLOCK = 0x00004000;
export const FSCAN = 0x00100000;
export const FSILENT = 0x40000000;
export const FKIOCTL = 0x80000000;
export const FCNTLFLAGS =
  FAPPEND | FASYNC | FFSYNC | FNONBLOCK | FDSYNC | FRSYNC | FALTIO | FDIRECT | FNOSIGPIPE;
export const FMASK = FREAD | FWRITE | FCNTLFLAGS;

// fcntl(2) commands.
export const F_DUPFD = 0;
export const F_GETFD = 1;
export const F_SETFD = 2;
export const F_GETFL = 3;
export const F_SETFL = 4;
export const F_GETOWN = 5;
export const F_SETOWN = 6;
export const F_GETLK = 7;
export const F_SETLK = 8;
export const F_SETLKW = 9;
export const F_CLOSEM = 10;
export const F_MAXFD = 11;
export const F_DUPFD_CLOEXEC = 12;
export const F_GETNOSIGPIPE = 13;
export const F_SETNOSIGPIPE = 14;

// Descriptor flag.
export const FD_CLOEXEC = 1;

// Kinds of advisory lock, and how the kernel takes them.
export const F_RDLCK = 1;
export const F_UNLCK = 2;
export const F_WRLCK = 3;
export const F_WAIT = 0x010;
export const F_FLOCK = 0x020;
export const F_POSIX = 0x040;

// Commands that go to the file system, and which way their parameter goes.
export const F_PARAM_MASK = 0xfff;
export const F_PARAM_MAX = 4095;
export const F_FSCTL = 0x80000000 | 0;
export const F_FSVOID = 0x40000000;
export const F_FSOUT = 0x20000000;
export const F_FSIN = 0x10000000;
export const F_FSINOUT = F_FSIN | F_FSOUT;
export const F_FSDIRMASK = 0x70000000;
export const F_FSPRIV = 0x00008000;

// flock(2).
export const LOCK_SH = 0x01;
export const LOCK_EX = 0x02;
export const LOCK_NB = 0x04;
export const LOCK_UN = 0x08;

// lseek(2).
export const SEEK_SET = 0;
export const SEEK_CUR = 1;
export const SEEK_END = 2;
/** Not in NetBSD: the numbers of the systems that have them. */
export const SEEK_DATA = 3;
export const SEEK_HOLE = 4;

// posix_fadvise(2).
export const POSIX_FADV_NORMAL = 0;
export const POSIX_FADV_RANDOM = 1;
export const POSIX_FADV_SEQUENTIAL = 2;
export const POSIX_FADV_WILLNEED = 3;
export const POSIX_FADV_DONTNEED = 4;
export const POSIX_FADV_NOREUSE = 5;

// The calls that take a directory descriptor.
export const AT_FDCWD = -100;
export const AT_EACCESS = 0x100;
export const AT_SYMLINK_NOFOLLOW = 0x200;
export const AT_SYMLINK_FOLLOW = 0x400;
export const AT_REMOVEDIR = 0x800;

/**
 * Flags of an open file from flags of open(2): O_RDONLY (0) becomes FREAD (1), O_RDWR (2) becomes both (3).
 */
export const FFLAGS = (oflags: number): number => oflags + 1;
/** The way back. */
export const OFLAGS = (fflags: number): number => fflags - 1;
