/**
 * Calls that take and give numbers and do not sleep: for a caller in this process they need no coroutine.
 */
import type { Lwp } from '../../kern/lwp.ts';
import { syscallLocal } from '../../kern/syscall.ts';
import { SCALARS } from '../../sys/scalars.ts';
import { SYSCALLS } from '../../sys/syscalls.master.ts';
import { isCallable } from '../../sys/syscalls.ts';
import type { Scalar, SysentRow } from '../../sys/sysent.ts';
import { HOSTS_OWN } from './hosts_own.ts';
import { secondOf } from './results.ts';

type Decode = (slots: DataView, at: number) => number;

/** Slots are little-endian, and their upper halves mean nothing to what is smaller. */
function decodeOf(type: Scalar): Decode {
  const { size, signed } = SCALARS[type];
  switch (size) {
    case 8:
      return signed
        ? (slots, at) => Number(slots.getBigInt64(at, true))
        : (slots, at) => Number(slots.getBigUint64(at, true));
    case 4:
      return signed ? (slots, at) => slots.getInt32(at, true) : (slots, at) => slots.getUint32(at, true);
    default:
      return (slots, at) => slots.getUint8(at);
  }
}

interface Plain {
  readonly row: SysentRow;
  readonly decode: readonly Decode[];
}

/** By their numbers. */
const PLAIN: readonly (Plain | undefined)[] = (() => {
  const calls: (Plain | undefined)[] = [];
  for (const row of SYSCALLS as readonly SysentRow[]) {
    const plain =
      isCallable(row) &&
      !row.sleeps &&
      !HOSTS_OWN.partner.has(row.call) &&
      row.args.length <= 4 &&
      row.result in SCALARS &&
      row.args.every(([, type]) => type in SCALARS);
    calls[row.number] = plain
      ? { row, decode: row.args.map(([, type]) => decodeOf(type as Scalar)) }
      : undefined;
  }
  return calls;
})();

/**
 * Make call `number` at once, if it is one of those, and nothing waits for `l` at the user boundary.
 * @param at where in `slots` its arguments are, `length` bytes of them
 * @returns its value; undefined when it has to be made in the ordinary way. @throws an errno, KernelDead
 */
export function plainCall(
  l: Lwp,
  number: number,
  slots: DataView,
  at: number,
  length: number,
): number | undefined {
  const plain = PLAIN[number];
  const k = l.kernel;
  if (
    plain === undefined ||
    length < 8 * plain.decode.length ||
    l.ast !== 0 ||
    k.trace !== null ||
    k.sysproxy !== null
  ) {
    return undefined;
  }
  const [a, b, c, d] = plain.decode;
  return syscallLocal(
    l,
    plain.row,
    a?.(slots, at),
    b?.(slots, at + 8),
    c?.(slots, at + 16),
    d?.(slots, at + 24),
  ) as number;
}

/** What that call leaves in the second register. */
export function plainSecond(l: Lwp, number: number): number {
  return secondOf((PLAIN[number] as Plain).row, l);
}
