/**
 * The kernel symbol table, searched by name and by address.
 *
 * Three kinds of symbols: the kernel's own functions and those that modules export, which are JavaScript and
 * get addresses in a range of their own; objects that native modules came in; and everything else that is
 * loaded in the host process, handed over in bulk. Indexes are built at the first look-up: most kernels never
 * look.
 *
 * NetBSD: sys/kern/kern_ksyms.c, ksyms(4); the seed's rump_kernelfsym_load.
 */
import { EBUSY, EEXIST, ENOENT } from '../sys/errno.ts';
import { type KernelFunction, type Ksym, SymbolSet, type SymbolTable, symbolsOf } from './ksyms_table.ts';

export type { KernelFunction, Ksym, SymbolTable } from './ksyms_table.ts';

/**
 * Where functions without an address of the host get theirs: the upper half, where no host process has
 * anything.
 */
const TEXT_START = 0xffffffff_80000000n;
const TEXT_STEP = 16n;

export class Ksyms {
  readonly #source: () => readonly SymbolTable[];
  readonly #functions: () => Readonly<Record<string, KernelFunction>>;
  #tables: readonly SymbolTable[] | null = null;
  #own: SymbolSet | null = null;
  #bulk: SymbolSet | null = null;
  readonly #added: SymbolSet[] = [];
  #next = TEXT_START;

  /**
   * @param source the tables of what is loaded
   * @param functions the kernel's own. Each is asked once, at the first look-up
   */
  constructor(
    source: () => readonly SymbolTable[],
    functions: () => Readonly<Record<string, KernelFunction>> = () => ({}),
  ) {
    this.#source = source;
    this.#functions = functions;
  }

  /** Give the tables by hand, instead of the host's. @throws EBUSY a second time, or after a look-up */
  load(tables: readonly SymbolTable[]): void {
    if (this.#tables !== null) {
      throw EBUSY;
    }
    this.#tables = tables;
  }

  /** The tables of a native module. @returns what takes them out again */
  addTable(table: SymbolTable): () => void {
    return this.#add(new SymbolSet(() => symbolsOf(table)));
  }

  /**
   * Functions that a module exports. @returns what takes them out again. @throws EEXIST one of the names is
   * taken
   */
  addFunctions(functions: Readonly<Record<string, KernelFunction>>): () => void {
    const symbols = this.#placed(functions);
    if (symbols.some(({ name }) => [this.#kernel(), ...this.#added].some((set) => set.named(name)?.fn))) {
      throw EEXIST;
    }
    return this.#add(new SymbolSet(() => symbols));
  }

  /** @throws ENOENT */
  lookup(name: string): Ksym {
    for (const set of this.#sets()) {
      const symbol = set.named(name);
      if (symbol !== undefined) {
        return symbol;
      }
    }
    throw ENOENT;
  }

  /** The symbol that covers `address`, and how far into it that is. @throws ENOENT */
  resolve(address: bigint): { symbol: Ksym; offset: bigint } {
    for (const set of this.#sets()) {
      const symbol = set.covering(address);
      if (symbol !== undefined) {
        return { symbol, offset: address - symbol.value };
      }
    }
    throw ENOENT;
  }

  /** Every symbol that is not hidden by an earlier one of its name. */
  *all(): IterableIterator<Ksym> {
    const seen = new Set<string>();
    for (const set of this.#sets()) {
      for (const symbol of set.values()) {
        if (!seen.has(symbol.name)) {
          seen.add(symbol.name);
          yield symbol;
        }
      }
    }
  }

  *#sets(): IterableIterator<SymbolSet> {
    yield this.#kernel();
    yield* this.#added;
    this.#bulk ??= new SymbolSet(() => {
      this.#tables ??= this.#source();
      return this.#tables.flatMap((table) => [...symbolsOf(table)]);
    });
    yield this.#bulk;
  }

  #kernel(): SymbolSet {
    this.#own ??= new SymbolSet(() => this.#placed(this.#functions()));
    return this.#own;
  }

  #placed(functions: Readonly<Record<string, KernelFunction>>): Ksym[] {
    return Object.entries(functions).map(([name, fn]) => {
      const value = this.#next;
      this.#next += TEXT_STEP;
      return { name, value, size: TEXT_STEP, fn };
    });
  }

  #add(set: SymbolSet): () => void {
    this.#added.push(set);
    return () => {
      const at = this.#added.indexOf(set);
      if (at >= 0) {
        this.#added.splice(at, 1);
      }
    };
  }
}
