/**
 * The nodes of kern: what system this is, what it is called, when it booted, what its limits are.
 *
 * NetBSD: sys/kern/init_sysctl_base.c, sys/kern/init_sysctl.c, sys/kern/subr_log.c, sysctl(7).
 */
import { ARG_MAX, IOV_MAX, LOGIN_NAME_MAX } from '../sys/constants/limits.ts';
import { __NetBSD_Version__, HZ, MAXHOSTNAMELEN, MAXPHYS } from '../sys/constants/param.ts';
import { PID_MAX } from '../sys/constants/proc.ts';
import { CP_IDLE, CP_SYS, CPUSTATES } from '../sys/constants/sched.ts';
import {
  CTL_CREATE,
  CTLFLAG_HEX,
  CTLTYPE_INT,
  CTLTYPE_STRING,
  CTLTYPE_STRUCT,
  KERN_ARGMAX,
  KERN_ARND,
  KERN_BOOTTIME,
  KERN_CLOCKRATE,
  KERN_CP_ID,
  KERN_CP_TIME,
  KERN_DOMAINNAME,
  KERN_HOSTID,
  KERN_HOSTNAME,
  KERN_IOV_MAX,
  KERN_JOB_CONTROL,
  KERN_LOGIN_NAME_MAX,
  KERN_MAXPHYS,
  KERN_MAXPROC,
  KERN_MONOTONIC_CLOCK,
  KERN_MSGBUF,
  KERN_MSGBUFSIZE,
  KERN_NGROUPS,
  KERN_OSRELEASE,
  KERN_OSREV,
  KERN_OSTYPE,
  KERN_POSIX1,
  KERN_SAVED_IDS,
  KERN_SECURELVL,
  KERN_URND,
  KERN_VERSION,
} from '../sys/constants/sysctl.ts';
import { E2BIG, EINVAL, EOPNOTSUPP, EPERM } from '../sys/errno.ts';
import { NGROUPS_MAX } from './kauth.ts';
import type { Kernel } from './kernel.ts';
import { bootTimeNs } from './kinfo.ts';
import type { Lwp } from './lwp.ts';
import { MSGBUFSIZE } from './msgbuf.ts';
import { securelevelSet } from './securelevel.ts';
import type { SysctlCall, SysctlResult, SysctlSpec } from './sysctl.ts';
import { sysctlCopyout } from './sysctl_call.ts';
import { cString, struct, type TypeOf } from './sysctl_struct.ts';
import { nanouptime, timespecOf } from './times.ts';
import { OSRELEASE, OSTYPE, VERSION } from './version.ts';

/** POSIX.1 of this month of that year. */
const POSIX_VERSION = 200112;
/** Most bytes one read of kern.arandom gives. */
const ARANDOM_MAX = 256;

export function sysctlText(num: number, name: string, desc: string, read: (k: Kernel) => string): SysctlSpec {
  return { num, name, type: CTLTYPE_STRING, desc, read: (l) => read(l.kernel) };
}

export function sysctlInt(num: number, name: string, desc: string, read: (k: Kernel) => number): SysctlSpec {
  return { num, name, type: CTLTYPE_INT, desc, read: (l) => read(l.kernel) };
}

const CLOCKINFO = struct([
  ['hz', 'i32'],
  ['tick', 'i32'],
  ['tickadj', 'i32'],
  ['stathz', 'i32'],
  ['profhz', 'i32'],
]);

/**
 * Ticks a second; microseconds in a tick; microseconds a tick is skewed by, 0 as the clock is not; statistics
 * and profiling ticks a second.
 */
export type Clockinfo = TypeOf<typeof CLOCKINFO>;

const TIMESPEC = struct([['time', 'timespec']]);

function counters(values: readonly number[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values, BigInt).buffer);
}

function countersDecode(bytes: Uint8Array): number[] {
  return Array.from(new BigUint64Array(bytes.slice().buffer), Number);
}

/** Ticks the clock has charged to processes, and those it has not. It samples: short calls do not show. */
function cpuTicks(k: Kernel): number[] {
  let busyNs = 0;
  for (const p of k.procs.values()) {
    busyNs += p.stimeNs + p.childStimeNs;
  }
  const ticks = Array.from({ length: CPUSTATES }, () => 0);
  ticks[CP_SYS] = Math.floor((busyNs * HZ) / 1e9);
  ticks[CP_IDLE] = Math.max(
    0,
    Math.floor((nanouptime(k) * k.cpus.length * HZ) / 1e9) - (ticks[CP_SYS] as number),
  );
  return ticks;
}

/** @throws EOPNOTSUPP times of one CPU: they are not kept apart */
function cpTime(l: Lwp, call: SysctlCall): SysctlResult {
  if (call.newv !== null) {
    throw EPERM;
  }
  if (call.tail.length > 0) {
    throw call.tail.length === 1 ? EOPNOTSUPP : EINVAL;
  }
  return sysctlCopyout(call, counters(cpuTicks(l.kernel)));
}

/** The message buffer, as much as there is room for. Who asks for the length is told the most it can be. */
function msgbuf(l: Lwp, call: SysctlCall): SysctlResult {
  if (call.newv !== null || call.tail.length > 0) {
    throw call.newv === null ? EINVAL : EPERM;
  }
  const bytes = new TextEncoder().encode(l.kernel.msgbuf.text).slice(-MSGBUFSIZE);
  const { oldv } = call;
  return oldv === null
    ? { oldlen: MSGBUFSIZE, error: null }
    : sysctlCopyout(call, bytes.subarray(0, oldv.length));
}

