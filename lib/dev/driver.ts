/**
 * Drivers that a kernel is booted with.
 *
 * NetBSD: sys/conf/majors, FLAWLESSCALL(rump_vfs_makeonedevnode(...)) in the components of sys/rump/dev.
 */
import type { Cdevsw, DeviceNode } from '../kern/devsw.ts';
import type { Kernel } from '../kern/kernel.ts';

export interface Driver {
  readonly cdevsw: Cdevsw;
  /** NetBSD's number for it. */
  readonly major: number;
  /** Names in /dev. */
  readonly nodes: readonly DeviceNode[];
}

/** To be called by components, when they are attached. */
export function driverAdd(k: Kernel, driver: Driver): void {
  k.hooks.drivers ??= [];
  k.hooks.drivers.push(driver);
}

export function driversOf(k: Kernel): readonly Driver[] {
  return (k.hooks.drivers ?? []) as readonly Driver[];
}
