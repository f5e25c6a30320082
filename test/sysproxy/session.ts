/**
 * Recorded conversations of NetBSD's client with NetBSD's server, and their replay against ours. The form of the files
 * is told in sessions/README.md.
 */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { RUMPSP_REQ, RUMPSP_RESP } from '../../lib/sysproxy/frame.ts';

/** A byte, or the name of a part that is bound when it is first seen. */
type Part = number | { readonly name: string; readonly length: number } | 'any';

export interface Step {
  /** Line in the file. */
  readonly line: number;
  readonly conn: string;
  readonly what: 'open' | 'banner' | 'sends' | 'gets' | 'leaves' | 'closed';
  readonly parts: readonly Part[];
}

export interface Session {
  readonly name: string;
  /** Directories that are there. */
  readonly directories: readonly string[];
  readonly steps: readonly Step[];
}

/** Offsets in a header, of the lowest bytes. */
const REQNO = 8;
const CLASS = 16;

const FOLDER = new URL('../../../test/sysproxy/sessions/', import.meta.url);

/** All sessions of a file. @throws Error what is wrong with a line */
export function readSessions(file: string): Session[] {
  const text = readFileSync(new URL(`${file}.txt`, FOLDER), 'utf8');
  const sessions: { name: string; directories: string[]; steps: Step[] }[] = [];
  let explained = false;
  let fewer = 0;
  for (const { line, content } of logicalLines(text)) {
    const fail = (why: string): never => {
      throw new Error(`sessions/${file}.txt:${line}: ${why}: ${content}`);
    };
    if (content.startsWith('#')) {
      continue;
    }
    if (content.startsWith('! ')) {
      explained = true;
      continue;
    }
    if (content.startsWith('= ')) {
      fewer = 0;
      sessions.push({ name: `${file}: ${content.slice(2)}`, directories: [], steps: [] });
      continue;
    }
    const session = sessions.at(-1) ?? fail('a session has no name');
    if (content.startsWith('mkdir ')) {
      session.directories.push(content.slice('mkdir '.length));
      continue;
    }
    if (content.startsWith('fewer ')) {
      fewer = Number(content.slice('fewer '.length));
      continue;
    }
    const match =
      /^([+-]?)(\d) (open|banner|leaves|closed|>|<)(?: (.*))?$/.exec(content) ?? fail('not understood');
    const [, ours, conn, verb, rest = ''] = match;
    const parts = verb === 'banner' ? [...Buffer.from(`${rest}\n`)] : parse(rest, fail);
    if (ours === '-' || ours === '+' || (verb === '<' && parts.some((part) => typeof part !== 'number'))) {
      if (!explained) {
        fail('nothing says why it differs');
      }
    } else if (verb === '>') {
      explained = false;
    }
    if (ours === '') {
      renumber(parts, verb === '<' ? RUMPSP_REQ : RUMPSP_RESP, fewer);
    }
    if (ours !== '-') {
      const what = verb === '>' ? 'sends' : verb === '<' ? 'gets' : (verb as Step['what']);
      session.steps.push({ line, conn: conn as string, what, parts });
    }
  }
  return sessions;
}

/** Lines, with what is indented under them. */
function logicalLines(text: string): { line: number; content: string }[] {
  const lines: { line: number; content: string }[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    const last = lines.at(-1);
    if (line.startsWith(' ') && last !== undefined) {
      last.content += ` ${line.trim()}`;
    } else if (line !== '') {
      lines.push({ line: i + 1, content: line });
    }
  }
  return lines;
}

/** The server's requests, which are of class `cls` in what it sends or the client answers, have lower numbers. */
function renumber(parts: Part[], cls: number, fewer: number): void {
  if (parts[REQNO] !== undefined && parts[CLASS] === cls) {
    parts[REQNO] = (parts[REQNO] as number) - fewer;
  }
}

