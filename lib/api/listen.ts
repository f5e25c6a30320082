/**
 * Serving programs outside this process.
 */

import { isId, NGROUPS_MAX } from '../kern/kauth.ts';
import type { Kernel as Kern } from '../kern/kernel.ts';
import type { SocketListener } from '../rumpuser/sockets.ts';
import { EACCES, EINVAL, Errno } from '../sys/errno.ts';
import { Server } from '../sysproxy/server.ts';
import { type Address, formatUrl, isLoopback, parseUrl } from '../sysproxy/url.ts';
import { SysError, wanted } from './errors.ts';
import { listenAt } from './listener.ts';

export interface ListenOptions {
  /** Whose rights clients have in the kernel. Default: the ids this process has on its host. */
  readonly uid?: number;
  readonly gid?: number;
  readonly groups?: readonly number[];
  /** What a client must show first. TCP needs one, unless `anonymous` is true. */
  readonly token?: string;
  /** Whoever can connect by TCP may come. */
  readonly anonymous?: true;
  /** Listen beyond this machine. */
  readonly remote?: true;
  /** Clients at a time; 10,000. */
  readonly maxClients?: number;
  /** Told of clients that have come, when they have a process, and have gone. */
  readonly onclient?: (event: ClientEvent) => void;
}

export interface ClientEvent {
  readonly type: 'connected' | 'gone';
  readonly pid: number;
  /** Command name. */
  readonly comm: string;
}

export interface Listener {
  /** Where it listens, with the port that was taken. */
  readonly url: string;
  /** How many clients there are. */
  readonly clients: number;
  /** Listen no more, and end every connection. */
  close(): Promise<void>;
  /** Do not keep the process alive. */
  unref(): void;
}

const CLIENTS_MAX = 10_000;

export async function listen(k: Kern, url: string, options: ListenOptions = {}): Promise<Listener> {
  const address = typeof url === 'string' ? parseUrl(url) : null;
  if (address === null) {
    throw new SysError(
      EINVAL,
      'listen',
      `not a URL of a server: ${String(url)} (unix:///path of 107 bytes at most, tcp://127.0.0.1:port)`,
    );
  }
  wanted(typeof options === 'object' && options !== null, 'listen', 'options must be an object');
  const {
    uid = process.geteuid?.() ?? 0,
    gid = process.getegid?.() ?? 0,
    groups = [],
    token,
    anonymous,
    remote,
    maxClients = CLIENTS_MAX,
    onclient,
    ...others
  } = options;
  const [unknown] = Object.keys(others);
  wanted(unknown === undefined, 'listen', `no option "${unknown}"`);
  wanted(isId(uid) && isId(gid), 'listen', 'uid and gid must be ids');
  wanted(
    Array.isArray(groups) && groups.length <= NGROUPS_MAX && groups.every(isId),
    'listen',
    'groups must be ids',
  );
  wanted(
    token === undefined || (typeof token === 'string' && token !== ''),
    'listen',
    'token must be a text',
  );
  wanted(Number.isInteger(maxClients) && maxClients > 0, 'listen', 'maxClients must be a number above 0');
  wanted(onclient === undefined || typeof onclient === 'function', 'listen', 'onclient must be a function');
  if (address.kind === 'tcp' && token === undefined && anonymous !== true) {
    throw new SysError(EACCES, 'listen', 'TCP needs a token, or { anonymous: true }');
  }
  if (!isLoopback(address) && remote !== true) {
    throw new SysError(EACCES, 'listen', `${url} is beyond this machine: say { remote: true }`);
  }
  const server = new Server(k, {
    who: { uid, gid, groups: [...groups] },
    token: token ?? null,
    maxClients,
    tell: (type, { pid, comm }) => {
      k.host.visitors?.[type === 'connected' ? 'come' : 'go']();
      onclient?.({ type, pid, comm });
    },
  });
  const listener = bind(server, address);
  const all = {
    close(): void {
      listener.close();
      server.close();
    },
  };
  // Whoever ended the kernel is answered first.
  const died = (): void => void setImmediate(() => all.close());
  k.hooks.servers ??= new Set();
  k.hooks.servers.add(all);
  k.hooks.died ??= new Set();
  k.hooks.died.add(died);
  return {
    url: formatUrl(listener.address),
    get clients() {
      return server.clients.size;
    },
    async close() {
      k.hooks.servers?.delete(all);
      k.hooks.died?.delete(died);
      all.close();
    },
    unref: () => listener.unref(),
  };
}

/** @throws SysError of the host */
function bind(server: Server, address: Address): SocketListener {
  try {
    return listenAt(server, address);
  } catch (error) {
    throw error instanceof Errno ? new SysError(error, 'listen', formatUrl(address)) : error;
  }
}
