/**
 * A process in the kernel of another host process, over sysproxy.
 */
import { encodeCall } from '../emul/netbsd/client.ts';
import { EINVAL, EIO, Errno } from '../sys/errno.ts';
import * as errnos from '../sys/errnos.ts';
import { SYSCALLS } from '../sys/syscalls.master.ts';
import { isCallable } from '../sys/syscalls.ts';
import type { SysentRow } from '../sys/sysent.ts';
import {
  HANDSHAKE_EXEC,
  HANDSHAKE_FORK,
  HANDSHAKE_GUEST,
  PREFORK_WAITED,
  RUMPSP_HANDSHAKE,
  RUMPSP_PREFORK,
  RUMPSP_SYSCALL,
} from '../sysproxy/frame.ts';
import { encodeSegments } from '../sysproxy/segments.ts';
import { parseUrl } from '../sysproxy/url.ts';
import { argChecks } from './args.ts';
import { SysError, wanted } from './errors.ts';
import { giveOut, indirect, type PromiseCalls, pathsOf } from './facade.ts';
import type { NodeFs } from './fs/index.ts';
import { createRemoteFs } from './remotefs.ts';
import { type ConnectOptions, dialTo, Wire } from './wire.ts';

export type { ConnectOptions } from './wire.ts';

const BY_NUMBER: ReadonlyMap<number, Errno> = new Map(
  Object.values(errnos)
    .filter((each) => each instanceof Errno)
    .map((each) => [each.errno, each]),
);

/** A process of a kernel elsewhere. */
export class RemoteProc {
  readonly pid: number;
  readonly #wire: Wire;
  /** The same calls as of a local process. A call that cannot be sent is ENOSYS. */
  readonly promises: PromiseCalls;
  #fs: NodeFs | null = null;

  /** @internal */
  constructor(wire: Wire, pid: number) {
    this.#wire = wire;
    this.pid = pid;
    this.promises = remoteCalls(wire);
  }

  /** False once the server has gone, or this was closed. */
  get alive(): boolean {
    return this.#wire.alive;
  }

  /** `node:fs` with this process's rights, but for what is synchronous: that throws ERR_METHOD_NOT_IMPLEMENTED. */
  get fs(): NodeFs {
    this.#fs ??= createRemoteFs(this);
    return this.#fs;
  }

  /** A child, over a connection of its own, with copies of the descriptors. */
  async fork(): Promise<RemoteProc> {
    const { dial, options, attaches } = this.#wire;
    const key = await this.#wire.ask(RUMPSP_PREFORK, attaches ? PREFORK_WAITED : 0, new Uint8Array(0));
    const wire = await Wire.open(dial, options, this.#wire);
    return settled(wire, async () => {
      await wire.ask(RUMPSP_HANDSHAKE, HANDSHAKE_FORK, key, new Uint8Array(4));
      wire.attaches = attaches;
    });
  }

  /** Be another program, called `comm`: descriptors that are to be closed then are closed. */
  async exec(comm: string): Promise<void> {
    await this.#wire.introduce(HANDSHAKE_EXEC, comm);
    this.#wire.handlers.forget();
  }

  /** Exit with `status` (0 to 255). Rejects with SysError, among others ENOSYS: the server is not one of ours. */
  async exit(status = 0): Promise<void> {
    await this.promises.exit(status);
  }

  /** Leave: the process exits, with status 0. */
  close(): void {
    this.#wire.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Make a system call over a connection. */
async function remoteCall(wire: Wire, row: SysentRow, args: readonly unknown[]): Promise<unknown> {
  const { checks, filled } = argChecks(row);
  const copies = checks.map((check, i) => check(args[i]));
  // The signal may come before the answer.
  const undo = row.call === 'sigaction' ? wire.handlers.note(copies[0], copies[1]) : null;
  wire.exits ||= row.call === 'exit';
  let value: unknown;
  try {
    value = await answered(wire, row, copies);
  } catch (error) {
    undo?.();
    wire.exits &&= row.call !== 'exit';
    giveOut(row, filled, args, copies, 'quietly');
    throw error instanceof Errno ? new SysError(error, row.call, undefined, ...pathsOf(row, args)) : error;
  }
  giveOut(row, filled, args, copies, 'loudly', value);
  return value;
}

/** @throws Errno; SysError of the connection */
async function answered(wire: Wire, row: SysentRow, args: readonly unknown[]): Promise<unknown> {
  const call = encodeCall(row, wire.arena, args);
  try {
    const body = await wire.ask(
      RUMPSP_SYSCALL,
      row.number,
      call.args,
      ...(wire.attaches ? encodeSegments(call.read) : []),
    );
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    const errno = view.getInt32(0, true);
    if (errno !== 0) {
      call.failed();
      throw BY_NUMBER.get(errno) ?? EIO;
    }
    return call.result([view.getBigInt64(8, true), view.getBigInt64(16, true)]);
  } finally {
    call.release();
  }
}

/** A method for every call. */
function remoteCalls(wire: Wire): PromiseCalls {
  const calls = {};
  for (const row of SYSCALLS as readonly SysentRow[]) {
    if (isCallable(row)) {
      const direct = (...args: unknown[]): Promise<unknown> => remoteCall(wire, row, args);
      // The number that is sent is the one that is meant.
      const meant = async (...args: [unknown, ...unknown[]]): Promise<unknown> =>
        indirect.apply(calls as never, args);
      const value = row.call === 'syscall' || row.call === '__syscall' ? meant : direct;
      Object.defineProperty(calls, row.call, { value });
    }
  }
  return calls as PromiseCalls;
}

/** A connection that has shaken hands, as a process; one that cannot is closed. */
async function settled(wire: Wire, shake: () => Promise<void>): Promise<RemoteProc> {
  try {
    await shake();
    const proc = new RemoteProc(wire, 0);
    return new RemoteProc(wire, await proc.promises.getpid());
  } catch (error) {
    wire.close();
    throw error;
  }
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
  const checked = connectOptions(options);
  const wire = await Wire.open(dialTo(address), checked);
  return settled(wire, () => wire.introduce(HANDSHAKE_GUEST, checked.comm ?? 'node'));
}

/** A checked copy. @throws SysError EINVAL */
function connectOptions(options: ConnectOptions): ConnectOptions {
  wanted(typeof options === 'object' && options !== null, 'connect', 'options must be an object');
  const copy = { ...options };
  const { token, comm, onsignal, attach, ...others } = copy;
  const [unknown] = Object.keys(others);
  wanted(unknown === undefined, 'connect', `no option "${unknown}"`);
  wanted(
    token === undefined || (isText(token) && token !== ''),
    'connect',
    'token must be a text without NUL',
  );
  wanted(comm === undefined || isText(comm), 'connect', 'comm must be a text without NUL');
  wanted(onsignal === undefined || typeof onsignal === 'function', 'connect', 'onsignal must be a function');
  wanted(attach === undefined || typeof attach === 'boolean', 'connect', 'attach must be true or false');
  return copy;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && !value.includes('\0');
}
