/**
 * A conformance test is written once and runs over every way to make a system call and every host:
 * {synchronous, promise, gate, sysproxy} x {native, simulated}; there is no gate on the simulated host. Whatever it
 * did, the kernel must be alive and whole afterwards.
 */
import type { ExecutionContext } from 'ava';
import test from 'ava';
import {
  type BootOptions,
  boot,
  type Kernel,
  type NewprocOptions,
  type Proc,
  type PromiseCalls,
  SysError,
  simulatedHost,
} from '../../lib/api/index.ts';
import type { Kernel as Kern } from '../../lib/kern/kernel.ts';
import { __NetBSD_Version__ } from '../../lib/sys/constants/param.ts';
import { comesByGate, gateFace } from './gate.ts';
import { assertWhole } from './invariants.ts';
import { comesBySysproxy, sysproxyFace } from './sysproxy.ts';

/** Who makes calls: a process, or a second lwp of one. */
export type Caller = Pick<Proc, 'sys' | 'promises'>;

/** A way to make calls that is not the process's own. */
export interface Face {
  newproc(options?: NewprocOptions): Proc;
  calls(caller: Caller): PromiseCalls;
  /** Everything that came in leaves. */
  close(): void;
}

export interface World {
  readonly kernel: Kernel;
  readonly face: 'sync' | 'promise' | 'gate' | 'sysproxy';
  readonly host: 'native' | 'simulated';
  readonly newproc: (options?: NewprocOptions) => Proc;
  /** The calls of `caller`, in the way this run makes them. Always awaited. */
  readonly call: (caller: Caller) => PromiseCalls;
  /** What the console has been given. */
  readonly output: () => string;
  /** The kernel inside. */
  readonly kern: Kern;
}

export interface WorldOptions {
  readonly boot?: Omit<BootOptions, 'host' | 'console'>;
  readonly console?: (text: string) => unknown;
  /** Where time must be virtual: the native host's is whatever the machine has left. */
  readonly hosts?: readonly World['host'][];
  /** Where the state is that of a thread, and each promise has a thread of its own. */
  readonly faces?: readonly World['face'][];
  /** The test ends the kernel itself. */
  readonly ends?: true;
}

const FACES = ['sync', 'promise', 'gate', 'sysproxy'] as const;
const HOSTS = ['native', 'simulated'] as const;

/** A test of what the kernel promises to every caller on every host. */
export function conformance(
  title: string,
  body: (t: ExecutionContext, world: World) => Promise<void> | void,
  options: WorldOptions = {},
): void {
  for (const host of options.hosts ?? HOSTS) {
    for (const face of options.faces ?? FACES) {
      if (!comesBy(face, host, title)) {
        continue;
      }
      test(`${host}, ${face}: ${title}`, async (t) => {
        const written: string[] = [];
        const kernel = boot({
          ...(host === 'simulated' ? { host: simulatedHost({ seed: title }) } : {}),
          threads: process.env['RUMP_TEST_THREADS'] !== '0',
          ...options.boot,
          console: (text) => {
            written.push(text);
            return options.console?.(text);
          },
        });
        const kern = insideOf(kernel);
        const other = otherFace(face, host, kernel, kern);
        try {
          await body(t, {
            kernel,
            face,
            host,
            kern,
            newproc: (who) => other?.newproc(who) ?? kernel.newproc(who),
            call: (caller) => other?.calls(caller) ?? (face === 'sync' ? awaited(caller) : caller.promises),
            output: () => written.join(''),
          });
          other?.close();
          if (options.ends === undefined) {
            t.is(kernel.dead, '', kernel.dmesg());
            assertWhole(t, kern);
          }
        } finally {
          kernel.halt();
        }
      });
    }
  }
}

function comesBy(face: World['face'], host: World['host'], title: string): boolean {
  switch (face) {
    case 'gate':
      return host === 'native' && comesByGate(title);
    case 'sysproxy':
      return comesBySysproxy(title);
    default:
      return true;
  }
}

function otherFace(face: World['face'], host: World['host'], kernel: Kernel, kern: Kern): Face | null {
  switch (face) {
    case 'gate':
      return gateFace(kernel);
    case 'sysproxy':
      return sysproxyFace(kernel, kern, host === 'native');
    default:
      return null;
  }
}

/** The synchronous calls as if they were promises: made at once, seen when awaited. */
function awaited(caller: Caller): PromiseCalls {
  return new Proxy(caller.promises, {
    get(_promises, name) {
      const call = (caller.sys as unknown as Record<PropertyKey, unknown>)[name];
      return typeof call === 'function'
        ? async (...args: unknown[]) => Reflect.apply(call, caller.sys, args) as unknown
        : call;
    },
  });
}

/** The kernel behind its public face: a module is given it. */
export function insideOf(kernel: Kernel): Kern {
  let inside: Kern | undefined;
  kernel.modules.load({
    name: 'inside',
    version: __NetBSD_Version__,
    class: 'misc',
    modcmd: (k) => {
      inside = k;
    },
  });
  kernel.modules.unload('inside');
  return inside as Kern;
}

/** The call fails with this error. @returns it */
export async function fails(t: ExecutionContext, code: string, call: Promise<unknown>): Promise<SysError> {
  let value: unknown;
  try {
    value = await call;
  } catch (error) {
    if (error instanceof SysError) {
      t.is(error.code, code, error.message);
      return error;
    }
    throw error;
  }
  throw new Error(`wanted ${code}, got ${JSON.stringify(value)}`);
}

/** What a promise is now: its value, its error's code, or that it is pending. */
export async function now(promise: Promise<unknown>): Promise<unknown> {
  let state: unknown = 'pending';
  promise.then(
    (value) => {
      state = value;
    },
    (error: SysError) => {
      state = error.code;
    },
  );
  await turn();
  return state;
}

/** Everything that can run now has run. */
export async function turn(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
