/**
 * Nodes by name, for local callers: values instead of bytes.
 *
 * NetBSD: sysctlbyname(3), asysctlbyname(3).
 */
import { CTLTYPE_NODE } from '../sys/constants/sysctl.ts';
import { EISDIR } from '../sys/errno.ts';
import type { Lwp } from './lwp.ts';
import { type SysctlDecoded, sysctlMib } from './sysctl.ts';
import { dosysctl } from './sysctl_call.ts';
import { sysctlShow, sysctlUnshow } from './sysctl_value.ts';

export type { SysctlDecoded } from './sysctl.ts';

/**
 * The value of a node by its dotted name; with `newValue`, what it is after having been set to that.
 *
 * An int is a number, a quad a number or, where that cannot hold it, a bigint, a bool a boolean, a string a
 * string. `kern.boottime` is a Timespec, `kern.clockrate` a Clockinfo, `kern.cp_time` an array of counts,
 * `kern.proc2` one of KinfoProc, `kern.lwp` one of KinfoLwp, `kern.evcnt` one of EvcntShown, `kern.msgbuf` a
 * string; any other struct is its bytes.
 * @throws ENOENT; EISDIR the name of an intermediate node; EPERM; EINVAL a new value of another type
 */
export function sysctlByName(l: Lwp, name: string, newValue?: SysctlDecoded): SysctlDecoded {
  const { mib, node } = sysctlMib(l.kernel, name);
  if (node.type === CTLTYPE_NODE && node.spec.access === undefined) {
    throw EISDIR;
  }
  const full = [...mib, ...(node.spec.operands ?? [])];
  if (newValue !== undefined) {
    dosysctl(l, full, null, sysctlUnshow(node, newValue));
  }
  return sysctlShow(node, fetchValue(l, full));
}

/** A length, then that many bytes. Nothing runs in between, so they are enough. */
function fetchValue(l: Lwp, mib: readonly number[]): Uint8Array {
  const buf = new Uint8Array(dosysctl(l, mib, null, null).oldlen);
  const { oldlen, error } = dosysctl(l, mib, buf, null);
  if (error !== null) {
    throw error;
  }
  return buf.subarray(0, oldlen);
}
