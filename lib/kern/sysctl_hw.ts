/**
 * The nodes of hw and user: the virtual machine the kernel is, and the limits of the standard utilities.
 *
 * NetBSD: sys/kern/kern_hwsysctl.c (hw), lib/libc/gen/sysctl.c (user), sysctl(7).
 */
import {
  BC_BASE_MAX,
  BC_DIM_MAX,
  BC_SCALE_MAX,
  BC_STRING_MAX,
  COLL_WEIGHTS_MAX,
  EXPR_NEST_MAX,
  LINE_MAX,
  RE_DUP_MAX,
} from '../sys/constants/limits.ts';
import { PAGE_SIZE } from '../sys/constants/param.ts';
import {
  CTLFLAG_UNSIGNED,
  CTLTYPE_QUAD,
  HW_BYTEORDER,
  HW_MACHINE,
  HW_MACHINE_ARCH,
  HW_MODEL,
  HW_NCPU,
  HW_NCPUONLINE,
  HW_PAGESIZE,
  HW_PHYSMEM,
  HW_PHYSMEM64,
  USER_BC_BASE_MAX,
  USER_BC_DIM_MAX,
  USER_BC_SCALE_MAX,
  USER_BC_STRING_MAX,
  USER_COLL_WEIGHTS_MAX,
  USER_EXPR_NEST_MAX,
  USER_LINE_MAX,
  USER_RE_DUP_MAX,
} from '../sys/constants/sysctl.ts';
import type { SysctlSpec } from './sysctl.ts';
import { sysctlInt, sysctlText } from './sysctl_kern.ts';
import { MACHINE } from './version.ts';

const MACHINE_ARCH = 'x86_64';
const LITTLE_ENDIAN = 1234;
const UINT_MAX = 0xffffffff;

export const HW_NODES: readonly SysctlSpec[] = [
  sysctlText(HW_MACHINE, 'machine', 'Machine class', () => MACHINE),
  sysctlText(HW_MODEL, 'model', 'Machine model', () => 'rump virtual cpu'),
  sysctlInt(HW_NCPU, 'ncpu', 'Number of CPUs', (k) => k.cpus.length),
  sysctlInt(HW_BYTEORDER, 'byteorder', 'Byte order', () => LITTLE_ENDIAN),
  sysctlInt(HW_PAGESIZE, 'pagesize', 'Bytes in a page', () => PAGE_SIZE),
  sysctlText(HW_MACHINE_ARCH, 'machine_arch', 'Processor architecture', () => MACHINE_ARCH),
  sysctlInt(HW_NCPUONLINE, 'ncpuonline', 'Number of CPUs that are on line', (k) => k.cpus.length),
];

/** Of a kernel with a memory limit: others have as much as the host lets them. */
export const HW_MEMORY: readonly SysctlSpec[] = [
  {
    ...sysctlInt(HW_PHYSMEM, 'physmem', 'Bytes of memory, 4294967295 at most', (k) =>
      Math.min(k.params.memlimit, UINT_MAX),
    ),
    flags: CTLFLAG_UNSIGNED,
  },
  {
    num: HW_PHYSMEM64,
    name: 'physmem64',
    type: CTLTYPE_QUAD,
    desc: 'Bytes of memory',
    read: (l) => BigInt(l.kernel.params.memlimit),
  },
];

export const USER_NODES: readonly SysctlSpec[] = [
  sysctlInt(USER_BC_BASE_MAX, 'bc_base_max', 'Largest obase of bc(1)', () => BC_BASE_MAX),
  sysctlInt(USER_BC_DIM_MAX, 'bc_dim_max', 'Most elements of an array of bc(1)', () => BC_DIM_MAX),
  sysctlInt(USER_BC_SCALE_MAX, 'bc_scale_max', 'Largest scale of bc(1)', () => BC_SCALE_MAX),
  sysctlInt(USER_BC_STRING_MAX, 'bc_string_max', 'Longest string of bc(1)', () => BC_STRING_MAX),
  sysctlInt(
    USER_COLL_WEIGHTS_MAX,
    'coll_weights_max',
    'Most weights of a collating element',
    () => COLL_WEIGHTS_MAX,
  ),
  sysctlInt(USER_EXPR_NEST_MAX, 'expr_nest_max', 'Most parentheses nested in expr(1)', () => EXPR_NEST_MAX),
  sysctlInt(USER_LINE_MAX, 'line_max', 'Longest input line of a utility, in bytes', () => LINE_MAX),
  sysctlInt(USER_RE_DUP_MAX, 're_dup_max', 'Most repetitions in a regular expression', () => RE_DUP_MAX),
];
