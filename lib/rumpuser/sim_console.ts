/**
 * Simulated host: the console. All that is written is kept as text, and passed on to whoever asked for it.
 */

export class SimConsole {
  readonly #listener: ((text: string) => void) | undefined;
  #decoder: InstanceType<typeof TextDecoder> | undefined;
  #undecoded = false;
  #text = '';
  #failure: unknown;

  constructor(listener: ((text: string) => void) | undefined) {
    this.#listener = listener;
  }

  get text(): string {
    return this.#text;
  }

  /**
   * What the listener threw last. The kernel does not hear of it: a console that breaks must not break its
   * writers.
   */
  get failure(): unknown {
    return this.#failure;
  }

  /** One byte of UTF-8; a character is written when its last byte is here. */
  putchar(byte: number): void {
    if (byte < 0x80 && !this.#undecoded) {
      this.write(String.fromCharCode(byte));
      return;
    }
    this.#decoder ??= new TextDecoder();
    const text = this.#decoder.decode(Uint8Array.of(byte), { stream: true });
    this.#undecoded = byte >= 0x80 && text === '';
    this.write(text);
  }

  write(text: string): void {
    if (text === '') return;
    this.#text += text;
    try {
      this.#listener?.(text);
    } catch (thrown) {
      this.#failure = thrown;
    }
  }
}
