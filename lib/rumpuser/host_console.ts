/** Native host: the console. Bytes of UTF-8 come one at a time; whole lines go out. */
import type { HostBinding } from './host_errno.ts';

export type ConsoleSink = (text: string) => void;

const NEWLINE = 0x0a;
/** A line longer than this goes out in pieces, so that an endless one does not fill memory. */
const LINE_MAX_BYTES = 4096;

export class HostConsole {
  readonly #binding: HostBinding;
  readonly #sink: ConsoleSink | undefined;
  readonly #decoder = new TextDecoder();
  #line: number[] = [];
  #flushAsked = false;

  constructor(binding: HostBinding, sink: ConsoleSink | undefined) {
    this.#binding = binding;
    this.#sink = sink;
  }

  putchar(byte: number): void {
    if (this.#sink === undefined) {
      this.#binding.putchar(byte & 0xff);
      return;
    }
    this.#line.push(byte);
    if (byte === NEWLINE || this.#line.length >= LINE_MAX_BYTES) {
      this.flush();
    } else if (!this.#flushAsked) {
      // A prompt has no newline: it goes out when this turn ends.
      this.#flushAsked = true;
      queueMicrotask(() => {
        this.#flushAsked = false;
        this.flush();
      });
    }
  }

  dprintf(text: string): void {
    this.flush();
    if (this.#sink === undefined) this.#binding.dprintf(text);
    else this.#give(text);
  }

  flush(): void {
    if (this.#line.length === 0) return;
    // A character whose last bytes are still to come stays in the decoder.
    const text = this.#decoder.decode(Uint8Array.from(this.#line), { stream: true });
    this.#line = [];
    if (text !== '') this.#give(text);
  }

  #give(text: string): void {
    try {
      this.#sink?.(text);
    } catch {
      // A console that breaks must not break its writers: the kernel prints while it panics.
    }
  }
}
