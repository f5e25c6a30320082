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
  CTL_SECURITY,
  CTL_USER,
  CTL_VENDOR,
  CTL_VFS,
  CTL_VM,
  CTLTYPE_NODE,
} from '../sys/constants/sysctl.ts';
import type { Kernel } from './kernel.ts';
import { type SysctlSpec, sysctlRoot } from './sysctl.ts';
import { dosysctl } from './sysctl_call.ts';
import { KERN_COUNTERS } from './sysctl_evcnt.ts';
import { KERN_FILES } from './sysctl_file.ts';
import { HW_MEMORY, HW_NODES, USER_NODES } from './sysctl_hw.ts';
import { KERN_NODES, SECURELEVEL, sysctlText } from './sysctl_kern.ts';
import { PROC_NODE } from './sysctl_limit.ts';
import { KERN_POOLS } from './sysctl_pool.ts';
import { KERN_TABLES } from './sysctl_proc.ts';
import { VM_NODES } from './sysctl_vm.ts';
import type { Handlers } from './sysent.ts';

function node(num: number, name: string, desc: string, below: readonly SysctlSpec[] = []): SysctlSpec {
  return { num, name, type: CTLTYPE_NODE, desc, below: () => below };
}

/** The models a kernel starts with. NetBSD: sys/secmodel. */
const MODELS: readonly SysctlSpec[] = [
  node(CTL_CREATE, 'suser', 'The traditional superuser', [modelName('suser')]),
  node(CTL_CREATE, 'securelevel', 'Rights that are only ever taken away', [
    modelName('securelevel'),
    { ...SECURELEVEL, num: CTL_CREATE },
  ]),
  node(CTL_CREATE, 'bsd44', 'Both together', [modelName('bsd44')]),
];

function modelName(model: string): SysctlSpec {
  return sysctlText(
    CTL_CREATE,
    'name',
    'Name of the model',
    (k) => k.secmodels.get(`org.netbsd.secmodel.${model}`)?.name ?? '',
  );
}

const TOP: readonly SysctlSpec[] = [
  node(CTL_KERN, 'kern', 'The kernel at large', [
    ...KERN_NODES,
    ...KERN_TABLES,
    KERN_FILES,
    ...KERN_COUNTERS,
    ...KERN_POOLS,
  ]),
  node(CTL_VM, 'vm', 'Virtual memory', VM_NODES),
  node(CTL_VFS, 'vfs', 'File systems'),
  node(CTL_NET, 'net', 'Networking'),
  node(CTL_DEBUG, 'debug', 'Debugging'),
  {
    ...node(CTL_HW, 'hw', 'CPUs and devices'),
    below: (k) => (Number.isFinite(k.params.memlimit) ? [...HW_NODES, ...HW_MEMORY] : HW_NODES),
  },
  node(CTL_MACHDEP, 'machdep', 'What depends on the machine'),
  node(CTL_USER, 'user', 'User level', USER_NODES),
  node(CTL_DDB, 'ddb', 'Kernel debugger'),
  PROC_NODE,
  node(CTL_VENDOR, 'vendor', 'What vendors add'),
  node(CTL_EMUL, 'emul', 'Emulations'),
  node(CTL_SECURITY, 'security', 'Security', [node(CTL_CREATE, 'models', 'Security models', MODELS)]),
];

export function sysctlInit(k: Kernel): void {
  k.sysctl = sysctlRoot(k, TOP);
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
