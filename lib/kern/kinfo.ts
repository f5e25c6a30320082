/**
 * What the kernel tells about its processes and lwps. Fields about things this kernel does not have (memory
 * sizes, ticks, %cpu, terminals) are zero, or NODEV and NO_PGID.
 *
 * NetBSD: sys/sys/sysctl.h; sys/kern/kern_proc.c (fill_kproc2, proc_active_lwp), sys/kern/init_sysctl.c
 * (fill_lwp).
 */
import {
  LSDEAD,
  LSIDL,
  LSONPROC,
  LSRUN,
  LSSLEEP,
  LSSTOP,
  LSSUSPENDED,
  LSZOMB,
  LW_SINTR,
  LW_SYSTEM,
} from '../sys/constants/lwp.ts';
import { MAXCOMLEN, NODEV } from '../sys/constants/param.ts';
import {
  NO_PGID,
  PK_ADVLOCK,
  PK_CLDSIGIGN,
  PK_EXEC,
  PK_NOCLDWAIT,
  PK_SUGID,
  SDEAD,
  SDYING,
  SIDL,
  SZOMB,
} from '../sys/constants/proc.ts';
import { SIGCHLD } from '../sys/constants/signal.ts';
import {
  EPROC_SLEADER,
  KI_LNAMELEN,
  KI_MAXLOGNAME,
  KI_WMESGLEN,
  L_INMEM,
  L_SINTR,
  L_SYSTEM,
  P_ADVLOCK,
  P_CLDSIGIGN,
  P_EXEC,
  P_NOCLDWAIT,
  P_SUGID,
  P_WEXIT,
} from '../sys/constants/sysctl.ts';
import type { Timeval } from '../sys/types.ts';
import type { Kernel } from './kernel.ts';
import type { Lwp } from './lwp.ts';
import { isSessionLeader, type Proc } from './proc.ts';
import { rusageOf } from './rusage.ts';
import { KINFO_LWP, KINFO_PROC2, type KinfoLwp, type KinfoProc } from './sysctl_kinfo.ts';
import { timespecOf } from './times.ts';

export type { KinfoLwp, KinfoProc } from './sysctl_kinfo.ts';

/** Name of the one emulation there is, as NetBSD's rump kernels call theirs. */
const EMULNAME = 'netbsd-rump';

/** How telling each state is of its process: the higher, the better it stands for it. */
const ACTIVITY: ReadonlyMap<number, number> = new Map([
  [LSONPROC, 8],
  [LSRUN, 7],
  [LSSLEEP, 6],
  [LSSTOP, 4],
  [LSSUSPENDED, 3],
  [LSIDL, 2],
  [LSDEAD, 1],
  [LSZOMB, 0],
]);
/**
 * An lwp outside the kernel counts as runnable, but is on no run queue: its program is somewhere in the host,
 * often waiting for the very call that another lwp sleeps in.
 */
const OUTSIDE = 5;

function activityOf(l: Lwp): number {
  return l.stat === LSRUN && l.coroutine === null ? OUTSIDE : (ACTIVITY.get(l.stat) as number);
}

/**
 * The lwp that stands for a process with several: of those in the most active state, the first. Null when
 * there is none.
 */
export function procActiveLwp(p: Proc): Lwp | null {
  let best: Lwp | null = null;
  let rank = -1;
  for (let l = p.lwps; l !== null; l = l.siblingNext) {
    const rankOfL = activityOf(l);
    if (rankOfL > rank) {
      best = l;
      rank = rankOfL;
    }
  }
  return best;
}

function mapFlags(map: readonly (readonly [from: number, to: number])[], flags: number): number {
  return map.reduce((to, [bit, mapped]) => ((flags & bit) === 0 ? to : to | mapped), 0);
}

const PROC_FLAGS = [
  [PK_ADVLOCK, P_ADVLOCK],
  [PK_EXEC, P_EXEC],
  [PK_NOCLDWAIT, P_NOCLDWAIT],
  [PK_CLDSIGIGN, P_CLDSIGIGN],
  [PK_SUGID, P_SUGID],
] as const;

const LWP_FLAGS = [
  [LW_SINTR, L_SINTR],
  [LW_SYSTEM, L_SYSTEM],
] as const;

/** Text as C keeps it: `max` bytes at most, and no part of a character. */
function clip(text: string, max: number): string {
  if (/^[\x20-\x7e]*$/.test(text)) {
    return text.slice(0, max);
  }
  return new TextDecoder().decode(new TextEncoder().encode(text).subarray(0, max), { stream: true });
}

