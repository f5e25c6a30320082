/** What a local caller passes and gets, asserted by the compiler: that this file compiles is the test. */
import type { ArgsOf, ByCall, CallName, ResultOf, SyscallName } from '../../lib/sys/syscalls.ts';
import type {
  Itimerval,
  Kevent,
  Pollfd,
  Rusage,
  Siginfo,
  Sigset,
  Sockaddr,
  Stat,
  Statvfs,
  Timespec,
  Timeval,
  WaitUsage,
} from '../../lib/sys/types.ts';

/** `true` when both types are the same one, by the compiler's own rule for two generic functions. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Flat<T> = { [K in keyof T]: T[K] };

/** Compiles only for `true`: these assertions are checked by tsc. */
function holds<_T extends true>(): void {}

holds<Same<ArgsOf<'wait4'>, [number, number]>>();
holds<Same<Flat<ResultOf<'wait4'>>, { pid: number; status: number; rusage: Rusage }>>();
holds<Same<ArgsOf<'wait6'>, [number, number, number]>>();
holds<Same<Flat<ResultOf<'wait6'>>, { pid: number; status: number; wru: WaitUsage; info: Siginfo }>>();
holds<Same<ArgsOf<'pipe'>, []>>();
holds<Same<ResultOf<'pipe'>, [number, number]>>();
holds<Same<ArgsOf<'pipe2'>, [number]>>();
holds<Same<ResultOf<'pipe2'>, [number, number]>>();
holds<Same<ArgsOf<'socketpair'>, [number, number, number]>>();
holds<Same<ResultOf<'socketpair'>, [number, number]>>();
holds<Same<ArgsOf<'read'>, [number, Uint8Array]>>();
holds<Same<ResultOf<'read'>, number>>();
holds<Same<ArgsOf<'pwrite'>, [number, Uint8Array, number]>>();
holds<Same<ArgsOf<'getpid'>, []>>();
holds<Same<ResultOf<'getpid'>, number>>();
holds<Same<ResultOf<'fork'>, number>>();
holds<Same<ArgsOf<'gettimeofday'>, []>>();
holds<Same<ResultOf<'gettimeofday'>, Timeval>>();
holds<Same<ArgsOf<'settimeofday'>, [(Timeval | null)?]>>();
holds<Same<ResultOf<'settimeofday'>, void>>();
holds<Same<ArgsOf<'nanosleep'>, [Timespec, (Timespec | null)?]>>();
holds<Same<ResultOf<'nanosleep'>, void>>();
holds<Same<ArgsOf<'clock_nanosleep'>, [number, number, Timespec, (Timespec | null)?]>>();
holds<Same<ResultOf<'clock_nanosleep'>, void>>();
holds<Same<ResultOf<'clock_gettime'>, Timespec>>();
holds<Same<ArgsOf<'setitimer'>, [number, (Itimerval | null)?]>>();
holds<Same<ResultOf<'setitimer'>, Itimerval>>();
holds<Same<ArgsOf<'open'>, [string, number, number?]>>();
holds<Same<ArgsOf<'fcntl'>, [number, number, unknown?]>>();
holds<Same<ArgsOf<'ioctl'>, [number, number, unknown?]>>();
holds<Same<ArgsOf<'reboot'>, [number, (string | null)?]>>();
holds<Same<ArgsOf<'exit'>, [number]>>();
holds<Same<ResultOf<'exit'>, void>>();
holds<Same<ArgsOf<'stat'>, [string]>>();
holds<Same<ResultOf<'stat'>, Stat>>();
holds<Same<ArgsOf<'utimensat'>, [number, string, readonly [Timespec, Timespec] | null, number]>>();
holds<Same<ArgsOf<'getgroups'>, [number]>>();
holds<Same<ResultOf<'getgroups'>, number[]>>();
holds<Same<ArgsOf<'setgroups'>, [readonly number[]]>>();
holds<Same<ArgsOf<'getlogin'>, []>>();
holds<Same<ResultOf<'getlogin'>, string>>();
holds<Same<ArgsOf<'setlogin'>, [string]>>();
holds<Same<ResultOf<'getcwd'>, string>>();
holds<Same<ArgsOf<'sysctl'>, [readonly number[], (Uint8Array | null)?, (Uint8Array | null)?]>>();
holds<Same<ResultOf<'sysctl'>, number>>();
holds<Same<ArgsOf<'poll'>, [Pollfd[], number]>>();
holds<Same<ResultOf<'poll'>, number>>();
holds<Same<ArgsOf<'kevent'>, [number, readonly Kevent[] | null, number, (Timespec | null)?]>>();
holds<Same<ResultOf<'kevent'>, Kevent[]>>();
holds<
  Same<
    ArgsOf<'select'>,
    [number, (Set<number> | null)?, (Set<number> | null)?, (Set<number> | null)?, (Timeval | null)?]
  >
>();
holds<Same<ArgsOf<'accept'>, [number]>>();
holds<Same<Flat<ResultOf<'accept'>>, { fd: number; name: Sockaddr | null }>>();
holds<Same<ArgsOf<'recvfrom'>, [number, Uint8Array, number]>>();
holds<Same<Flat<ResultOf<'recvfrom'>>, { count: number; from: Sockaddr | null }>>();
holds<Same<ArgsOf<'sendto'>, [number, Uint8Array, number, (Sockaddr | null)?]>>();
holds<Same<ArgsOf<'getsockopt'>, [number, number, number, (Uint8Array | null)?]>>();
holds<Same<ResultOf<'getsockopt'>, number>>();
holds<Same<ArgsOf<'sigprocmask'>, [number, (Sigset | null)?]>>();
holds<Same<ResultOf<'sigprocmask'>, Sigset>>();
holds<Same<ArgsOf<'getvfsstat'>, [number, number]>>();
holds<Same<ResultOf<'getvfsstat'>, Statvfs[]>>();
holds<Same<ArgsOf<'mount'>, [string, string, number, unknown?]>>();
holds<Same<ArgsOf<'writev'>, [number, readonly Uint8Array[]]>>();
holds<Same<ArgsOf<'syscall'>, [number, ...unknown[]]>>();
holds<Same<ResultOf<'syscall'>, unknown>>();
holds<Same<ResultOf<'lseek'>, number>>();
holds<Same<ByCall<'wait4'>['name'], '__wait450'>>();
holds<Same<ByCall<'wait4'>['sleeps'], true>>();
holds<Same<ByCall<'getpid'>['sleeps'], false>>();
holds<'compat_50_wait4' extends SyscallName ? true : false>();
holds<'vfork' extends CallName ? true : false>();
holds<'compat_50_wait4' extends CallName ? false : true>();
holds<'creat' extends CallName ? false : true>();

// @ts-expect-error A wrong assertion does not compile: getpid takes no argument.
holds<Same<ArgsOf<'getpid'>, [number]>>();