/**
 * As many random bytes as there is room for; who asks for the length is told an int's. @throws E2BIG more
 * than 256
 */
function arandom(l: Lwp, call: SysctlCall): SysctlResult {
  if (call.newv !== null || call.tail.length > 0) {
    throw call.newv === null ? EINVAL : EPERM;
  }
  const { oldv } = call;
  if (oldv === null) {
    return { oldlen: 4, error: null };
  }
  if (oldv.length > ARANDOM_MAX) {
    throw E2BIG;
  }
  l.kernel.random.bytes(oldv);
  return { oldlen: oldv.length, error: null };
}

/** Two nodes show it: here and below security.models. */
export const SECURELEVEL: SysctlSpec = {
  ...sysctlInt(KERN_SECURELVL, 'securelevel', 'System security level', (k) => k.securelevel),
  write: (l, value) => securelevelSet(l, value as number),
};

export const KERN_NODES: readonly SysctlSpec[] = [
  sysctlText(KERN_OSTYPE, 'ostype', 'Operating system type', () => OSTYPE),
  sysctlText(KERN_OSRELEASE, 'osrelease', 'Operating system release', () => OSRELEASE),
  sysctlInt(KERN_OSREV, 'osrevision', 'Operating system revision', () => __NetBSD_Version__),
  sysctlText(KERN_VERSION, 'version', 'Kernel version', () => `${VERSION}\n`),
  SECURELEVEL,
  sysctlInt(KERN_MAXPROC, 'maxproc', 'Most processes at a time', () => PID_MAX),
  sysctlInt(KERN_ARGMAX, 'argmax', 'Most bytes of arguments to execve(2)', () => ARG_MAX),
  {
    ...sysctlText(KERN_HOSTNAME, 'hostname', 'Name of this host', (k) => k.hostname),
    size: MAXHOSTNAMELEN,
    write: (l, value) => {
      l.kernel.hostname = value as string;
    },
  },
  {
    ...sysctlInt(KERN_HOSTID, 'hostid', 'Number of this host', (k) => k.hostid),
    flags: CTLFLAG_HEX,
    write: (l, value) => {
      l.kernel.hostid = (value as number) >>> 0;
    },
  },
  {
    num: KERN_CLOCKRATE,
    name: 'clockrate',
    type: CTLTYPE_STRUCT,
    desc: 'Rates of the kernel clocks',
    size: CLOCKINFO.size,
    read: () => CLOCKINFO.encode({ hz: HZ, tick: 1_000_000 / HZ, tickadj: 0, stathz: HZ, profhz: HZ }),
    decode: CLOCKINFO.decode,
  },
  sysctlInt(KERN_POSIX1, 'posix1version', 'Version of POSIX.1 the kernel goes by', () => POSIX_VERSION),
  sysctlInt(KERN_NGROUPS, 'ngroups', 'Most supplementary groups', () => NGROUPS_MAX),
  sysctlInt(KERN_JOB_CONTROL, 'job_control', 'There is job control', () => 1),
  sysctlInt(KERN_SAVED_IDS, 'saved_ids', 'There are saved set-user and set-group ids', () => 1),
  {
    ...sysctlText(KERN_DOMAINNAME, 'domainname', 'YP domain name', (k) => k.domainname),
    size: MAXHOSTNAMELEN,
    write: (l, value) => {
      l.kernel.domainname = value as string;
    },
  },
  sysctlInt(KERN_MSGBUFSIZE, 'msgbufsize', 'Size of the kernel message buffer', () => MSGBUFSIZE),
  sysctlInt(KERN_IOV_MAX, 'iov_max', 'Most iovec structures in a call', () => IOV_MAX),
  sysctlInt(KERN_LOGIN_NAME_MAX, 'login_name_max', 'Longest login name, with its NUL', () => LOGIN_NAME_MAX),
  {
    num: KERN_CP_TIME,
    name: 'cp_time',
    type: CTLTYPE_STRUCT,
    desc: 'Clock ticks spent in each CPU state',
    access: cpTime,
    decode: countersDecode,
  },
  {
    num: KERN_MSGBUF,
    name: 'msgbuf',
    type: CTLTYPE_STRUCT,
    desc: 'Kernel message buffer',
    access: msgbuf,
    decode: cString,
  },
  sysctlInt(KERN_MAXPHYS, 'maxphys', 'Longest raw I/O transfer', () => MAXPHYS),
  sysctlInt(
    KERN_MONOTONIC_CLOCK,
    'monotonic_clock',
    'Version of the POSIX monotonic clock',
    () => POSIX_VERSION,
  ),
  sysctlInt(KERN_URND, 'urandom', 'A random number', (k) => k.random.next32() | 0),
  {
    num: KERN_CP_ID,
    name: 'cp_id',
    type: CTLTYPE_STRUCT,
    desc: 'Id of each CPU',
    read: (l) => counters(l.kernel.cpus.map((cpu) => cpu.index)),
    decode: countersDecode,
  },
  { num: KERN_ARND, name: 'arandom', type: CTLTYPE_INT, desc: 'Random bytes, 256 at most', access: arandom },
  {
    num: KERN_BOOTTIME,
    name: 'boottime',
    type: CTLTYPE_STRUCT,
    desc: 'Time of the boot',
    size: TIMESPEC.size,
    read: (l) => TIMESPEC.encode({ time: timespecOf(bootTimeNs(l.kernel)) }),
    decode: (bytes) => TIMESPEC.decode(bytes).time,
  },
  { ...sysctlInt(CTL_CREATE, 'boothowto', 'Flags of the boot', (k) => k.boothowto), flags: CTLFLAG_HEX },
];
