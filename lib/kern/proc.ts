/**
 * Processes, process groups and sessions, and the tables that find them.
 *
 * Invariants: a pid in `kernel.procs` is never 0 for anyone but proc0 and is not handed out again while a
 * process, zombie, process group or session of that number exists. `proc.parent` is never a freed process. A
 * process with `nlwps === 0` is a zombie or is being freed.
 *
 * NetBSD: sys/sys/proc.h, sys/kern/kern_proc.c.
 */
import { PID_MAX, SACTIVE, SDEAD, SIDL, SSTOP, SZOMB } from '../sys/constants/proc.ts';
import { ESRCH } from '../sys/errno.ts';
import { SIGSET_EMPTY } from '../sys/sigset.ts';
import type { Sigaction, Siginfo, Sigset } from '../sys/types.ts';
import type { Filedesc } from './filedesc.ts';
import { KASSERT } from './kassert.ts';
import type { KauthCred } from './kauth.ts';
import type { Kernel } from './kernel.ts';
import type { KlistHead } from './knote.ts';
import { Link, List } from './list.ts';
import type { Lwp } from './lwp.ts';
import type { Plimit } from './plimit.ts';
import type { Ptimer } from './ptimer.ts';
import type { UsageCounts } from './rusage.ts';
import { SleepQueue } from './sleepq.ts';
import type { Uidinfo } from './uid.ts';
import type { Vmspace } from './vmspace.ts';

export interface Session {
  readonly sid: number;
  leader: Proc | null;
  login: string;
  count: number;
}

export interface Pgrp {
  readonly id: number;
  readonly session: Session;
  readonly members: List<Proc>;
  /** Members whose parent is in another group of the same session. At 0 the group is orphaned. */
  jobc: number;
}

export class Proc implements KlistHead {
  readonly pid: number;
  readonly kernel: Kernel;
  comm: string;
  stat = SIDL;
  /** PK_* flags. */
  flag = 0;
  /** Exit has begun. */
  exiting = false;
  /** Nobody waits for it: it is freed the moment it exits. */
  nozombie = false;
  /** Its children leave no zombies: it ignores SIGCHLD, or said SA_NOCLDWAIT. */
  nocldwait = false;
  /** The parent has been told of the stop; it has yet to be told that the process goes on. */
  waited = false;
  continued = false;
  cred: KauthCred;
  parent: Proc | null = null;
  /** Made when it first has a child. */
  children: List<Proc> | null = null;
  readonly allproc = new Link<Proc>(this);
  readonly sibling = new Link<Proc>(this);
  readonly pgmember = new Link<Proc>(this);
  /** What the host program holds of it. */
  handle: object | null = null;
  pgrp: Pgrp;

  lwps: Lwp | null = null;
  nlwps = 0;
  nlwpid = 0;

  fd: Filedesc;
  /** Working and root directory and umask, of the vfs faction. */
  cwdi: object | null = null;
  /** Knotes that watch it or its signals. */
  klist: KlistHead['klist'] = null;
  limit: Plimit;
  uidinfo: Uidinfo;
  vmspace: Vmspace;
  nice = 20;

  /** Signals posted and not yet taken. */
  sigpend: Sigset = SIGSET_EMPTY;
  siginfo: Map<number, Siginfo[]> | null = null;
  nsignals = 0;
  /** Interval timers by ITIMER_*, and those of timer_create by their id. */
  timers: Map<number, Ptimer> | null = null;
  /** Actions by signal; absent ones are the default. Never changed in place: fork shares it. */
  sigacts: readonly (Sigaction | undefined)[] | null = null;

  /** Wait status: exit status and signal, as wait(2) packs them; while stopped, the stop. */
  xstat = 0;
  /** Where the parent sleeps in wait. */
  waitq: SleepQueue | null = null;
  /** Where its lwps wait while it is stopped. */
  stopq: SleepQueue | null = null;
  /** Where an exiting lwp waits for the others to go. */
  lwpq: SleepQueue | null = null;

  /** Monotonic time of birth and kernel time used, nanoseconds. */
  startNs: number;
  stimeNs = 0;
  /** Of waited-for children; the counts are made when there is one. */
  childStimeNs = 0;
  childCounts: UsageCounts | null = null;
  nvcsw = 0;
  nivcsw = 0;

  constructor(kernel: Kernel, pid: number, template: ProcTemplate) {
    this.kernel = kernel;
    this.pid = pid;
    this.comm = template.comm;
    this.cred = template.cred;
    this.pgrp = template.pgrp;
    this.fd = template.fd;
    this.limit = template.limit;
    this.uidinfo = template.uidinfo;
    this.vmspace = template.vmspace;
    this.startNs = kernel.host.monotonicNs();
  }