/** Hexadecimal bytes, `xx*n` the same again, `??` any, `{name:n}` bytes with a name. */
function parse(text: string, fail: (why: string) => never): Part[] {
  const parts: Part[] = [];
  for (const token of text.split(/[ |]+/).filter((each) => each !== '')) {
    const named = /^\{(\w+):(\d+)\}$/.exec(token);
    const repeated = /^([0-9a-f]{2})\*(\d+)$/.exec(token);
    if (named !== null) {
      parts.push({ name: named[1] as string, length: Number(named[2]) });
    } else if (repeated !== null) {
      parts.push(
        ...Array.from({ length: Number(repeated[2]) }, () => Number.parseInt(repeated[1] as string, 16)),
      );
    } else if (/^([0-9a-f]{2}|\?\?)+$/.test(token)) {
      for (let i = 0; i < token.length; i += 2) {
        const byte = token.slice(i, i + 2);
        parts.push(byte === '??' ? 'any' : Number.parseInt(byte, 16));
      }
    } else {
      fail(`no bytes: ${token}`);
    }
  }
  return parts;
}

function lengthOf(parts: readonly Part[]): number {
  return parts.reduce<number>((sum, part) => sum + (typeof part === 'object' ? part.length : 1), 0);
}

/** Bytes of the longest difference shown. */
const SHOWN = 400;
/** What has not come by then does not come: so that a failure is shown. */
const PATIENCE_MS = Number(process.env['RUMP_TEST_PATIENCE_MS'] ?? 60_000);

/** A connection of a session. */
class Peer {
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);
  #closed = false;
  #wake: () => void = () => {};

  constructor(path: string) {
    this.#socket = connect(path);
    this.#socket.on('data', (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake();
    });
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  send(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  leave(): void {
    this.#socket.end();
  }

  /** The next `length` bytes; fewer when the server has closed, or says nothing any more. */
  async take(length: number): Promise<Buffer> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#wake();
    }, PATIENCE_MS);
    while (this.#bytes.length < length && !this.#closed && !late) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    clearTimeout(timer);
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }

  /** All that comes until the server closes. */
  rest(): Promise<Buffer> {
    return this.take(Number.POSITIVE_INFINITY);
  }
}

/** Play the client's part against the server at `path`. @returns where the server's differs, '' if nowhere */
export async function replay(path: string, { steps }: Session): Promise<string> {
  const peers = new Map<string, Peer>();
  const bound = new Map<string, Buffer>();
  for (const { line, conn, what, parts } of steps) {
    if (what === 'open') {
      peers.set(conn, new Peer(path));
      continue;
    }
    const peer = peers.get(conn) as Peer;
    if (what === 'sends') {
      peer.send(Buffer.concat(parts.map((part) => bytesOf(part, bound))));
    } else if (what === 'leaves') {
      peer.leave();
    } else if (what === 'closed') {
      const rest = await peer.rest();
      if (rest.length > 0) {
        return `line ${line}: ${rest.subarray(0, SHOWN).toString('hex')} instead of the end`;
      }
    } else {
      const got = await peer.take(lengthOf(parts));
      const wrong = differs(got, parts, bound);
      if (wrong >= 0) {
        return `line ${line}, byte ${wrong}: ${got.subarray(0, SHOWN).toString('hex')}`;
      }
    }
  }
  return '';
}

function bytesOf(part: Part, bound: ReadonlyMap<string, Buffer>): Buffer {
  return typeof part === 'object' ? (bound.get(part.name) as Buffer) : Buffer.of(part as number);
}

/** @returns the first byte that is not as it must be, -1 if there is none */
function differs(got: Buffer, parts: readonly Part[], bound: Map<string, Buffer>): number {
  let at = 0;
  for (const part of parts) {
    const length = typeof part === 'object' ? part.length : 1;
    const bytes = got.subarray(at, at + length);
    if (bytes.length < length || (typeof part === 'number' && bytes[0] !== part)) {
      return at;
    }
    if (typeof part === 'object') {
      const before = bound.get(part.name);
      if (before !== undefined && !before.equals(bytes)) {
        return at;
      }
      bound.set(part.name, Buffer.from(bytes));
    }
    at += length;
  }
  return -1;
}
