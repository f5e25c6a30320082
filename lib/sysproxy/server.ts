/**
 * A server: who listens, who may come, and who has been announced.
 *
 * NetBSD: lib/librumpuser/rumpuser_sp.c (rumpuser_sp_init, spserver), sys/rump/librump/rumpkern/rump.c.
 */
import { timingSafeEqual } from 'node:crypto';
import { lstatSync, unlinkSync } from 'node:fs';
import { createConnection, createServer, type Server as NetServer, type Socket } from 'node:net';
import { exit1 } from '../kern/exit.ts';
import type { Kernel } from '../kern/kernel.ts';
import type { Lwp } from '../kern/lwp.ts';
import type { Proc } from '../kern/proc.ts';
import { setrunnable } from '../kern/runnable.ts';
import { settle } from '../kern/sched.ts';
import { MACHINE, OSRELEASE, OSTYPE } from '../kern/version.ts';
import { Client, type Transport } from './client.ts';
import { Rooms } from './rooms.ts';
import { type Address, formatUrl } from './url.ts';

/** Bytes of a key that a forked child shows. */
export const AUTH_SIZE = 16;
/** Connections without a handshake are closed after this. */
const HANDSHAKE_MS = 10_000;
/** Bytes that wait for a client when nothing more of it is begun, and when it is closed. */
const BACKLOG_PAUSE = 1 << 20;
const BACKLOG_MAX = 32 << 20;
/** What a closed connection has left to say is said within this time. */
const LINGER_MS = 1000;

/** Whose rights clients have. */
export interface Who {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

export interface ServerOptions {
  readonly who: Who;
  /** What a client must know. Null: whoever can connect may come. */
  readonly token: string | null;
  /** Clients at a time. */
  readonly maxClients: number;
  /** A client has got its process, or has gone. */
  readonly tell: (type: 'connected' | 'gone', p: Proc) => void;
}

/** A child that has been announced. */
export interface Expected {
  readonly parent: Client;
  readonly lwp: Lwp;
  /** It may attach memory, as its parent might when it was announced. */
  readonly attaches: boolean;
}

export class Server {
  readonly kernel: Kernel;
  readonly who: Who;
  readonly token: Buffer | null;
  readonly clients = new Set<Client>();
  readonly rooms = new Rooms();
  /** Children that have been announced, by their keys. */
  readonly #expected = new Map<string, Expected>();
  readonly #maxClients: number;
  readonly tell: ServerOptions['tell'];
  #net: NetServer | null = null;
  #address = '';
  #connections = 0;

  constructor(k: Kernel, { who, token, maxClients, tell }: ServerOptions) {
    this.kernel = k;
    this.who = who;
    this.token = token === null ? null : Buffer.from(token);
    this.#maxClients = maxClients;
    this.tell = tell;
  }

  /** Begin to listen. @returns the address, with the port that was taken. Rejects with the host's error. */
  async listen(address: Address): Promise<Address> {
    try {
      this.#net = await this.#bind(address);
    } catch (error) {
      if (address.kind !== 'unix' || !(await isStale(address.path, error))) {
        throw error;
      }
      unlinkSync(address.path);
      this.#net = await this.#bind(address);
    }
    const net = this.#net.address();
    const bound =
      address.kind === 'tcp' && typeof net === 'object' && net !== null
        ? { ...address, port: net.port }
        : address;
    this.#address = formatUrl(bound);
    return bound;
  }

  #bind(address: Address): Promise<NetServer> {
    return new Promise((resolve, reject) => {
      const net = createServer((socket) => this.#connected(socket));
      net.once('error', reject);
      net.listen(address.kind === 'unix' ? { path: address.path } : address, () => {
        net.off('error', reject);
        resolve(net);
      });
    });
  }

  /** Listen no more, and end every connection. */
  async close(): Promise<void> {
    const net = this.#net;
    this.#net = null;
    for (const client of [...this.clients]) {
      client.close();
    }
    for (const [key, { lwp }] of this.#expected) {
      this.#expected.delete(key);
      this.#dismiss(lwp);
    }
    if (net !== null) {
      await new Promise<void>((resolve) => {
        net.close(() => resolve());
      });
    }
  }

