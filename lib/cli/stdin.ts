/** What programs read: standard input or a file, in pieces or in lines. */
import { piecesOf } from './files.ts';
import type { Self } from './program.ts';

/** Bytes asked for at a time: as much as a pipe holds. */
const CHUNK = 16_384;
const NEWLINE = 10;

/** Standard input in pieces, each only good until the next is asked for. @throws SysError */
export async function* pieces(self: Self): AsyncGenerator<Uint8Array, undefined> {
  const buf = new Uint8Array(CHUNK);
  for (;;) {
    const length = await self.sys.read(0, buf);
    if (length === 0) {
      return;
    }
    yield buf.subarray(0, length);
  }
}

/** A file ("-": standard input) in lines without their newlines, those of a piece at a time. @throws SysError */
export async function* lines(self: Self, path: string): AsyncGenerator<readonly Buffer[], undefined> {
  let begun: Buffer[] = [];
  for await (const piece of piecesOf(self, path)) {
    // The next piece comes into the same place.
    const bytes = Buffer.from(piece);
    const whole: Buffer[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      const line = bytes.subarray(start, end);
      whole.push(begun.length === 0 ? line : Buffer.concat([...begun, line]));
      begun = [];
      start = end + 1;
    }
    if (start < bytes.length) {
      begun.push(bytes.subarray(start));
    }
    yield whole;
  }
  if (begun.length > 0) {
    yield [Buffer.concat(begun)];
  }
}
