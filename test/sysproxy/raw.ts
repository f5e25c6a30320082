/**
 * A client that speaks the protocol frame by frame, with memory of its own: what a C program is, and what one that
 * means harm can be.
 */
import { connect, type Socket } from 'node:net';
import {
  encodeFrame,
  type Frame,
  HANDSHAKE_GUEST,
  Reassembly,
  RUMPSP_ANONMMAP,
  RUMPSP_COPYIN,
  RUMPSP_COPYINSTR,
  RUMPSP_COPYOUT,
  RUMPSP_HANDSHAKE,
  RUMPSP_RAISE,
  RUMPSP_REQ,
  RUMPSP_RESP,
  RUMPSP_SYSCALL,
  words,
} from '../../lib/sysproxy/frame.ts';

/** Where the memory begins. */
const BASE = 0x10_0000n;

export interface Answer {
  readonly errno: number;
  readonly retval: readonly [bigint, bigint];
}

/** A frame that has come, for as long as one likes. */
type Kept = Pick<Frame, 'reqno' | 'class' | 'type' | 'u' | 'body'>;

export class RawClient {
  readonly socket: Socket;
  readonly memory = Buffer.alloc(1 << 21);
  #free = 0;
  #reqno = 1n;
  #banner = '';
  readonly #input = new Reassembly(1 << 24);
  readonly #waiting = new Map<bigint, (frame: Kept) => void>();
  /** Frames nobody waited for. */
  readonly others: Kept[] = [];
  readonly raised: number[] = [];
  /** The answer to its handshake as a guest. */
  shaken: Kept | null = null;
  /** Copies in that have been asked for. */
  asked = 0;
  /** It has been closed by the server. */
  readonly closed: Promise<void>;
  /** How copies in are answered; by default truly. */
  copies: 'truly' | 'short' | 'long' | 'with an error' | 'never' = 'truly';

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => {});
  }

  static async connect(path: string): Promise<RawClient> {
    const socket = connect(path);
    const client = new RawClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.on('data', (chunk) => {
        client.#receive(chunk);
        if (client.#banner.endsWith('\n')) {
          resolve();
        }
      });
      socket.once('close', () => reject(new Error('closed before the banner')));
    });
    return client;
  }

  /** Connected, and a guest. */
  static async guest(path: string, comm = 'raw', suffix = ''): Promise<RawClient> {
    const client = await RawClient.connect(path);
    client.shaken = await client.ask(RUMPSP_HANDSHAKE, HANDSHAKE_GUEST, Buffer.from(`${comm}\0${suffix}`));
    return client;
  }

  get banner(): string {
    return this.#banner;
  }

  #receive(chunk: Uint8Array): void {
    let bytes = chunk;
    if (!this.#banner.endsWith('\n')) {
      const end = bytes.indexOf(10) + 1;
      this.#banner += Buffer.from(bytes.subarray(0, end)).toString('latin1');
      bytes = bytes.subarray(end);
    }
    this.#input.push(bytes);
    for (let frame = this.#input.next(); frame !== null && frame !== 'bad'; frame = this.#input.next()) {
      this.#dispatch(frame);
    }
  }

  #dispatch(frame: Frame): void {
    if (frame.class !== RUMPSP_REQ) {
      const waiting = this.#waiting.get(frame.reqno);
      this.#waiting.delete(frame.reqno);
      const { reqno, class: cls, type, u } = frame;
      const kept = { reqno, class: cls, type, u, body: frame.body.slice() };
      if (waiting === undefined) {
        this.others.push(kept);
      } else {
        waiting(kept);
      }
      return;
    }
    const view = new DataView(frame.body.buffer, frame.body.byteOffset, frame.body.byteLength);
    const at = (offset: number): bigint => view.getBigUint64(offset, true);
    switch (frame.type) {
      case RUMPSP_COPYIN:
      case RUMPSP_COPYINSTR:
        this.#copyin(frame, Number(at(0)), Number(at(8) - BASE));
        return;
      case RUMPSP_COPYOUT:
        this.memory.set(frame.body.subarray(16), Number(at(8) - BASE));
        return;
      case RUMPSP_ANONMMAP:
        this.send(
          encodeFrame(frame.reqno, RUMPSP_RESP, RUMPSP_ANONMMAP, 0, words(this.alloc(Number(at(0))))),
        );
        return;
      case RUMPSP_RAISE:
        this.raised.push(frame.u);
    }
  }

  #copyin(frame: Frame, length: number, offset: number): void {
    this.asked++;
    if (this.copies === 'never') {
      return;
    }
    if (this.copies === 'with an error' || offset < 0 || offset >= this.memory.length) {
      this.send(encodeFrame(frame.reqno, 2, 0, 7));
      return;
    }
    const all = this.memory.subarray(offset, offset + length);
    const nul = all.indexOf(0);
    const bytes = frame.type === RUMPSP_COPYINSTR && nul >= 0 ? all.subarray(0, nul + 1) : all;
    this.send(
      encodeFrame(
        frame.reqno,
        RUMPSP_RESP,
        RUMPSP_COPYIN,
        0,
        this.copies === 'short' ? bytes.subarray(0, bytes.length >> 1) : bytes,
        new Uint8Array(this.copies === 'long' ? length : 0),
      ),
    );
  }

  send(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Memory of the client, and what is in it. */
  alloc(length: number, content: Uint8Array = new Uint8Array(0)): bigint {
    const at = this.#free;
    this.#free = (at + Math.max(length, content.length) + 15) & ~7;
    this.memory.set(content, at);
    return BASE + BigInt(at);
  }

  text(value: string): bigint {
    return this.alloc(0, Buffer.from(`${value}\0`));
  }

  at(address: bigint, length: number): Buffer {
    const offset = Number(address - BASE);
    return this.memory.subarray(offset, offset + length);
  }

  /** Send a request and wait for what is answered. Rejects when the connection is closed instead. */
  ask(type: number, u: number, body: Uint8Array, cls = RUMPSP_REQ): Promise<Kept> {
    const reqno = this.#reqno++;
    const answer = new Promise<Kept>((resolve, reject) => {
      this.#waiting.set(reqno, resolve);
      void this.closed.then(() => reject(new Error('the server has closed the connection')));
    });
    this.send(encodeFrame(reqno, cls, type, u, body));
    return answer;
  }

  /** Make a system call. */
  call(number: number, ...args: readonly (bigint | number)[]): Promise<Answer> {
    return this.callWith(number, args, new Uint8Array(0));
  }

  /** Make a system call with more behind its registers. */
  async callWith(number: number, args: readonly (bigint | number)[], more: Uint8Array): Promise<Answer> {
    const registers = words(...args.map((arg) => BigInt(arg)));
    const frame = await this.ask(RUMPSP_SYSCALL, number, Buffer.concat([registers, more]));
    const view = new DataView(frame.body.buffer, frame.body.byteOffset, frame.body.byteLength);
    if (frame.class !== RUMPSP_RESP) {
      throw new Error(`error frame ${frame.u}`);
    }
    return {
      errno: view.getInt32(0, true),
      retval: [view.getBigInt64(8, true), view.getBigInt64(16, true)],
    };
  }

  close(): void {
    this.socket.destroy();
  }
}
