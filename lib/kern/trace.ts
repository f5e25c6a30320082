/**
 * Seeing inside: system calls, sleeps, wake-ups, signals and the lives of processes as a stream of objects.
 *
 * While nobody traces, `kernel.trace` is null and a traced place costs one test. A tracer gets plain objects;
 * arguments are decoded by the system-call table, and bytes are summed up, because they may change
 * afterwards. It is called inside the kernel, so it must only take note.
 *
 * NetBSD: sys/kern/kern_ktrace.c, ktrace(1), kdump(1).
 */
import { bytesLength, bytesView, isBytes } from '../sys/bytes.ts';
import { Errno } from '../sys/errno.ts';
import { localArgs } from '../sys/syscalls.ts';
import type { SysentRow } from '../sys/sysent.ts';
import type { Kernel } from './kernel.ts';
import type { Lwp } from './lwp.ts';
import type { MaySleep } from './maysleep.ts';
import type { Proc } from './proc.ts';

/** What every event has: nanoseconds since boot, and who. */
interface Stamp {
  readonly timeNs: number;
  readonly pid: number;
  readonly lid: number;
  readonly comm: string;
}

export type TraceEvent = Stamp &
  (
    | { readonly type: 'call'; readonly call: string; readonly args: Readonly<Record<string, unknown>> }
    | { readonly type: 'return'; readonly call: string; readonly durationNs: number; readonly value: unknown }
    | { readonly type: 'error'; readonly call: string; readonly durationNs: number; readonly code: string }
    | { readonly type: 'sleep'; readonly wmesg: string; readonly timeoutNs: number | null }
    /**
     * `by`: who was on the CPU; null for a timeout or the host. `code`: why, when it was not the event slept
     * for.
     */
    | {
        readonly type: 'wakeup';
        readonly wmesg: string;
        readonly by: string | null;
        readonly code: string | null;
      }
    | { readonly type: 'signal'; readonly signo: number; readonly what: 'posted' | 'taken' }
    | { readonly type: 'fork'; readonly child: number }
    /**
     * A call of another process of the host's has been answered. `peer`: where it comes from, and which of those
     * connections. `latencyNs`: from when its request was there until its answer was given away.
     */
    | { readonly type: 'answer'; readonly call: string; readonly peer: string; readonly latencyNs: number }
    | { readonly type: 'exit'; readonly status: number }
  );

export type Tracer = (event: TraceEvent) => void;

type Details<E> = E extends TraceEvent ? Omit<E, keyof Stamp> : never;

/** Tell the tracer of `k`, if there is one. */
export function trace(k: Kernel, p: Proc, lid: number, details: Details<TraceEvent>): void {
  if (k.trace !== null) {
    const timeNs = k.host.monotonicNs() - k.bootNs;
    k.trace({ timeNs, pid: p.pid, lid, comm: p.comm, ...details });
  }
}

/** Bytes shown of a buffer. */
const SHOWN_MAX = 32;
const NOTHING = new Uint8Array(0);

/**
 * A value as it is now: no reference to what may change. Everything in it is the kernel's own copy but what a kevent
 * carries as `udata`: that is not looked into, because looking could run its owner's code in the kernel.
 */
function frozen(value: unknown): unknown {
  if (isBytes(value)) {
    const length = bytesLength(value);
    return {
      length,
      head: length === 0 ? NOTHING : bytesView(value, 0, Math.min(length, SHOWN_MAX)).slice(),
    };
  }
  if (Array.isArray(value)) {
    return value.map(frozen);
  }
  if (value instanceof Set) {
    return [...value].map(frozen);
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, v]) => [key, key === 'udata' ? opaque(v) : frozen(v)]),
    );
  }
  return opaque(value);
}

/** What is no object is itself; of an object there is only that it is one. */
function opaque(value: unknown): unknown {
  return typeof value === 'function'
    ? '[function]'
    : typeof value === 'object' && value !== null
      ? '[object]'
      : value;
}

/** The arguments of a call by their names in the table. */
function decode(row: SysentRow, args: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(localArgs(row).map(([name], i) => [name, frozen(args[i])]));
}

function begin(l: Lwp, row: SysentRow, args: readonly unknown[]): number {
  const k = l.kernel;
  trace(k, l.proc, l.lid, { type: 'call', call: row.call, args: decode(row, args) });
  return k.host.monotonicNs();
}

function end(l: Lwp, row: SysentRow, startNs: number, value: unknown): void {
  const durationNs = l.kernel.host.monotonicNs() - startNs;
  trace(l.kernel, l.proc, l.lid, { type: 'return', call: row.call, durationNs, value: frozen(value) });
}

function fail(l: Lwp, row: SysentRow, startNs: number, error: unknown): void {
  const durationNs = l.kernel.host.monotonicNs() - startNs;
  const code = error instanceof Errno ? error.code : String(error);
  trace(l.kernel, l.proc, l.lid, { type: 'error', call: row.call, durationNs, code });
}

/** Make a synchronous call and tell of its beginning and end. */
export function tracedSync(
  l: Lwp,
  row: SysentRow,
  args: readonly unknown[],
  make: (l: Lwp, row: SysentRow, ...args: unknown[]) => unknown,
): unknown {
  const startNs = begin(l, row, args);
  try {
    const value = make(l, row, ...args);
    end(l, row, startNs, value);
    return value;
  } catch (error) {
    fail(l, row, startNs, error);
    throw error;
  }
}

/** The same around the coroutine of an asynchronous call. */
export function* tracedAsync(
  l: Lwp,
  row: SysentRow,
  args: readonly unknown[],
  body: MaySleep<unknown>,
): MaySleep<unknown> {
  const startNs = begin(l, row, args);
  try {
    const value = yield* body;
    end(l, row, startNs, value);
    return value;
  } catch (error) {
    fail(l, row, startNs, error);
    throw error;
  }
}
