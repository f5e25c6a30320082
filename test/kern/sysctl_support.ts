/**
 * What the tests of sysctl share: a kernel over the simulated host, processes, and calls as they make them.
 */
import { type BootOptions, bootParams } from '../../lib/kern/bootparams.ts';
import { fork1 } from '../../lib/kern/fork.ts';
import { rumpInit } from '../../lib/kern/init.ts';
import { kauthCredCreate } from '../../lib/kern/kauth.ts';
import type { Kernel } from '../../lib/kern/kernel.ts';
import type { Lwp } from '../../lib/kern/lwp.ts';
import { inKernel } from '../../lib/kern/schedule.ts';
import { syscallSync } from '../../lib/kern/syscall.ts';
import { type SysctlDecoded, sysctlByName } from '../../lib/kern/sysctl_name.ts';
import { uidFind } from '../../lib/kern/uid.ts';
import { simulatedHost } from '../../lib/rumpuser/sim.ts';
import type { Errno } from '../../lib/sys/errno.ts';
import { type CallName, syscallByCall } from '../../lib/sys/syscalls.ts';

export function bootSim(options: BootOptions = {}): Kernel {
  return rumpInit(bootParams(simulatedHost(), options, () => {}, 'verbose'));
}

export interface Who {
  readonly uid: number;
  readonly gid?: number;
  readonly groups?: readonly number[];
  readonly comm?: string;
}

/** A process of that user, child of init, outside the kernel. */
export function newproc(k: Kernel, { uid, gid = uid, groups = [], comm = 'sh' }: Who): Lwp {
  const cred = { cred: kauthCredCreate(uid, gid, groups), uidinfo: uidFind(k, uid) };
  return inKernel(k, () => fork1(k.initproc, { files: 'copy', comm, cred }));
}

/** A synchronous system call. @throws errno */
export function call(l: Lwp, name: CallName, ...args: readonly unknown[]): unknown {
  return syscallSync(l, syscallByCall(name), ...args);
}

export function sysctl(
  l: Lwp,
  name: readonly number[],
  oldv?: Uint8Array | null,
  newv?: Uint8Array | null,
): number {
  return call(l, 'sysctl', name, oldv, newv) as number;
}

/** Both halves of the usual way to read something of unknown length. */
export function read(l: Lwp, name: readonly number[], newv?: Uint8Array): Uint8Array {
  const buf = new Uint8Array(sysctl(l, name, null, newv));
  return buf.subarray(0, sysctl(l, name, buf, newv));
}

export function byName(k: Kernel, name: string, value?: SysctlDecoded): SysctlDecoded {
  return inKernel(k, (l) => sysctlByName(l, name, value));
}

/** What `fn` throws. */
export function errnoOf(fn: () => unknown): Errno | 'no error' {
  try {
    fn();
  } catch (error) {
    return error as Errno;
  }
  return 'no error';
}

export function int32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}
