/**
 * The host, as the kernel sees it: every way out of the kernel is a method of `Rumpuser`.
 *
 * `native.ts` implements it over the C++ addon (real threads, real clocks, real files); `sim.ts`
 * implements it with virtual time, a seeded generator and injected faults. The kernel imports this
 * file only, and `rumpuser_ways.ts`. The same list of hypercalls, in C, is `native/include/rump/rumpuser.h`.
 *
 * Rules that hold for both hosts:
 * - A hypercall that can fail throws one of the frozen errno singletons of `lib/sys/errno.ts`, already
 *   NetBSD's (the host's numbers never pass this edge). Misuse (leaving a mutex one does not own,
 *   setting curlwp while one is set) throws `RumpuserAssertion`: it is a bug of the caller, not an errno.
 * - A hypercall that may block calls `upcalls.unschedule()` before and `upcalls.schedule()` after.
 * - Times are nanoseconds as `number` on the monotonic clock, counted from the host object's creation
 *   (exact for 104 days); wall-clock times are `Timespec`.
 *
 * NetBSD: sys/rump/include/rump/rumpuser.h, rumpuser(3).
 */
import type { Errno } from '../sys/errno.ts';
import type { FsRequest } from '../sys/fsop.ts';
import type { Timespec } from '../sys/types.ts';
import type { HostGate, HostVisitors } from './rumpuser_ways.ts';

export type { FsId, FsRequest } from '../sys/fsop.ts';

/** Version of this contract. `init` refuses any other (EPROGMISMATCH). */
export const RUMPUSER_VERSION = 17;

/** `getparam` names every host must answer: number of CPUs ("2"), host name. */
export const RUMPUSER_PARAM_NCPU = '_RUMPUSER_NCPU';
export const RUMPUSER_PARAM_HOSTNAME = '_RUMPUSER_HOSTNAME';

export const RUMPUSER_OPEN_RDONLY = 0x0000;
export const RUMPUSER_OPEN_WRONLY = 0x0001;
export const RUMPUSER_OPEN_RDWR = 0x0002;
export const RUMPUSER_OPEN_ACCMODE = 0x0003;
export const RUMPUSER_OPEN_CREATE = 0x0004;
export const RUMPUSER_OPEN_EXCL = 0x0008;
/** The descriptor is for `bio`: opened for direct block access where the host can. */
export const RUMPUSER_OPEN_BIO = 0x0010;

/** With `fsop` alone: it is a directory. */
export const RUMPUSER_OPEN_DIRECTORY = 0x0020;

export type FileType = 'other' | 'dir' | 'reg' | 'blk' | 'chr';

export const RUMPUSER_BIO_READ = 0x01;
export const RUMPUSER_BIO_WRITE = 0x02;
/** With WRITE: the data is on stable storage before completion. */
export const RUMPUSER_BIO_SYNC = 0x04;

/** `off` of `iovread`/`iovwrite`: use and move the descriptor's own position. */
export const RUMPUSER_IOV_NOSEEK = -1;

export const RUMPUSER_SYNCFD_READ = 0x01;
export const RUMPUSER_SYNCFD_WRITE = 0x02;
/** Order earlier writes before later ones. */
export const RUMPUSER_SYNCFD_BARRIER = 0x04;
/** Wait until the range is on stable storage. */
export const RUMPUSER_SYNCFD_SYNC = 0x08;

/** `clockGettime` and `clockSleep`: wall clock (sleeps are relative), monotonic (sleeps are absolute). */
export const RUMPUSER_CLOCK_RELWALL = 0;
export const RUMPUSER_CLOCK_ABSMONO = 1;

/** `getrandom` flags: from the host's entropy source; do not wait for it. */
export const RUMPUSER_RANDOM_HARD = 0x01;
export const RUMPUSER_RANDOM_NOWAIT = 0x02;

/** `exit` value that means panic; `kill` target that means this host process. */
export const RUMPUSER_PANIC = -1;
export const RUMPUSER_PID_SELF = -1;

/**
 * `mutexInit` flags: spins, does not release the CPU; owner is tracked; may be entered again by its owner.
 */
export const RUMPUSER_MTX_SPIN = 0x01;
export const RUMPUSER_MTX_KMUTEX = 0x02;
export const RUMPUSER_MTX_RECURSIVE = 0x04;

export type RwMode = 'reader' | 'writer';

