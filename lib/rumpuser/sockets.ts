/**
 * Stream sockets of the host, on the event loop of this isolate. They belong to no kernel: a server of a simulated host
 * is as real as any.
 *
 * NetBSD: lib/librumpuser/rumpuser_sp.c.
 */
import { EAGAIN, ECONNREFUSED, EIO, ENOBUFS, type Errno, errnoByNumber } from '../sys/errno.ts';
import { throwing } from './host_errno.ts';
import {
  ACCEPTED,
  type NativeSockets,
  nativeSockets,
  READS,
  RECEIVED,
  type Told,
  WRITABLE,
  WRITES,
} from './native_sockets.ts';
import { SocketOutput } from './socket_output.ts';

/** Where a socket is or goes: a path of the host, or a host in numbers and a port. */
export type SocketAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** Whose a connection is. */
export interface SocketUser {
  /** `length` bytes have come. `bytes` is always the same memory, and theirs during the call only. */
  received(bytes: Uint8Array, length: number): void;
  /** Everything has been sent, after `write` has said that too much waits. */
  drained(): void;
  /** The other end has closed it: null, or why it is over. Not called for what is called here. */
  ended(error: Errno | null): void;
}

/** Bytes that wait to be sent when no more should be written, and at most: who does not read them is not there. */
const BACKLOG_FULL = 1 << 20;
const BACKLOG_MAX = 32 << 20;
/** Milliseconds until a connection is tried again where too many wait. */
const AGAIN_MS = 2;

export class Connection implements Told {
  readonly #sockets: NativeSockets;
  readonly #user: SocketUser;
  readonly #output: SocketOutput;
  /** -1: not yet, or no more. */
  #number = -1;
  /** Why nothing can be sent until it is writable. */
  #blocked: 'connecting' | 'full' | null = 'connecting';
  /** Somebody will flush. */
  #flushing = false;
  /** `write` has said that too much waits. */
  #full = false;
  #reads = true;
  #state: 'open' | 'ending' | 'failed' | 'closed' = 'open';
  #timer: NodeJS.Timeout | undefined;

  constructor(sockets: NativeSockets, user: SocketUser) {
    this.#sockets = sockets;
    this.#user = user;
    this.#output = new SocketOutput(sockets);
  }

  /** It is the host's socket `number`. */
  attach(number: number, connected: boolean): void {
    this.#number = number;
    this.#sockets.tell(number, this);
    if (connected) this.#blocked = null;
    this.#watch();
    this.flush();
  }

  /** Connect, now or soon. */
  dial(address: SocketAddress): void {
    if (this.#state === 'closed') return;
    const { binding } = this.#sockets;
    const number =
      address.kind === 'unix'
        ? binding.connectUnix(address.path)
        : binding.connectTcp(numeric(address.host), address.port);
    if (number >= 0) {
      this.attach(number, address.kind === 'unix');
    } else if (number === -EAGAIN.errno) {
      this.#timer = setTimeout(() => this.dial(address), AGAIN_MS);
    } else {
      this.fail(errnoByNumber(-number) ?? EIO);
    }
  }

  /** "127.0.0.1:1234", where the other end of a TCP connection is; empty for others. */
  get peer(): string {
    return this.#number < 0 ? '' : this.#sockets.binding.peer(this.#number);
  }

  /** Bytes that wait to be sent. */
  get backlog(): number {
    return this.#output.length;
  }

  /**
   * Send `piece`: together with others that are written while a handler of this connection, or `together`, runs; else
   * at once.
   * @param written nobody looks at it any more
   * @returns false when so much waits that nothing more should be written until `drained` is told
   */
  write(piece: Uint8Array, written?: () => void): boolean {
    if (this.#state !== 'open') {
      written?.();
      return true;
    }
    this.#output.push(piece, written);
    if (this.#output.length > BACKLOG_MAX) {
      this.fail(ENOBUFS);
    } else if (!this.#flushing && this.#blocked === null) {
      this.#flushing = this.#sockets.flushesLater(this);
      if (!this.#flushing) this.flush();
    }
    this.#full ||= this.#output.length > BACKLOG_FULL;
    return !this.#full;
  }

  flush(): void {
    this.#flushing = false;
    if (this.#number < 0 || this.#blocked !== null || this.#state === 'failed') return;
    const left = this.#output.send(this.#number);
    if (left < 0) {
      this.fail(errnoByNumber(-left) ?? EIO);
    } else if (left > 0) {
      this.#blocked = 'full';
      this.#watch();
    } else if (this.#state === 'ending') {
      this.destroy();
    } else if (this.#full) {
      // Not here: who writes in answer to that would come back to this.
      this.#sockets.soon(() => this.#drained());
    }
  }

  #drained(): void {
    if (this.#full && this.#output.length === 0 && this.#number >= 0) {
      this.#full = false;
      this.#user.drained();
    }
  }

  pause(): void {
    this.#read(false);
  }

  resume(): void {
    this.#read(true);
  }

  #read(reads: boolean): void {
    if (this.#reads !== reads) {
      this.#reads = reads;
      this.#watch();
    }
  }

  #watch(): void {
    if (this.#number >= 0) {
      const writes = this.#blocked === null ? 0 : WRITES;
      this.#sockets.binding.watch(this.#number, (this.#reads ? READS : 0) | writes);
    }
  }

