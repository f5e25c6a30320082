/**
 * Kernel messages: the message buffer that `dmesg` reads, and the console.
 *
 * NetBSD: sys/kern/subr_prf.c, subr_log.c, printf(9), dmesg(8).
 */
import { hostcode } from './hostcode.ts';
import type { Kernel } from './kernel.ts';

/** Characters kept; the oldest go first. */
export const MSGBUFSIZE = 16384;

export class Msgbuf {
  #text = '';

  append(text: string): void {
    this.#text += text;
    // Trimmed at twice the size: appending stays cheap, and no more than that is ever kept.
    if (this.#text.length > 2 * MSGBUFSIZE) {
      this.#text = this.#text.slice(-MSGBUFSIZE);
    }
  }

  get text(): string {
    return this.#text.slice(-MSGBUFSIZE);
  }
}

/** Log `text` and, if kernel messages go there, show it on the console. */
export function printf(k: Kernel, text: string): void {
  k.msgbuf.append(text);
  const error = k.params.logConsole ? consoleWrite(k, text) : null;
  if (error !== null) {
    k.msgbuf.append(`console: ${error}\n`);
  }
}

/** Log `text`; show it only while booting verbosely. NetBSD: aprint_verbose(9). */
export function aprintVerbose(k: Kernel, text: string): void {
  if (k.params.verbose) {
    printf(k, text);
  } else {
    k.msgbuf.append(text);
  }
}

/**
 * Hand `text` to the console. @returns null, or what the console threw: that is its owner's code, and no
 * reason to fail here.
 */
export function consoleWrite(k: Kernel, text: string): string | null {
  try {
    if (hostcode(k, () => k.params.console(text)) === 'full') {
      k.cons.full = true;
    }
    return null;
  } catch (error) {
    return thrownText(error);
  }
}

/** What to print of anything that was thrown. It may be anything, so looking at it may throw too. */
export function thrownText(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : String(error);
  } catch {
    return 'something that cannot be shown';
  }
}