/**
 * Upcalls the kernel hands to `init`: give the virtual CPU up around a blocking hypercall, and take it back.
 */
export interface Hyperup {
  schedule(): void;
  unschedule(): void;
}

/** Memory of the host, outside the JavaScript heap. After `free`/`unmap`, `bytes.length` is 0 (detached). */
export interface HostMemory {
  readonly bytes: Uint8Array;
  /** Host address of `bytes[0]`. */
  readonly address: bigint;
}

/** One loaded ELF object: raw `Elf64_Sym` records with `st_value` absolute, and their string table. */
export interface DlObject {
  readonly path: string;
  readonly base: bigint;
  readonly symtab: Uint8Array;
  readonly strtab: Uint8Array;
  /** Addresses found in the object's `link_set_modules` section. */
  readonly modules: readonly bigint[];
}

/** What a kernel module in native code says of itself: `struct modinfo` of `native/include/rump/module.h`. */
export interface NativeModinfo {
  readonly version: number;
  /** MODULE_CLASS_*. */
  readonly class: number;
  readonly name: string;
  /** Names with commas between them. */
  readonly required: string;
  readonly revision: number;
}

/**
 * What native modules ask of the kernel, called on its own thread. None of them throws: native code that
 * cannot be unwound stands below. Devices are known by the address of their `struct rump_cdevsw`.
 */
export interface ModuleUpcalls {
  print(text: string): void;
  /** @returns the major number, or a negative errno */
  attach(name: string, device: bigint): number;
  /** @returns 0 or a negative errno */
  detach(device: bigint): number;
  wakeup(device: bigint): void;
  /** A host thread is about to be started that will enter the kernel. */
  share(): void;
  /** Whoever shows `key` at the gate may come in. @returns what the gate is called, or a negative errno */
  admit(key: bigint): number;
}

export type DeviceOp = 'open' | 'close' | 'read' | 'write' | 'ioctl';

/** Kernel modules in native code. Addresses are what `DlObject.modules` says; nothing checks them. */
export interface HostModules {
  /** Objects of this process that hold modules, but for those that a kernel loaded by `dlopen`. */
  objects(): readonly DlObject[];
  modinfo(address: bigint): NativeModinfo;
  /**
   * Before any call of a module; once for a kernel. `giant` is what threads of modules enter the kernel by.
   */
  open(upcalls: ModuleUpcalls, giant: LockHandle): void;
  /** @param cmd MODULE_CMD_*. @returns 0 or an errno, as the module says */
  modcmd(address: bigint, cmd: number, props: Readonly<Record<string, string | number | boolean>>): number;
  /**
   * An operation of a device. `where` is the offset of a transfer, or the command of an ioctl.
   * @returns bytes moved, a negative errno, or null: nothing to move yet
   */
  device(
    address: bigint,
    op: DeviceOp,
    dev: number,
    flag: number,
    data: Uint8Array,
    where: number,
  ): number | null;
  /** No thread of a module comes in any more; waits for those that are inside. Idempotent. */
  close(): void;
}

/** A process-wide lock handle: an integer that may be posted to a Worker and used there. */
export type LockHandle = number;

export interface Rumpuser {
  readonly kind: 'native' | 'simulated';

  /**
   * Bind this host to one kernel, once and for all: after `fini` it takes no other (an assertion).
   * @throws EPROGMISMATCH unless `version` is RUMPUSER_VERSION; EBUSY when bound already.
   */
  init(version: number, upcalls: Hyperup): void;
  /** Give everything back (armed deadline, pump, lwp handles, memory): the kernel is gone. Idempotent. */
  fini(): void;

  // ---- curlwp: which lwp this host thread runs ----------------------------------------------
  /** Handle of the current lwp of this thread, 0 when none. Read-only for callers: see `curlwpSet`. */
  readonly curlwp: Uint32Array;
  /** A new lwp handle, process-wide unique while it lives, never 0. @throws ENOMEM */
  lwpCreate(): number;
  /** Forget a handle. Asserts that it exists and is current on no thread. */
  lwpDestroy(handle: number): void;
  /** Asserts that curlwp is none, then sets it. */
  curlwpSet(handle: number): void;
  /** Asserts that curlwp is `handle`, then clears it. */
  curlwpClear(handle: number): void;

