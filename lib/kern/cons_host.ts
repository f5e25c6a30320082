/**
 * The console of the host program, as the kernel sees it: a place that text goes to and that can be full, and
 * perhaps a source of input that is asked for a piece at a time.
 *
 * Full is what the host says: whoever writes after that waits until it says otherwise (`consoleDrained`), so
 * that a slow reader of the console does not make the host keep everything. A synchronous caller does not
 * wait: it holds the very thread that would empty the console.
 *
 * Input is asked for when somebody wants to read and there is none, and not before the last piece is used up.
 * It may come at once or later (`consoleInput`).
 *
 * NetBSD: sys/rump/librump/rumpkern/cons.c knows output alone; cons(4).
 */
import { POLLIN, POLLOUT, POLLRDNORM } from '../sys/constants/poll.ts';
import { ERESTART } from '../sys/errno.ts';
import { hostcode } from './hostcode.ts';
import type { Kernel } from './kernel.ts';
import { printf, thrownText } from './msgbuf.ts';
import { Selinfo, selnotify } from './selinfo.ts';
import { SleepQueue, sleepqUnsleep, sleepqWakeAll } from './sleepq.ts';

/** Gives the next piece to `deliver`, now or later, once; null: there is no more. */
export type ConsoleSource = (deliver: (piece: Uint8Array | null) => void) => void;

export class Cons {
  /** The host takes no more for now. */
  full = false;
  readonly writers = new SleepQueue();
  readonly wsel = new Selinfo();
  /** Input that nobody has read yet; a piece is under way; there will be no more. */
  input: Uint8Array = new Uint8Array(0);
  asked = false;
  ended: boolean;
  readonly readers = new SleepQueue();
  readonly rsel = new Selinfo();

  constructor(source: ConsoleSource | null) {
    this.ended = source === null;
  }
}

/** There is room again. Inside the kernel. */
export function consoleDrained(k: Kernel): void {
  const { cons } = k;
  cons.full = false;
  sleepqWakeAll(cons.writers);
  selnotify(cons.wsel, POLLOUT, 0);
}

/** Input has come, or (null) the end of it. Inside the kernel. */
export function consoleInput(k: Kernel, piece: Uint8Array | null): void {
  const { cons } = k;
  cons.asked = false;
  if (piece === null) {
    cons.ended = true;
  } else {
    cons.input = piece;
  }
  sleepqWakeAll(cons.readers);
  selnotify(cons.rsel, POLLIN | POLLRDNORM, 0);
}

/** Have input come, if there is none and more is to be had. A source that throws has ended. */
export function consoleAsk(k: Kernel): void {
  const { cons } = k;
  const { consoleSource } = k.params;
  if (cons.input.length > 0 || cons.ended || cons.asked || consoleSource === null) {
    return;
  }
  cons.asked = true;
  let now: Uint8Array | null | undefined;
  let here = true;
  try {
    hostcode(k, () =>
      consoleSource((piece) => {
        if (here) {
          now = piece;
        } else {
          consoleInput(k, piece);
        }
      }),
    );
  } catch (error) {
    printf(k, `console: input: ${thrownText(error)}\n`);
    now = null;
  }
  here = false;
  if (now !== undefined) {
    cons.asked = false;
    cons.ended = now === null;
    cons.input = now ?? new Uint8Array(0);
  }
}

/** A descriptor of the console was closed under who sleeps here: they start their calls again. */
export function consoleRestart(k: Kernel): void {
  for (const q of [k.cons.readers, k.cons.writers]) {
    while (q.first !== null) {
      sleepqUnsleep(q.first, ERESTART);
    }
  }
}
