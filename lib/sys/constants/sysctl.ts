/**
 * sysctl.
 *
 * NetBSD: sys/sys/sysctl.h, sysctl(3), sysctl(9).
 */
import {
  RLIM_NLIMITS,
  RLIMIT_AS,
  RLIMIT_CORE,
  RLIMIT_CPU,
  RLIMIT_DATA,
  RLIMIT_FSIZE,
  RLIMIT_MEMLOCK,
  RLIMIT_NOFILE,
  RLIMIT_NPROC,
  RLIMIT_NTHR,
  RLIMIT_RSS,
  RLIMIT_SBSIZE,
  RLIMIT_STACK,
} from './resource.ts';

// Lengths, and the first number of created nodes.
export const CTL_MAXNAME = 12;
export const SYSCTL_NAMELEN = 32;
export const CREATE_BASE = 1024;

// Types of node.
export const CTLTYPE_NODE = 1;
export const CTLTYPE_INT = 2;
export const CTLTYPE_STRING = 3;
export const CTLTYPE_QUAD = 4;
export const CTLTYPE_STRUCT = 5;
export const CTLTYPE_BOOL = 6;
export const CTLTYPE_LONG = CTLTYPE_QUAD;

// Flags of node.
export const CTLFLAG_READONLY = 0x00000000;
export const CTLFLAG_READWRITE = 0x00000070;
export const CTLFLAG_ANYWRITE = 0x00000080;
export const CTLFLAG_PRIVATE = 0x00000100;
export const CTLFLAG_PERMANENT = 0x00000200;
export const CTLFLAG_OWNDATA = 0x00000400;
export const CTLFLAG_IMMEDIATE = 0x00000800;
export const CTLFLAG_HEX = 0x00001000;
export const CTLFLAG_ROOT = 0x00002000;
export const CTLFLAG_ANYNUMBER = 0x00004000;
export const CTLFLAG_HIDDEN = 0x00008000;
export const CTLFLAG_ALIAS = 0x00010000;
export const CTLFLAG_MMAP = 0x00020000;
export const CTLFLAG_OWNDESC = 0x00040000;
export const CTLFLAG_UNSIGNED = 0x00080000;

// How flags, type and version share a word.
export const SYSCTL_VERS_MASK = 0xff000000;
export const SYSCTL_VERS_0 = 0x00000000;
export const SYSCTL_VERS_1 = 0x01000000;
export const SYSCTL_VERSION = SYSCTL_VERS_1;
export const SYSCTL_TYPEMASK = 0x0000000f;
export const SYSCTL_FLAGMASK = 0x00fffff0;
export const SYSCTL_USERFLAGS =
  CTLFLAG_READWRITE |
  CTLFLAG_ANYWRITE |
  CTLFLAG_PRIVATE |
  CTLFLAG_OWNDATA |
  CTLFLAG_IMMEDIATE |
  CTLFLAG_HEX |
  CTLFLAG_HIDDEN;

// Names that act on the tree itself.
export const CTL_EOL = -1;
export const CTL_QUERY = -2;
export const CTL_CREATE = -3;
export const CTL_CREATESYM = -4;
export const CTL_DESTROY = -5;
export const CTL_MMAP = -6;
export const CTL_DESCRIBE = -7;
/** Longest description with its NUL, bytes. */
export const MAXDESCLEN = 1024;

// Top level.
export const CTL_UNSPEC = 0;
export const CTL_KERN = 1;
export const CTL_VM = 2;
export const CTL_VFS = 3;
export const CTL_NET = 4;
export const CTL_DEBUG = 5;
export const CTL_HW = 6;
export const CTL_MACHDEP = 7;
export const CTL_USER = 8;
export const CTL_DDB = 9;
export const CTL_PROC = 10;
export const CTL_VENDOR = 11;
export const CTL_EMUL = 12;
export const CTL_SECURITY = 13;
export const CTL_MAXID = 14;

