/** The host's standard input, as read(2) would have it. */

/** @returns a function that fills what it is given, at least in part; 0 at the end */
export function stdinPieces(): (into: Uint8Array) => Promise<number> {
  let pieces: AsyncIterator<Buffer> | undefined;
  let rest: Buffer = Buffer.alloc(0);
  return async (into) => {
    pieces ??= (process.stdin as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    while (rest.length === 0) {
      const { value, done } = await pieces.next();
      if (done === true) {
        return 0;
      }
      rest = value;
    }
    const n = Math.min(into.length, rest.length);
    into.set(rest.subarray(0, n));
    rest = rest.subarray(n);
    return n;
  };
}
