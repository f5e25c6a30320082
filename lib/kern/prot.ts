/**
 * Who a process is: process numbers, groups and sessions, user and group ids, login name.
 *
 * NetBSD: sys/kern/kern_prot.c, sys/kern/kern_proc.c; getpid(2), setuid(2), setpgid(2), setsid(2),
 * getgroups(2), getlogin(2).
 */

import { LOGIN_NAME_MAX } from '../sys/constants/limits.ts';
import { PK_SUGID } from '../sys/constants/proc.ts';
import { EINVAL, EPERM, ESRCH } from '../sys/errno.ts';
import { pgrpMove } from './jobc.ts';
import { isId, type KauthCred, kauthAllows, kauthAuthorize, kauthCredCopy, NGROUPS_MAX } from './kauth.ts';
import type { Lwp } from './lwp.ts';
import { isPgleader, isSessionLeader, type Proc, pgrpCreate, procFind } from './proc.ts';
import type { Handlers } from './sysent.ts';
import { chgproccnt, uidFind } from './uid.ts';

/** The id argument that leaves an id as it is: (uid_t)-1. */
const UNCHANGED = 0xffffffff;

/** A process whose ids have changed says so (issetugid) until it execs, and counts for its new real user. */
function sugid(l: Lwp): KauthCred {
  const p = l.proc;
  p.cred = kauthCredCopy(p.cred);
  p.flag |= PK_SUGID;
  return p.cred;
}

function changeRealUid(l: Lwp, uid: number): void {
  const p = l.proc;
  const k = l.kernel;
  if (p.uidinfo.uid !== uid) {
    chgproccnt(k, p.uidinfo, -1);
    p.uidinfo = uidFind(k, uid);
    chgproccnt(k, p.uidinfo, 1);
  }
}

interface Ids {
  readonly real: number;
  readonly effective: number;
  readonly saved: number;
}

type Kind = 'uid' | 'gid';

function idsOf(cred: KauthCred, kind: Kind): Ids {
  return kind === 'uid'
    ? { real: cred.uid, effective: cred.euid, saved: cred.svuid }
    : { real: cred.gid, effective: cred.egid, saved: cred.svgid };
}

function setIds(l: Lwp, kind: Kind, want: Ids): void {
  const now = idsOf(l.cred, kind);
  if (now.real === want.real && now.effective === want.effective && now.saved === want.saved) {
    return;
  }
  const cred = sugid(l);
  if (kind === 'uid') {
    changeRealUid(l, want.real);
    cred.uid = want.real;
    cred.euid = want.effective;
    cred.svuid = want.saved;
  } else {
    cred.gid = want.real;
    cred.egid = want.effective;
    cred.svgid = want.saved;
  }
}

/** May `l` take on any id? */
function privileged(l: Lwp): boolean {
  return kauthAllows(l.kernel, l.cred, { scope: 'process', action: 'setid', proc: l.proc });
}

/**
 * setuid, setgid: all three ids. Without privilege only to the real id, which gives a set-id privilege up for
 * good. As in NetBSD, -1 is no error: it leaves the ids as they are.
 */
function setid(l: Lwp, kind: Kind, id: number): void {
  if (id === UNCHANGED) {
    return;
  }
  if (id !== idsOf(l.cred, kind).real && !privileged(l)) {
    throw EPERM;
  }
  setIds(l, kind, { real: id, effective: id, saved: id });
}

/** seteuid, setegid: the effective id, without privilege to the real or the saved one. -1 changes nothing. */
function seteid(l: Lwp, kind: Kind, id: number): void {
  if (id === UNCHANGED) {
    return;
  }
  const now = idsOf(l.cred, kind);
  if (id !== now.real && id !== now.saved && !privileged(l)) {
    throw EPERM;
  }
  setIds(l, kind, { ...now, effective: id });
}

/**
 * setreuid, setregid. Without privilege the real id may become the effective one, and the effective one any
 * of the three. When the real id changes, the saved one becomes the new effective id.
 */
function setreid(l: Lwp, kind: Kind, real: number, effective: number): void {
  const now = idsOf(l.cred, kind);
  const r = real === UNCHANGED ? now.real : real;
  const e = effective === UNCHANGED ? now.effective : effective;
  const allowed =
    (r === now.real || r === now.effective) && (e === now.real || e === now.effective || e === now.saved);
  if (!allowed && !privileged(l)) {
    throw EPERM;
  }
  setIds(l, kind, { real: r, effective: e, saved: r === now.real ? now.saved : e });
}