  unref(): void {
    this.#net?.unref();
  }

  #connected(socket: Socket): void {
    if (this.clients.size >= this.#maxClients || this.kernel.state !== 'running') {
      socket.destroy();
      return;
    }
    socket.setNoDelay(true);
    const client = new Client(this, transportOf(socket, this.#peerOf(socket)));
    this.clients.add(client);
    const timer = setTimeout(() => {
      if (!client.established) {
        client.close();
      }
    }, HANDSHAKE_MS);
    timer.unref();
    socket.on('data', (chunk) => client.receive(chunk));
    socket.on('drain', () => client.drained());
    socket.on('error', () => client.close());
    socket.on('close', () => {
      clearTimeout(timer);
      client.close();
    });
    socket.write(`RUMPSP-0.4-${OSTYPE}-${OSRELEASE}/${MACHINE}\n`);
  }

  /** Who a connection is, as far as the host tells: of a unix socket there is the server's address only. */
  #peerOf({ remoteAddress, remotePort }: Socket): string {
    const address = remoteAddress === undefined ? this.#address : `tcp://${remoteAddress}:${remotePort}`;
    return `${address}#${++this.#connections}`;
  }

  /** Is this the token? */
  authenticates(body: Uint8Array): boolean {
    const end = body.indexOf(0);
    const given = Buffer.from(body.subarray(0, end < 0 ? body.length : end));
    return this.token !== null && given.length === this.token.length && timingSafeEqual(given, this.token);
  }

  // ---- children that are to come

  /** How many `parent` has announced. */
  preforks(parent: Client): number {
    return [...this.#expected.values()].filter((each) => each.parent === parent).length;
  }

  /** A child of `parent` will come. @returns the key it will show */
  expect(parent: Client, lwp: Lwp): Uint8Array {
    const key = new Uint8Array(AUTH_SIZE);
    this.kernel.random.bytes(key);
    this.#expected.set(Buffer.from(key).toString('hex'), { parent, lwp, attaches: parent.attaches });
    return key;
  }

  /** It has come. @returns null for a key that is none */
  claim(key: Uint8Array): Expected | null {
    const name = Buffer.from(key).toString('hex');
    const expected = this.#expected.get(name);
    this.#expected.delete(name);
    return expected ?? null;
  }

  /** A client has gone. Children it has announced may still come, for as long as a handshake may take. */
  forget(parent: Client): void {
    for (const [key, expected] of this.#expected) {
      if (expected.parent === parent) {
        setTimeout(() => {
          if (this.#expected.delete(key)) {
            this.#dismiss(expected.lwp);
          }
        }, HANDSHAKE_MS).unref();
      }
    }
  }

  /** End the process of a child that has not come. */
  #dismiss(l: Lwp): void {
    if (this.kernel.state === 'running' && l.proc.alive && l.coroutine === null) {
      l.coroutine = exit1(l, 0);
      setrunnable(l);
      settle(this.kernel);
    }
  }
}

function transportOf(socket: Socket, peer: string): Transport {
  return {
    peer,
    write(frame, written) {
      socket.write(frame, written);
      if (socket.writableLength > BACKLOG_MAX) {
        socket.destroy();
      }
      return socket.writableLength <= BACKLOG_PAUSE;
    },
    cork: () => socket.cork(),
    uncork: () => socket.uncork(),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end() {
      const timer = setTimeout(() => socket.destroy(), LINGER_MS);
      socket.once('close', () => clearTimeout(timer));
      socket.end(() => socket.destroy());
    },
  };
}

/** Is what is in the way a socket that a server which is no more has left? Anything else stays. */
async function isStale(path: string, error: unknown): Promise<boolean> {
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || !lstatSync(path).isSocket()) {
    return false;
  }
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (refused: NodeJS.ErrnoException) => resolve(refused.code === 'ECONNREFUSED'));
  });
}
