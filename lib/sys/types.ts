/**
 * The structures of the system-call interface as TypeScript sees them: no prefixes (`tv_sec` is `sec`), no
 * padding, and no lengths of what carries its own. How they lie in a foreign caller's memory is the business
 * of an emulation.
 *
 * Every integer is a `number`, also the 64-bit ones: sizes, offsets, inodes and seconds stay far below 2^53
 * here. The exceptions carry an address or another opaque word of the caller's and are `bigint`; each says
 * so.
 *
 * NetBSD: sys/sys/{time,resource,stat,statvfs,signal,siginfo,event,poll,socket,uio,...}.h.
 */

/** Seconds and nanoseconds (0 to 999,999,999). */
export interface Timespec {
  sec: number;
  nsec: number;
}

/** Seconds and microseconds (0 to 999,999). */
export interface Timeval {
  sec: number;
  usec: number;
}

/** Obsolete: NetBSD ignores it when set and reports zeros. */
export interface Timezone {
  minuteswest: number;
  dsttime: number;
}

export interface Itimerval {
  interval: Timeval;
  value: Timeval;
}

export interface Itimerspec {
  interval: Timespec;
  value: Timespec;
}

/** Resources used by processes or lwps: times, kilobytes (`maxrss`, `ixrss` ... `isrss`), then counts. */
export interface Rusage {
  utime: Timeval;
  stime: Timeval;
  maxrss: number;
  ixrss: number;
  idrss: number;
  isrss: number;
  minflt: number;
  majflt: number;
  nswap: number;
  inblock: number;
  oublock: number;
  msgsnd: number;
  msgrcv: number;
  nsignals: number;
  nvcsw: number;
  nivcsw: number;
}

/** `struct wrusage`: what a child used itself, and what its waited-for children used. */
export interface WaitUsage {
  self: Rusage;
  children: Rusage;
}

/** Soft and hard limit. `Infinity` is RLIM_INFINITY (2^63 - 1 in a foreign caller's memory). */
export interface Rlimit {
  cur: number;
  max: number;
}

/** Clock discipline of ntp_adjtime(2): `modes` says which fields are set. Units as in that page. */
export interface Timex {
  modes: number;
  offset: number;
  freq: number;
  maxerror: number;
  esterror: number;
  status: number;
  constant: number;
  precision: number;
  tolerance: number;
  ppsfreq: number;
  jitter: number;
  shift: number;
  stabil: number;
  jitcnt: number;
  calcnt: number;
  errcnt: number;
  stbcnt: number;
}

/** Time with its error bounds in microseconds, TAI offset in seconds and clock state (TIME_OK ...). */
export interface Ntptimeval {
  time: Timespec;
  maxerror: number;
  esterror: number;
  tai: number;
  timeState: number;
}

/**
 * A set of signals: four 32-bit words, signal n at bit (n - 1). Immutable; `sigset.ts` makes and reads them.
 */
export type Sigset = readonly [number, number, number, number];

/** SIG_DFL (0), SIG_IGN (1), a function of a local caller, or the address of a foreign one's. */
export type SignalHandler = 0 | 1 | bigint | ((signo: number, info: Siginfo) => void);

export interface Sigaction {
  handler: SignalHandler;
  mask: Sigset;
  flags: number;
}

/** Why a signal came. Which fields beyond the first three there are depends on `signo` and `code`. */
export interface Siginfo {
  signo: number;
  code: number;
  errno: number;
  pid?: number;
  uid?: number;
  /** The word sent along (sigqueue, timers): opaque, hence `bigint`. */
  value?: bigint;
  /** SIGCHLD: exit status or signal number; times in clock ticks. */
  status?: number;
  utime?: number;
  stime?: number;
  /** Faults: the address; SIGPOLL: band and descriptor. */
  addr?: bigint;
  trap?: number;
  band?: number;
  fd?: number;
}

/** `stack_t`: an alternate signal stack in a foreign caller's memory. */
export interface Sigaltstack {
  sp: bigint;
  size: number;
  flags: number;
}

/** How a timer, message queue or asynchronous operation tells that it is done. */
export interface Sigevent {
  notify: number;
  signo: number;
  value: bigint;
}

/** Sizes in bytes, except `blocks` (of 512 bytes). */
export interface Stat {
  dev: number;
  mode: number;
  ino: number;
  nlink: number;
  uid: number;
  gid: number;
  rdev: number;
  atim: Timespec;
  mtim: Timespec;
  ctim: Timespec;
  birthtim: Timespec;
  size: number;
  blocks: number;
  blksize: number;
  flags: number;
  gen: number;
}

/** File system identifier: device and type. */
export type Fsid = readonly [number, number];

/**
 * `blocks`, `bfree`, `bavail`, `bresvd` count units of `frsize` bytes; `asyncreads` and the like count
 * operations.
 */
export interface Statvfs {
  flag: number;
  bsize: number;
  frsize: number;
  iosize: number;
  blocks: number;
  bfree: number;
  bavail: number;
  bresvd: number;
  files: number;
  ffree: number;
  favail: number;
  fresvd: number;
  syncreads: number;
  syncwrites: number;
  asyncreads: number;
  asyncwrites: number;
  fsidx: Fsid;
  fsid: number;
  namemax: number;
  owner: number;
  fstypename: string;
  mntonname: string;
  mntfromname: string;
}

/** poll(2) sets `revents` in place. */
export interface Pollfd {
  fd: number;
  events: number;
  revents: number;
}

