/**
 * The lwp of a host thread: which one it is between entries, and how it changes. These are the rump kernel's
 * own calls, for embedders that switch between processes without system calls.
 *
 * Rules of the seed that hold here: a released lwp is freed at the switch away from it; from its release on
 * it is nobody's current lwp; releasing the last lwp of a process frees the process at once, without a
 * zombie.
 *
 * NetBSD: sys/rump/librump/rumpkern/lwproc.c; the seed's rump_newproc_switch, rump_lwp_*, rump_set_vmspace.
 */
import { NOTE_EXIT } from '../sys/constants/event.ts';
import { LSZOMB, LW_WEXIT } from '../sys/constants/lwp.ts';
import { PID_MAX } from '../sys/constants/proc.ts';
import { EEXIST, EINVAL } from '../sys/errno.ts';
import { orphan, procReap, procRelease } from './exit.ts';
import { knoteProc } from './filt.ts';
import { type ForkFiles, fork1 } from './fork.ts';
import { giantEnter, giantExit } from './giant.ts';
import { KASSERT } from './kassert.ts';
import type { Kernel } from './kernel.ts';
import type { Lwp } from './lwp.ts';
import { lwpCreate, lwpFree, lwpUnlink } from './lwpcreate.ts';
import { isMaySleep, type MaySleep } from './maysleep.ts';
import { panic } from './panic.ts';
import { LID_MAX, lwpFind, type Proc, procFind } from './proc.ts';
import { setrunnable } from './runnable.ts';
import { drive } from './sched.ts';
import { type Vmspace, vmspaceFree, vmspaceHold } from './vmspace.ts';

/** Descriptor flags of rfork. Neither: shared. Both: EINVAL. */
export const RUMP_RFFDG = 0x01;
export const RUMP_RFCFDG = 0x02;

/** The lwp of the host thread, or null when it has none or its own has been released. */
export function lwpCurlwp(k: Kernel): Lwp | null {
  const l = k.hostlwp;
  return l === null || (l.flag & LW_WEXIT) !== 0 ? null : l;
}

/** Make `l` (null: none) the lwp of the host thread. A released lwp is freed here. */
export function lwpSwitch(k: Kernel, l: Lwp | null): void {
  const old = k.hostlwp;
  if (l !== null && (l.coroutine !== null || (l.flag & LW_WEXIT) !== 0)) {
    panic(`switch to ${l}, which is ${l.coroutine === null ? 'released' : 'running elsewhere'}`);
  }
  k.hostlwp = l;
  // One whose process was killed has been freed already.
  if (old !== null && (old.flag & LW_WEXIT) !== 0 && old.stat !== LSZOMB) {
    lwpFree(old);
  }
}

/** Release the host thread's lwp. @panics when it has none */
export function lwpRelease(k: Kernel): void {
  const l = lwpCurlwp(k);
  if (l === null) {
    panic('release of an lwp by a thread that has none');
  }
  const p = l.proc;
  const last = p.nlwps === 1 && p !== k.proc0 && p !== k.initproc;
  if (last) {
    const releasing = procRelease(l);
    if (isMaySleep(releasing)) {
      driveRelease(k, l, releasing);
    }
  }
  lwpUnlink(l);
  if (last) {
    orphan(p);
    knoteProc(p, NOTE_EXIT);
    procReap(p);
  }
}

/** A file of the process sleeps while it closes: the host thread waits for that. */
function driveRelease(k: Kernel, l: Lwp, releasing: MaySleep<void>): void {
  l.coroutine = releasing;
  setrunnable(l);
  giantEnter(k);
  const back = drive(k, l);
  giantExit(k);
  KASSERT(back, `${l} closes a file for ever`);
}

/**
 * An lwp of process 0, or of a new process `pid`.
 * @param lid id of the lwp; 0 for the next free one
 * @throws EEXIST the process or the lwp exists; EINVAL no process or lwp has such a number
 */
export function lwpAlloc(k: Kernel, pid: number, lid: number): Lwp {
  if (!Number.isInteger(pid) || pid < 0 || pid > PID_MAX) {
    throw EINVAL;
  }
  if (!Number.isInteger(lid) || lid < 0 || lid > LID_MAX) {
    throw EINVAL;
  }
  if (lid !== 0) {
    // Numbers are no longer handed out in order alone.
    k.lidWrapped = true;
  }
  if (pid === 0) {
    if (lid !== 0 && lwpFind(k.proc0, lid) !== null) {
      throw EEXIST;
    }
    return lid === 0 ? lwpCreate(k.proc0) : lwpCreate(k.proc0, lid);
  }
  if (k.procs.has(pid) || k.pgrps.has(pid) || k.sessions.has(pid)) {
    throw EEXIST;
  }
  const l = fork1(k.initproc, { files: 'clear', pid });
  l.proc.nozombie = true;
  if (lid !== 0) {
    l.lid = lid;
  }
  return l;
}

export function lwpAllocAndSwitch(k: Kernel, pid: number, lid: number): Lwp {
  const l = lwpAlloc(k, pid, lid);
  lwpSwitch(k, l);
  return l;
}

/** A new process with no descriptors, whose lwp becomes the host thread's. @throws EAGAIN */
export function newprocSwitch(k: Kernel): Lwp {
  return forkSwitch(k, k.initproc, 'clear');
}

/**
 * A child of the host thread's process; its lwp becomes the host thread's. @throws EINVAL both flags; EAGAIN
 */
export function lwprocRfork(k: Kernel, flags: number): Lwp {
  const files = FILES_OF.get(flags);
  if (files === undefined) {
    throw EINVAL;
  }
  return forkSwitch(k, lwpCurlwp(k)?.proc ?? k.initproc, files);
}

const FILES_OF: ReadonlyMap<number, ForkFiles> = new Map([
  [0, 'share'],
  [RUMP_RFFDG, 'copy'],
  [RUMP_RFCFDG, 'clear'],
]);

function forkSwitch(k: Kernel, parent: Proc, files: ForkFiles): Lwp {
  const l = fork1(parent, { files });
  l.proc.nozombie = true;
  lwpSwitch(k, l);
  return l;
}

/** A new lwp of process `pid` becomes the host thread's. @throws ESRCH */
export function lwprocNewlwp(k: Kernel, pid: number): Lwp {
  const l = lwpCreate(procFind(k, pid));
  lwpSwitch(k, l);
  return l;
}

/** Release the host thread's lwp and have none. @panics when it has none */
export function lwprocReleaselwp(k: Kernel): void {
  lwpRelease(k);
  lwpSwitch(k, null);
}

/** Another memory for the host thread's process. NetBSD's seed: rump_set_vmspace. */
export function setVmspace(k: Kernel, vm: Vmspace): void {
  const l = lwpCurlwp(k);
  if (l === null) {
    panic('set_vmspace by a thread without an lwp');
  }
  vmspaceFree(l.proc.vmspace);
  l.proc.vmspace = vmspaceHold(vm);
}