  happened(event: number, value: number): void {
    if (event === RECEIVED) {
      this.#user.received(this.#sockets.binding.input, value);
    } else if (event === WRITABLE) {
      this.#writable();
    } else {
      this.#over(value === 0 ? null : (errnoByNumber(value) ?? EIO));
    }
  }

  #writable(): void {
    if (this.#blocked === 'connecting') {
      const error = this.#sockets.binding.error(this.#number);
      if (error !== 0) {
        this.#over(errnoByNumber(-error) ?? EIO);
        return;
      }
    }
    this.#blocked = null;
    this.flush();
    if (this.#blocked === null) this.#watch();
  }

  /** It is over, which is told when nobody is in the middle of something. */
  fail(error: Errno): void {
    if (this.#state === 'open' || this.#state === 'ending') {
      this.#state = 'failed';
      this.#sockets.soon(() => this.#over(error));
    }
  }

  #over(error: Errno | null): void {
    if (this.#state !== 'closed') {
      this.destroy();
      this.#user.ended(error);
    }
  }

  /** Close it when everything has been sent, within so many milliseconds. */
  end(lingerMs: number): void {
    if (this.#state === 'open') {
      this.#state = 'ending';
      this.pause();
      if (this.#output.length === 0) this.destroy();
      else this.#timer = setTimeout(() => this.destroy(), lingerMs);
    }
  }

  /** Close it. Again: no-op. */
  destroy(): void {
    this.#state = 'closed';
    clearTimeout(this.#timer);
    if (this.#number >= 0) {
      this.#sockets.tell(this.#number, undefined);
      this.#sockets.binding.close(this.#number);
      this.#number = -1;
    }
    this.#output.drop();
  }
}

export class SocketListener implements Told {
  /** With the port that was taken. */
  readonly address: SocketAddress;
  readonly #sockets = nativeSockets();
  readonly #accepted: (accept: (user: SocketUser) => Connection) => void;
  #number: number;

  /** @param accepted somebody has come: whose is that? Nobody's: it is closed. @throws Errno of the host */
  constructor(address: SocketAddress, accepted: (accept: (user: SocketUser) => Connection) => void) {
    const { binding } = this.#sockets;
    if (address.kind === 'unix') {
      this.#number = throwing(binding.listenUnix(address.path));
      this.address = address;
    } else {
      this.#number = throwing(binding.listenTcp(numeric(address.host), address.port));
      this.address = { ...address, port: this.#sockets.port };
    }
    this.#accepted = accepted;
    this.#sockets.tell(this.#number, this);
    binding.watch(this.#number, READS);
  }

  happened(event: number, value: number): void {
    if (event !== ACCEPTED) return;
    let taken = false;
    try {
      this.#accepted((user) => {
        taken = true;
        const connection = new Connection(this.#sockets, user);
        connection.attach(value, true);
        return connection;
      });
    } finally {
      if (!taken) this.#sockets.binding.close(value);
    }
  }

  /** Do not keep the process alive. */
  unref(): void {
    if (this.#number >= 0) this.#sockets.binding.keepAlive(this.#number, false);
  }

  /** Listen no more. Again: no-op. */
  close(): void {
    if (this.#number >= 0) {
      this.#sockets.tell(this.#number, undefined);
      this.#sockets.binding.close(this.#number);
      this.#number = -1;
    }
  }
}

/** Connect: what goes wrong is told. */
export function dial(address: SocketAddress, user: SocketUser): Connection {
  const connection = new Connection(nativeSockets(), user);
  connection.dial(address);
  return connection;
}

/** Send what `fn` writes, to whomever, together when it has returned. */
export function together(fn: () => void): void {
  nativeSockets().together(fn);
}

/** Call `fn` when nobody is in the middle of anything. */
export function soon(fn: () => void): void {
  nativeSockets().soon(fn);
}

/** Has whoever listened at a path of the host gone? */
export function isAbandoned(path: string): boolean {
  const { binding } = nativeSockets();
  const number = binding.connectUnix(path);
  if (number >= 0) binding.close(number);
  return number === -ECONNREFUSED.errno;
}

function numeric(host: string): string {
  return host === 'localhost' ? '127.0.0.1' : host;
}
