/**
 * A kernel that runs in a thread of its own, as its owner's thread holds it. Methods wait for the kernel's answer;
 * processes are driven through the gate.
 */
import { Worker } from 'node:worker_threads';
import { __NetBSD_Version__ } from '../../sys/constants/param.ts';
import { RB_HALT } from '../../sys/constants/reboot.ts';
import { EINVAL, EIO } from '../../sys/errno.ts';
import type { BootOptions } from '../boot.ts';
import { BootOptionError, KernelDead, SysError } from '../errors.ts';
import type { NodeFs } from '../fs/index.ts';
import type { BootStage, KernelStats } from '../kernel.ts';
import type { Listener, ListenOptions } from '../listen.ts';
import type { ModuleStatus } from '../modules.ts';
import { type NewprocOptions, newprocOptions } from '../newproc.ts';
import type { ProcStatus } from '../ps.ts';
import { attached, attachOptions, type GateProc, type Shared } from './attach.ts';
import { requested } from './calls.ts';
import {
  BOARD_DEAD,
  BOARD_FAILED,
  Board,
  type Message,
  type OwnData,
  packed,
  type Questions,
  unpackError,
  unpacked,
} from './own_protocol.ts';
import { GateSession } from './session.ts';

/** A thread that has not booted by then never will. */
const BOOT_TIMEOUT_MS = 60_000;

interface Pending {
  readonly resolve: (url: string) => void;
  readonly reject: (error: unknown) => void;
}

export interface OwnModules {
  /** Load a shared object. @returns the module. @throws SysError */
  load(path: string, props?: Readonly<Record<string, unknown>>): unknown;
  unload(name: string): void;
  list(): readonly ModuleStatus[];
}

export class OwnKernel {
  readonly #worker: Worker;
  readonly #board: Board;
  readonly #session: GateSession;
  readonly #pending = new Map<number, Pending>();
  /** Who keeps this process alive: listeners. */
  readonly #holders = new Set<object>();
  #nextId = 1;
  #fsproc: GateProc | null = null;
  readonly modules: OwnModules;

  /** @internal */
  constructor(worker: Worker, board: Board, shared: Shared, spinNs: number) {
    this.#worker = worker;
    this.#board = board;
    this.#session = new GateSession(shared.gate, spinNs);
    attached(this.#session, shared);
    this.modules = {
      load: (path, props) => {
        if (typeof path !== 'string') {
          throw new SysError(EINVAL, 'modctl', 'only modules in files can go to a kernel in another thread');
        }
        return this.#ask('loadModule', path, props);
      },
      unload: (name) => this.#ask('unloadModule', name),
      list: () => this.#ask('listModules') as ModuleStatus[],
    };
  }

  #ask<Q extends keyof Questions>(question: Q, ...args: Parameters<Questions[Q]>): ReturnType<Questions[Q]> {
    const bytes = requested(question, () => this.#session.ask(packed([question, ...args])));
    const { value, error } = unpacked(bytes) as { value?: unknown; error?: unknown };
    if (error !== undefined) {
      throw unpackError(error);
    }
    return value as ReturnType<Questions[Q]>;
  }

  /** @internal The thread says something. */
  tell(message: Exclude<Message, { type: 'console' }>): void {
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.type === 'failed') {
      pending?.reject(unpackError(unpacked(message.error)));
    } else {
      pending?.resolve(message.type === 'listening' ? message.url : '');
    }
  }

  /** @internal The thread has ended. */
  ended(): void {
    this.#session.close();
    for (const { reject } of this.#pending.values()) {
      reject(new KernelDead(`kernel is dead (${this.dead})`));
    }
    this.#pending.clear();
  }

  /** NetBSD's __NetBSD_Version__: 799003400 is 7.99.34. */
  get version(): number {
    return __NetBSD_Version__;
  }

  get hostname(): string {
    return this.#ask('hostname');
  }

  /** False once it has halted, rebooted or panicked. */
  get running(): boolean {
    return this.#board.state !== BOARD_DEAD;
  }

