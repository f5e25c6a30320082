/**
 * A connection to a kernel elsewhere: requests and their answers, and what that kernel wants of this side's memory.
 *
 * NetBSD: lib/librumpclient/rumpclient.c.
 */
import { Arena } from '../emul/netbsd/encoder.ts';
import { siginfoCodec } from '../emul/netbsd/structs.ts';
import { dial, type SocketUser } from '../rumpuser/sockets.ts';
import { signame } from '../sys/constants/signal.ts';
import { EAGAIN, EBUSY, EINVAL, EIO, ENOMEM, ENOTCONN, EPERM, Errno, ESRCH } from '../sys/errno.ts';
import type { Siginfo } from '../sys/types.ts';
import {
  type Frame,
  frameLength,
  HANDSHAKE_ATTACH,
  HANDSHAKE_ATTACHED,
  HANDSHAKE_AUTH,
  type HANDSHAKE_EXEC,
  type HANDSHAKE_GUEST,
  putFrame,
  Reassembly,
  RUMPSP_ANONMMAP,
  RUMPSP_COPYIN,
  RUMPSP_COPYINSTR,
  RUMPSP_COPYOUT,
  RUMPSP_ERROR,
  RUMPSP_HANDSHAKE,
  RUMPSP_RAISE,
  RUMPSP_REQ,
  RUMPSP_RESP,
  words,
} from '../sysproxy/frame.ts';
import { KEPT_MIN, Rooms } from '../sysproxy/rooms.ts';
import type { Address } from '../sysproxy/url.ts';
import { SysError } from './errors.ts';
import { type OnSignal, SignalHandlers } from './handlers.ts';

export interface ConnectOptions {
  /** What the server wants to be shown. */
  readonly token?: string;
  /** Command name of the process. Default: "node". */
  readonly comm?: string;
  /** Called with the number of each signal for which the process has a handler that is no function of this program. */
  readonly onsignal?: OnSignal;
  /** False: never send along what a call points at, as clients of the original do. */
  readonly attach?: boolean;
}

/** Bytes of a frame at most, and of the memory a server may ask for. */
const FRAME_MAX = 1 << 24;
const ANONMMAP_MAX = 1 << 20;
/** Bytes of the banner. */
const BANNER_MAX = 96;

/** What an error frame means for a call. */
const PROTOCOL: readonly (readonly [Errno, string])[] = [
  [EIO, 'no error'],
  [EAGAIN, 'the server has too much to do'],
  [EPERM, 'the server wants a token, another one, or none'],
  [ESRCH, 'the server does not know of that child'],
  [EIO, 'the server cannot make a process'],
  [EBUSY, 'an exec is under way'],
  [ENOMEM, 'the server has no memory'],
  [EINVAL, 'the server does not understand'],
];

/** What a connection goes over: a socket, as far as one is used. */
export interface Line {
  /** @param written nobody looks at the frame any more */
  write(frame: Uint8Array, written?: () => void): unknown;
  destroy(): void;
}

/** The way to a server, a new one each time. What happens there is told, but not before this has returned. */
export type Dial = (user: SocketUser) => Line;

export function dialTo(address: Address): Dial {
  return (user) => dial(address, user);
}

export class Wire {
  readonly dial: Dial;
  readonly options: ConnectOptions;
  readonly arena: Arena;
  readonly handlers: SignalHandlers;
  /** The server takes what a call points at along with it. */
  attaches = false;
  /** It has asked to exit: the server will close. */
  exits = false;
  /** The server has said what it is. Rejects with SysError: EINVAL, ENOTCONN, or the host's. */
  readonly ready: Promise<void>;
  #introduced = { resolve: (): void => {}, reject: (_error: SysError): void => {} };
  #banner = '';
  readonly #line: Line;
  readonly #rooms = new Rooms();
  readonly #input = new Reassembly(FRAME_MAX, (length) => this.#rooms.take(length));
  readonly #waiting = new Map<
    bigint,
    { readonly resolve: (body: Uint8Array) => void; readonly reject: (error: unknown) => void }
  >();
  #reqno = 1n;
  /** Why nothing more can be asked. */
  #gone: (() => SysError) | null = null;

