/**
 * The traditional 4.4BSD model: the superuser and the securelevel together.
 *
 * NetBSD: sys/secmodel/bsd44/secmodel_bsd44.c, secmodel_bsd44(9).
 */
import type { Kernel } from './kernel.ts';
import { secmodelSecurelevelStart } from './securelevel.ts';
import { secmodelSuserStart } from './suser.ts';

/** Names of the models, by the names of their sysctl nodes below security.models. */
export const SECMODELS: Readonly<Record<'suser' | 'securelevel' | 'bsd44', string>> = {
  suser: 'Traditional NetBSD: Superuser',
  securelevel: 'Traditional NetBSD: Securelevel',
  bsd44: 'Traditional NetBSD (derived from 4.4BSD)',
};

export function secmodelBsd44Start(k: Kernel): void {
  secmodelSuserStart(k);
  secmodelSecurelevelStart(k);
  k.nsecmodels += Object.keys(SECMODELS).length;
}
