/**
 * The traditional 4.4BSD model: the superuser and the securelevel together.
 *
 * NetBSD: sys/secmodel/bsd44/secmodel_bsd44.c, secmodel_bsd44(9).
 */
import type { Kernel } from './kernel.ts';
import { secmodelRegister } from './secmodel.ts';
import { secmodelSecurelevelStart } from './securelevel.ts';
import { secmodelSuserStart } from './suser.ts';

/** Start the model on a kernel, and those it is made of. */
export function secmodelBsd44Start(k: Kernel): void {
  secmodelSuserStart(k);
  secmodelSecurelevelStart(k);
  secmodelRegister(k, {
    id: 'org.netbsd.secmodel.bsd44',
    name: 'Traditional NetBSD (derived from 4.4BSD)',
  });
  // The three are one thing to choose or to leave out.
  k.nsecmodels++;
}
