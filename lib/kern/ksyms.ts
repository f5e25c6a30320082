/**
 * The kernel symbol table: raw ELF symbols handed over at boot, searched by name and by address. The indexes are
 * built at the first look-up: most kernels never look.
 *
 * NetBSD: sys/kern/kern_ksyms.c, ksyms(4); the seed's rump_kernelfsym_load.
 */
import { EBUSY, ENOENT } from '../sys/errno.ts';

/** What dl_bootstrap hands over: a symbol table (Elf64_Sym records, absolute values) and its strings. */
export interface SymbolTable {
  readonly symtab: Uint8Array;
  readonly strtab: Uint8Array;
}

export interface Symbol {
  readonly name: string;
  readonly value: bigint;
  readonly size: bigint;
}

const SYM_SIZE = 24;
const STT_OBJECT = 1;
const STT_FUNC = 2;

export class Ksyms {
  readonly #source: () => readonly SymbolTable[];
  #tables: readonly SymbolTable[] | null = null;
  #byName: Map<string, Symbol> | null = null;
  #byAddress: Symbol[] | null = null;

  /** @param source the tables of what is loaded; asked once, at the first look-up */
  constructor(source: () => readonly SymbolTable[]) {
    this.#source = source;
  }

  /** Give the tables by hand, instead of the host's. @throws EBUSY a second time, or after a look-up */
  load(tables: readonly SymbolTable[]): void {
    if (this.#tables !== null) {
      throw EBUSY;
    }
    this.#tables = tables;
  }

  /** @throws ENOENT */
  lookup(name: string): Symbol {
    const symbol = this.#index().get(name);
    if (symbol === undefined) {
      throw ENOENT;
    }
    return symbol;
  }

  /** The symbol that covers `address`, and how far into it that is. @throws ENOENT */
  resolve(address: bigint): { symbol: Symbol; offset: bigint } {
    this.#byAddress ??= [...this.#index().values()].sort((a, b) =>
      a.value < b.value ? -1 : a.value > b.value ? 1 : 0,
    );
    const at = lastNotAbove(this.#byAddress, address);
    const symbol = at < 0 ? undefined : this.#byAddress[at];
    if (symbol === undefined || address - symbol.value >= (symbol.size === 0n ? 1n : symbol.size)) {
      throw ENOENT;
    }
    return { symbol, offset: address - symbol.value };
  }

  #index(): Map<string, Symbol> {
    if (this.#byName === null) {
      this.#tables ??= this.#source();
      this.#byName = new Map();
      for (const table of this.#tables) {
        for (const symbol of symbolsOf(table)) {
          if (!this.#byName.has(symbol.name)) {
            this.#byName.set(symbol.name, symbol);
          }
        }
      }
    }
    return this.#byName;
  }
}

/** The named functions and objects of a table. */
function* symbolsOf({ symtab, strtab }: SymbolTable): IterableIterator<Symbol> {
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
      };
    }
  }
}

/** Index of the last symbol whose value is not above `address`, -1 when all are. */
function lastNotAbove(symbols: readonly Symbol[], address: bigint): number {
  let low = 0;
  let high = symbols.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((symbols[middle] as Symbol).value <= address) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low - 1;
}
