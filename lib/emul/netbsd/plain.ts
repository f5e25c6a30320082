/**
 * Calls that take and give numbers and do not sleep: for a caller in this process they need no coroutine.
 */
import type { Lwp } from '../../kern/lwp.ts';
import { syscallLocal } from '../../kern/syscall.ts';
import { SCALARS } from '../../sys/scalars.ts';
import { SYSCALLS } from '../../sys/syscalls.master.ts';
import { isCallable, syscallByNumber } from '../../sys/syscalls.ts';
import type { Scalar, SysentRow } from '../../sys/sysent.ts';
import { HOSTS_OWN } from './hosts_own.ts';

type Decode = (slot: bigint) => number;

function decodeOf(type: Scalar): Decode {
  const { size, signed } = SCALARS[type];
  return signed
    ? (slot) => Number(BigInt.asIntN(8 * size, slot))
    : (slot) => Number(BigInt.asUintN(8 * size, slot));
}

const PLAIN: ReadonlyMap<number, readonly Decode[]> = new Map(
  (SYSCALLS as readonly SysentRow[])
    .filter(
      (row) =>
        isCallable(row) &&
        !row.sleeps &&
        !HOSTS_OWN.partner.has(row.call) &&
        row.args.length <= 4 &&
        row.result in SCALARS &&
        row.args.every(([, type]) => type in SCALARS),
    )
    .map((row) => [row.number, row.args.map(([, type]) => decodeOf(type as Scalar))]),
);

/**
 * Make call `number` at once, if it is one of those, and nothing waits for `l` at the user boundary.
 * @param at where in `words` its arguments are, `length` bytes of them
 * @returns its value; undefined when it has to be made in the ordinary way. @throws an errno, KernelDead
 */
export function plainCall(
  l: Lwp,
  number: number,
  words: BigInt64Array,
  at: number,
  length: number,
): number | undefined {
  const decode = PLAIN.get(number);
  const k = l.kernel;
  if (
    decode === undefined ||
    length < 8 * decode.length ||
    l.ast !== 0 ||
    k.trace !== null ||
    k.sysproxy !== null
  ) {
    return undefined;
  }
  const row = syscallByNumber(number) as SysentRow;
  const [a, b, c, d] = decode.map((each, i) => each(words[at + i] as bigint));
  return syscallLocal(l, row, a, b, c, d) as number;
}
