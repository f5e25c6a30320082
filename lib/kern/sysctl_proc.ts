/**
 * kern.proc2 and kern.lwp: tables of processes and lwps. Their names go on with which ones, how long the
 * caller's structure is, and how many of them it has room for.
 *
 * NetBSD: sys/kern/kern_proc.c (sysctl_doeproc), sys/kern/init_sysctl.c (sysctl_kern_lwp), sysctl(7).
 */
import { NODEV } from '../sys/constants/param.ts';
import { SIDL } from '../sys/constants/proc.ts';
import {
  CTLTYPE_NODE,
  KERN_LWP,
  KERN_PROC_ALL,
  KERN_PROC_GID,
  KERN_PROC_PGRP,
  KERN_PROC_PID,
  KERN_PROC_RGID,
  KERN_PROC_RUID,
  KERN_PROC_SESSION,
  KERN_PROC_TTY,
  KERN_PROC_UID,
  KERN_PROC2,
} from '../sys/constants/sysctl.ts';
import { EINVAL, ENOMEM, EPERM } from '../sys/errno.ts';
import { kauthAllows } from './kauth.ts';
import { kinfoDecode, kinfoEncode, kinfoLwpDecode, kinfoLwpEncode } from './kinfo.ts';
import type { Lwp } from './lwp.ts';
import { type Proc, procFind } from './proc.ts';
import type { SysctlCall, SysctlResult, SysctlSpec } from './sysctl.ts';
import { KINFO_LWP, KINFO_PROC2 } from './sysctl_kinfo.ts';

/**
 * A caller that asks for the length is told of this many more elements: there may be more by the time it
 * comes back.
 */
const SLOP = 5;
const ALL_LWPS = -1;
const INT_MAX = 0x7fffffff;

/**
 * Store elements of `size` bytes, `count` at most: less of each than the kernel has, or with a gap behind it,
 * as `size` says. ENOMEM tells that there were more; the length is then that of those stored.
 */
export function storeTable<T>(
  call: SysctlCall,
  size: number,
  count: number,
  elements: readonly T[],
  encode: (element: T) => Uint8Array,
): SysctlResult {
  if (call.newv !== null) {
    throw EPERM;
  }
  if (size <= 0) {
    throw EINVAL;
  }
  const { oldv } = call;
  if (oldv === null) {
    return { oldlen: (elements.length + SLOP) * size, error: null };
  }
  const fit = Math.min(count >>> 0, Math.floor(oldv.length / size), elements.length);
  for (let i = 0; i < fit; i++) {
    oldv.set(encode(elements[i] as T).subarray(0, size), i * size);
  }
  return { oldlen: fit * size, error: fit < elements.length ? ENOMEM : null };
}

/**
 * Which processes `op` and `arg` mean. There are no terminals: NODEV is the terminal of all. @throws EINVAL
 */
function selection(op: number, arg: number): (p: Proc) => boolean {
  switch (op) {
    case KERN_PROC_ALL:
      return () => true;
    case KERN_PROC_PID:
      return (p) => p.pid === arg;
    case KERN_PROC_PGRP:
      return (p) => p.pgrp.id === arg;
    case KERN_PROC_SESSION:
      return (p) => p.pgrp.session.sid === arg;
    case KERN_PROC_TTY:
      return () => arg === NODEV;
    case KERN_PROC_UID:
      return (p) => p.cred.euid === arg >>> 0;
    case KERN_PROC_RUID:
      return (p) => p.cred.uid === arg >>> 0;
    case KERN_PROC_GID:
      return (p) => p.cred.egid === arg >>> 0;
    case KERN_PROC_RGID:
      return (p) => p.cred.gid === arg >>> 0;
    default:
      throw EINVAL;
  }
}

/** The processes `l` may see, zombies included, oldest first. */
export function visibleProcs(l: Lwp): Proc[] {
  const k = l.kernel;
  return [...k.procs.values()].filter(
    (p) => p.stat !== SIDL && kauthAllows(k, l.cred, { scope: 'process', action: 'cansee', proc: p }),
  );
}

function proc2(l: Lwp, call: SysctlCall): SysctlResult {
  if (call.tail.length !== 4) {
    throw EINVAL;
  }
  const [op, arg, size, count] = call.tail as [number, number, number, number];
  return storeTable(call, size, count, visibleProcs(l).filter(selection(op, arg)), kinfoEncode);
}

/** The lwps of process `pid`, or of all. @throws ESRCH */
function lwpsOf(l: Lwp, pid: number): Lwp[] {
  const lwps: Lwp[] = [];
  for (const p of pid === ALL_LWPS ? visibleProcs(l) : [procFind(l.kernel, pid)]) {
    for (let m = p.lwps; m !== null; m = m.siblingNext) {
      lwps.push(m);
    }
  }
  return lwps;
}

function lwp(l: Lwp, call: SysctlCall): SysctlResult {
  if (call.tail.length !== 3) {
    throw EINVAL;
  }
  const [pid, size, count] = call.tail as [number, number, number];
  return storeTable(call, size, count, lwpsOf(l, pid), kinfoLwpEncode);
}

function elements<T>(bytes: Uint8Array, size: number, decode: (bytes: Uint8Array) => T): T[] {
  return Array.from({ length: bytes.length / size }, (_, i) => decode(bytes.subarray(i * size)));
}

export const KERN_TABLES: readonly SysctlSpec[] = [
  {
    num: KERN_PROC2,
    name: 'proc2',
    type: CTLTYPE_NODE,
    desc: 'Processes, in a structure that is the same on every machine',
    access: proc2,
    operands: [KERN_PROC_ALL, 0, KINFO_PROC2.size, INT_MAX],
    decode: (bytes) => elements(bytes, KINFO_PROC2.size, kinfoDecode),
  },
  {
    num: KERN_LWP,
    name: 'lwp',
    type: CTLTYPE_NODE,
    desc: 'Lightweight processes',
    access: lwp,
    operands: [ALL_LWPS, KINFO_LWP.size, INT_MAX],
    decode: (bytes) => elements(bytes, KINFO_LWP.size, kinfoLwpDecode),
  },
];
