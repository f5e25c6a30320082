/**
 * Where the shell's lines come from: the argument of -c, or standard input when it is no terminal (see
 * `terminal.ts`).
 */
import type { Readable } from 'node:stream';
import { messageOf } from './exits.ts';

/** Longest line, bytes: NetBSD's limit for what a program is called with, ARG_MAX. */
export const LINE_MAX = 262_144;

export type Line =
  | { readonly kind: 'line'; readonly text: string }
  /** A line that holds no commands. `fatal`: what follows will not either. */
  | { readonly kind: 'bad'; readonly reason: string; readonly fatal: boolean }
  /** Somebody at the terminal thought better of it. */
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'end' };

export interface Input {
  /** The next line. `more`: one that continues the last. */
  next(prompt: 'ready' | 'more'): Promise<Line>;
  /** Read no more: a pending `next` finds the end. */
  close(): void;
}

const END: Line = { kind: 'end' };

/** The lines of a text. */
export function textInput(text: string): Input {
  const lines = text.split('\n');
  return {
    async next() {
      const line = lines.shift();
      return line === undefined ? END : { kind: 'line', text: line };
    },
    close() {
      lines.length = 0;
    },
  };
}

/** The lines of a stream, as they come: the next is not read before it is asked for. */
export function streamInput(stream: Readable): Input {
  const lines = linesOf(stream);
  let closed = false;
  return {
    async next() {
      try {
        const { value, done } = await lines.next();
        return done === true ? END : value;
      } catch (error) {
        return closed ? END : { kind: 'bad', reason: `standard input: ${messageOf(error)}`, fatal: true };
      }
    },
    close() {
      closed = true;
      stream.destroy();
    },
  };
}

/** Cut a stream of bytes into lines. What is too long is passed over in pieces, never held. */
async function* linesOf(stream: Readable): AsyncGenerator<Line, undefined> {
  const pieces: Buffer[] = [];
  let length = 0;
  let number = 1;
  const take = (): Line => {
    const line = length > LINE_MAX ? tooLong(number) : decoded(Buffer.concat(pieces), number);
    pieces.length = 0;
    length = 0;
    number++;
    return line;
  };
  for await (const chunk of stream) {
    let rest = chunk as Buffer;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      add(rest.subarray(0, end));
      yield take();
      rest = rest.subarray(end + 1);
    }
    add(rest);
  }
  if (length > 0) {
    yield take();
  }

  function add(piece: Buffer): void {
    length += piece.length;
    if (length > LINE_MAX) {
      pieces.length = 0;
    } else if (piece.length > 0) {
      pieces.push(piece);
    }
  }
}

function tooLong(number: number): Line {
  return { kind: 'bad', reason: `line ${number}: longer than ${LINE_MAX} bytes`, fatal: false };
}

function decoded(bytes: Buffer, number: number): Line {
  const bad: Line = { kind: 'bad', reason: `line ${number}: not text`, fatal: true };
  if (bytes.includes(0)) {
    return bad;
  }
  try {
    return { kind: 'line', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    if (error instanceof TypeError) {
      return bad;
    }
    throw error;
  }
}