  waitQueue(): SleepQueue {
    this.waitq ??= new SleepQueue();
    return this.waitq;
  }

  lwpQueue(): SleepQueue {
    this.lwpq ??= new SleepQueue();
    return this.lwpq;
  }

  get alive(): boolean {
    return this.stat === SACTIVE || this.stat === SSTOP;
  }
}

export type ProcTemplate = Pick<Proc, 'comm' | 'cred' | 'pgrp' | 'fd' | 'limit' | 'uidinfo' | 'vmspace'>;

/** The process of that number, zombies excluded. @throws ESRCH */
export function procFind(k: Kernel, pid: number): Proc {
  const p = k.procs.get(pid);
  if (p === undefined || p.stat === SZOMB || p.stat === SDEAD) {
    throw ESRCH;
  }
  return p;
}

/** @throws ESRCH */
export function pgrpFind(k: Kernel, pgid: number): Pgrp {
  const pg = k.pgrps.get(pgid);
  if (pg === undefined) {
    throw ESRCH;
  }
  return pg;
}

/** The next free pid: never 0, never a number something alive is known by. Null when all are taken. */
export function pidAlloc(k: Kernel): number | null {
  for (let tries = 0; tries < PID_MAX; tries++) {
    k.nextpid = k.nextpid >= PID_MAX ? 2 : k.nextpid + 1;
    if (!k.procs.has(k.nextpid) && !k.pgrps.has(k.nextpid) && !k.sessions.has(k.nextpid)) {
      return k.nextpid;
    }
  }
  return null;
}

/** Enter a process in the tables. Its credentials, descriptors and limits are its own references already. */
export function procInsert(p: Proc, parent: Proc | null): void {
  p.kernel.procs.insert(p);
  p.pgrp.members.insert(p.pgmember);
  if (parent !== null) {
    adopt(parent, p);
  }
}

function adopt(parent: Proc, p: Proc): void {
  parent.children ??= new List();
  parent.children.insert(p.sibling);
  p.parent = parent;
}

/** Take a process out of every table; its number may be handed out again. */
export function procRemove(p: Proc): void {
  KASSERT(p.nlwps === 0, `process ${p.pid} freed with ${p.nlwps} lwps`);
  p.parent?.children?.remove(p.sibling);
  p.kernel.procs.remove(p);
  pgrpLeave(p);
  p.stat = SDEAD;
}

/** Give `p` another parent, as when its own exits. */
export function procReparent(p: Proc, parent: Proc): void {
  p.parent?.children?.remove(p.sibling);
  adopt(parent, p);
}

/** Highest lwp id. */
export const LID_MAX = 0x7fffffff;

/** Next lwp id of a process: never 0, never one in use. NetBSD's seed: rump_nextlid. */
export function nextlid(p: Proc): number {
  do {
    p.nlwpid = p.nlwpid >= LID_MAX ? 1 : p.nlwpid + 1;
  } while (p.kernel.lidWrapped && lwpFind(p, p.nlwpid) !== null);
  if (p.nlwpid === LID_MAX) {
    p.kernel.lidWrapped = true;
  }
  return p.nlwpid;
}

export function lwpFind(p: Proc, lid: number): Lwp | null {
  for (let l = p.lwps; l !== null; l = l.siblingNext) {
    if (l.lid === lid) {
      return l;
    }
  }
  return null;
}

// ---- groups and sessions -------------------------------------------------------------------------------

export function isPgleader(p: Proc): boolean {
  return p.pgrp.id === p.pid;
}

export function isSessionLeader(p: Proc): boolean {
  return p.pgrp.session.leader === p;
}

/** Create a group in `session`, or a session of its own when null, led by `p`. */
export function pgrpCreate(p: Proc, session: Session | null): Pgrp {
  const k = p.kernel;
  let s = session;
  if (s === null) {
    s = { sid: p.pid, leader: p, login: p.pgrp.session.login, count: 0 };
    k.sessions.set(s.sid, s);
  }
  s.count++;
  const pg: Pgrp = { id: p.pid, session: s, members: new List(), jobc: 0 };
  k.pgrps.set(pg.id, pg);
  return pg;
}

/** Move `p` to another group, freeing its old one when it was the last member. */
export function pgrpEnter(p: Proc, pg: Pgrp): void {
  if (p.pgrp === pg) {
    return;
  }
  pgrpLeave(p);
  p.pgrp = pg;
  pg.members.insert(p.pgmember);
}

function pgrpLeave(p: Proc): void {
  const k = p.kernel;
  const pg = p.pgrp;
  pg.members.remove(p.pgmember);
  if (pg.members.size > 0) {
    return;
  }
  k.pgrps.delete(pg.id);
  if (--pg.session.count === 0) {
    k.sessions.delete(pg.session.sid);
  }
}
