/**
 * Kernel modules: a name, a version, a class and a command function.
 *
 * NetBSD: sys/kern/kern_module.c, module(9); the seed's rump_module_init, rump_module_fini.
 */

import { __NetBSD_Version__ } from '../sys/constants/param.ts';
import { EEXIST, EINVAL, ENOENT, EPROGMISMATCH } from '../sys/errno.ts';
import type { Kernel } from './kernel.ts';

export type ModuleClass = 'any' | 'misc' | 'vfs' | 'driver' | 'exec' | 'secmodel' | 'bufq';
export type ModuleCommand = 'init' | 'fini' | 'stat' | 'autounload';

export interface Modinfo {
  readonly name: string;
  /** Of the kernel it was made for: __NetBSD_Version__. */
  readonly version: number;
  readonly class: ModuleClass;
  /** @throws an errno to refuse */
  readonly modcmd: (k: Kernel, command: ModuleCommand, props: Readonly<Record<string, unknown>>) => void;
}

export interface LoadedModule {
  readonly info: Modinfo;
}

/** Kernel interfaces are stable within a release: major and minor number count. */
function compatible(version: number): boolean {
  return Math.floor(version / 100_000_000) === Math.floor(__NetBSD_Version__ / 100_000_000);
}

/** @throws EINVAL no name; EEXIST; EPROGMISMATCH; what the module's init throws */
export function moduleInit(k: Kernel, info: Modinfo, props: Readonly<Record<string, unknown>> = {}): void {
  if (typeof info?.name !== 'string' || info.name === '' || typeof info.modcmd !== 'function') {
    throw EINVAL;
  }
  if (k.modules.has(info.name)) {
    throw EEXIST;
  }
  if (!compatible(info.version)) {
    throw EPROGMISMATCH;
  }
  info.modcmd(k, 'init', props);
  k.modules.set(info.name, { info });
  if (info.class === 'secmodel') {
    k.nsecmodels++;
  }
}

/** @throws ENOENT not loaded; what the module's fini throws, and then it stays */
export function moduleFini(k: Kernel, name: string): void {
  const info = k.modules.get(name)?.info;
  if (info === undefined) {
    throw ENOENT;
  }
  info.modcmd(k, 'fini', {});
  k.modules.delete(name);
  if (info.class === 'secmodel') {
    k.nsecmodels--;
  }
}
