/** What programs read: standard input, in pieces or in lines. */
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

/** Standard input in lines, without their newline. @throws SysError */
export async function* lines(self: Self): AsyncGenerator<Buffer, undefined> {
  let begun: Buffer[] = [];
  for await (const piece of pieces(self)) {
    // The next piece comes into the same place.
    let rest = Buffer.from(piece);
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      yield Buffer.concat([...begun, rest.subarray(0, end)]);
      begun = [];
      rest = rest.subarray(end + 1);
    }
    if (rest.length > 0) {
      begun.push(rest);
    }
  }
  if (begun.length > 0) {
    yield Buffer.concat(begun);
  }
}