// kern.
export const KERN_OSTYPE = 1;
export const KERN_OSRELEASE = 2;
export const KERN_OSREV = 3;
export const KERN_VERSION = 4;
export const KERN_MAXVNODES = 5;
export const KERN_MAXPROC = 6;
export const KERN_MAXFILES = 7;
export const KERN_ARGMAX = 8;
export const KERN_SECURELVL = 9;
export const KERN_HOSTNAME = 10;
export const KERN_HOSTID = 11;
export const KERN_CLOCKRATE = 12;
export const KERN_VNODE = 13;
export const KERN_PROC = 14;
export const KERN_FILE = 15;
export const KERN_PROF = 16;
export const KERN_POSIX1 = 17;
export const KERN_NGROUPS = 18;
export const KERN_JOB_CONTROL = 19;
export const KERN_SAVED_IDS = 20;
export const KERN_OBOOTTIME = 21;
export const KERN_DOMAINNAME = 22;
export const KERN_MAXPARTITIONS = 23;
export const KERN_RAWPARTITION = 24;
export const KERN_NTPTIME = 25;
export const KERN_TIMEX = 26;
export const KERN_AUTONICETIME = 27;
export const KERN_AUTONICEVAL = 28;
export const KERN_RTC_OFFSET = 29;
export const KERN_ROOT_DEVICE = 30;
export const KERN_MSGBUFSIZE = 31;
export const KERN_FSYNC = 32;
export const KERN_OLDSYSVMSG = 33;
export const KERN_OLDSYSVSEM = 34;
export const KERN_OLDSYSVSHM = 35;
export const KERN_OLDSHORTCORENAME = 36;
export const KERN_SYNCHRONIZED_IO = 37;
export const KERN_IOV_MAX = 38;
export const KERN_MBUF = 39;
export const KERN_MAPPED_FILES = 40;
export const KERN_MEMLOCK = 41;
export const KERN_MEMLOCK_RANGE = 42;
export const KERN_MEMORY_PROTECTION = 43;
export const KERN_LOGIN_NAME_MAX = 44;
export const KERN_DEFCORENAME = 45;
export const KERN_LOGSIGEXIT = 46;
export const KERN_PROC2 = 47;
export const KERN_FSCALE = 49;
export const KERN_CCPU = 50;
export const KERN_CP_TIME = 51;
export const KERN_OLDSYSVIPC_INFO = 52;
export const KERN_MSGBUF = 53;
export const KERN_CONSDEV = 54;
export const KERN_MAXPTYS = 55;
export const KERN_PIPE = 56;
export const KERN_MAXPHYS = 57;
export const KERN_SBMAX = 58;
export const KERN_TKSTAT = 59;
export const KERN_MONOTONIC_CLOCK = 60;
export const KERN_URND = 61;
export const KERN_LABELSECTOR = 62;
export const KERN_LABELOFFSET = 63;
export const KERN_LWP = 64;
export const KERN_FORKFSLEEP = 65;
export const KERN_POSIX_THREADS = 66;
export const KERN_POSIX_SEMAPHORES = 67;
export const KERN_POSIX_BARRIERS = 68;
export const KERN_POSIX_TIMERS = 69;
export const KERN_POSIX_SPIN_LOCKS = 70;
export const KERN_POSIX_READER_WRITER_LOCKS = 71;
export const KERN_DUMP_ON_PANIC = 72;
export const KERN_SOMAXKVA = 73;
export const KERN_ROOT_PARTITION = 74;
export const KERN_DRIVERS = 75;
export const KERN_BUF = 76;
export const KERN_FILE2 = 77;
export const KERN_VERIEXEC = 78;
export const KERN_CP_ID = 79;
export const KERN_HARDCLOCK_TICKS = 80;
export const KERN_ARND = 81;
export const KERN_SYSVIPC = 82;
export const KERN_BOOTTIME = 83;
export const KERN_EVCNT = 84;
export const KERN_MAXID = 85;

