/**
 * A trace, as the host program holds it: the events so far, those to come, and a file for Chrome's or
 * Perfetto's viewer.
 */
import type { Kernel as Kern } from '../kern/kernel.ts';
import type { TraceEvent } from '../kern/trace.ts';
import { EBUSY, EINVAL } from '../sys/errno.ts';
import { SysError } from './errors.ts';

export type { TraceEvent } from '../kern/trace.ts';

export interface TraceOptions {
  /** Most events kept, default 1,000,000; the oldest go first and are counted in `dropped`. */
  readonly limit?: number;
}

const LIMIT = 1_000_000;

/** An entry of Chrome's trace format: microseconds, `X` a span, `i` an instant. */
interface ChromeEvent {
  readonly name: string;
  readonly cat: string;
  readonly ph: 'X' | 'i' | 'M';
  readonly ts: number;
  readonly dur?: number;
  readonly s?: 't';
  readonly pid: number;
  readonly tid: number;
  readonly args: Readonly<Record<string, unknown>>;
}

export class Trace implements AsyncIterable<TraceEvent> {
  readonly #k: Kern;
  readonly #limit: number;
  readonly #events: TraceEvent[] = [];
  #stopped = false;
  #dropped = 0;
  #wake: (() => void) | null = null;

  constructor(k: Kern, limit: number) {
    this.#k = k;
    this.#limit = limit;
    k.trace = (event) => this.#note(event);
  }

  /** Called inside the kernel: takes note, and no more. */
  #note(event: TraceEvent): void {
    // Trimmed in halves: taking the first off at each event would cost as much as all of them.
    if (this.#events.length >= 2 * this.#limit) {
      this.#dropped += this.#limit;
      this.#events.splice(0, this.#limit);
    }
    this.#events.push(event);
    this.#wake?.();
    this.#wake = null;
  }

  /** What was seen, in order. */
  get events(): readonly TraceEvent[] {
    return this.#events.slice(-this.#limit);
  }

  /** Events that were seen and are no longer kept. */
  get dropped(): number {
    return this.#dropped + Math.max(0, this.#events.length - this.#limit);
  }

  /** Trace no more. What was seen stays. Again: no-op. */
  stop(): void {
    if (!this.#stopped) {
      this.#stopped = true;
      this.#k.trace = null;
      this.#wake?.();
      this.#wake = null;
    }
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  /** Every event from the first kept one on, as they come, until `stop`. */
  async *[Symbol.asyncIterator](): AsyncIterator<TraceEvent> {
    for (let seen = this.#dropped; ; seen++) {
      while (seen >= this.#dropped + this.#events.length) {
        if (this.#stopped) {
          return;
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      seen = Math.max(seen, this.#dropped);
      yield this.#events[seen - this.#dropped] as TraceEvent;
    }
  }

  /** The trace as JSON for chrome://tracing or ui.perfetto.dev: processes, their lwps, calls as spans. */
  toChrome(): string {
    const names = new Map<number, string>();
    const spans: ChromeEvent[] = [];
    for (const event of this.events) {
      names.set(event.pid, event.comm);
      const entry = chromeEvent(event);
      if (entry !== null) {
        spans.push(entry);
      }
    }
    const named = [...names].map(
      ([pid, name]): ChromeEvent => ({
        name: 'process_name',
        cat: '',
        ph: 'M',
        ts: 0,
        pid,
        tid: 0,
        args: { name },
      }),
    );
    return JSON.stringify({ traceEvents: [...named, ...spans], displayTimeUnit: 'ns' }, (_key, value) =>
      typeof value === 'bigint' ? String(value) : value,
    );
  }
}

function chromeEvent(event: TraceEvent): ChromeEvent | null {
  const { timeNs, pid, lid, comm: _comm, type, ...args } = event;
  const at = { pid, tid: lid, args, ts: timeNs / 1000 };
  switch (event.type) {
    case 'call':
      return null;
    case 'return':
    case 'error':
      return {
        ...at,
        name: event.call,
        cat: type,
        ph: 'X',
        ts: (timeNs - event.durationNs) / 1000,
        dur: event.durationNs / 1000,
      };
    case 'answer':
      return {
        ...at,
        name: `${event.call} of ${event.peer}`,
        cat: type,
        ph: 'X',
        ts: (timeNs - event.latencyNs) / 1000,
        dur: event.latencyNs / 1000,
      };
    default:
      return { ...at, name: 'wmesg' in event ? `${type} ${event.wmesg}` : type, cat: type, ph: 'i', s: 't' };
  }
}

/** The limit asked for. Not inside the kernel: the options are the caller's. @throws SysError EINVAL */
export function traceLimit(options: TraceOptions): number {
  const limit = typeof options === 'object' && options !== null ? (options.limit ?? LIMIT) : Number.NaN;
  if (!Number.isInteger(limit) || limit < 1) {
    throw new SysError(EINVAL, 'trace', 'options must be an object, limit a whole number of events');
  }
  return limit;
}

/** @throws EBUSY */
export function startTrace(k: Kern, limit: number): Trace {
  if (k.trace !== null) {
    throw EBUSY;
  }
  return new Trace(k, limit);
}
