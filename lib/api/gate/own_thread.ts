/**
 * The thread that a kernel has to itself. It sits in `gateLoop` and serves callers; while something of Node's is under
 * way that needs its event loop (a listener), the kernel is pumped from there instead.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type Gate, gateOf } from '../../gate/gate.ts';
import { gateLoop } from '../../gate/loop.ts';
import type { Kernel as Kern } from '../../kern/kernel.ts';
import { type BootOptions, bootHere } from '../boot.ts';
import type { Kernel } from '../kernel.ts';
import type { Listener } from '../listen.ts';
import {
  BOARD_DEAD,
  BOARD_FAILED,
  BOARD_RUNNING,
  Board,
  type Message,
  type OwnData,
  packError,
  packed,
  type Questions,
  unpacked,
} from './own_protocol.ts';

const NS_PER_US = 1000;

class OwnThread {
  readonly #board: Board;
  readonly #spinNs: number;
  readonly #kernel: Kernel;
  readonly #k: Kern;
  readonly #gate: Gate;
  /** Those that listen, and those that are about to: null. */
  readonly #listeners = new Map<number, Listener | null>();
  readonly #answers: Questions;

  constructor({ options, spinUs, tellsConsole, board }: OwnData) {
    this.#board = new Board(board);
    this.#spinNs = spinUs * NS_PER_US;
    const console = tellsConsole ? { console: (text: string) => tell({ type: 'console', text }) } : {};
    const { kernel, k } = bootHere({ ...(options as BootOptions), ...console });
    this.#kernel = kernel;
    this.#k = k;
    this.#answers = this.#questions(kernel);
    this.#gate = gateOf(k, {
      asked: () => queueMicrotask(() => this.#gate.answerQuestions()),
      answer: (question) => this.#answer(question),
      died: () => {
        this.#board.write(BOARD_DEAD, { dead: kernel.dead, dmesg: kernel.dmesg() });
        // Soon: nobody may be inside any more.
        setImmediate(() => this.#end());
      },
    });
    this.#board.write(BOARD_RUNNING, kernel.share({ comm: 'own' }));
  }

  /** Serve until there is work for the event loop, or no kernel any more. */
  run(): void {
    gateLoop(this.#k, this.#gate, this.#spinNs, () => this.#listeners.size > 0);
  }

  #end(): void {
    this.#kernel.fini();
    parentPort?.close();
  }

  #answer(bytes: Uint8Array): Uint8Array {
    const [name, ...args] = unpacked(bytes) as [keyof Questions, ...unknown[]];
    try {
      const value = (this.#answers[name] as (...given: unknown[]) => unknown)(...args);
      return packed({ value });
    } catch (error) {
      return packed({ error: packError(error) });
    }
  }

  #questions(kernel: Kernel): Questions {
    return {
      share: (options) => kernel.share(options),
      hostname: () => kernel.hostname,
      sysctl: (name, value) => kernel.sysctl(name, value as never),
      ps: () => kernel.ps(),
      dmesg: () => kernel.dmesg(),
      stats: () => kernel.stats(),
      bootlog: () => kernel.bootlog,
      loadModule: (path, props) => kernel.modules.load(path, props as never),
      unloadModule: (name) => kernel.modules.unload(name),
      listModules: () => kernel.modules.list(),
      listen: (id, url, options) => this.#listen(id, kernel.listen(url, options)),
      clients: (id) => this.#listeners.get(id)?.clients ?? 0,
      unlisten: (id) => void this.#unlisten(id),
      reboot: (howto) => kernel.reboot(howto),
    };
  }

  #listen(id: number, listening: Promise<Listener>): void {
    this.#listeners.set(id, null);
    listening.then(
      (listener) => {
        this.#listeners.set(id, listener);
        tell({ type: 'listening', id, url: listener.url });
      },
      (error: unknown) => {
        tell({ type: 'failed', id, error: packed(packError(error)) });
        this.#gone(id);
      },
    );
  }

  async #unlisten(id: number): Promise<void> {
    await this.#listeners.get(id)?.close();
    tell({ type: 'closed', id });
    this.#gone(id);
  }

  /** The last one gone, the thread is the kernel's alone again. */
  #gone(id: number): void {
    this.#listeners.delete(id);
    if (this.#listeners.size === 0 && this.#kernel.running) {
      setImmediate(() => this.run());
    }
  }
}

function tell(message: Message): void {
  parentPort?.postMessage(message);
}

/** @internal What the worker of `boot({ thread: 'own' })` runs. */
export function ownThread(): void {
  const data = workerData as OwnData;
  let own: OwnThread;
  try {
    own = new OwnThread(data);
  } catch (error) {
    new Board(data.board).write(BOARD_FAILED, packError(error));
    return;
  }
  own.run();
}
