/**
 * Names are bytes to Unix and strings here: UTF-8 where they are, and a byte that is none as a lone surrogate (0xDC00
 * plus the byte), which turns into that byte again. So every name a foreign caller makes can be read and used.
 */
import { EILSEQ } from './errno.ts';

const ESCAPE = 0xdc00;

/** How many bytes a name takes. */
export function nameBytes(name: string): number {
  let bytes = name.length;
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    if (unit >= 0x80 && (unit & 0xff80) !== (ESCAPE | 0x80)) {
      // A pair of surrogates is four bytes: two for each.
      bytes += unit >= 0x800 && (unit & 0xf800) !== 0xd800 ? 2 : 1;
    }
  }
  return bytes;
}

/** May a name be longer than `max` bytes? Only then is it worth counting. */
export function longerThan(name: string, max: number): boolean {
  return name.length * 3 > max && nameBytes(name) > max;
}

/** The bytes of a name. @throws EILSEQ half a surrogate pair, which is no text */
export function nameEncode(name: string): Uint8Array {
  const bytes = new Uint8Array(nameBytes(name));
  let at = 0;
  for (let i = 0; i < name.length; i++) {
    const unit = name.codePointAt(i) as number;
    if (unit < 0x80) {
      bytes[at++] = unit;
    } else if (unit < 0x800) {
      bytes[at++] = 0xc0 | (unit >> 6);
      bytes[at++] = 0x80 | (unit & 0x3f);
    } else if ((unit & ~0x7f) === (ESCAPE | 0x80)) {
      bytes[at++] = unit & 0xff;
    } else if (unit >= 0x10000) {
      i++;
      bytes[at++] = 0xf0 | (unit >> 18);
      bytes[at++] = 0x80 | ((unit >> 12) & 0x3f);
      bytes[at++] = 0x80 | ((unit >> 6) & 0x3f);
      bytes[at++] = 0x80 | (unit & 0x3f);
    } else if ((unit & 0xf800) === 0xd800) {
      throw EILSEQ;
    } else {
      bytes[at++] = 0xe0 | (unit >> 12);
      bytes[at++] = 0x80 | ((unit >> 6) & 0x3f);
      bytes[at++] = 0x80 | (unit & 0x3f);
    }
  }
  return bytes;
}

/** How long the UTF-8 sequence at `at` is, 0 if there is none. */
function sequence(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  const second = bytes[at + 1] ?? 0;
  const length =
    first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  for (let i = 1; i < length; i++) {
    if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) {
      return 0;
    }
  }
  // Overlong forms, surrogates, and what lies past the last code point.
  const wrong =
    (first === 0xe0 && second < 0xa0) ||
    (first === 0xed && second >= 0xa0) ||
    (first === 0xf0 && second < 0x90) ||
    (first === 0xf4 && second >= 0x90);
  return wrong ? 0 : length;
}

/** The name that these bytes are, whatever they are: what getdents(2) and readlink(2) fill in. */
export function nameDecode(bytes: Uint8Array): string {
  const units: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = sequence(bytes, at);
    const first = bytes[at] as number;
    if (length === 0) {
      units.push(ESCAPE | first);
    } else if (length === 1) {
      units.push(first);
    } else {
      let point = first & (0x7f >> length);
      for (let i = 1; i < length; i++) {
        point = (point << 6) | ((bytes[at + i] as number) & 0x3f);
      }
      if (point >= 0x10000) {
        units.push(0xd800 | ((point - 0x10000) >> 10), 0xdc00 | ((point - 0x10000) & 0x3ff));
      } else {
        units.push(point);
      }
    }
    at += Math.max(length, 1);
  }
  let text = '';
  // An argument list has its limits.
  for (let i = 0; i < units.length; i += 4096) {
    text += String.fromCharCode(...units.slice(i, i + 4096));
  }
  return text;
}
