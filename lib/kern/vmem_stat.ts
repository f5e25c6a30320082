/** What arenas tell about themselves. */
import type { Kernel } from './kernel.ts';

/** Sizes in units of the arena; `inuse` has what quantum caches hold idle in it. */
export interface VmemStats {
  readonly name: string;
  readonly quantum: number;
  readonly size: number;
  readonly inuse: number;
  readonly nspans: number;
  readonly nfree: number;
  readonly nbusy: number;
  readonly hashsize: number;
  readonly nalloc: number;
  readonly nfail: number;
  readonly nimport: number;
  readonly nrelease: number;
  readonly nsleep: number;
  readonly nrehash: number;
}

/** Every arena, in the order they were made. */
export function vmemStats(k: Kernel): VmemStats[] {
  return [...k.vmems].map((arena) => arena.stats());
}