// kern.proc and kern.proc2: which processes.
export const KERN_PROC_ARGS = 48;
export const KERN_PROC_ALL = 0;
export const KERN_PROC_PID = 1;
export const KERN_PROC_PGRP = 2;
export const KERN_PROC_SESSION = 3;
export const KERN_PROC_TTY = 4;
export const KERN_PROC_UID = 5;
export const KERN_PROC_RUID = 6;
export const KERN_PROC_GID = 7;
export const KERN_PROC_RGID = 8;

// kern.proc_args: which part.
export const KERN_PROC_ARGV = 1;
export const KERN_PROC_NARGV = 2;
export const KERN_PROC_ENV = 3;
export const KERN_PROC_NENV = 4;
export const KERN_PROC_PATHNAME = 5;

// kern.sysvipc, kern.tkstat, kern.file2, kern.evcnt.
export const KERN_SYSVIPC_INFO = 1;
export const KERN_SYSVIPC_MSG = 2;
export const KERN_SYSVIPC_SEM = 3;
export const KERN_SYSVIPC_SHM = 4;
export const KERN_SYSVIPC_SHMMAX = 5;
export const KERN_SYSVIPC_SHMMNI = 6;
export const KERN_SYSVIPC_SHMSEG = 7;
export const KERN_SYSVIPC_SHMMAXPGS = 8;
export const KERN_SYSVIPC_SHMUSEPHYS = 9;
export const KERN_SYSVIPC_MSG_INFO = 4;
export const KERN_SYSVIPC_SEM_INFO = 5;
export const KERN_SYSVIPC_SHM_INFO = 6;
export const KERN_TKSTAT_NIN = 1;
export const KERN_TKSTAT_NOUT = 2;
export const KERN_TKSTAT_CANCC = 3;
export const KERN_TKSTAT_RAWCC = 4;
export const KERN_TKSTAT_MAXID = 5;
export const KERN_FILE_BYFILE = 1;
export const KERN_FILE_BYPID = 2;
export const KERN_EVCNT_COUNT_ANY = 0;
export const KERN_EVCNT_COUNT_NONZERO = 1;

// Lengths in the process structures of kern.proc2 and kern.lwp.
export const WMESGLEN = 8;
export const KI_NGROUPS = 16;
export const KI_MAXCOMLEN = 24;
export const KI_WMESGLEN = 8;
export const KI_MAXLOGNAME = 24;
export const KI_MAXEMULLEN = 16;
export const KI_LNAMELEN = 20;

// Flags in these structures.
export const EPROC_CTTY = 0x01;
export const EPROC_SLEADER = 0x02;
export const P_ADVLOCK = 0x00000001;
export const P_CONTROLT = 0x00000002;
export const P_NOCLDSTOP = 0x00000008;
export const P_PPWAIT = 0x00000010;
export const P_PROFIL = 0x00000020;
export const P_SUGID = 0x00000100;
export const P_TRACED = 0x00000800;
export const P_WAITED = 0x00001000;
export const P_WEXIT = 0x00002000;
export const P_EXEC = 0x00004000;
export const P_OWEUPC = 0x00008000;
export const P_FSTRACE = 0x00010000;
export const P_NOCLDWAIT = 0x00020000;
export const P_32 = 0x00040000;
export const P_CLDSIGIGN = 0x00080000;
export const P_SYSTRACE = 0x00200000;
export const P_CHTRACED = 0x00400000;
export const P_STOPFORK = 0x00800000;
export const P_STOPEXEC = 0x01000000;
export const P_STOPEXIT = 0x02000000;
export const P_SYSCALL = 0x04000000;
export const P_PAXMPROTECT = 0x08000000;
export const P_PAXNOMPROTECT = 0x10000000;
export const L_INMEM = 0x00000004;
export const L_SELECT = 0x00000040;
export const L_SINTR = 0x00000080;
export const L_SYSTEM = 0x00000200;
export const L_SA = 0x00000400;
export const L_DETACHED = 0x00800000;

