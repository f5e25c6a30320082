/**
 * A process in the kernel of another host process, over sysproxy.
 */
import { connect as netConnect, type Socket } from 'node:net';
import { encodeCall } from '../emul/netbsd/client.ts';
import { Arena } from '../emul/netbsd/encoder.ts';
import { EAGAIN, EINVAL, EIO, ENOTCONN, EPERM, Errno } from '../sys/errno.ts';
import * as errnos from '../sys/errnos.ts';
import { SYSCALLS } from '../sys/syscalls.master.ts';
import { isCallable } from '../sys/syscalls.ts';
import type { SysentRow } from '../sys/sysent.ts';
import {
  encodeFrame,
  type Frame,
  HANDSHAKE_AUTH,
  HANDSHAKE_EXEC,
  HANDSHAKE_FORK,
  HANDSHAKE_GUEST,
  Reassembly,
  RUMPSP_ANONMMAP,
  RUMPSP_COPYIN,
  RUMPSP_COPYINSTR,
  RUMPSP_COPYOUT,
  RUMPSP_ERROR,
  RUMPSP_HANDSHAKE,
  RUMPSP_PREFORK,
  RUMPSP_RAISE,
  RUMPSP_REQ,
  RUMPSP_RESP,
  RUMPSP_SYSCALL,
  words,
} from '../sysproxy/frame.ts';
import { type Address, parseUrl } from '../sysproxy/url.ts';
import { argChecks, copyout } from './args.ts';
import { SysError } from './errors.ts';
import type { PromiseCalls } from './facade.ts';
import { type OnSignal, SignalHandlers } from './handlers.ts';

export interface ConnectOptions {
  /** What the server wants to be shown. */
  readonly token?: string;
  /** Command name of the process. Default: "node". */
  readonly comm?: string;
  /** Called with the number of each signal for which the process has a handler that is no function of this program. */
  readonly onsignal?: OnSignal;
}

/** Bytes of a frame at most, and of the memory a server may ask for. */
const FRAME_MAX = 1 << 24;
const ANONMMAP_MAX = 1 << 20;
/** Bytes of the banner. */
const BANNER_MAX = 96;

const BY_NUMBER: ReadonlyMap<number, Errno> = new Map(
  Object.values(errnos)
    .filter((each) => each instanceof Errno)
    .map((each) => [each.errno, each]),
);

/** What an error frame means for a call. */
const PROTOCOL: readonly Errno[] = [EIO, EAGAIN, EPERM, EPERM, EIO, EAGAIN, EAGAIN, EINVAL];

/** A process of a kernel elsewhere. */
export class RemoteProc {
  readonly pid: number;
  readonly #wire: Wire;
  /** The same calls as of a local process. A call that cannot be sent is ENOSYS. */
  readonly promises: PromiseCalls;

  /** @internal */
  constructor(wire: Wire, pid: number) {
    this.#wire = wire;
    this.pid = pid;
    this.promises = remoteCalls(wire);
  }

  /** A child, over a connection of its own, with copies of the descriptors. */
  async fork(): Promise<RemoteProc> {
    const key = await this.#wire.ask(RUMPSP_PREFORK, 0, new Uint8Array(0));
    const { address, options, handlers } = this.#wire;
    const wire = await Wire.open(address, options, handlers.copy());
    await wire.ask(RUMPSP_HANDSHAKE, HANDSHAKE_FORK, key.body, new Uint8Array(4));
    return settled(wire);
  }

  /** Be another program, called `comm`: descriptors that are to be closed then are closed. */
  async exec(comm: string): Promise<void> {
    await this.#wire.ask(RUMPSP_HANDSHAKE, HANDSHAKE_EXEC, Buffer.from(`${comm}\0`));
  }

