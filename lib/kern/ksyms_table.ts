/**
 * Symbols, and a set of them with its two indexes.
 *
 * NetBSD: sys/kern/kern_ksyms.c, elf(5).
 */

/** What dl_bootstrap hands over: a symbol table (Elf64_Sym records, absolute values) and its strings. */
export interface SymbolTable {
  readonly symtab: Uint8Array;
  readonly strtab: Uint8Array;
}

export type KernelFunction = (...args: never[]) => unknown;

export interface Ksym {
  readonly name: string;
  readonly value: bigint;
  readonly size: bigint;
  /** What it is, when it is JavaScript. */
  readonly fn: KernelFunction | null;
}

const SYM_SIZE = 24;
const STT_OBJECT = 1;
const STT_FUNC = 2;

/** The first of several symbols of one name counts. */
export class SymbolSet {
  readonly #symbols: () => Iterable<Ksym>;
  #byName: Map<string, Ksym> | null = null;
  #byAddress: Ksym[] | null = null;

  /** @param symbols asked once, at the first look-up */
  constructor(symbols: () => Iterable<Ksym>) {
    this.#symbols = symbols;
  }

  values(): Iterable<Ksym> {
    return this.#index().values();
  }

  named(name: string): Ksym | undefined {
    return this.#index().get(name);
  }

  covering(address: bigint): Ksym | undefined {
    this.#byAddress ??= [...this.#index().values()].sort((a, b) =>
      a.value < b.value ? -1 : a.value > b.value ? 1 : 0,
    );
    const at = lastNotAbove(this.#byAddress, address);
    const symbol = at < 0 ? undefined : this.#byAddress[at];
    // What has no size is a label: it covers its own address.
    const size = symbol === undefined || symbol.size === 0n ? 1n : symbol.size;
    return symbol !== undefined && address - symbol.value < size ? symbol : undefined;
  }

  #index(): Map<string, Ksym> {
    if (this.#byName === null) {
      this.#byName = new Map();
      for (const symbol of this.#symbols()) {
        if (!this.#byName.has(symbol.name)) {
          this.#byName.set(symbol.name, symbol);
        }
      }
    }
    return this.#byName;
  }
}

/** The named functions and objects of a table. */
export function* symbolsOf({ symtab, strtab }: SymbolTable): IterableIterator<Ksym> {
  const view = new DataView(symtab.buffer, symtab.byteOffset, symtab.byteLength);
  const decoder = new TextDecoder();
  for (let at = 0; at + SYM_SIZE <= symtab.length; at += SYM_SIZE) {
    const type = view.getUint8(at + 4) & 0xf;
    const start = view.getUint32(at, true);
    const end = strtab.indexOf(0, start);
    if ((type === STT_FUNC || type === STT_OBJECT) && end > start) {
      yield {
        name: decoder.decode(strtab.subarray(start, end)),
        value: view.getBigUint64(at + 8, true),
        size: view.getBigUint64(at + 16, true),
        fn: null,
      };
    }
  }
}

/** Index of the last symbol whose value is not above `address`, -1 when all are. */
function lastNotAbove(symbols: readonly Ksym[], address: bigint): number {
  let low = 0;
  let high = symbols.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((symbols[middle] as Ksym).value <= address) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low - 1;
}
