/**
 * The console of the embedding program: where text goes, and where input comes from.
 *
 * A console function that returns a promise is full until that settles; the one that is used by default does
 * so when standard output has more to write than it should keep. Input is any iterable, asked for one piece at
 * a time and only when a process wants to read.
 */
import { type ConsoleSource, consoleDrained, consoleInput } from '../kern/cons_host.ts';
import type { Kernel } from '../kern/kernel.ts';
import { thrownText } from '../kern/msgbuf.ts';
import { inKernel } from '../kern/schedule.ts';
import { isBytes } from '../sys/bytes.ts';

/** Gets text. It is full until the promise it returns, if it returns one, settles. */
export type ConsoleSink = (text: string) => unknown;
export type ConsolePiece = string | Uint8Array;
/** What processes read from the console. */
export type ConsoleInput = ConsolePiece | Iterable<ConsolePiece> | AsyncIterable<ConsolePiece>;

/** Both directions, for one kernel; `attach` tells which, once there is one. */
export interface HostConsole {
  readonly write: (text: string) => unknown;
  readonly source: ConsoleSource | null;
  attach(k: Kernel): void;
}

/** @throws TypeError */
export function hostConsole(sink: ConsoleSink, stdin: ConsoleInput | undefined): HostConsole {
  let kernel: Kernel | null = null;
  let pending = 0;
  const enter = (fn: (k: Kernel) => void): void => {
    if (kernel?.state === 'running') {
      const k = kernel;
      inKernel(k, () => fn(k));
    }
  };
  const drained = (): void => {
    pending--;
    if (pending === 0) {
      enter(consoleDrained);
    }
  };
  return {
    write(text) {
      const answer = sink(text);
      if (!isThenable(answer)) {
        return undefined;
      }
      pending++;
      Promise.resolve(answer).then(drained, drained);
      return 'full';
    },
    source: stdin === undefined ? null : sourceOf(stdin, (piece) => enter((k) => consoleInput(k, piece))),
    attach(k) {
      kernel = k;
    },
  };
}

/** Standard output: full as long as it says so. */
export function standardOutput(): ConsoleSink {
  let draining: Promise<void> | undefined;
  return (text) => {
    if (!process.stdout.write(text)) {
      draining ??= new Promise((resolve) => {
        process.stdout.once('drain', () => {
          draining = undefined;
          resolve();
        });
      });
    }
    return draining;
  };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}

/** @throws TypeError it is no iterable of strings or bytes */
function sourceOf(stdin: ConsoleInput, later: (piece: Uint8Array | null) => void): ConsoleSource {
  const pieces = typeof stdin === 'string' || isBytes(stdin) ? [stdin] : stdin;
  if (typeof pieces !== 'object' || pieces === null) {
    throw new TypeError('boot: stdin must be text, bytes, or an iterable of them');
  }
  let iterator: Iterator<ConsolePiece> | AsyncIterator<ConsolePiece>;
  if (Symbol.asyncIterator in pieces) {
    iterator = pieces[Symbol.asyncIterator]();
  } else if (Symbol.iterator in pieces) {
    iterator = pieces[Symbol.iterator]();
  } else {
    throw new TypeError('boot: stdin must be text, bytes, or an iterable of them');
  }
  return (deliver) => next(iterator, deliver, later);
}

/** The next piece with anything in it: at once if the iterator has it, else later. A broken one has ended. */
function next(
  iterator: Iterator<ConsolePiece> | AsyncIterator<ConsolePiece>,
  deliver: (piece: Uint8Array | null) => void,
  later: (piece: Uint8Array | null) => void,
): void {
  for (;;) {
    const step = iterator.next();
    if (isThenable(step)) {
      Promise.resolve(step).then(
        (result) => {
          const piece = pieceOf(result);
          if (piece?.length === 0) {
            next(iterator, later, later);
          } else {
            later(piece);
          }
        },
        (error: unknown) => {
          process.emitWarning(`console input: ${thrownText(error)}`);
          later(null);
        },
      );
      return;
    }
    const piece = pieceOf(step);
    if (piece?.length !== 0) {
      deliver(piece);
      return;
    }
  }
}

/** @returns null at the end. @throws TypeError */
function pieceOf(step: IteratorResult<ConsolePiece>): Uint8Array | null {
  if (step.done === true) {
    return null;
  }
  const { value } = step;
  if (typeof value === 'string') {
    return new TextEncoder().encode(value);
  }
  if (isBytes(value)) {
    return value.slice();
  }
  throw new TypeError(`console input: a piece is text or bytes, not ${typeof value}`);
}
