/**
 * A relocatable ELF64 file that holds nothing but symbols: .symtab, .strtab, .shstrtab.
 *
 * elf(5); System V ABI, chapter 4.
 */
import type { Ksym } from '../../kern/ksyms.ts';

const EHDR = 64;
const SHDR = 64;
const SYM = 24;
/** Absolute, global function. */
const SHN_ABS = 0xfff1;
const GLOBAL_FUNC = 0x12;
const SECTIONS = ['', '.symtab', '.strtab', '.shstrtab'] as const;

/** Strings end to end, each with a NUL, the empty one first; and where each begins. */
function stringTable(names: readonly string[]): { bytes: Uint8Array; offsets: number[] } {
  // Names of symbols are ASCII.
  const encoded = names.map((name) => Uint8Array.from(`${name}\0`, (c) => c.charCodeAt(0)));
  const bytes = new Uint8Array(1 + encoded.reduce((sum, { length }) => sum + length, 0));
  const offsets: number[] = [];
  let at = 1;
  for (const piece of encoded) {
    bytes.set(piece, at);
    offsets.push(at);
    at += piece.length;
  }
  return { bytes, offsets };
}

export function elfOf(symbols: readonly Ksym[]): Uint8Array {
  const strings = stringTable(symbols.map(({ name }) => name));
  const sections = stringTable(SECTIONS.slice(1));
  const symtabSize = (symbols.length + 1) * SYM;
  const symtabAt = EHDR;
  const strtabAt = symtabAt + symtabSize;
  const shstrtabAt = strtabAt + strings.bytes.length;
  const headersAt = (shstrtabAt + sections.bytes.length + 7) & ~7;
  const image = new Uint8Array(headersAt + SECTIONS.length * SHDR);
  const view = new DataView(image.buffer);
  header(image, view, headersAt);
  for (const [i, symbol] of symbols.entries()) {
    const at = symtabAt + (i + 1) * SYM;
    view.setUint32(at, strings.offsets[i] as number, true);
    view.setUint8(at + 4, GLOBAL_FUNC);
    view.setUint16(at + 6, SHN_ABS, true);
    view.setBigUint64(at + 8, symbol.value, true);
    view.setBigUint64(at + 16, symbol.size, true);
  }
  image.set(strings.bytes, strtabAt);
  image.set(sections.bytes, shstrtabAt);
  const [symtabName, strtabName, shstrtabName] = sections.offsets as [number, number, number];
  const section = (n: number, name: number, type: number, at: number, size: number): number => {
    const base = headersAt + n * SHDR;
    view.setUint32(base, name, true);
    view.setUint32(base + 4, type, true);
    view.setBigUint64(base + 24, BigInt(at), true);
    view.setBigUint64(base + 32, BigInt(size), true);
    view.setBigUint64(base + 48, 8n, true);
    return base;
  };
  const symtab = section(1, symtabName, 2, symtabAt, symtabSize);
  // Its strings are section 2; all symbols but the first are global.
  view.setUint32(symtab + 40, 2, true);
  view.setUint32(symtab + 44, 1, true);
  view.setBigUint64(symtab + 56, BigInt(SYM), true);
  section(2, strtabName, 3, strtabAt, strings.bytes.length);
  section(3, shstrtabName, 3, shstrtabAt, sections.bytes.length);
  return image;
}

/** ELF64, little-endian, relocatable, x86-64. */
function header(image: Uint8Array, view: DataView, headersAt: number): void {
  image.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 1, true);
  view.setUint16(18, 62, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(40, BigInt(headersAt), true);
  view.setUint16(52, EHDR, true);
  view.setUint16(58, SHDR, true);
  view.setUint16(60, SECTIONS.length, true);
  view.setUint16(62, SECTIONS.length - 1, true);
}