  /** @param parent a forked child's, whose handlers it has inherited */
  constructor(dial: Dial, options: ConnectOptions, parent?: Wire) {
    this.dial = dial;
    this.options = options;
    this.handlers = parent?.handlers.copy() ?? new SignalHandlers(options.onsignal);
    this.arena = new Arena(parent?.arena.handles);
    this.ready = new Promise((resolve, reject) => {
      this.#introduced = { resolve, reject };
    });
    this.#line = dial({
      received: (bytes, length) => this.#received(bytes, length),
      drained: () => {},
      ended: (error) => this.#ended(error),
    });
  }

  /** Connected, the banner read, the token shown. */
  static async open(dial: Dial, options: ConnectOptions, parent?: Wire): Promise<Wire> {
    const wire = new Wire(dial, options, parent);
    await wire.ready;
    if (options.token !== undefined) {
      await wire.ask(RUMPSP_HANDSHAKE, HANDSHAKE_AUTH, Buffer.from(`${options.token}\0`));
    }
    return wire;
  }

  /** Say who this is, or will be. Rejects with SysError. */
  async introduce(as: typeof HANDSHAKE_GUEST | typeof HANDSHAKE_EXEC, comm: string): Promise<void> {
    const suffix = this.options.attach === false ? '' : HANDSHAKE_ATTACH;
    const body = await this.ask(RUMPSP_HANDSHAKE, as, Buffer.from(`${comm}\0${suffix}`));
    this.attaches = body.length >= 8 && ((body[4] as number) & HANDSHAKE_ATTACHED) !== 0;
  }

  #received(bytes: Uint8Array, length: number): void {
    let at = 0;
    if (!this.#banner.endsWith('\n')) {
      at = Math.min(bytes.indexOf(10) + 1 || length, length);
      this.#banner += Buffer.from(bytes.subarray(0, at)).toString('latin1');
      if (
        this.#banner.endsWith('\n') ? !this.#banner.startsWith('RUMPSP-0.') : this.#banner.length > BANNER_MAX
      ) {
        this.#introduced.reject(new SysError(EINVAL, 'connect', 'that is no sysproxy server'));
        this.close();
        return;
      }
      if (!this.#banner.endsWith('\n')) {
        return;
      }
      this.#introduced.resolve();
    }
    if (at < length) {
      this.#receive(at === 0 ? bytes : bytes.subarray(at, length), length - at);
    }
  }

  #ended(error: Errno | null): void {
    if (this.exits) {
      this.#lost(ESRCH, 'the process has exited');
    }
    this.#lost(ENOTCONN, error === null ? 'the server has closed the connection' : error.message);
    this.#introduced.reject(
      error === null
        ? new SysError(ENOTCONN, 'connect', 'closed before the banner')
        : new SysError(error, 'connect'),
    );
  }

  get alive(): boolean {
    return this.#gone === null;
  }

  /** It is over; whoever asks, and whoever waits for an answer, is told why. */
  close(errno: Errno = ENOTCONN, why = 'the connection has been closed'): void {
    this.#lost(errno, why);
    this.#line.destroy();
  }

  #lost(errno: Errno, why: string): void {
    this.#gone ??= () => new SysError(errno, 'sysproxy', why);
    for (const { reject } of this.#waiting.values()) {
      reject(this.#gone());
    }
    this.#waiting.clear();
  }

  /** Send a request and wait for the body of its answer. Rejects with SysError, also for an error frame. */
  ask(type: number, u: number, ...body: readonly Uint8Array[]): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#gone !== null) {
        reject(this.#gone());
        return;
      }
      const reqno = this.#reqno++;
      this.#waiting.set(reqno, { resolve, reject });
      this.#send(reqno, RUMPSP_REQ, type, u, body);
    });
  }

  #send(reqno: bigint, cls: number, type: number, u: number, body: readonly Uint8Array[]): void {
    const length = frameLength(body);
    const memory = this.#rooms.take(length);
    const frame = memory.subarray(0, length);
    putFrame(frame, reqno, cls, type, u, body);
    this.#line.write(frame, length < KEPT_MIN ? undefined : () => this.#rooms.give(memory));
  }

  #receive(chunk: Uint8Array, length: number): void {
    this.#input.push(chunk, length);
    for (let frame = this.#input.next(); frame !== null; frame = this.#input.next()) {
      if (frame === 'bad') {
        this.close();
        return;
      }
      if (frame.class === RUMPSP_REQ) {
        this.#serve(frame);
      } else {
        const waiting = this.#waiting.get(frame.reqno);
        this.#waiting.delete(frame.reqno);
        if (frame.class === RUMPSP_ERROR) {
          const [error, why] = PROTOCOL[frame.u] ?? [EIO, `error ${frame.u} of the server`];
          waiting?.reject(new SysError(error, 'sysproxy', why));
        } else {
          waiting?.resolve(frame.body.slice());
        }
      }
      if (frame.alone) {
        this.#rooms.give(frame.body);
      }
    }
    this.#input.keep();
  }

  /** The server wants something of this side's memory. */
  #serve({ reqno, type, u, body }: Frame): void {
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    try {
      switch (type) {
        case RUMPSP_COPYIN:
          this.#answer(
            reqno,
            RUMPSP_COPYIN,
            this.arena.read(view.getBigUint64(8, true), Number(view.getBigUint64(0, true))),
          );
          return;
        case RUMPSP_COPYINSTR:
          this.#answer(
            reqno,
            RUMPSP_COPYIN,
            this.arena.readText(view.getBigUint64(8, true), Number(view.getBigUint64(0, true))),
          );
          return;
        case RUMPSP_COPYOUT:
          this.arena.write(view.getBigUint64(8, true), body.subarray(16));
          return;
        case RUMPSP_ANONMMAP: {
          const length = Math.min(Number(view.getBigUint64(0, true)), ANONMMAP_MAX);
          this.#answer(reqno, RUMPSP_ANONMMAP, words(this.arena.add(new Uint8Array(length))));
          return;
        }
        case RUMPSP_RAISE:
          this.#raised(u, body.length >= siginfoCodec.size ? siginfoCodec.decode(body) : undefined);
      }
    } catch (error) {
      if (!(error instanceof Errno) && !(error instanceof RangeError)) {
        throw error;
      }
      // A copy out to nowhere is not answered, and what asks is told that there is nothing.
      if (type !== RUMPSP_COPYOUT) {
        this.#send(reqno, RUMPSP_ERROR, type, 0, []);
      }
    }
  }

  #raised(signo: number, info: Siginfo | undefined): void {
    try {
      // What nothing here handles ends the program: this process of it.
      if (!this.handlers.raise(signo, info)) {
        this.close(ESRCH, `the process was killed by ${signame(signo) ?? signo}`);
      }
    } catch (error) {
      // A handler is nobody's callee: what it throws is this program's, but no frame is lost of it.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  #answer(reqno: bigint, type: number, body: Uint8Array): void {
    this.#send(reqno, RUMPSP_RESP, type, 0, [body]);
  }
}
