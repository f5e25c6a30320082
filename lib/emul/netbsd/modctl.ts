/**
 * The argument of modctl(2), which is another one for each command.
 *
 * NetBSD: sys/sys/module.h (modstat_t, modctl_load_t).
 */
import type { MaySleep } from '../../kern/maysleep.ts';
import {
  MAXMODDEPS,
  MAXMODNAME,
  MODCTL_EXISTS,
  MODCTL_LOAD,
  MODCTL_STAT,
  MODCTL_UNLOAD,
} from '../../sys/constants/module.ts';
import { EINVAL, ENOSYS } from '../../sys/errno.ts';
import { nameDecode, nameEncode } from '../../sys/pathname.ts';
import type { Marshal } from './args.ts';
import type { Encoder } from './encoder.ts';
import { IOVEC_SIZE } from './transfer.ts';

/** Offsets in a modstat_t. */
const REQUIRED = MAXMODNAME;
const ADDR = REQUIRED + MAXMODNAME * MAXMODDEPS;
const SOURCE = ADDR + 8;
const SIZE = SOURCE + 32;
const LOAD_SIZE = 32;
/** Modules that a caller here asks for at once. */
const MODULES_MAX = 256;

interface Modstat {
  readonly name: string;
  readonly required: string;
  readonly addr: bigint;
  readonly source: number;
  readonly class: number;
  readonly refcnt: number;
  readonly flags: number;
}

function words(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function encode(m: Modstat): Uint8Array {
  const bytes = new Uint8Array(SIZE);
  bytes.set(nameEncode(m.name).subarray(0, MAXMODNAME - 1));
  bytes.set(nameEncode(m.required).subarray(0, ADDR - REQUIRED - 1), REQUIRED);
  const view = words(bytes);
  view.setBigUint64(ADDR, BigInt.asUintN(64, m.addr), true);
  for (const [i, word] of [m.source, m.class, 0, m.refcnt, m.flags].entries()) {
    view.setInt32(SOURCE + 4 * i, word, true);
  }
  return bytes;
}

function decode(bytes: Uint8Array): Modstat {
  const text = (from: number, to: number): string => {
    const end = bytes.indexOf(0, from);
    return nameDecode(bytes.subarray(from, end < 0 ? to : Math.min(end, to)));
  };
  const view = words(bytes);
  const [source, kind, , refcnt, flags] = [0, 1, 2, 3, 4].map((i) => view.getInt32(SOURCE + 4 * i, true)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return {
    name: text(0, REQUIRED),
    required: text(REQUIRED, ADDR),
    addr: view.getBigUint64(ADDR, true),
    source,
    class: kind,
    refcnt,
    flags,
  };
}

/** As the handler wants it. Where the answer of STAT goes is noted in `m`. */
export function* modctlIn(m: Marshal, cmd: number, address: bigint): MaySleep<unknown> {
  switch (cmd) {
    case MODCTL_LOAD: {
      const view = words(yield* m.copyin(address, LOAD_SIZE));
      if (view.getBigUint64(16, true) !== 0n) {
        // Properties would be the text of a property list.
        throw ENOSYS;
      }
      const filename = yield* m.text(view.getBigUint64(0, true), MAXMODNAME);
      return { filename, flags: view.getInt32(8, true) };
    }
    case MODCTL_UNLOAD:
      return yield* m.text(address, MAXMODNAME);
    case MODCTL_STAT: {
      const view = words(yield* m.copyin(address, IOVEC_SIZE));
      m.modstat = { address, base: view.getBigUint64(0, true), room: Number(view.getBigUint64(8, true)) };
      return undefined;
    }
    case MODCTL_EXISTS:
      return Number(address);
    default:
      throw EINVAL;
  }
}

/** As many as there is room for; the length says how many there are. */
export function* modstatOut(m: Marshal, all: readonly Modstat[]): MaySleep<void> {
  const { modstat } = m;
  if (modstat !== null) {
    const fits = all.slice(0, Math.floor(modstat.room / SIZE));
    const bytes = new Uint8Array(fits.length * SIZE);
    for (const [i, each] of fits.entries()) {
      bytes.set(encode(each), i * SIZE);
    }
    yield* m.copyout(modstat.base, bytes);
    const length = new Uint8Array(8);
    words(length).setBigUint64(0, BigInt(all.length * SIZE), true);
    yield* m.copyout(modstat.address + 8n, length);
  }
}

/** The other side: make the argument. */
export function modctlArg(e: Encoder, i: number, cmd: number, value: unknown): void {
  if (cmd === MODCTL_EXISTS && typeof value === 'number') {
    e.set(i, value);
  } else if (cmd === MODCTL_UNLOAD && typeof value === 'string') {
    e.set(i, e.place(nameEncode(`${value}\0`)));
  } else if (cmd === MODCTL_LOAD && typeof value === 'object' && value !== null) {
    const { filename, flags = 0, props } = value as { filename?: unknown; flags?: unknown; props?: unknown };
    if (props !== undefined || typeof filename !== 'string' || typeof flags !== 'number') {
      throw props === undefined ? EINVAL : ENOSYS;
    }
    const bytes = new Uint8Array(LOAD_SIZE);
    words(bytes).setBigUint64(0, e.place(nameEncode(`${filename}\0`)), true);
    words(bytes).setInt32(8, flags, true);
    e.set(i, e.place(bytes));
  } else if (cmd === MODCTL_STAT) {
    const room = new Uint8Array(MODULES_MAX * SIZE);
    const iovec = new Uint8Array(IOVEC_SIZE);
    words(iovec).setBigUint64(0, e.place(room), true);
    words(iovec).setBigUint64(8, BigInt(room.length), true);
    e.set(i, e.place(iovec));
    e.instead = () => {
      const count = Math.min(MODULES_MAX, Number(words(iovec).getBigUint64(8, true)) / SIZE);
      return Array.from({ length: count }, (_, n) => decode(room.subarray(n * SIZE, (n + 1) * SIZE)));
    };
  } else {
    throw EINVAL;
  }
}
