/**
 * The end of a process.
 *
 * Order matters: first the other lwps go (they may hold the process's resources), then the resources, then
 * the family ties, and last the process becomes a zombie and its parent is told. From then on it has no lwp.
 *
 * NetBSD: sys/kern/kern_exit.c.
 */
import { NOTE_EXIT } from '../sys/constants/event.ts';
import { PK_SYSTEM, SACTIVE, SDYING, SSTOP, SZOMB } from '../sys/constants/proc.ts';
import { CLD_EXITED, CLD_KILLED } from '../sys/constants/signal.ts';
import { WIFSIGNALED } from '../sys/constants/wait.ts';
import { EPERM, ESRCH } from '../sys/errno.ts';
import { knoteProc } from './filt.ts';
import { fixjobc } from './jobc.ts';
import { KASSERT } from './kassert.ts';
import { kauthCredFree } from './kauth.ts';
import { AST_EXIT, type Lwp } from './lwp.ts';
import { lwpFree, lwpUnlink } from './lwpcreate.ts';
import { isMaySleep, type MaySleep, type Soon } from './maysleep.ts';
import { limFree } from './plimit.ts';
import { isSessionLeader, type Proc, procRemove, procReparent } from './proc.ts';
import { timersFree } from './ptimer.ts';
import { rusageReap } from './rusage.ts';
import { sigretarget, tellParent } from './sig.ts';
import { FOREVER, sleepqBlock, sleepqInterrupt, sleepqWakeAll } from './sleepq.ts';
import { trace } from './trace.ts';
import { chgproccnt } from './uid.ts';
import { vmspaceFree } from './vmspace.ts';

/**
 * Exit the process of `l` with a wait status. When it returns, `l` belongs to nobody and must leave the
 * kernel.
 * @throws EPERM for process 0 and init; ESRCH when another lwp is already doing it
 */
export function* exit1(l: Lwp, status: number): MaySleep<void> {
  const p = l.proc;
  const k = p.kernel;
  if (p === k.initproc || (p.flag & PK_SYSTEM) !== 0) {
    throw EPERM;
  }
  if (p.exiting) {
    lwpExit(l);
    throw ESRCH;
  }
  p.exiting = true;
  yield* exitLwps(l);
  const releasing = procRelease(l);
  if (isMaySleep(releasing)) {
    yield* releasing;
  }
  orphan(p);
  p.xstat = status;
  knoteProc(p, NOTE_EXIT);
  becomeZombie(l);
}

/** End the other lwps of the process and wait until they are gone. */
function* exitLwps(l: Lwp): MaySleep<void> {
  const p = l.proc;
  if (p.stat === SSTOP) {
    p.stat = SACTIVE;
    if (p.stopq !== null) {
      sleepqWakeAll(p.stopq);
    }
  }
  let next: Lwp | null;
  for (let other = p.lwps; other !== null; other = next) {
    next = other.siblingNext;
    if (other === l) {
      continue;
    }
    other.ast |= AST_EXIT;
    if (other.coroutine === null) {
      lwpUnlink(other);
      lwpFree(other);
    } else {
      sleepqInterrupt(other);
    }
  }
  while (p.nlwps > 1) {
    yield* sleepqBlock(l, p.lwpQueue(), 'lwpwait', 0, FOREVER);
  }
}

/** One lwp of a process goes, the process stays. It must leave the kernel next. NetBSD: lwp_exit. */
export function lwpExit(l: Lwp): void {
  KASSERT(l.proc.nlwps > 1 || l.proc.exiting, `${l} is the last lwp of its process`);
  lwpUnlink(l);
  if (!l.proc.exiting) {
    sigretarget(l.proc);
  }
}

/** Give back what the process holds: timers, descriptors, its file-system side. */
export function procRelease(l: Lwp): Soon<void> {
  const p = l.proc;
  timersFree(p);
  const closing = p.fd.free(l);
  if (isMaySleep(closing)) {
    return releaseSleeping(p, closing);
  }
  p.kernel.hooks.procVfsRelease?.(p);
}

function* releaseSleeping(p: Proc, closing: MaySleep<void>): MaySleep<void> {
  yield* closing;
  p.kernel.hooks.procVfsRelease?.(p);
}

/** Cut the family ties: children go to init, a led session loses its leader, groups may become orphaned. */
export function orphan(p: Proc): void {
  const k = p.kernel;
  p.stat = SDYING;
  if (isSessionLeader(p)) {
    p.pgrp.session.leader = null;
  }
  fixjobc(p, p.pgrp, 'leave');
  for (const child of p.children ?? []) {
    procReparent(child, k.initproc);
    if (child.stat === SZOMB) {
      procReap(child);
    } else {
      child.nozombie = true;
    }
  }
}

function becomeZombie(l: Lwp): void {
  const p = l.proc;
  p.stat = SZOMB;
  trace(p.kernel, p, l.lid, { type: 'exit', status: p.xstat });
  lwpUnlink(l);
  KASSERT(p.nlwps === 0, `process ${p.pid} is a zombie with ${p.nlwps} lwps`);
  if (p.nozombie || p.parent?.nocldwait === true) {
    const { parent } = p;
    procReap(p);
    if (parent?.waitq != null) {
      sleepqWakeAll(parent.waitq);
    }
    return;
  }
  tellParent(p, WIFSIGNALED(p.xstat) ? CLD_KILLED : CLD_EXITED);
}

/**
 * Free a zombie: what it used is added to its parent, its number may be handed out again. NetBSD: proc_free.
 */
export function procReap(p: Proc): void {
  KASSERT(p.nlwps === 0, `process ${p.pid} reaped with ${p.nlwps} lwps`);
  const k = p.kernel;
  if (p.parent !== null) {
    rusageReap(p.parent, p);
  }
  chgproccnt(k, p.uidinfo, -1);
  kauthCredFree(p.cred);
  limFree(p.limit);
  vmspaceFree(p.vmspace);
  procRemove(p);
}
