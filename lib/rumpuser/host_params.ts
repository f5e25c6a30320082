/** Native host: the environment, and the names every host answers. NetBSD: lib/librumpuser/rumpuser.c. */
import { availableParallelism } from 'node:os';
import type { HostBinding } from './host_errno.ts';
import { RUMPUSER_PARAM_HOSTNAME, RUMPUSER_PARAM_NCPU } from './rumpuser.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Virtual CPUs when RUMP_NCPU is not set, as in NetBSD: two, so that code meets concurrency. */
const NCPU_DEFAULT = '2';

export class HostParams {
  readonly #binding: HostBinding;
  readonly #env: Environment;

  constructor(binding: HostBinding, env: Environment | undefined) {
    this.#binding = binding;
    this.#env = env ?? process.env;
  }

  get(name: string): string | undefined {
    if (name === RUMPUSER_PARAM_NCPU) return this.#ncpu();
    if (name === RUMPUSER_PARAM_HOSTNAME) return this.#binding.getparam(name);
    // The underscore is kept for names of the contract, and these are all.
    if (name.startsWith('_')) return undefined;
    return Object.hasOwn(this.#env, name) ? this.#env[name] : undefined;
  }

  /** The environment given may not be the process's, so the addon is not asked. */
  #ncpu(): string {
    const wanted = this.#env['RUMP_NCPU'];
    if (wanted === undefined) return NCPU_DEFAULT;
    return wanted === 'host' ? String(availableParallelism()) : wanted;
  }
}
