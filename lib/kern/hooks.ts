/**
 * Where the factions plug in. The base calls a hook and never imports who fills it; an empty hook answers as
 * the seed's weak aliases do.
 *
 * NetBSD: sys/rump/include/rump-sys/kern.h, the weak aliases of sys/rump/librump/rumpkern/rump.c.
 */
import { EOPNOTSUPP } from '../sys/errno.ts';
import type { DeviceNode } from './devsw.ts';
import type { Kernel } from './kernel.ts';
import { panic } from './panic.ts';
import type { Proc } from './proc.ts';

export interface Hooks {
  vfsInit?: (k: Kernel) => void;
  /** Sync and unmount; part of every orderly shutdown. */
  vfsFini?: (k: Kernel) => void;
  netInit?: (k: Kernel) => void;
  devInit?: (k: Kernel) => void;
  /** A process got, or loses, its file-system side (working directory, root, umask). */
  procVfsInit?: (p: Proc, parent: Proc | null) => void;
  procVfsRelease?: (p: Proc) => void;
  /** Who listens for programs outside: they are closed when the kernel ends. */
  servers?: Set<{ close(): unknown }>;
  /** Where other host threads come in; the gate's to describe. */
  gate?: object;
  /** Told when the kernel has ended, before anybody who waits in it is: nobody may call it back. */
  died?: Set<() => void>;
  /** Whoever shows `key` there may come in, as the superuser. @returns what the gate is called */
  gateAdmit?: (key: bigint) => number;
  /** Drivers to be attached when the dev faction begins; theirs to describe. */
  drivers?: object[];
  /** A device has come, or has gone: its names in /dev. */
  devNodes?: (k: Kernel, major: number, nodes: readonly DeviceNode[], what: 'make' | 'remove') => void;
  /** Who may mount; without the vfs faction nobody should ask. */
  usermountCommonPolicy?: (k: Kernel) => void;
}

/** Call a faction's entry point. @throws EOPNOTSUPP when the faction is absent */
export function factionInit(k: Kernel, hook: 'vfsInit' | 'vfsFini' | 'netInit' | 'devInit'): void {
  const fn = k.hooks[hook];
  if (fn === undefined) {
    throw EOPNOTSUPP;
  }
  fn(k);
}

/** @panics "vfs component not available" */
export function usermountCommonPolicy(k: Kernel): void {
  const fn = k.hooks.usermountCommonPolicy;
  if (fn === undefined) {
    panic('vfs component not available');
  }
  fn(k);
}