  // ---- clocks, waiting, wake-ups ----------------------------------------------------------------
  clockGettime(clock: number): Timespec;
  /** Monotonic nanoseconds since this host object was created. */
  monotonicNs(): number;
  /**
   * Block: RELWALL for a duration, ABSMONO until a host monotonic time (as `clockGettime` gives). @throws
   * EINVAL
   */
  clockSleep(clock: number, sec: number, nsec: number): void;
  /**
   * Block this thread until `monotonicNs() >= deadlineNs` or a doorbell; Infinity waits for a doorbell alone.
   */
  idle(deadlineNs: number): void;
  /** Where `arm`, `defer` and doorbells deliver: with no lwp current, never from inside another host call. */
  onPump(pump: () => void): void;
  /**
   * Ring the doorbell at `deadlineNs` (replaces the earlier request; Infinity withdraws it), that is: one
   * pump, or the end of an `idle` under way. Keeps the event loop alive meanwhile.
   */
  arm(deadlineNs: number): void;
  /** Ask for one pump at the end of the current turn. Several requests before it are one. */
  defer(): void;
  /** Ring the doorbell: ends an `idle` under way, or else the next one unless a pump comes first. */
  doorbell(): void;
  /**
   * True while something outside this kernel could ring the doorbell (block I/O under way, attached host
   * threads, visitors) or has rung it for block I/O that nobody has reaped: while it is false, waiting is in vain.
   */
  busy(): boolean;
  /**
   * Which of `n` equally ready lwps runs next, from 0 to n-1. Only on a host that decides by seed; without it
   * the kernel's own order holds.
   */
  schedPick?(n: number): number;
  /**
   * The kernel has been running for about `ns` nanoseconds without a pause. Only on a host whose time stands
   * still meanwhile: it moves on, or who runs until it is later would run for ever.
   */
  worked?(ns: number): void;

  // ---- the host's facts --------------------------------------------------------------------------
  /** Environment or one of the `_RUMPUSER_` names. Undefined when unset. */
  getparam(name: string): string | undefined;
  /** Fill `buf`, return bytes filled. @throws EAGAIN (NOWAIT) */
  getrandom(buf: Uint8Array, flags: number): number;

  // ---- console, termination, signals ----------------------------------------------------------------
  putchar(byte: number): void;
  /** Debug text straight to the host's console. */
  dprintf(text: string): void;
  /** The kernel ends: `code`, or RUMPUSER_PANIC. Ends the host process only when the host was made to. */
  exit(code: number): void;
  /** Signal a host process. `signo` is NetBSD's. @throws EINVAL ESRCH EPERM */
  kill(pid: number, signo: number): void;
  /** Set the calling host thread's C `errno`. */
  seterrno(errno: number): void;

  // ---- memory -------------------------------------------------------------------------------------------
  /** @param alignment power of two bytes. @throws ENOMEM EINVAL */
  malloc(length: number, alignment: number): HostMemory;
  free(memory: HostMemory): void;
  /** Zeroed pages. @throws ENOMEM EINVAL */
  anonmmap(length: number): HostMemory;
  unmap(memory: HostMemory): void;

  // ---- files ----------------------------------------------------------------------------------------------
  /**
   * On a block device opened with BIO, `bio` moves whole sectors, or fails with EINVAL.
   * @returns a host descriptor. @throws ENOENT EEXIST EACCES EINVAL ...
   */
  open(path: string, flags: number): number;
  close(fd: number): void;
  getfileinfo(path: string): { size: number; type: FileType };
  /** @returns bytes read, 0 at the end. @param off bytes, or RUMPUSER_IOV_NOSEEK. */
  iovread(fd: number, buffers: readonly Uint8Array[], off: number): number;
  iovwrite(fd: number, buffers: readonly Uint8Array[], off: number): number;
  /**
   * Block I/O on a host thread. `data` must not be touched until `done` is called, which happens inside
   * `reap` on this thread: (bytes moved, null) or (0, errno).
   */
  bio(
    fd: number,
    op: number,
    data: Uint8Array,
    off: number,
    done: (count: number, error: Errno | null) => void,
  ): void;
  /**
   * An operation on a host directory, done on a host thread and told as `bio` is. It reaches nothing outside
   * the root it begins at, whoever changes the directory meanwhile. One that fails has changed nothing.
   */
  fsop(request: FsRequest, done: (result: number, error: Errno | null) => void): void;
  /**
   * The same at once, where that needs no waiting: GETATTR, OPEN without CREATE, CLOSE. For file systems that
   * are FSSPACE_LOCAL. @throws EAGAIN it might have to wait
   */
  fsopNow(request: FsRequest): number;
  /** Read what the host has in memory, which may be less than there is; 0 at the end. @throws EAGAIN */
  readNow(fd: number, data: Uint8Array, off: number): number;
  /** Call the `done` of every finished `bio` and `fsop`. @returns how many. */
  reap(): number;
  /** @param start @param length bytes; length 0 is to the end of the file. */
  syncfd(fd: number, flags: number, start: number, length: number): void;

