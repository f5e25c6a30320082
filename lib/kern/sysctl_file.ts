/**
 * kern.file2: which process has which files open. Its name goes on with whose, how long the caller's structure
 * is, and how many of them it has room for.
 *
 * NetBSD: sys/kern/kern_descrip.c (sysctl_kern_file2), sys/sys/sysctl.h (struct kinfo_file).
 */
import { CTLTYPE_NODE, KERN_FILE_BYPID, KERN_FILE2 } from '../sys/constants/sysctl.ts';
import { EINVAL } from '../sys/errno.ts';
import type { Fileops } from './file.ts';
import type { Descriptor } from './filedesc.ts';
import type { Lwp } from './lwp.ts';
import type { SysctlCall, SysctlResult, SysctlSpec } from './sysctl.ts';
import { storeTable, visibleProcs } from './sysctl_proc.ts';
import { struct, type TypeOf } from './sysctl_struct.ts';

export const KINFO_FILE = struct([
  ['fileaddr', 'address'],
  ['flag', 'u32'],
  ['iflags', 'u32'],
  ['ftype', 'u32'],
  ['count', 'u32'],
  ['msgcount', 'u32'],
  ['usecount', 'u32'],
  ['fucred', 'address'],
  ['fuid', 'u32'],
  ['fgid', 'u32'],
  ['fops', 'address'],
  ['foffset', 'u64'],
  ['fdata', 'address'],
  ['vun', 'address'],
  ['vsize', 'u64'],
  ['vtype', 'u32'],
  ['vtag', 'u32'],
  ['vdata', 'address'],
  ['pid', 'u32'],
  ['fd', 'i32'],
  ['ofileflags', 'u32'],
  ['pad', 'pad32'],
]);

/**
 * An open file as fstat(1) sees it. `ftype` is DTYPE_*, `vtype` the type of a vnode (VREG and so on), `count`
 * and `usecount` are references and those asleep in it, `ofileflags` has bit 0 when it is closed at exec. Whose
 * credentials opened it is not kept, nor is there a size.
 */
export type KinfoFile = TypeOf<typeof KINFO_FILE>;

const EVERYBODY = -1;
const INT_MAX = 0x7fffffff;
const UF_EXCLOSE = 1;

const DTYPE_MISC = 5;
/** DTYPE_*, by the names files have. */
const DTYPES: ReadonlyMap<string, number> = new Map([
  ['vnode', 1],
  ['device', 1],
  ['fifo', 1],
  ['socket', 2],
  ['pipe', 3],
  ['kqueue', 4],
]);

/** The numbers of vnode types, 0 for what is no vnode. */
const VTYPES: readonly NonNullable<Fileops['vtype']>[] = [
  ...(['VREG', 'VDIR', 'VBLK', 'VCHR', 'VLNK', 'VSOCK', 'VFIFO', 'VBAD'] as const),
];

function encode({ pid, fd, file, cloexec }: Descriptor & { readonly pid: number }): Uint8Array {
  const { ops } = file;
  return KINFO_FILE.encode({
    flag: file.flag,
    ftype: DTYPES.get(ops.name) ?? DTYPE_MISC,
    count: file.refcnt,
    usecount: file.busy,
    foffset: file.offset,
    vtype: ops.vtype === undefined ? 0 : VTYPES.indexOf(ops.vtype) + 1,
    pid,
    fd,
    ofileflags: cloexec ? UF_EXCLOSE : 0,
  });
}

/** @throws EINVAL EPERM */
function file2(l: Lwp, call: SysctlCall): SysctlResult {
  const [op, pid, size, count] = call.tail as [number, number, number, number];
  if (call.tail.length !== 4 || op !== KERN_FILE_BYPID || pid < EVERYBODY) {
    throw EINVAL;
  }
  const open = visibleProcs(l)
    .filter((p) => p.alive && (pid === EVERYBODY || p.pid === pid))
    .flatMap((p) => p.fd.descriptors().map((descriptor) => ({ ...descriptor, pid: p.pid })));
  return storeTable(call, size, count, open, encode);
}

export const KERN_FILES: SysctlSpec = {
  num: KERN_FILE2,
  name: 'file2',
  type: CTLTYPE_NODE,
  desc: 'Open files, in a structure that is the same on every machine',
  access: file2,
  operands: [KERN_FILE_BYPID, EVERYBODY, KINFO_FILE.size, INT_MAX],
  decode: (bytes) =>
    Array.from({ length: bytes.length / KINFO_FILE.size }, (_, i) =>
      KINFO_FILE.decode(bytes.subarray(i * KINFO_FILE.size)),
    ),
};