  /** Why it is not running; empty while it is. */
  get dead(): string {
    return this.running ? '' : (this.#board.read() as { dead: string }).dead;
  }

  get bootlog(): readonly BootStage[] {
    return this.#ask('bootlog') as BootStage[];
  }

  /** A new process, child of init, driven by this thread. @throws as `Kernel.newproc` */
  newproc(options: NewprocOptions = {}): GateProc {
    const shared = this.share(options);
    return requested('newproc', () => attached(this.#session, shared));
  }

  /** As `Kernel.share`. */
  share(options: NewprocOptions = {}): Shared {
    return this.#ask('share', newprocOptions(options));
  }

  /** `node:fs` as the superuser. */
  get fs(): NodeFs {
    this.#fsproc ??= this.newproc({ comm: 'fs' });
    return this.#fsproc.fs;
  }

  /** As `Kernel.sysctl`. */
  sysctl(name: string, newValue?: unknown): unknown {
    return this.#ask('sysctl', name, newValue);
  }

  /** As `Kernel.ps`. */
  ps(): ProcStatus[] {
    return this.#ask('ps') as ProcStatus[];
  }

  /** The message buffer. Of a dead kernel: as it was when it died. */
  dmesg(): string {
    return this.running ? this.#ask('dmesg') : (this.#board.read() as { dmesg: string }).dmesg;
  }

  stats(): KernelStats {
    return this.#ask('stats');
  }

  /** As `Kernel.listen`. While there are listeners the kernel's thread waits in Node's event loop. */
  async listen(url: string, options?: ListenOptions): Promise<Listener> {
    const id = this.#nextId++;
    const release = this.#hold();
    try {
      const bound = await this.#answer(id, () => this.#ask('listen', id, url, options));
      return this.#listener(id, bound, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Keep this process alive. @returns what ends that, once */
  #hold(): () => void {
    const holder = {};
    this.#holders.add(holder);
    this.#worker.ref();
    return () => {
      if (this.#holders.delete(holder) && this.#holders.size === 0) {
        this.#worker.unref();
      }
    };
  }

  #listener(id: number, url: string, release: () => void): Listener {
    let closed = false;
    // It goes with its kernel.
    const clients = (): number => (closed || !this.running ? 0 : this.#ask('clients', id));
    return {
      url,
      get clients() {
        return clients();
      },
      close: async () => {
        if (closed || !this.running) {
          return;
        }
        closed = true;
        await this.#answer(id, () => this.#ask('unlisten', id));
        release();
      },
      unref: release,
    };
  }

  #answer(id: number, ask: () => void): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      ask();
    });
  }

  /** As `Kernel.reboot`. When it returns the kernel has ended. */
  reboot(howto = 0): void {
    if (!Number.isInteger(howto)) {
      throw new SysError(EINVAL, 'reboot', `howto must be an integer, not ${String(howto)}`);
    }
    try {
      this.#ask('reboot', howto);
    } catch (error) {
      if (!(error instanceof KernelDead)) {
        throw error;
      }
    }
  }

  /** Shut down and stay down. */
  halt(): void {
    this.reboot(RB_HALT);
  }

  [Symbol.dispose](): void {
    this.halt();
  }
}

/** What `boot({ thread: 'own' })` takes: what can go to another thread. */
export interface OwnBootOptions {
  readonly thread: 'own';
  /**
   * Microseconds that both threads look for work before they sleep. Default 0. Above it a call takes a tenth of the
   * time, and each thread a CPU.
   */
  readonly spinUs?: number;
  /** Gets what the kernel and its processes print, from this thread's event loop. Default: standard output. */
  readonly console?: (text: string) => unknown;
  readonly components?: readonly string[];
  readonly ncpu?: number;
  readonly memlimit?: number | string;
  readonly threads?: boolean;
  readonly verbose?: boolean;
  readonly hostname?: string;
  readonly sigmodel?: BootOptions['sigmodel'];
  readonly env?: BootOptions['env'];
}

const OPTIONS: ReadonlySet<string> = new Set<keyof OwnBootOptions>([
  'components',
  'console',
  'env',
  'hostname',
  'memlimit',
  'ncpu',
  'sigmodel',
  'spinUs',
  'thread',
  'threads',
  'verbose',
]);

/** @internal @throws as `boot` */
export function bootOwn(options: OwnBootOptions): OwnKernel {
  const unknown = Object.keys(options).find((name) => !OPTIONS.has(name));
  if (unknown !== undefined) {
    throw new BootOptionError(`boot option "${unknown}" is not for a kernel with a thread of its own`);
  }
  const { thread, console: output, spinUs = 0, ...others } = options;
  if (output !== undefined && typeof output !== 'function') {
    throw new TypeError('boot: console must be a function');
  }
  const { spinNs } = attachOptions({ spinUs });
  const board = new Board();
  const data: OwnData = {
    options: { env: { ...process.env }, ...others },
    spinUs,
    tellsConsole: output !== undefined,
    board: board.buffer,
  };
  const worker = new Worker(new URL('./own_worker.js', import.meta.url), {
    workerData: data,
    // Those of the program are for its own code: some, as --input-type, refuse ours.
    execArgv: [],
  });
  if (!board.wait(BOOT_TIMEOUT_MS)) {
    worker.terminate();
    throw new SysError(EIO, 'boot', 'the thread of the kernel does not begin');
  }
  if (board.state === BOARD_FAILED) {
    throw unpackError(board.read());
  }
  const kernel = new OwnKernel(worker, board, board.read() as Shared, spinNs);
  worker.on('message', (message: Message) => {
    if (message.type === 'console') {
      output?.(message.text);
    } else {
      kernel.tell(message);
    }
  });
  worker.on('exit', () => kernel.ended());
  // Only now: whoever listens for messages waits for them.
  worker.unref();
  return kernel;
}
