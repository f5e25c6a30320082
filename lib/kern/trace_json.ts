/** Events of a trace as JSON, for whoever cannot be given objects. */

/** Bytes are `{"hex":".."}`, and a whole number that is a bigint is a text. */
function plain(_key: string, value: unknown): unknown {
  if (value instanceof Uint8Array) {
    return { hex: Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('') };
  }
  return typeof value === 'bigint' ? String(value) : value;
}

/** A line of UTF-8. What is in an event is the kernel's own copy: nobody else's code runs. */
export function traceJson(event: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(event, plain)}\n`);
}