/** Descriptors of select(2), which leaves the ready ones in place. */
export type FdSet = Set<number>;

/**
 * kevent(2). `udata` comes back as it was given: any value of a local caller, a `bigint` of a foreign one.
 */
export interface Kevent {
  ident: number;
  filter: number;
  flags: number;
  fflags: number;
  data: number;
  udata: unknown;
}

/** Advisory lock of fcntl(2). `start` and `len` are bytes; `len` 0 reaches to the end of the file. */
export interface Flock {
  start: number;
  len: number;
  pid: number;
  type: number;
  whence: number;
}

/**
 * A socket address: family, and what follows the family byte. The length byte is implied; both stand before the data in
 * a foreign caller's memory. A caller gives 1 to 253 bytes of data; what it is told may have none.
 */
export interface Sockaddr {
  family: number;
  data: Uint8Array;
}

/**
 * What sendmsg(2) sends: to whom (null: to whom the socket is connected), at most IOV_MAX pieces, and control messages
 * as they lie in memory (`struct cmsghdr`, each at a multiple of 8; 16 to 4096 bytes in all) or null.
 *
 * For recvmsg(2) `iov` is where to, and `control` what room there is for control messages, null if none are wanted.
 * It sets in place: `name`, who has sent this, null if nobody is named; `control`, to the part of it that was filled,
 * so that its length says how much came, 0 if nothing; `flags`, MSG_TRUNC and the like. As in C the same object wants
 * its `control` set anew before the next call. `iov` stays as it is; the result says how many of its bytes came. What
 * `name` and `flags` were before is not looked at.
 *
 * So a handler of recvmsg is given null for `name` and 0 for `flags`, fills `iov`, and sets the others: `control` to a
 * `subarray(0, n)` of itself, where it cuts what has no room, and says MSG_CTRUNC.
 */
export interface Msghdr {
  name: Sockaddr | null;
  iov: Uint8Array[];
  control: Uint8Array | null;
  flags: number;
}

/**
 * One message of sendmmsg(2), recvmmsg(2). `len` is set to the bytes it moved, of as many messages as the result says;
 * the others are left alone. Of more than 1024 messages only those are looked at.
 */
export interface Mmsghdr {
  hdr: Msghdr;
  len: number;
}

/** `result` and `error` are set when the operation is done. */
export interface Aiocb {
  fildes: number;
  offset: number;
  buf: Uint8Array;
  lioOpcode: number;
  reqprio: number;
  sigevent: Sigevent;
}

export interface MqAttr {
  flags: number;
  maxmsg: number;
  msgsize: number;
  curmsgs: number;
}

export interface SchedParam {
  priority: number;
}

/** Numbers of CPUs. */
export type Cpuset = ReadonlySet<number>;

/** `struct ipc_perm` of System V IPC. */
export interface IpcPerm {
  uid: number;
  gid: number;
  cuid: number;
  cgid: number;
  mode: number;
}

export interface Sembuf {
  num: number;
  op: number;
  flg: number;
}

export interface SemidDs {
  perm: IpcPerm;
  nsems: number;
  otime: number;
  ctime: number;
}

export interface ShmidDs {
  perm: IpcPerm;
  segsz: number;
  lpid: number;
  cpid: number;
  nattch: number;
  atime: number;
  dtime: number;
  ctime: number;
}

export interface MsqidDs {
  perm: IpcPerm;
  qnum: number;
  qbytes: number;
  lspid: number;
  lrpid: number;
  stime: number;
  rtime: number;
  ctime: number;
}

/** One message of System V IPC: a type above 0, then bytes. */
export interface Msgbuf {
  type: number;
  text: Uint8Array;
}

/** A universally unique identifier in its 16 bytes, in the order in which they are printed. */
export type Uuid = Uint8Array;

/** `struct quotactl_args`: an operation (QUOTACTL_*) and what belongs to it. */
export interface QuotactlArgs {
  op: number;
  args: Readonly<Record<string, unknown>>;
}

/** `struct epoll_event`. `data` comes back as it was given. */
export interface EpollEvent {
  events: number;
  data: unknown;
}

/** Every structure that the system-call table names, by its C name. */
export interface Structs {
  timespec: Timespec;
  timeval: Timeval;
  timezone: Timezone;
  itimerval: Itimerval;
  itimerspec: Itimerspec;
  rusage: Rusage;
  wrusage: WaitUsage;
  rlimit: Rlimit;
  timex: Timex;
  ntptimeval: Ntptimeval;
  sigset_t: Sigset;
  sigaction: Sigaction;
  siginfo_t: Siginfo;
  sigaltstack: Sigaltstack;
  sigevent: Sigevent;
  stat: Stat;
  fsid_t: Fsid;
  statvfs: Statvfs;
  statvfs190: Statvfs;
  pollfd: Pollfd;
  fd_set: FdSet;
  kevent: Kevent;
  flock: Flock;
  sockaddr: Sockaddr;
  msghdr: Msghdr;
  mmsghdr: Mmsghdr;
  aiocb: Aiocb;
  mq_attr: MqAttr;
  sched_param: SchedParam;
  cpuset_t: Cpuset;
  sembuf: Sembuf;
  semid_ds: SemidDs;
  shmid_ds: ShmidDs;
  msqid_ds: MsqidDs;
  msgbuf: Msgbuf;
  uuid: Uuid;
  quotactl_args: QuotactlArgs;
  epoll_event: EpollEvent;
}
