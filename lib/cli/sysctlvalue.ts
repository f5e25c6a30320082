/**
 * Values of the kernel's variables as text.
 *
 * NetBSD: sysctl(8).
 */
import { constants } from '../api/index.ts';
import { UsageError } from './getopt.ts';
import { textOf, type Variable, viewOf } from './sysctl.ts';

const { CTLFLAG_HEX, CTLFLAG_UNSIGNED, CTLTYPE_BOOL, CTLTYPE_INT, CTLTYPE_QUAD, CTLTYPE_STRING } = constants;

/** 64-bit integers, one after the other. */
function quads(bytes: Uint8Array): bigint[] {
  return Array.from({ length: bytes.length / 8 }, (_, i) => viewOf(bytes).getBigInt64(i * 8, true));
}

/** 32-bit integers with names. */
function named(names: readonly string[], bytes: Uint8Array): string {
  return names.map((name, i) => `${name} = ${viewOf(bytes).getInt32(i * 4, true)}`).join(', ');
}

/** The structures that have a line of text for a value. */
const STRUCTS: ReadonlyMap<string, (bytes: Uint8Array) => string> = new Map([
  ['kern.boottime', (bytes) => new Date(Number(quads(bytes)[0]) * 1000).toUTCString().replace('GMT', 'UTC')],
  ['kern.clockrate', (bytes) => named(['hz', 'tick', 'tickadj', 'stathz', 'profhz'], bytes)],
  ['kern.cp_id', (bytes) => quads(bytes).join(' ')],
  [
    'kern.cp_time',
    (bytes) =>
      ['user', 'nice', 'sys', 'intr', 'idle'].map((state, i) => `${state} = ${quads(bytes)[i]}`).join(', '),
  ],
]);

/** Undefined for a structure that other programs print. */
export function sysctlShown({ name, type, flags }: Variable, bytes: Uint8Array): string | undefined {
  switch (type) {
    case CTLTYPE_INT:
      if ((flags & CTLFLAG_HEX) !== 0) {
        return `0x${viewOf(bytes).getUint32(0, true).toString(16)}`;
      }
      return String(
        (flags & CTLFLAG_UNSIGNED) === 0 ? viewOf(bytes).getInt32(0, true) : viewOf(bytes).getUint32(0, true),
      );
    case CTLTYPE_QUAD:
      return String(quads(bytes)[0]);
    case CTLTYPE_BOOL:
      return String(bytes[0]);
    case CTLTYPE_STRING:
      return textOf(bytes).trimEnd();
    default:
      return STRUCTS.get(name)?.(bytes);
  }
}

/** The bytes of a new value. @throws UsageError `text` is no value of the variable's type */
export function sysctlParsed({ type, flags }: Variable, text: string): Uint8Array {
  if (type === CTLTYPE_STRING) {
    return new TextEncoder().encode(`${text}\0`);
  }
  const number = /^(?:-?\d{1,20}|0x[\da-fA-F]{1,16})$/.test(text) ? BigInt(text) : null;
  const bits = { [CTLTYPE_INT]: 32, [CTLTYPE_QUAD]: 64, [CTLTYPE_BOOL]: 1 }[type];
  const signed = type !== CTLTYPE_BOOL && (flags & (CTLFLAG_HEX | CTLFLAG_UNSIGNED)) === 0;
  if (number === null || bits === undefined) {
    throw new UsageError(bits === undefined ? 'cannot be set' : `${text}: not a number`);
  }
  if ((signed ? BigInt.asIntN(bits, number) : BigInt.asUintN(bits, number)) !== number) {
    throw new UsageError(`${text}: out of range`);
  }
  const bytes = new Uint8Array(8);
  viewOf(bytes).setBigInt64(0, number, true);
  return bytes.subarray(0, Math.ceil(bits / 8));
}
