/**
 * Signal handlers of a process whose kernel is elsewhere: that kernel knows only that there is one, and says when to
 * run it, and perhaps who sent the signal.
 */
import { SA_RESETHAND, SI_NOINFO } from '../sys/constants/signal.ts';
import type { Sigaction, Siginfo } from '../sys/types.ts';

export type OnSignal = (signo: number) => void;

const NO_INFO: Siginfo = {
  signo: 0,
  code: SI_NOINFO,
  errno: 0,
  pid: 0,
  uid: 0,
  value: 0n,
  status: 0,
};

interface Caught {
  readonly handler: (signo: number, info: Siginfo) => void;
  /** It catches one: SA_RESETHAND. */
  readonly once: boolean;
}

export class SignalHandlers {
  readonly #handlers: Map<number, Caught>;
  readonly #others: OnSignal | undefined;

  /** @param others handles signals whose handler is not a function of this program */
  constructor(others: OnSignal | undefined, handlers: ReadonlyMap<number, Caught> = new Map()) {
    this.#others = others;
    this.#handlers = new Map(handlers);
  }

  /** sigaction(2) is called, or has been and has succeeded. @returns undo, for when it has not */
  note(signo: unknown, action: unknown): () => void {
    if (typeof signo !== 'number' || typeof action !== 'object' || action === null) {
      return () => {};
    }
    const before = this.#handlers.get(signo);
    const { handler, flags } = action as Sigaction;
    this.#set(
      signo,
      typeof handler === 'function' ? { handler, once: (flags & SA_RESETHAND) !== 0 } : undefined,
    );
    return () => this.#set(signo, before);
  }

  #set(signo: number, caught: Caught | undefined): void {
    if (caught === undefined) {
      this.#handlers.delete(signo);
    } else {
      this.#handlers.set(signo, caught);
    }
  }

  /** @param info as far as it is told. @returns whether anything here handles it */
  raise(signo: number, info: Siginfo = NO_INFO): boolean {
    const caught = this.#handlers.get(signo);
    if (caught === undefined) {
      this.#others?.(signo);
      return this.#others !== undefined;
    }
    if (caught.once) {
      this.#handlers.delete(signo);
    }
    caught.handler(signo, { ...info, signo });
    return true;
  }

  /** The program is another one now. */
  forget(): void {
    this.#handlers.clear();
  }

  /** For a child, which inherits them. */
  copy(): SignalHandlers {
    return new SignalHandlers(this.#others, this.#handlers);
  }
}
