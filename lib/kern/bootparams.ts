/**
 * What a kernel is booted with: the caller's options, else the RUMP_* variables of the host, else defaults.
 *
 * NetBSD: rump(3), rumpkernel(7); sys/rump/librump/rumpkern/{rump,vm}.c.
 */
import type { Rumpuser } from '../rumpuser/rumpuser.ts';
import { RUMPUSER_PARAM_NCPU } from '../rumpuser/rumpuser.ts';
import type { Component } from './component.ts';
import { type BootParams, SIGNAL_MODELS, type SignalModel } from './kernel.ts';

/** Virtual CPUs when nobody says how many, and at most. */
const NCPU_DEFAULT = 2;
export const MAXCPUS = 256;

/** Every field optional; an absent one is looked up in the host's environment. */
export interface BootOptions {
  /** Virtual CPUs, 1 to 256. RUMP_NCPU: a number, or "host". */
  readonly ncpu?: number | undefined;
  /** Kernel threads. RUMP_THREADS: 0 for none. */
  readonly threads?: boolean | undefined;
  /** RUMP_VERBOSE: anything but 0. */
  readonly verbose?: boolean | undefined;
  /** Bytes, or with a suffix k, m, g. RUMP_MEMLIMIT. */
  readonly memlimit?: number | string | undefined;
  readonly hostname?: string | undefined;
  /**
   * What a signal posted to a process does: `raise` (the default) delivers it, `record` makes it pending and ends
   * sleeps, `ignore` drops it, `panic` ends the kernel.
   */
  readonly sigmodel?: SignalModel | undefined;
  /** Where RUMP_* variables are looked up instead of the host's environment. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** A boot option that makes no sense. */
export class BootOptionError extends RangeError {
  override readonly name = 'BootOptionError';
  readonly code = 'EINVAL';
}

/** @throws BootOptionError naming the option and what it may be */
export function bootParams(
  host: Rumpuser,
  options: BootOptions,
  consoleText: BootParams['console'],
  logConsole: 'always' | 'verbose',
  components: readonly Component[] = [],
  consoleSource: BootParams['consoleSource'] = null,
): BootParams {
  const { hostname, env } = options;
  if (env !== undefined && (typeof env !== 'object' || env === null)) {
    throw new BootOptionError('env must be an object');
  }
  const getenv = (name: string): string | undefined => (env === undefined ? host.getparam(name) : env[name]);
  if (hostname !== undefined && typeof hostname !== 'string') {
    throw new BootOptionError(`hostname must be a string, not ${typeof hostname}`);
  }
  const verbose = chosen('verbose', options.verbose) ?? flag(getenv('RUMP_VERBOSE'), false);
  return {
    host,
    ncpu: ncpuOf(host, options.ncpu ?? getenv('RUMP_NCPU')),
    threads: chosen('threads', options.threads) ?? flag(getenv('RUMP_THREADS'), true),
    verbose,
    hostname,
    memlimit: memlimitOf(options.memlimit ?? getenv('RUMP_MEMLIMIT')),
    sigmodel: sigmodelOf(options.sigmodel),
    components,
    getenv,
    console: consoleText,
    consoleSource,
    logConsole: verbose || logConsole === 'always',
  };
}

function chosen(name: string, value: boolean | undefined): boolean | undefined {
  if (value !== undefined && typeof value !== 'boolean') {
    throw new BootOptionError(`${name} must be true or false, not ${typeof value}`);
  }
  return value;
}

function flag(value: string | undefined, unset: boolean): boolean {
  return value === undefined ? unset : !value.startsWith('0');
}

function sigmodelOf(value: unknown): SignalModel {
  const model = SIGNAL_MODELS.find((each) => each === (value ?? 'raise'));
  if (model === undefined) {
    throw new BootOptionError(`sigmodel must be one of ${SIGNAL_MODELS.join(', ')}, not ${String(value)}`);
  }
  return model;
}

function ncpuOf(host: Rumpuser, value: number | string | undefined): number {
  const text = value === 'host' ? host.getparam(RUMPUSER_PARAM_NCPU) : value;
  const ncpu = text === undefined ? NCPU_DEFAULT : typeof text === 'string' ? decimal(text) : text;
  if (!Number.isInteger(ncpu) || ncpu < 1 || ncpu > MAXCPUS) {
    throw new BootOptionError(`ncpu (RUMP_NCPU) must be 1 to ${MAXCPUS} or "host", not ${String(value)}`);
  }
  return ncpu;
}

/** NaN unless decimal digits. */
function decimal(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

function memlimitOf(value: number | string | undefined): number {
  if (value === undefined || value === Number.POSITIVE_INFINITY) {
    return Number.POSITIVE_INFINITY;
  }
  const match = /^(\d+)([kmg]?)$/i.exec(String(value));
  const limit = match === null ? 0 : Number(match[1]) * (UNITS[(match[2] as string).toLowerCase()] as number);
  if (!Number.isSafeInteger(limit) || limit <= 0) {
    throw new BootOptionError(
      `memlimit (RUMP_MEMLIMIT) must be bytes with an optional k, m or g, not ${String(value)}`,
    );
  }
  return limit;
}
