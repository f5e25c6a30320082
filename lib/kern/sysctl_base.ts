/** The nodes of kern, hw and security that the base owns, and the system call. */
import type { Kernel } from './kernel.ts';
import { sysctlRoot } from './sysctl.ts';

export const sysctlHandlers = {};

export function sysctlInit(k: Kernel): void {
  k.sysctl = sysctlRoot();
}
