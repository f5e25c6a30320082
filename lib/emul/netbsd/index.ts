/**
 * NetBSD's 64-bit ABI: system calls of programs outside this process.
 *
 * NetBSD: sys/arch/x86/x86/syscall.c, sys/rump/librump/rumpkern/rump.c (rump_syscall), emul_netbsd.
 */
import type { Lwp } from '../../kern/lwp.ts';
import type { MaySleep } from '../../kern/maysleep.ts';
import { syscallBody } from '../../kern/syscall.ts';
import { tracedAsync } from '../../kern/trace.ts';
import { type RemoteVmspace, remoteOf } from '../../kern/vmspace.ts';
import { FWRITE } from '../../sys/constants/fcntl.ts';
import { EBADF, EINVAL, ENOSYS, Errno } from '../../sys/errno.ts';
import { isCallable, syscallByNumber } from '../../sys/syscalls.ts';
import { decodeArg, Marshal } from './args.ts';
import { type CallerKind, HOSTS_OWN } from './hosts_own.ts';
import { encodeResult, type Registers } from './results.ts';
import { sysctlIn, sysctlTelling } from './sysctlargs.ts';
import { SSIZE_MAX } from './transfer.ts';

/** As the caller gets it: `error` is 0 or an errno, and then the registers are 0. */
export interface RemoteResult {
  readonly error: number;
  readonly retval: Registers;
}

/** Calls that look at their first argument, a descriptor, before they copy in, and how it has to be open. */
const DESCRIPTOR_FIRST: ReadonlyMap<string, number> = new Map([
  ['write', FWRITE],
  ['pwrite', FWRITE],
  ['writev', FWRITE],
  ['pwritev', FWRITE],
  ['sendto', 0],
  ['ioctl', 0],
  ['kevent', 0],
]);

/** Calls whose third argument is a length that their result could not tell if it were above SSIZE_MAX. */
const TRANSFERS: ReadonlySet<string> = new Set(['read', 'write', 'pread', 'pwrite']);

const NOTHING: Registers = [0n, 0n];

/**
 * Serve call `number` of a foreign caller as `l`, whose process has a remote memory. It runs from the user boundary to
 * the user boundary, and starts over when it is to be restarted. Nothing it is given makes it throw an errno.
 * @param args the registers, eight bytes each, in the order of the C prototype
 */
export function syscallRemote(
  l: Lwp,
  number: number,
  args: Uint8Array,
  who: CallerKind,
): MaySleep<RemoteResult> {
  return syscallOf(l, number, args, remoteOf(l), who);
}

/** The same, of a caller with that memory: a thread of this host process may act for anybody's. */
export function* syscallOf(
  l: Lwp,
  number: number,
  args: Uint8Array,
  vm: RemoteVmspace | null,
  who: CallerKind,
): MaySleep<RemoteResult> {
  try {
    return { error: 0, retval: yield* serve(l, number, args, vm, HOSTS_OWN[who]) };
  } catch (error) {
    if (error instanceof Errno) {
      return { error: error.errno, retval: NOTHING };
    }
    throw error;
  }
}

function* serve(
  l: Lwp,
  number: number,
  args: Uint8Array,
  vm: RemoteVmspace | null,
  hostsOwn: ReadonlySet<string>,
): MaySleep<Registers> {
  const row = syscallByNumber(number);
  const handler = row === undefined ? undefined : l.kernel.sysent[number];
  if (row === undefined || !isCallable(row) || handler === undefined || hostsOwn.has(row.call)) {
    throw ENOSYS;
  }
  if (vm === null) {
    throw EINVAL;
  }
  const m = new Marshal(l, vm, row, args);
  const work = perform(m, handler as (...args: unknown[]) => unknown);
  return yield* row.result === 'error' ? errorAsResult(work) : work;
}

/** POSIX has these calls return the error: NetBSD's leave it in the register, and succeed. */
function* errorAsResult(work: MaySleep<Registers>): MaySleep<Registers> {
  try {
    return yield* work;
  } catch (error) {
    if (error instanceof Errno) {
      return [BigInt(error.errno), 0n];
    }
    throw error;
  }
}

function* perform(m: Marshal, handler: (...args: unknown[]) => unknown): MaySleep<Registers> {
  const { l, row } = m;
  const open = DESCRIPTOR_FIRST.get(row.call);
  if (open !== undefined && (l.proc.fd.get(m.scalar(0, 'int')).flag & open) !== open) {
    throw EBADF;
  }
  if (TRANSFERS.has(row.call) && m.word(2) > SSIZE_MAX) {
    l.proc.fd.get(m.scalar(0, 'int'));
    throw EINVAL;
  }
  for (let i = 0; i < row.args.length; i++) {
    yield* decodeArg(m, i);
  }
  if (row.call === 'sysctl') {
    yield* sysctlIn(m);
  }
  let value: unknown;
  try {
    const served = row.call === 'sysctl' ? sysctlTelling(m) : handler;
    const body = syscallBody(l, row, served as typeof handler, m.values);
    value = yield* l.kernel.trace === null ? body : tracedAsync(l, row, m.values, body);
  } catch (error) {
    // What is told also along with an error: how much of a sleep was left.
    for (const copyout of error instanceof Errno ? m.always : []) {
      yield* copyout();
    }
    throw error;
  }
  for (const copyout of [...m.always, ...m.after]) {
    yield* copyout();
  }
  return yield* encodeResult(m, value);
}
