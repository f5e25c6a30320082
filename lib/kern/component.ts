/**
 * What is plugged into a kernel at boot: factions and their components.
 *
 * NetBSD: RUMP_COMPONENT in sys/rump/include/rump-sys/kern.h.
 */
import type { Kernel } from './kernel.ts';

export interface Component {
  /** Its name: "vfs", "tmpfs". */
  readonly name: string;
  /** Names of components that must be plugged in as well. */
  readonly requires?: readonly string[];
  /** Called before anything of the kernel runs, in the order of the list: fill in hooks, register. */
  attach(k: Kernel): void;
}