// hw.
export const HW_MACHINE = 1;
export const HW_MODEL = 2;
export const HW_NCPU = 3;
export const HW_BYTEORDER = 4;
export const HW_PHYSMEM = 5;
export const HW_USERMEM = 6;
export const HW_PAGESIZE = 7;
export const HW_DISKNAMES = 8;
export const HW_IOSTATS = 9;
export const HW_MACHINE_ARCH = 10;
export const HW_ALIGNBYTES = 11;
export const HW_CNMAGIC = 12;
export const HW_PHYSMEM64 = 13;
export const HW_USERMEM64 = 14;
export const HW_IOSTATNAMES = 15;
export const HW_MAXID = 15;
export const HW_NCPUONLINE = 16;

// user.
export const USER_CS_PATH = 1;
export const USER_BC_BASE_MAX = 2;
export const USER_BC_DIM_MAX = 3;
export const USER_BC_SCALE_MAX = 4;
export const USER_BC_STRING_MAX = 5;
export const USER_COLL_WEIGHTS_MAX = 6;
export const USER_EXPR_NEST_MAX = 7;
export const USER_LINE_MAX = 8;
export const USER_RE_DUP_MAX = 9;
export const USER_POSIX2_VERSION = 10;
export const USER_POSIX2_C_BIND = 11;
export const USER_POSIX2_C_DEV = 12;
export const USER_POSIX2_CHAR_TERM = 13;
export const USER_POSIX2_FORT_DEV = 14;
export const USER_POSIX2_FORT_RUN = 15;
export const USER_POSIX2_LOCALEDEF = 16;
export const USER_POSIX2_SW_DEV = 17;
export const USER_POSIX2_UPE = 18;
export const USER_STREAM_MAX = 19;
export const USER_TZNAME_MAX = 20;
export const USER_ATEXIT_MAX = 21;
export const USER_MAXID = 22;

// proc.PID, and its limits.
export const PROC_CURPROC = 0x7fffffff;
export const PROC_PID_CORENAME = 1;
export const PROC_PID_LIMIT = 2;
export const PROC_PID_STOPFORK = 3;
export const PROC_PID_STOPEXEC = 4;
export const PROC_PID_STOPEXIT = 5;
export const PROC_PID_MAXID = 6;
export const PROC_PID_LIMIT_CPU = RLIMIT_CPU + 1;
export const PROC_PID_LIMIT_FSIZE = RLIMIT_FSIZE + 1;
export const PROC_PID_LIMIT_DATA = RLIMIT_DATA + 1;
export const PROC_PID_LIMIT_STACK = RLIMIT_STACK + 1;
export const PROC_PID_LIMIT_CORE = RLIMIT_CORE + 1;
export const PROC_PID_LIMIT_RSS = RLIMIT_RSS + 1;
export const PROC_PID_LIMIT_MEMLOCK = RLIMIT_MEMLOCK + 1;
export const PROC_PID_LIMIT_NPROC = RLIMIT_NPROC + 1;
export const PROC_PID_LIMIT_NOFILE = RLIMIT_NOFILE + 1;
export const PROC_PID_LIMIT_SBSIZE = RLIMIT_SBSIZE + 1;
export const PROC_PID_LIMIT_AS = RLIMIT_AS + 1;
export const PROC_PID_LIMIT_NTHR = RLIMIT_NTHR + 1;
export const PROC_PID_LIMIT_MAXID = RLIM_NLIMITS + 1;
export const PROC_PID_LIMIT_TYPE_SOFT = 1;
export const PROC_PID_LIMIT_TYPE_HARD = 2;
export const PROC_PID_LIMIT_TYPE_MAXID = 3;

// vm.
export const VM_METER = 1;
export const VM_LOADAVG = 2;
export const VM_UVMEXP = 3;
export const VM_NKMEMPAGES = 4;
export const VM_UVMEXP2 = 5;
export const VM_ANONMIN = 6;
export const VM_EXECMIN = 7;
export const VM_FILEMIN = 8;
export const VM_MAXSLP = 9;
export const VM_USPACE = 10;
