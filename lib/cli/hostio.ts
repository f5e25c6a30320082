/** The host's standard input. */

/** What comes in, opened when somebody reads and let go at the end: else it would keep this process. */
export class HostInput {
  #opened = false;
  #ended = false;

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, undefined> {
    this.#opened = true;
    try {
      yield* process.stdin as AsyncIterable<Buffer>;
    } catch (error) {
      if (!this.#ended) {
        throw error;
      }
    }
  }

  end(): void {
    this.#ended = true;
    if (this.#opened) {
      process.stdin.destroy();
    }
  }
}

/** @returns a function that fills what it is given, at least in part, as read(2) would; 0 at the end */
export function stdinPieces(input: HostInput): (into: Uint8Array) => Promise<number> {
  let pieces: AsyncIterator<Buffer> | undefined;
  let rest: Buffer = Buffer.alloc(0);
  return async (into) => {
    pieces ??= input[Symbol.asyncIterator]();
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
