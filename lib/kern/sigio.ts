/**
 * SIGIO: a file tells its owner, a process or a group, that there is something to be done with it.
 *
 * NetBSD: sys/kern/kern_descrip.c (fsetown, fgetown, fownsignal), fcntl(2) F_SETOWN.
 */
import { SIGIO } from '../sys/constants/signal.ts';
import { EPERM, ESRCH } from '../sys/errno.ts';
import type { Kernel } from './kernel.ts';
import type { Lwp } from './lwp.ts';
import { procFind } from './proc.ts';
import type { Selinfo } from './selinfo.ts';
import { psignal } from './sig.ts';

function renew(k: Kernel, sip: Selinfo): void {
  const { owner } = sip;
  sip.sigio = sip.async && owner !== 0 ? () => fownsignal(k, owner) : null;
}

/**
 * @param owner a process, the negative of a group, 0 for nobody
 * @throws ESRCH there is none; EPERM of another session. NetBSD: fsetown
 */
export function fsetown(l: Lwp, sip: Selinfo, owner: number): void {
  if (owner !== 0) {
    const pgrp = owner < 0 ? l.kernel.pgrps.get(-owner) : procFind(l.kernel, owner).pgrp;
    if (pgrp === undefined) {
      throw ESRCH;
    }
    if (pgrp.session !== l.proc.pgrp.session) {
      throw EPERM;
    }
  }
  sip.owner = owner;
  renew(l.kernel, sip);
}

/** O_ASYNC comes or goes. */
export function fsetasync(k: Kernel, sip: Selinfo, on: 'on' | 'off'): void {
  sip.async = on === 'on';
  renew(k, sip);
}

/** Tell the owner, a process or (negative) a group. */
function fownsignal(k: Kernel, owner: number): void {
  if (owner < 0) {
    for (const p of k.pgrps.get(-owner)?.members ?? []) {
      psignal(p, SIGIO);
    }
    return;
  }
  const p = k.procs.get(owner);
  if (p !== undefined) {
    psignal(p, SIGIO);
  }
}
