/** Who sleeps on what: the text of EDEADLK and of a panic. */

import { LSSLEEP, LW_SYSTEM } from '../sys/constants/lwp.ts';
import type { Kernel } from './kernel.ts';

/** Most lwps named before the rest is counted. */
const SHOWN_MAX = 8;

/** "3.1 (reader) piperd, 4.1 (writer) pipewr and 2 more"; kernel threads are left out. */
export function describeSleepers(k: Kernel): string {
  const shown: string[] = [];
  let more = 0;
  for (const p of k.procs.values()) {
    for (let l = p.lwps; l !== null; l = l.siblingNext) {
      if (l.stat !== LSSLEEP || (l.flag & LW_SYSTEM) !== 0) {
        continue;
      }
      if (shown.length < SHOWN_MAX) {
        shown.push(String(l));
      } else {
        more++;
      }
    }
  }
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
