/**
 * The tree the base makes, and the system call.
 *
 * The top level is all there, so that factions and modules find where their nodes belong; leaves are only
 * those that something real stands behind.
 *
 * NetBSD: sys/kern/init_sysctl_base.c (sysctl_basenode_init), sysctl(3), sysctl(7).
 */
import {
  CTL_CREATE,
  CTL_DDB,
  CTL_DEBUG,
  CTL_EMUL,
  CTL_HW,
  CTL_KERN,
  CTL_MACHDEP,
  CTL_NET,
  CTL_PROC,
  CTL_SECURITY,
  CTL_USER,
  CTL_VENDOR,
  CTL_VFS,
  CTL_VM,
  CTLTYPE_NODE,
} from '../sys/constants/sysctl.ts';
import type { Kernel } from './kernel.ts';
import { type SysctlNode, type SysctlSpec, sysctlCreatev, sysctlRoot } from './sysctl.ts';
import { dosysctl } from './sysctl_call.ts';
import { HW_MEMORY, HW_NODES, USER_NODES } from './sysctl_hw.ts';
import { KERN_NODES, sysctlText } from './sysctl_kern.ts';
import { KERN_TABLES } from './sysctl_proc.ts';
import type { Handlers } from './sysent.ts';

const TOP: readonly (readonly [num: number, name: string, desc: string])[] = [
  [CTL_KERN, 'kern', 'The kernel at large'],
  [CTL_VM, 'vm', 'Virtual memory'],
  [CTL_VFS, 'vfs', 'File systems'],
  [CTL_NET, 'net', 'Networking'],
  [CTL_DEBUG, 'debug', 'Debugging'],
  [CTL_HW, 'hw', 'CPUs and devices'],
  [CTL_MACHDEP, 'machdep', 'What depends on the machine'],
  [CTL_USER, 'user', 'User level'],
  [CTL_DDB, 'ddb', 'Kernel debugger'],
  [CTL_PROC, 'proc', 'Processes'],
  [CTL_VENDOR, 'vendor', 'What vendors add'],
  [CTL_EMUL, 'emul', 'Emulations'],
  [CTL_SECURITY, 'security', 'Security'],
];

function createAll(k: Kernel, parent: SysctlNode, specs: readonly SysctlSpec[]): void {
  for (const spec of specs) {
    sysctlCreatev(k, parent, spec);
  }
}

function createNode(k: Kernel, parent: SysctlNode, num: number, name: string, desc: string): SysctlNode {
  return sysctlCreatev(k, parent, { num, name, type: CTLTYPE_NODE, desc });
}

export function sysctlInit(k: Kernel): void {
  const root = sysctlRoot();
  k.sysctl = root;
  const top = new Map(TOP.map(([num, name, desc]) => [num, createNode(k, root, num, name, desc)]));
  const at = (num: number): SysctlNode => top.get(num) as SysctlNode;
  createAll(k, at(CTL_KERN), KERN_NODES);
  createAll(k, at(CTL_KERN), KERN_TABLES);
  createAll(k, at(CTL_HW), HW_NODES);
  if (Number.isFinite(k.params.memlimit)) {
    createAll(k, at(CTL_HW), HW_MEMORY);
  }
  createAll(k, at(CTL_USER), USER_NODES);
  securityInit(k, at(CTL_SECURITY));
}

/** The superuser model is always started. NetBSD: sys/secmodel/suser/secmodel_suser.c. */
function securityInit(k: Kernel, security: SysctlNode): void {
  const models = createNode(k, security, CTL_CREATE, 'models', 'Security models');
  const suser = createNode(k, models, CTL_CREATE, 'suser', 'The traditional superuser');
  sysctlCreatev(
    k,
    suser,
    sysctlText(CTL_CREATE, 'name', 'Name of the model', () => 'Traditional NetBSD: Superuser'),
  );
}

export const sysctlHandlers: Handlers<'sysctl'> = {
  /** Returns the length stored, or without a buffer the length needed. */
  *sysctl(l, name, oldv, newv) {
    const { oldlen, error } = dosysctl(l, name, oldv ?? null, newv ?? null);
    if (error !== null) {
      throw error;
    }
    return oldlen;
  },
};
