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
import { argChecks, copyout } from './args.ts';
import { SysError } from './errors.ts';
import { type PromiseCalls, pathsOf } from './facade.ts';
import type { NodeFs } from './fs/index.ts';
import { createRemoteFs } from './remotefs.ts';
import { type ConnectOptions, Wire } from './wire.ts';

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
    const { address, options, handlers, attaches } = this.#wire;
    const key = await this.#wire.ask(RUMPSP_PREFORK, attaches ? PREFORK_WAITED : 0, new Uint8Array(0));
    const wire = await Wire.open(address, options, handlers.copy());
    return settled(wire, async () => {
      await wire.ask(RUMPSP_HANDSHAKE, HANDSHAKE_FORK, key.body, new Uint8Array(4));
      wire.attaches = attaches;
    });
  }

  /** Be another program, called `comm`: descriptors that are to be closed then are closed. */
  async exec(comm: string): Promise<void> {
    await this.#wire.introduce(HANDSHAKE_EXEC, comm);
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
  try {
    const call = encodeCall(row, wire.arena, copies);
    try {
      const { body } = await wire.ask(
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
      const value = call.result([view.getBigInt64(8, true), view.getBigInt64(16, true)]);
      for (const i of filled) {
        copyout(args[i], copies[i]);
      }
      return value;
    } finally {
      call.release();
    }
  } catch (error) {
    undo?.();
    wire.exits &&= row.call !== 'exit';
    throw error instanceof Errno ? new SysError(error, row.call, undefined, ...pathsOf(row, args)) : error;
  }
}

/** A method for every call. */
export function remoteCalls(wire: Wire): PromiseCalls {
  const calls = {};
  for (const row of SYSCALLS as readonly SysentRow[]) {
    if (isCallable(row)) {
      Object.defineProperty(calls, row.call, { value: (...args: unknown[]) => remoteCall(wire, row, args) });
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
  const wire = await Wire.open(address, options);
  return settled(wire, () => wire.introduce(HANDSHAKE_GUEST, options.comm ?? 'node'));
}
