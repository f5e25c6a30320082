/**
 * A server: who may come, who is there, and who has been announced.
 *
 * NetBSD: lib/librumpuser/rumpuser_sp.c (rumpuser_sp_init, spserver), sys/rump/librump/rumpkern/rump.c.
 */
import { timingSafeEqual } from 'node:crypto';
import { exit1 } from '../kern/exit.ts';
import type { Kernel } from '../kern/kernel.ts';
import type { Lwp } from '../kern/lwp.ts';
import type { Proc } from '../kern/proc.ts';
import { setrunnable } from '../kern/runnable.ts';
import { settle } from '../kern/sched.ts';
import { MACHINE, OSRELEASE, OSTYPE } from '../kern/version.ts';
import { Client, type Transport } from './client.ts';
import { Rooms } from './rooms.ts';

/** Bytes of a key that a forked child shows. */
export const AUTH_SIZE = 16;
/** Connections without a handshake are closed after this, and children that do not come are given up. */
export const HANDSHAKE_MS = 10_000;

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

  constructor(k: Kernel, { who, token, maxClients, tell }: ServerOptions) {
    this.kernel = k;
    this.who = who;
    this.token = token === null ? null : Buffer.from(token);
    this.#maxClients = maxClients;
    this.tell = tell;
  }

  /** Somebody has come. @returns null: not now */
  admit(transport: Transport): Client | null {
    if (this.clients.size >= this.#maxClients || this.kernel.state !== 'running') {
      return null;
    }
    const client = new Client(this, transport);
    this.clients.add(client);
    transport.write(Buffer.from(`RUMPSP-0.4-${OSTYPE}-${OSRELEASE}/${MACHINE}\n`));
    return client;
  }

  /** End every connection. */
  close(): void {
    for (const client of [...this.clients]) {
      client.close();
    }
    for (const [key, { lwp }] of this.#expected) {
      this.#expected.delete(key);
      this.#dismiss(lwp);
    }
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
