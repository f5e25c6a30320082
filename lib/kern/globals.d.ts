/**
 * The standard globals kernel code may use beyond the language itself: pure conversions, the same on every
 * host. Everything else of the platform (clocks, timers, process, console) is deliberately not declared.
 */
declare class TextEncoder {
  encode(text?: string): Uint8Array;
}
declare class TextDecoder {
  decode(bytes?: Uint8Array, options?: { stream?: boolean }): string;
}
