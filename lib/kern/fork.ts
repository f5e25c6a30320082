/**
 * The beginning of a process.
 *
 * NetBSD: sys/kern/kern_fork.c; sys/rump/librump/rumpkern/lwproc.c (lwproc_newproc).
 */
import { NOTE_FORK } from '../sys/constants/event.ts';
import { PK_SUGID, SACTIVE } from '../sys/constants/proc.ts';
import { RLIMIT_NPROC } from '../sys/constants/resource.ts';
import { EAGAIN } from '../sys/errno.ts';
import { Filedesc, fdShare } from './filedesc.ts';
import { knoteProc } from './filt.ts';
import { type KauthCred, kauthAllows, kauthCredHold } from './kauth.ts';
import type { Lwp } from './lwp.ts';
import { lwpCreate } from './lwpcreate.ts';
import { limHold } from './plimit.ts';
import { nextlid, Proc, pidAlloc, procInsert } from './proc.ts';
import { trace } from './trace.ts';
import { chgproccnt, type Uidinfo } from './uid.ts';
import { vmspaceHold } from './vmspace.ts';

/** What a child gets of its parent's descriptors. */
export type ForkFiles = 'share' | 'copy' | 'clear';

export interface ForkOptions {
  readonly files: ForkFiles;
  readonly comm?: string;
  /** Number to take instead of the next free one; the caller has checked it. */
  readonly pid?: number;
  /** Credential and the user it counts for, instead of the parent's. The reference passes to the child. */
  readonly cred?: { readonly cred: KauthCred; readonly uidinfo: Uidinfo };
}

/**
 * A child of `parent` with one lwp, outside the kernel.
 * @throws EAGAIN no free process number, or the user's RLIMIT_NPROC reached; ENOMEM
 */
export function fork1(parent: Proc, options: ForkOptions): Lwp {
  const k = parent.kernel;
  const uidinfo = options.cred?.uidinfo ?? parent.uidinfo;
  if (
    uidinfo.proccnt >= (parent.limit.cur[RLIMIT_NPROC] as number) &&
    !kauthAllows(k, parent.cred, { scope: 'process', action: 'rlimit_exempt', proc: parent })
  ) {
    throw EAGAIN;
  }
  const pid = options.pid ?? pidAlloc(k);
  if (pid === null) {
    throw EAGAIN;
  }
  // The last thing that can fail, so that nothing has to be undone.
  const handle = k.host.lwpCreate();
  chgproccnt(k, uidinfo, 1);
  const p = new Proc(k, pid, {
    comm: options.comm ?? parent.comm,
    cred: options.cred?.cred ?? kauthCredHold(parent.cred),
    pgrp: parent.pgrp,
    fd: forkFiles(parent.fd, options.files),
    limit: limHold(parent.limit),
    uidinfo,
    vmspace: vmspaceHold(parent.vmspace),
  });
  p.nice = parent.nice;
  p.flag = parent.flag & PK_SUGID;
  p.sigacts = parent.sigacts;
  p.nocldwait = parent.nocldwait;
  k.hooks.procVfsInit?.(p, parent);
  procInsert(p, parent);
  k.nforks++;
  p.stat = SACTIVE;
  const l = lwpCreate(p, nextlid(p), handle);
  knoteProc(parent, NOTE_FORK | pid);
  trace(k, parent, 0, { type: 'fork', child: pid });
  return l;
}

function forkFiles(fdp: Filedesc, files: ForkFiles): Filedesc {
  switch (files) {
    case 'share':
      return fdShare(fdp);
    case 'copy':
      return fdp.copy();
    case 'clear':
      return new Filedesc();
  }
}