/** Is `p` a child of `ancestor`, or a child of one? */
function isInferior(p: Proc, ancestor: Proc): boolean {
  for (let q: Proc | null = p; q !== null; q = q.parent) {
    if (q === ancestor) {
      return true;
    }
  }
  return false;
}

/**
 * Move the caller or a descendant to a group of the session, or to a new one that it leads. A session leader
 * stays where it is.
 * @throws EINVAL negative group; ESRCH no descendant; EPERM. NetBSD: proc_enterpgrp.
 */
function setpgid(l: Lwp, pid: number, pgid: number): void {
  if (pgid < 0) {
    throw EINVAL;
  }
  const k = l.kernel;
  const self = l.proc;
  const p = procOf(l, pid);
  const id = pgid === 0 ? p.pid : pgid;
  const pg = k.pgrps.get(id);
  if (!isInferior(p, self)) {
    throw ESRCH;
  }
  const { session } = self.pgrp;
  if (p.pgrp.session !== session || (pg !== undefined && pg.session !== session)) {
    throw EPERM;
  }
  if (isSessionLeader(p)) {
    if (pg !== p.pgrp) {
      throw EPERM;
    }
    return;
  }
  if (pg === undefined && id !== p.pid) {
    throw EPERM;
  }
  pgrpMove(p, pg ?? pgrpCreate(p, session));
}

function procOf(l: Lwp, pid: number): Proc {
  return pid === 0 ? l.proc : procFind(l.kernel, pid);
}

export const protHandlers: Handlers<
  | 'getpid'
  | 'getppid'
  | 'getpgrp'
  | 'getpgid'
  | 'setpgid'
  | 'getsid'
  | 'setsid'
  | 'issetugid'
  | 'getuid'
  | 'geteuid'
  | 'getgid'
  | 'getegid'
  | 'setuid'
  | 'seteuid'
  | 'setreuid'
  | 'setgid'
  | 'setegid'
  | 'setregid'
  | 'getgroups'
  | 'setgroups'
  | 'getlogin'
  | 'setlogin'
  | '_lwp_self'
> = {
  getpid: (l) => l.proc.pid,
  getppid: (l) => l.proc.parent?.pid ?? 0,
  getpgrp: (l) => l.proc.pgrp.id,
  getpgid: (l, pid) => procOf(l, pid).pgrp.id,
  setpgid,
  getsid: (l, pid) => procOf(l, pid).pgrp.session.sid,
  setsid: (l) => {
    const p = l.proc;
    if (isPgleader(p) || l.kernel.pgrps.has(p.pid)) {
      throw EPERM;
    }
    pgrpMove(p, pgrpCreate(p, null));
    return p.pid;
  },
  issetugid: (l) => ((l.proc.flag & PK_SUGID) === 0 ? 0 : 1),
  getuid: (l) => l.cred.uid,
  geteuid: (l) => l.cred.euid,
  getgid: (l) => l.cred.gid,
  getegid: (l) => l.cred.egid,
  setuid: (l, uid) => setid(l, 'uid', uid),
  seteuid: (l, euid) => seteid(l, 'uid', euid),
  setreuid: (l, ruid, euid) => setreid(l, 'uid', ruid, euid),
  setgid: (l, gid) => setid(l, 'gid', gid),
  setegid: (l, egid) => seteid(l, 'gid', egid),
  setregid: (l, rgid, egid) => setreid(l, 'gid', rgid, egid),
  getgroups: (l, gidsetsize) => {
    const { groups } = l.cred;
    if (gidsetsize === 0) {
      return [...groups];
    }
    if (gidsetsize < groups.length) {
      throw EINVAL;
    }
    return [...groups];
  },
  setgroups: (l, gidset) => {
    if (gidset.length > NGROUPS_MAX || !gidset.every(isId)) {
      throw EINVAL;
    }
    if (!privileged(l)) {
      throw EPERM;
    }
    sugid(l).groups = [...gidset];
  },
  getlogin: (l) => l.proc.pgrp.session.login,
  setlogin: (l, name) => {
    kauthAuthorize(l.kernel, l.cred, { scope: 'process', action: 'setlogin', proc: l.proc });
    if (new TextEncoder().encode(name).length >= LOGIN_NAME_MAX) {
      throw EINVAL;
    }
    l.proc.pgrp.session.login = name;
  },
  _lwp_self: (l) => l.lid,
};
