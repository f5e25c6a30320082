/**
 * Signal models: what a signal does to a process of a kernel whose processes are not meant to take any.
 *
 * NetBSD: sys/rump/librump/rumpkern/signals.c, rump_boot_setsigmodel.
 */
import { LSSLEEP, LW_SINTR } from '../sys/constants/lwp.ts';
import { EINTR } from '../sys/errno.ts';
import type { Siginfo } from '../sys/types.ts';
import { panic } from './panic.ts';
import type { Proc } from './proc.ts';
import { sigput } from './sigacts.ts';
import { sleepqUnsleep } from './sleepq.ts';

/** @returns whether the model has dealt with the signal; not if it is `raise`. @panics with the model `panic` */
export function sigmodelled(p: Proc, info: Siginfo): boolean {
  switch (p.kernel.params.sigmodel) {
    case 'raise':
      return false;
    case 'panic':
      return panic(`unhandled signal ${info.signo}`);
    case 'ignore':
      return true;
    case 'record':
      // Pending for whoever looks; sleeps end, and nobody acts on it.
      if (sigput(p, info)) {
        p.nsignals++;
      }
      for (let l = p.lwps; l !== null; l = l.siblingNext) {
        if (l.stat === LSSLEEP && (l.flag & LW_SINTR) !== 0) {
          sleepqUnsleep(l, EINTR);
        }
      }
      return true;
  }
}