  /** Leave: the process exits. */
  close(): void {
    this.#wire.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** One connection. */
class Wire {
  readonly address: Address;
  readonly options: ConnectOptions;
  readonly arena = new Arena();
  readonly handlers: SignalHandlers;
  readonly #socket: Socket;
  readonly #input = new Reassembly(FRAME_MAX);
  readonly #waiting = new Map<
    bigint,
    { readonly resolve: (frame: Frame) => void; readonly reject: (error: unknown) => void }
  >();
  #reqno = 1n;
  #gone: string | null = null;

  private constructor(address: Address, options: ConnectOptions, handlers: SignalHandlers, socket: Socket) {
    this.address = address;
    this.options = options;
    this.handlers = handlers;
    this.#socket = socket;
  }

  /** Connected, the banner read, the token shown. */
  static async open(
    address: Address,
    options: ConnectOptions,
    handlers = new SignalHandlers(options.onsignal),
  ): Promise<Wire> {
    const socket =
      address.kind === 'unix' ? netConnect(address.path) : netConnect(address.port, address.host);
    socket.setNoDelay(true);
    const wire = new Wire(address, options, handlers, socket);
    await wire.#banner();
    if (options.token !== undefined) {
      await wire.ask(RUMPSP_HANDSHAKE, HANDSHAKE_AUTH, Buffer.from(`${options.token}\0`));
    }
    return wire;
  }

  #banner(): Promise<void> {
    return new Promise((resolve, reject) => {
      let banner = '';
      this.#socket.on('error', (error) => {
        this.#lost(error.message);
        reject(error);
      });
      this.#socket.on('close', () => {
        this.#lost('the server has closed the connection');
        reject(new SysError(ENOTCONN, 'connect', 'closed before the banner'));
      });
      this.#socket.on('data', (chunk) => {
        if (banner.endsWith('\n')) {
          this.#receive(chunk);
          return;
        }
        const end = chunk.indexOf(10) + 1;
        banner += chunk.toString('latin1', 0, end === 0 ? chunk.length : end);
        if (end > 0 && banner.startsWith('RUMPSP-0.')) {
          resolve();
          this.#receive(chunk.subarray(end));
        } else if (banner.length > BANNER_MAX || end > 0) {
          reject(new SysError(EINVAL, 'connect', 'that is no sysproxy server'));
          this.close();
        }
      });
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #lost(why: string): void {
    this.#gone ??= why;
    for (const { reject } of this.#waiting.values()) {
      reject(new SysError(ENOTCONN, 'sysproxy', why));
    }
    this.#waiting.clear();
  }

  /** Send a request and wait for its answer. Rejects with SysError, also for an error frame. */
  ask(type: number, u: number, ...body: readonly Uint8Array[]): Promise<Frame> {
    return new Promise((resolve, reject) => {
      if (this.#gone !== null) {
        reject(new SysError(ENOTCONN, 'sysproxy', this.#gone));
        return;
      }
      const reqno = this.#reqno++;
      this.#waiting.set(reqno, { resolve, reject });
      this.#socket.write(encodeFrame(reqno, RUMPSP_REQ, type, u, ...body));
    });
  }

  #receive(chunk: Uint8Array): void {
    this.#input.push(chunk);
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
          waiting?.reject(
            new SysError(PROTOCOL[frame.u] ?? EIO, 'sysproxy', `error ${frame.u} of the server`),
          );
        } else {
          waiting?.resolve({ ...frame, body: frame.body.slice() });
        }
      }
    }
  }

  /** The server wants something of this side's memory. */
  #serve({ reqno, type, u, body }: Frame): void {
    try {
      const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
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
          this.handlers.raise(u);
      }
    } catch (error) {
      if (!(error instanceof Errno) && !(error instanceof RangeError)) {
        throw error;
      }
      // A copy out to nowhere is not answered, and what asks is told that there is nothing.
      if (type !== RUMPSP_COPYOUT) {
        this.#socket.write(encodeFrame(reqno, RUMPSP_ERROR, type, 0));
      }
    }
  }

  #answer(reqno: bigint, type: number, body: Uint8Array): void {
    this.#socket.write(encodeFrame(reqno, RUMPSP_RESP, type, 0, body));
  }
}

/** Make a system call over a connection. */
async function remoteCall(wire: Wire, row: SysentRow, args: readonly unknown[]): Promise<unknown> {
  const { checks, filled } = argChecks(row);
  const copies = checks.map((check, i) => check(args[i]));
  try {
    const call = encodeCall(row, wire.arena, copies);
    try {
      const { body } = await wire.ask(RUMPSP_SYSCALL, row.number, call.args);
      const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
      const errno = view.getInt32(0, true);
      if (errno !== 0) {
        call.failed();
        throw BY_NUMBER.get(errno) ?? EIO;
      }
      const value = call.result([view.getBigInt64(8, true), view.getBigInt64(16, true)]);
      for (const i of filled) {
        copyout(args[i], copies[i]);
      }
      if (row.call === 'sigaction') {
        wire.handlers.note(copies[0], copies[1]);
      }
      return value;
    } finally {
      call.release();
    }
  } catch (error) {
    throw error instanceof Errno ? new SysError(error, row.call) : error;
  }
}

/** A method for every call, made when it is used. */
function remoteCalls(wire: Wire): PromiseCalls {
  const calls = {};
  for (const row of SYSCALLS as readonly SysentRow[]) {
    if (isCallable(row)) {
      Object.defineProperty(calls, row.call, { value: (...args: unknown[]) => remoteCall(wire, row, args) });
    }
  }
  return calls as PromiseCalls;
}

async function settled(wire: Wire): Promise<RemoteProc> {
  const proc = new RemoteProc(wire, 0);
  return new RemoteProc(wire, await proc.promises.getpid());
}

/**
 * Be a process of the kernel that serves `url`. Rejects with SysError EINVAL (no URL, no server), EPERM (the token), or
 * the host's error.
 */
export async function connect(url: string, options: ConnectOptions = {}): Promise<RemoteProc> {
  const address = typeof url === 'string' ? parseUrl(url) : null;
  if (address === null) {
    throw new SysError(
      EINVAL,
      'connect',
      `not a URL of a server: ${String(url)} (unix:///path, tcp://127.0.0.1:port)`,
    );
  }
  const wire = await Wire.open(address, options);
  try {
    await wire.ask(RUMPSP_HANDSHAKE, HANDSHAKE_GUEST, Buffer.from(`${options.comm ?? 'node'}\0`));
    return await settled(wire);
  } catch (error) {
    wire.close();
    throw error;
  }
}
