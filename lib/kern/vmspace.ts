/**
 * A process's memory, as far as a rump kernel has any: who its caller is. Local callers hand over
 * JavaScript values, so the kernel's own space needs no copying; a remote client's space copies through the
 * wire.
 *
 * NetBSD: sys/rump/librump/rumpkern/vm.c, rumpcopy.c.
 */
import type { Siginfo } from '../sys/types.ts';
import { KASSERT } from './kassert.ts';
import type { Lwp } from './lwp.ts';
import type { Soon } from './maysleep.ts';

export interface Vmspace {
  /** Whose caller is this isolate; another thread of this host process; somewhere else. */
  readonly kind: 'local' | 'thread' | 'remote';
  refcnt: number;
  /** The last process that had it has gone. Called inside the kernel. */
  readonly freed?: () => void;
}

/** The memory of a foreign caller. Copying may sleep: it asks the other side. */
export interface RemoteVmspace extends Vmspace {
  readonly kind: 'thread' | 'remote';
  /** Exactly `length` bytes. @throws EFAULT */
  copyin(l: Lwp, address: bigint, length: number): Soon<Uint8Array>;
  /** Bytes that a call begun now may move: of more it moves that much, and says so. */
  readonly transferMax: number;
  /** Text up to its NUL, which is not among the bytes. @throws EFAULT; ENAMETOOLONG none within `max` bytes */
  copyinstr(l: Lwp, address: bigint, max: number): Soon<Uint8Array>;
  /** The bytes may change when it returns. @throws EFAULT */
  copyout(l: Lwp, address: bigint, data: Uint8Array): Soon<void>;
  /** Memory of the kernel's, zeroed, for what the call that `l` makes will copy out. @throws ENOMEM */
  room(l: Lwp, length: number): Uint8Array;
  /** Memory for the caller, zeroed. @throws ENOMEM */
  anonmmap(l: Lwp, length: number): Soon<bigint>;
  /** A signal that the process has a handler for, or the default action is to end it: the caller does it. */
  raise(info: Siginfo, action: 'handler' | 'default'): void;
}

/** The memory of the caller `l` acts for, if it is a foreign one. */
export function remoteOf(l: Lwp): RemoteVmspace | null {
  const vm = l.proc.vmspace;
  return vm.kind === 'local' ? null : (vm as RemoteVmspace);
}

export function vmspaceHold(vm: Vmspace): Vmspace {
  vm.refcnt++;
  return vm;
}

export function vmspaceFree(vm: Vmspace): void {
  KASSERT(vm.refcnt > 0, 'memory of a process freed twice');
  vm.refcnt--;
  if (vm.refcnt === 0) {
    vm.freed?.();
  }
}
