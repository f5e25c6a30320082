/**
 * A trace as lines of text: a call with its arguments by name, what came of it, and how long it took and in what
 * it slept meanwhile.
 *
 * NetBSD: kdump(1), ktruss(1).
 */
import { constants, type TraceEvent } from '../api/index.ts';
import { printable } from './exits.ts';

const { signame, WEXITSTATUS, WIFSIGNALED, WTERMSIG } = constants;

/** Characters shown of one value. */
const SHOWN_MAX = 80;
const NESTED_MAX = 3;

/** Those of the processes that `pid` has forked, and so on. */
export function ofChildren(events: readonly TraceEvent[], pid: number): TraceEvent[] {
  const children = new Set<number>();
  return events.filter((event) => {
    if (event.type === 'fork' && (event.pid === pid || children.has(event.pid))) {
      children.add(event.child);
    }
    return children.has(event.pid);
  });
}

interface Call {
  readonly text: string;
  /** Where it has slept. */
  readonly slept: string[];
}

export function traceText(events: readonly TraceEvent[]): string {
  const pids = events.reduce((most, { pid }) => Math.max(most, String(pid).length), 0);
  const comms = events.reduce((most, { comm }) => Math.max(most, comm.length), 0);
  const lines = new TraceLines(pids, comms);
  return events.flatMap((event) => lines.of(event)).join('');
}

/** Events as lines, one after the other. */
export class TraceLines {
  readonly #pids: number;
  readonly #comms: number;
  readonly #calls = new Map<string, Call>();

  /** @param pids, comms: how wide the columns of process numbers and commands are */
  constructor(pids: number, comms: number) {
    this.#pids = pids;
    this.#comms = comms;
  }

  /** What an event adds. */
  of(event: TraceEvent): string[] {
    const { pid, lid, comm } = event;
    const who = `${String(pid).padStart(this.#pids)} ${printable(comm).padEnd(this.#comms)}`;
    return linesOf(event, this.#calls, `${pid}.${lid}`).map((line) => `${who} ${line}\n`);
  }
}

/** What an event adds: a call is told of when it has ended. */
function linesOf(event: TraceEvent, calls: Map<string, Call>, who: string): string[] {
  switch (event.type) {
    case 'call': {
      const args = Object.entries(event.args).map(([name, value]) => `${name}=${shown(value)}`);
      calls.set(who, { text: `${event.call}(${args.join(', ')})`, slept: [] });
      return [];
    }
    case 'return':
      return ended(calls, who, event, shown(event.value ?? 0));
    case 'error':
      return ended(calls, who, event, `-1 ${event.code}`);
    case 'sleep':
      calls.get(who)?.slept.push(event.wmesg);
      return [];
    case 'answer':
      return [`--- ${event.call} of ${event.peer} answered <${(event.latencyNs / 1e9).toFixed(6)}> ---`];
    case 'signal':
      return [`--- ${signame(event.signo) ?? event.signo} ${event.what} ---`];
    case 'exit': {
      const { status } = event;
      const how = WIFSIGNALED(status)
        ? `killed by ${signame(WTERMSIG(status)) ?? WTERMSIG(status)}`
        : `exited with ${WEXITSTATUS(status)}`;
      const under = unfinished(calls, event.pid);
      return [...under.map(({ text }) => `${text} = ?`), `+++ ${how} +++`];
    }
    default:
      return [];
  }
}

/** Nothing when the call was told of already: its process has exited in it. */
function ended(
  calls: Map<string, Call>,
  who: string,
  { durationNs }: { readonly durationNs: number },
  result: string,
): string[] {
  const call = calls.get(who);
  if (call === undefined) {
    return [];
  }
  calls.delete(who);
  const asleep = call.slept.map((wmesg) => ` ${wmesg}`).join('');
  return [`${call.text} = ${result} <${(durationNs / 1e9).toFixed(6)}${asleep}>`];
}

/** The calls that a process was in. */
function unfinished(calls: Map<string, Call>, pid: number): Call[] {
  const found: Call[] = [];
  for (const [who, call] of calls) {
    if (who.startsWith(`${pid}.`)) {
      calls.delete(who);
      found.push(call);
    }
  }
  return found;
}

/** A value, however large it is, on a part of a line. */
function shown(value: unknown): string {
  const text = textOf(value, NESTED_MAX);
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}...` : text;
}

function textOf(value: unknown, depth: number): string {
  if (typeof value === 'string') {
    return JSON.stringify(value);
  }
  if (typeof value !== 'object' || value === null) {
    return String(value);
  }
  if (isBytes(value)) {
    return bytesText(value);
  }
  if (depth === 0) {
    return '...';
  }
  if (Array.isArray(value)) {
    return `[${value.map((item) => textOf(item, depth - 1)).join(', ')}]`;
  }
  const fields = Object.entries(value).map(([name, field]) => `${name}=${textOf(field, depth - 1)}`);
  return `{${fields.join(', ')}}`;
}

/** How a trace sums up bytes. */
interface Bytes {
  readonly length: number;
  readonly head: Uint8Array;
}

function isBytes(value: object): value is Bytes {
  return 'head' in value && value.head instanceof Uint8Array;
}

/** Of a buffer that is yet to be filled there is nothing to show but how long it is. */
function bytesText({ length, head }: Bytes): string {
  if (head.every((byte) => byte === 0)) {
    return `[${length}]`;
  }
  const text = JSON.stringify(Buffer.from(head).toString('latin1'));
  const short = text.replace(/\\u00(..)/g, (_, code: string) => (code === '00' ? '\\0' : `\\x${code}`));
  return length > head.length ? `${short}...[${length}]` : short;
}
