/**
 * Booting, and the entries that other isolates and processes will use.
 */

import { bootParams, type BootOptions as KernBootOptions } from '../kern/bootparams.ts';
import type { Component } from '../kern/component.ts';
import { rumpInit } from '../kern/init.ts';
import type { Kernel as Kern } from '../kern/kernel.ts';
import { nativeHost } from '../rumpuser/native.ts';
import type { Rumpuser } from '../rumpuser/rumpuser.ts';
import { Errno } from '../sys/errno.ts';
import { chosenComponents } from './components.ts';
import { type ConsoleInput, type ConsoleSink, hostConsole, standardOutput } from './console.ts';
import { BootOptionError, SysError } from './errors.ts';
import { bootOwn, type OwnBootOptions, type OwnKernel } from './gate/own.ts';
import { Kernel } from './kernel.ts';

export interface BootOptions extends KernBootOptions {
  /**
   * The host: default a new native one. `simulatedHost({ seed })` for determinism. One host serves one
   * kernel.
   */
  readonly host?: Rumpuser;
  /**
   * Gets what the kernel and its processes print. Default: standard output (a simulated host keeps it in
   * `output`), kernel messages only when verbose. May return a promise: until that settles the console is full,
   * and asynchronous calls that write to it wait.
   */
  readonly console?: ConsoleSink;
  /**
   * What processes read from the console: text, bytes, or an iterable of them, `process.stdin` for example.
   * Default: nothing, reading finds the end at once.
   */
  readonly stdin?: ConsoleInput;
  /** Factions and components, by themselves or by name. Default: all that are built in. Empty: the bare base. */
  readonly components?: readonly (Component | string)[];
}

const OPTIONS: ReadonlySet<string> = new Set<keyof BootOptions>([
  'components',
  'console',
  'env',
  'host',
  'hostname',
  'memlimit',
  'ncpu',
  'sigmodel',
  'stdin',
  'threads',
  'verbose',
]);

/**
 * Boot a kernel. Any number may run side by side. With `thread: 'own'` it runs in a thread of its own, and this one is
 * a client.
 * @throws BootOptionError an option that makes no sense; SysError EBUSY the host serves another kernel
 */
export function boot(options: OwnBootOptions): OwnKernel;
export function boot(options?: BootOptions): Kernel;
export function boot(options: BootOptions | OwnBootOptions = {}): Kernel | OwnKernel {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`boot: options must be an object, not ${String(options)}`);
  }
  return isOwn(options) ? bootOwn(options) : bootHere(options).kernel;
}

function isOwn(options: BootOptions | OwnBootOptions): options is OwnBootOptions {
  const { thread } = options as Partial<OwnBootOptions>;
  if (thread !== undefined && thread !== 'own') {
    throw new BootOptionError(`boot option "thread" must be "own", not ${String(thread)}`);
  }
  return thread === 'own';
}

/** @internal A kernel of this thread. */
export function bootHere(options: BootOptions): { readonly kernel: Kernel; readonly k: Kern } {
  const { console: output, env, components } = options;
  const unknown = Object.keys(options).find((name) => !OPTIONS.has(name));
  if (unknown !== undefined) {
    throw new BootOptionError(`no boot option "${unknown}"`);
  }
  const plugged = chosenComponents(components);
  if (output !== undefined && typeof output !== 'function') {
    throw new TypeError('boot: console must be a function');
  }
  if (options.host != null && typeof options.host.getparam !== 'function') {
    throw new TypeError('boot: host must be one that nativeHost() or simulatedHost() has made');
  }
  const host = options.host ?? nativeHost(env === undefined ? {} : { env });
  try {
    const sink = output ?? (host.kind === 'simulated' ? (text) => host.dprintf(text) : standardOutput());
    const console = hostConsole(sink, options.stdin);
    const logConsole = output === undefined ? 'verbose' : 'always';
    const params = bootParams(host, options, console.write, logConsole, plugged, console.source);
    const k = rumpInit(params);
    console.attach(k);
    return { kernel: new Kernel(k), k };
  } catch (error) {
    if (options.host === undefined) {
      host.fini();
    }
    throw error instanceof Errno ? new SysError(error, 'boot') : error;
  }
}
