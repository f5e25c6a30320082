/**
 * Shutting down.
 *
 * The kernel object cannot be booted again after any of these; another one can, in the same host process. The
 * C kernel naps five seconds at a time for ever when halted. A library has to give its caller's thread back
 * instead: a halted kernel is dead like a finished one, and says that it halted.
 *
 * NetBSD: sys/kern/kern_reboot.c, reboot(2); the seed's rump_reboot.
 */
import { RUMPUSER_PANIC } from '../rumpuser/rumpuser.ts';
import { RB_DUMP, RB_HALT, RB_NOSYNC } from '../sys/constants/reboot.ts';
import { EOPNOTSUPP } from '../sys/errno.ts';
import { factionInit } from './hooks.ts';
import { kauthAuthorize } from './kauth.ts';
import type { Kernel } from './kernel.ts';
import { moduleShutdown } from './module.ts';
import { printf } from './msgbuf.ts';
import { KernelDead, kernelDie } from './panic.ts';
import { inKernel } from './schedule.ts';
import type { Handlers } from './sysent.ts';

/** End the kernel. `howto` is RB_* flags. A second reboot of a dead kernel does nothing. */
export function rumpReboot(k: Kernel, howto: number): void {
  if (k.state === 'dead') {
    return;
  }
  if ((howto & RB_DUMP) !== 0) {
    // A dump means the dive at once: no sync.
    printf(k, 'dumping: the host process decides what that is\n');
    kernelDie(k, 'dumped');
    k.host.exit(RUMPUSER_PANIC);
    return;
  }
  moduleFarewell(k);
  if ((howto & RB_NOSYNC) === 0) {
    try {
      factionInit(k, 'vfsFini');
    } catch (error) {
      // Without the vfs faction there is nothing to sync.
      if (error !== EOPNOTSUPP) {
        throw error;
      }
    }
  }
  const halt = (howto & RB_HALT) !== 0;
  printf(k, halt ? 'The operating system has halted.\n' : 'rebooting...\n');
  kernelDie(k, halt ? 'halted' : 'rebooted');
  k.host.exit(0);
}

/** Modules get to give back what they took of the host program, threads above all. */
function moduleFarewell(k: Kernel): void {
  if (k.modules.size === 0) {
    return;
  }
  if (k.curlwp === null) {
    inKernel(k, () => moduleShutdown(k));
  } else {
    moduleShutdown(k);
  }
}

export const rebootHandlers: Handlers<'reboot'> = {
  *reboot(l, howto) {
    kauthAuthorize(l.kernel, l.cred, { scope: 'system', action: 'reboot' });
    rumpReboot(l.kernel, howto);
    // Nobody returns to a kernel that is no more.
    throw new KernelDead(`kernel is dead (${l.kernel.deadReason})`);
  },
};