/** Wall-clock nanoseconds at which the kernel booted. They move when the clock is set. */
export function bootTimeNs(k: Kernel): bigint {
  return BigInt(k.boottime.sec) * 1_000_000_000n + BigInt(k.boottime.nsec) + k.clockSkewNs;
}

/** Wall-clock time `p` began. It moves when the clock is set, so that ages stay right. */
function startOf(p: Proc): Timeval {
  const k = p.kernel;
  const { sec, nsec } = timespecOf(bootTimeNs(k) + BigInt(p.startNs - k.bootNs));
  return { sec, usec: Math.floor(nsec / 1000) };
}

/** What changes while a process has lwps. */
function activity(p: Proc): Partial<KinfoProc> {
  const l = procActiveLwp(p);
  if (l === null) {
    return {};
  }
  let running = 0;
  for (let m = p.lwps; m !== null; m = m.siblingNext) {
    running += m.stat === LSONPROC || m.stat === LSRUN ? 1 : 0;
  }
  return {
    stat: l.stat,
    flag: procFlags(p) | mapFlags(LWP_FLAGS, l.flag),
    swtime: secondsSince(p),
    priority: l.priority,
    usrpri: l.priority,
    wmesg: l.wmesg.slice(0, KI_WMESGLEN),
    cpuid: l.cpu?.index ?? -1,
    nrlwps: running,
  };
}

function procFlags(p: Proc): number {
  return L_INMEM | mapFlags(PROC_FLAGS, p.flag) | (p.exiting ? P_WEXIT : 0);
}

function secondsSince(p: Proc): number {
  return Math.floor((p.kernel.host.monotonicNs() - p.startNs) / 1e9);
}

/** What is kept of the resources a process uses. */
function usage(p: Proc): Partial<KinfoProc> {
  const { utime, stime, ...counts } = rusageOf(p, 'self');
  const children = rusageOf(p, 'children');
  return { uvalid: 1, start: startOf(p), rtime: stime, utime, stime, ...counts, ctime: children.stime };
}

/** A process as the bytes of a `struct kinfo_proc2`. */
export function kinfoEncode(p: Proc): Uint8Array {
  const { cred, pgrp } = p;
  const zombie = p.stat === SZOMB || p.stat === SDYING || p.stat === SDEAD;
  const leader = isSessionLeader(p);
  return KINFO_PROC2.encode({
    eflag: leader ? EPROC_SLEADER : 0,
    exitsig: p.parent === null ? 0 : SIGCHLD,
    flag: procFlags(p),
    pid: p.pid,
    ppid: p.parent?.pid ?? 0,
    sid: pgrp.session.sid,
    pgid: pgrp.id,
    tpgid: NO_PGID,
    uid: cred.euid,
    ruid: cred.uid,
    gid: cred.egid,
    rgid: cred.gid,
    svuid: cred.svuid,
    svgid: cred.svgid,
    groups: cred.groups,
    ngroups: cred.groups.length,
    jobc: pgrp.jobc,
    tdev: NODEV,
    siglist: p.sigpend,
    stat: p.stat,
    nice: p.nice,
    xstat: p.xstat,
    comm: clip(p.comm, MAXCOMLEN),
    login: clip(pgrp.session.login, KI_MAXLOGNAME - 1),
    ename: EMULNAME,
    cpuid: -1,
    nlwps: p.nlwps,
    realflag: procFlags(p),
    realstat: p.stat,
    ...(p.stat === SIDL || zombie ? {} : activity(p)),
    ...(zombie ? {} : usage(p)),
  });
}

/** @throws EINVAL fewer bytes than a `struct kinfo_proc2` has */
export function kinfoDecode(bytes: Uint8Array): KinfoProc {
  const info = KINFO_PROC2.decode(bytes);
  return { ...info, groups: info.groups.slice(0, info.ngroups) };
}

/** An lwp as the bytes of a `struct kinfo_lwp`. */
export function kinfoLwpEncode(l: Lwp): Uint8Array {
  return KINFO_LWP.encode({
    lid: l.lid,
    flag: L_INMEM | mapFlags(LWP_FLAGS, l.flag),
    swtime: secondsSince(l.proc),
    priority: l.priority,
    usrpri: l.priority,
    stat: l.stat,
    wmesg: l.wmesg.slice(0, KI_WMESGLEN),
    cpuid: l.cpu?.index ?? -1,
    pid: l.proc.pid,
    name: clip(l.name, KI_LNAMELEN - 1),
  });
}

/** @throws EINVAL fewer bytes than a `struct kinfo_lwp` has */
export function kinfoLwpDecode(bytes: Uint8Array): KinfoLwp {
  return KINFO_LWP.decode(bytes);
}
