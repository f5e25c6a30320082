/**
 * proc: what belongs to one process, by its number or as curproc. Today that is its resource limits,
 * `proc.<pid>.rlimit.<resource>.{soft,hard}`.
 *
 * The tree below curproc is made of nodes; a number in its place leads to the same leaves of that process.
 *
 * NetBSD: sys/kern/kern_resource.c (sysctl_proc_plimit, sysctl_proc_findproc), sysctl(7).
 */
import { RLIM_INFINITY, RLIM_INFINITY_ABI, RLIMIT_NAMES } from '../sys/constants/resource.ts';
import {
  CTL_PROC,
  CTLFLAG_ANYNUMBER,
  CTLFLAG_ANYWRITE,
  CTLFLAG_READWRITE,
  CTLTYPE_NODE,
  CTLTYPE_QUAD,
  PROC_CURPROC,
  PROC_PID_LIMIT,
  PROC_PID_LIMIT_TYPE_HARD,
  PROC_PID_LIMIT_TYPE_SOFT,
} from '../sys/constants/sysctl.ts';
import { EINVAL, ENOENT } from '../sys/errno.ts';
import { kauthAuthorize } from './kauth.ts';
import type { Lwp } from './lwp.ts';
import { type Proc, procFind } from './proc.ts';
import { setrlimitOf } from './resource.ts';
import type { SysctlCall, SysctlResult, SysctlSpec } from './sysctl.ts';
import { dosysctl, sysctlCopyout } from './sysctl_call.ts';

/** Which of the two limits. */
type Side = 'soft' | 'hard';

function quadOf(limit: number): bigint {
  return limit === RLIM_INFINITY ? RLIM_INFINITY_ABI : BigInt(limit);
}

/** @throws EINVAL */
function limitOf(newv: Uint8Array): number {
  if (newv.length !== 8) {
    throw EINVAL;
  }
  const quad = new DataView(newv.buffer, newv.byteOffset).getBigInt64(0, true);
  if (quad < 0n) {
    throw EINVAL;
  }
  return quad > BigInt(Number.MAX_SAFE_INTEGER) ? RLIM_INFINITY : Number(quad);
}

/** Read and write one limit of `p`. @throws EPERM EINVAL */
function limit(l: Lwp, p: Proc, which: number, side: Side, call: SysctlCall): SysctlResult {
  kauthAuthorize(l.kernel, l.cred, { scope: 'process', action: 'cansee', proc: p });
  const lim = { cur: p.limit.cur[which] as number, max: p.limit.max[which] as number };
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, quadOf(side === 'soft' ? lim.cur : lim.max), true);
  const result = sysctlCopyout(call, bytes);
  if (call.newv !== null) {
    const value = limitOf(call.newv);
    setrlimitOf(l, p, which, side === 'soft' ? { ...lim, cur: value } : { ...lim, max: value });
  }
  return result;
}

function leaf(which: number, side: Side): SysctlSpec {
  return {
    num: side === 'soft' ? PROC_PID_LIMIT_TYPE_SOFT : PROC_PID_LIMIT_TYPE_HARD,
    name: side,
    type: CTLTYPE_QUAD,
    desc: side === 'soft' ? 'What holds now' : 'The most the soft limit may be',
    flags: CTLFLAG_READWRITE | CTLFLAG_ANYWRITE,
    access(l, call) {
      if (call.tail.length > 0) {
        throw EINVAL;
      }
      return limit(l, l.proc, which, side, call);
    },
  };
}

function directory(num: number, name: string, desc: string, below: readonly SysctlSpec[]): SysctlSpec {
  return { num, name, type: CTLTYPE_NODE, desc, below: () => below };
}

const CURPROC: SysctlSpec = {
  ...directory(PROC_CURPROC, 'curproc', 'The process that asks, or one by its number', [
    directory(
      PROC_PID_LIMIT,
      'rlimit',
      'Resource limits',
      RLIMIT_NAMES.map((name, which) =>
        directory(which + 1, name, `Limits of ${name}`, [leaf(which, 'soft'), leaf(which, 'hard')]),
      ),
    ),
  ]),
  flags: CTLFLAG_ANYNUMBER,
};

/** A number where curproc might be. @throws ESRCH; ENOENT; EINVAL an intermediate node; as `limit` */
function byNumber(l: Lwp, call: SysctlCall): SysctlResult {
  const [pid, ...rest] = call.tail;
  if (pid === undefined) {
    throw EINVAL;
  }
  const p = procFind(l.kernel, pid);
  const [what, resource, type] = rest;
  if ((rest.at(-1) ?? 0) < 0) {
    // About the nodes, which are those of curproc.
    return dosysctl(l, [CTL_PROC, PROC_CURPROC, ...rest], call.oldv, call.newv);
  }
  if (what !== undefined && what !== PROC_PID_LIMIT) {
    throw ENOENT;
  }
  if (resource === undefined || type === undefined || rest.length > 3) {
    throw EINVAL;
  }
  const which = resource - 1;
  if (RLIMIT_NAMES[which] === undefined) {
    throw ENOENT;
  }
  switch (type) {
    case PROC_PID_LIMIT_TYPE_SOFT:
      return limit(l, p, which, 'soft', call);
    case PROC_PID_LIMIT_TYPE_HARD:
      return limit(l, p, which, 'hard', call);
    default:
      throw ENOENT;
  }
}

export const PROC_NODE: SysctlSpec = {
  ...directory(CTL_PROC, 'proc', 'Processes', [CURPROC]),
  access: byNumber,
};
