/**
 * Sockets of the host that clients come by.
 *
 * NetBSD: lib/librumpuser/rumpuser_sp.c (rumpuser_sp_init, spserver).
 */
import { lstatSync, unlinkSync } from 'node:fs';
import {
  type Connection,
  isAbandoned,
  SocketListener,
  type SocketUser,
  soon,
  together,
} from '../rumpuser/sockets.ts';
import { EADDRINUSE } from '../sys/errno.ts';
import type { Client, Transport } from '../sysproxy/client.ts';
import { HANDSHAKE_MS, type Server } from '../sysproxy/server.ts';
import { type Address, formatUrl } from '../sysproxy/url.ts';

/** What a closed connection has left to say is said within this time. */
const LINGER_MS = 1000;

/** Let clients of `server` come by `address`, also where a server that is no more has left its name. @throws Errno */
export function listenAt(server: Server, address: Address): SocketListener {
  try {
    return open(server, address);
  } catch (error) {
    if (error !== EADDRINUSE || address.kind !== 'unix' || !isLeft(address.path)) {
      throw error;
    }
    unlinkSync(address.path);
    return open(server, address);
  }
}

/** Is what is in the way a socket that nobody listens at? Anything else stays. */
function isLeft(path: string): boolean {
  return lstatSync(path).isSocket() && isAbandoned(path);
}

function open(server: Server, address: Address): SocketListener {
  let connections = 0;
  const listener = new SocketListener(address, (accept) => {
    connected(server, accept, (peer) => {
      // Of a unix socket the host tells no more than where it was met.
      const from = peer === '' ? formatUrl(listener.address) : `tcp://${peer}`;
      return `${from}#${++connections}`;
    });
  });
  return listener;
}

function connected(
  server: Server,
  accept: (user: SocketUser) => Connection,
  nameOf: (peer: string) => string,
): void {
  let client: Client | null = null;
  const connection = accept({
    received: (bytes, length) => client?.receive(bytes, length),
    drained: () => client?.drained(),
    ended: () => client?.close(),
  });
  const timer = setTimeout(() => client?.established === false && client.close(), HANDSHAKE_MS);
  client = server.admit(transportOf(connection, nameOf(connection.peer), timer));
  if (client === null) {
    clearTimeout(timer);
    connection.destroy();
  }
}

/** @param timer runs until the connection ends */
function transportOf(connection: Connection, peer: string, timer: NodeJS.Timeout): Transport {
  timer.unref();
  return {
    peer,
    write: (frame, written) => connection.write(frame, written),
    together,
    soon,
    pause: () => connection.pause(),
    resume: () => connection.resume(),
    end() {
      clearTimeout(timer);
      connection.end(LINGER_MS);
    },
  };
}
