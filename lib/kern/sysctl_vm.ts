/**
 * vm: what there is of memory, and what the kernel has done since it booted.
 *
 * The structure has a place for everything a virtual memory system counts. Filled are those that exist here;
 * the others are zero, as what they count never happens: there are no page faults, no swap, no page queues.
 *
 * NetBSD: sys/uvm/uvm_meter.c (sysctl_vm_uvmexp2), sys/uvm/uvm_extern.h (struct uvmexp_sysctl).
 */
import { PAGE_SIZE } from '../sys/constants/param.ts';
import { CTLTYPE_STRUCT, VM_UVMEXP2 } from '../sys/constants/sysctl.ts';
import type { Kernel } from './kernel.ts';
import type { SysctlSpec } from './sysctl.ts';
import { struct } from './sysctl_struct.ts';

const FIELDS: readonly string[] = [
  'pagesize pagemask pageshift npages free active inactive paging wired zeropages reserve_pagedaemon',
  'reserve_kernel freemin freetarg inactarg wiredmax nswapdev swpages swpginuse swpgonly nswget unused1',
  'cpuhit cpumiss faults traps intrs swtch softs syscalls pageins swapins swapouts pgswapin pgswapout',
  'forks forks_ppwait forks_sharevm pga_zerohit pga_zeromiss zeroaborts fltnoram fltnoanon fltpgwait',
  'fltpgrele fltrelck fltrelckok fltanget fltanretry fltamcopy fltnamap fltnomap fltlget fltget flt_anon',
  'flt_acow flt_obj flt_prcopy flt_przero pdwoke pdrevs unused4 pdfreed pdscans pdanscan pdobscan pdreact',
  'pdbusy pdpageouts pdpending pddeact anonpages filepages execpages colorhit colormiss ncolors bootpages',
  'poolpages',
].flatMap((line) => line.split(' '));

const UVMEXP = struct(FIELDS.map((name) => [name, 'i64'] as const));

/** Fields of `struct uvmexp_sysctl` by their names. */
export type Uvmexp = Readonly<Record<string, number>>;

function uvmexp(k: Kernel): Uvmexp {
  const { limit, taken, inuse } = k.uvm.stats();
  const pages = (bytes: number): number => Math.floor(bytes / PAGE_SIZE);
  // Without a limit there is as much as was ever asked for.
  const npages = pages(Number.isFinite(limit) ? limit : taken);
  const { ndrain } = k.uvm.pagedaemon;
  return {
    pagesize: PAGE_SIZE,
    pagemask: PAGE_SIZE - 1,
    pageshift: Math.log2(PAGE_SIZE),
    npages,
    free: npages - pages(inuse),
    wired: pages(inuse),
    poolpages: pages(inuse),
    swtch: k.cpus.reduce((sum, { nswtch }) => sum + nswtch, 0),
    softs: k.cpus.reduce((sum, { softint }) => sum + softint.evcnts.reduce(countOf, 0), 0),
    syscalls: k.ncalls,
    forks: k.nforks,
    pdwoke: ndrain,
    pdrevs: ndrain,
    ncolors: 1,
  };
}

function countOf(sum: number, evcnt: { readonly count: number } | undefined): number {
  return sum + (evcnt?.count ?? 0);
}

export const VM_NODES: readonly SysctlSpec[] = [
  {
    num: VM_UVMEXP2,
    name: 'uvmexp2',
    type: CTLTYPE_STRUCT,
    desc: 'Memory, and what the kernel has done with it',
    size: UVMEXP.size,
    read: (l) => UVMEXP.encode(uvmexp(l.kernel)),
    decode: UVMEXP.decode,
  },
];
