/**
 * Simulated host: the process the kernel believes it runs in. What would leave it is written down instead.
 */
import { EALREADY, EINVAL, ENOENT, ENOEXEC, ESRCH } from '../sys/errno.ts';
import type { DlObject } from './rumpuser.ts';
import { RUMPUSER_PARAM_HOSTNAME, RUMPUSER_PARAM_NCPU, RUMPUSER_PID_SELF } from './rumpuser.ts';

/** Signals are 1 to this; 0 asks whether the process is there. NetBSD: sys/sys/signal.h */
const LAST_SIGNAL = 63;

/** Groups of processes (negative) and "everybody" (0) are the host's own affair. */
const PID_MAX = 2 ** 31 - 1;

const DEFAULT_NCPU = 2;
const DEFAULT_HOSTNAME = 'simulated';

export interface SimProcessOptions {
  /** The host's environment. Default: empty, whatever that of the real one is. */
  readonly env?: Readonly<Record<string, string>>;
  readonly hostname?: string;
  /** CPUs of the host. Default 2. RUMP_NCPU in `env` overrules it, "host" does not. */
  readonly ncpu?: number;
  /** Other host processes that may be signalled. */
  readonly pids?: readonly number[];
  /** What `dlBootstrap` finds loaded. */
  readonly objects?: readonly DlObject[];
  /** What `dlopen` of a path loads. */
  readonly libraries?: Readonly<Record<string, readonly DlObject[]>>;
}

export class SimProcess {
  readonly #options: SimProcessOptions;
  readonly #kills: { pid: number; signo: number }[] = [];
  #loaded: readonly DlObject[];
  #exited: number | undefined;
  #errno = 0;
  #background: { status: number | undefined } | undefined;

  constructor(options: SimProcessOptions) {
    if (options.ncpu !== undefined && !(Number.isSafeInteger(options.ncpu) && options.ncpu > 0)) {
      throw new RangeError(`ncpu is ${options.ncpu}`);
    }
    this.#options = options;
    this.#loaded = options.objects ?? [];
  }

  /** First value given to `exit`, undefined before. */
  get exited(): number | undefined {
    return this.#exited;
  }

  get kills(): readonly { readonly pid: number; readonly signo: number }[] {
    return this.#kills;
  }

  get errno(): number {
    return this.#errno;
  }

  /** Undefined before `daemonizeBegin`; the status is what `daemonizeDone` told the foreground. */
  get background(): { readonly status: number | undefined } | undefined {
    return this.#background;
  }

  getparam(name: string): string | undefined {
    const { env = {}, hostname = DEFAULT_HOSTNAME, ncpu = DEFAULT_NCPU } = this.#options;
    const given = (key: string) => (Object.hasOwn(env, key) ? env[key] : undefined);
    if (name === RUMPUSER_PARAM_NCPU) {
      const wanted = given('RUMP_NCPU');
      return wanted === undefined || wanted === 'host' ? String(ncpu) : wanted;
    }
    if (name === RUMPUSER_PARAM_HOSTNAME) return hostname;
    // The underscore is kept for names of the contract, and these are all.
    return name.startsWith('_') ? undefined : given(name);
  }

  exit(code: number): void {
    this.#exited ??= code;
  }

  /** @throws EINVAL ESRCH */
  kill(pid: number, signo: number): void {
    if (!Number.isInteger(signo) || signo < 0 || signo > LAST_SIGNAL) throw EINVAL;
    if (pid !== RUMPUSER_PID_SELF) {
      if (!Number.isInteger(pid) || pid <= 0 || pid > PID_MAX) throw EINVAL;
      if (!this.#options.pids?.includes(pid)) throw ESRCH;
    }
    this.#kills.push({ pid, signo });
  }

  seterrno(errno: number): void {
    this.#errno = errno;
  }

  /** @throws EALREADY */
  daemonizeBegin(): void {
    if (this.#background !== undefined) throw EALREADY;
    this.#background = { status: undefined };
  }

  /**
   * Nobody waits in the foreground before `daemonizeBegin`, nor after the first answer. @throws ENOENT
   * EALREADY
   */
  daemonizeDone(error: number): void {
    if (this.#background === undefined) throw ENOENT;
    if (this.#background.status !== undefined) throw EALREADY;
    this.#background.status = error;
  }

  dlBootstrap(): readonly DlObject[] {
    return this.#loaded;
  }

  /** @throws ENOENT, ENOEXEC for a host file that is no library */
  dlopen(path: string, fileExists: (path: string) => boolean): readonly DlObject[] {
    const { libraries = {} } = this.#options;
    const objects = Object.hasOwn(libraries, path) ? libraries[path] : undefined;
    if (objects === undefined) throw fileExists(path) ? ENOEXEC : ENOENT;
    this.#loaded = [...this.#loaded, ...objects.filter((object) => !this.#loaded.includes(object))];
    return objects;
  }
}
