/**
 * `sys` and `promises` of a process that is driven through the gate: arguments are checked as a local caller's,
 * then put into memory as a program would have them.
 */

import type { Handles } from '../../emul/netbsd/handles.ts';
import { Errno } from '../../sys/errno.ts';
import { SCALARS } from '../../sys/scalars.ts';
import type { SysentRow } from '../../sys/sysent.ts';
import type { ArgChecks } from '../args.ts';
import { KernelDead, SysError } from '../errors.ts';
import {
  CALLER,
  type Facade,
  facadeOf,
  giveOut,
  indirect,
  type Method,
  once,
  type PromiseCalls,
  pathsOf,
  type SysCalls,
} from '../facade.ts';
import type { SignalHandlers } from '../handlers.ts';
import type { GateSession } from './session.ts';

/** Who calls, by what. */
export interface GateWay {
  readonly session: GateSession;
  readonly client: number;
  readonly handles: Handles;
  readonly handlers: SignalHandlers;
}

function edge(error: unknown, row: SysentRow, args: readonly unknown[]): unknown {
  if (error instanceof KernelDead || !(error instanceof Errno)) {
    return error;
  }
  const [path, dest] = pathsOf(row, args);
  return new SysError(error, row.call, undefined, path, dest);
}

const NONE: readonly number[] = [];

/** Nothing but numbers goes in and comes out. */
function isPlain(row: SysentRow): boolean {
  return row.result in SCALARS && row.args.every(([, type]) => type in SCALARS);
}

function makeSync(row: SysentRow, { checks, filled }: ArgChecks): Method<GateWay> {
  if (isPlain(row) && row.args.length === 0) {
    return function (this: Facade<GateWay>) {
      const { session, client } = this[CALLER];
      try {
        return session.callPlain(client, row, NONE);
      } catch (error) {
        throw edge(error, row, []);
      }
    };
  }
  if (isPlain(row)) {
    return function (this: Facade<GateWay>, ...args: unknown[]) {
      const { session, client } = this[CALLER];
      const numbers = checks.map((check, i) => check(args[i]) as number);
      try {
        return session.callPlain(client, row, numbers);
      } catch (error) {
        throw edge(error, row, args);
      }
    };
  }
  return function (this: Facade<GateWay>, ...args: unknown[]) {
    const { session, client, handles, handlers } = this[CALLER];
    const copies = checks.map((check, i) => check(args[i]));
    const forget = row.call === 'sigaction' ? handlers.note(copies[0], copies[1]) : null;
    let value: unknown;
    try {
      value = session.call(client, row, copies, handles);
    } catch (error) {
      forget?.();
      giveOut(row, filled, args, copies, 'quietly');
      throw edge(error, row, args);
    }
    giveOut(row, filled, args, copies, 'loudly', value);
    return value;
  };
}

function makeAsync(row: SysentRow, { checks, filled }: ArgChecks): Method<GateWay> {
  return async function (this: Facade<GateWay>, ...args: unknown[]) {
    const { session, client, handles, handlers } = this[CALLER];
    const copies = checks.map((check, i) => check(args[i]));
    const forget = row.call === 'sigaction' ? handlers.note(copies[0], copies[1]) : null;
    let value: unknown;
    try {
      value = await session.post(client, row, copies, handles);
    } catch (error) {
      forget?.();
      giveOut(row, filled, args, copies, 'quietly');
      throw edge(error, row, args);
    }
    giveOut(row, filled, args, copies, 'loudly', value);
    return value;
  };
}

const syncFacade = once(() => facadeOf<GateWay>(makeSync, indirect));
const asyncFacade = once(() =>
  facadeOf<GateWay>(makeAsync, async function (this: Facade<GateWay>, ...args) {
    return indirect.apply(this, args as [unknown, ...unknown[]]);
  }),
);

export function gateSysCalls(way: GateWay): SysCalls {
  return new (syncFacade())(way) as unknown as SysCalls;
}

export function gatePromiseCalls(way: GateWay): PromiseCalls {
  return new (asyncFacade())(way) as unknown as PromiseCalls;
}

/** Run a request that is no system call. @throws SysError in the name of `what`; KernelDead */
export function requested<T>(what: string, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    throw error instanceof Errno ? new SysError(error, what) : error;
  }
}