  // ---- locks shared with other host threads ---------------------------------------------------------------
  mutexInit(flags: number): LockHandle;
  mutexEnter(m: LockHandle): void;
  /** Enter without releasing the virtual CPU while blocked. */
  mutexEnterNowrap(m: LockHandle): void;
  /** @throws EBUSY */
  mutexTryenter(m: LockHandle): void;
  mutexExit(m: LockHandle): void;
  mutexDestroy(m: LockHandle): void;
  /** lwp handle of the owner, 0 when free. */
  mutexOwner(m: LockHandle): number;
  rwInit(): LockHandle;
  rwEnter(mode: RwMode, rw: LockHandle): void;
  rwTryenter(mode: RwMode, rw: LockHandle): void;
  rwTryupgrade(rw: LockHandle): void;
  rwDowngrade(rw: LockHandle): void;
  rwExit(rw: LockHandle): void;
  rwDestroy(rw: LockHandle): void;
  /** Writer: held by the calling lwp. Reader: held by anyone for reading. */
  rwHeld(mode: RwMode, rw: LockHandle): boolean;
  cvInit(): LockHandle;
  cvDestroy(cv: LockHandle): void;
  cvWait(cv: LockHandle, m: LockHandle): void;
  cvWaitNowrap(cv: LockHandle, m: LockHandle): void;
  /** @param timeoutNs relative. @throws ETIMEDOUT */
  cvTimedwait(cv: LockHandle, m: LockHandle, timeoutNs: number): void;
  cvSignal(cv: LockHandle): void;
  cvBroadcast(cv: LockHandle): void;
  cvHasWaiters(cv: LockHandle): boolean;

  // ---- host threads, native code --------------------------------------------------------------------------
  /**
   * Start a host thread at native address `fn` with `arg`.
   * @returns a cookie for `threadJoin`, 0 when not `mustJoin`. @throws EOPNOTSUPP where there are no host
   * threads
   */
  threadCreate(fn: bigint, arg: bigint, name: string, options: { mustJoin: boolean }): number;
  /** Block until the thread ends. @throws ESRCH */
  threadJoin(cookie: number): void;
  /** Every ELF object loaded in this host process. */
  dlBootstrap(): readonly DlObject[];
  /** Load a shared object and describe it (and what it pulled in). @throws ENOENT ENOEXEC */
  dlopen(path: string): readonly DlObject[];

  /** Only on a host that can run native code of modules. What their threads ask for is done by `reap`. */
  readonly modules?: HostModules;
  /** Only on a host whose threads are real. */
  readonly gate?: HostGate;
  /** Only on a host that waits for programs of other processes. */
  readonly visitors?: HostVisitors;

  // ---- background -----------------------------------------------------------------------------------------
  /**
   * Go to the background: starts this program again, with the same arguments, in a session of its own. In the
   * foreground process the call never returns; it waits for the status of `daemonizeDone` and exits with it.
   * In the background process it returns at once. What the program did before is therefore done twice: call
   * it first.
   * @throws EALREADY when begun before
   */
  daemonizeBegin(): void;
  /**
   * Send the foreground process its exit status: 0, after the standard descriptors were pointed at
   * `/dev/null`, or why the background process could not start.
   * @throws ENOENT when not begun; EALREADY when done before; EPIPE when the foreground process is gone
   */
  daemonizeDone(error: number): void;
}

/**
 * A broken rule of this contract: a bug in the caller. The message names the lock or lwp and both parties.
 */
export class RumpuserAssertion extends Error {
  override readonly name = 'RumpuserAssertion';
}

/**
 * A lock cannot be had any more: the lwp that held it went away with its host thread and left what the lock
 * protects half done. Thrown to whoever waits or comes later; the message names lock and lwp.
 */
export class RumpuserOwnerDead extends Error {
  override readonly name = 'RumpuserOwnerDead';
  readonly code = 'EOWNERDEAD';
  readonly errno = 97;
}
