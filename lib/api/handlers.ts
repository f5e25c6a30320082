/**
 * Signal handlers of a process whose kernel is elsewhere: that kernel knows only that there is one, and says when to
 * run it, not who sent the signal.
 */
import { SI_NOINFO } from '../sys/constants/signal.ts';
import type { Sigaction, Siginfo } from '../sys/types.ts';

export type OnSignal = (signo: number) => void;
type Handler = (signo: number, info: Siginfo) => void;

export class SignalHandlers {
  readonly #handlers: Map<number, Handler>;
  readonly #others: OnSignal | undefined;

  /** @param others handles signals whose handler is not a function of this program */
  constructor(others: OnSignal | undefined, handlers: ReadonlyMap<number, Handler> = new Map()) {
    this.#others = others;
    this.#handlers = new Map(handlers);
  }

  /** sigaction(2) has been called, and has succeeded. */
  note(signo: unknown, action: unknown): void {
    if (typeof signo === 'number' && typeof action === 'object' && action !== null) {
      const { handler } = action as Sigaction;
      if (typeof handler === 'function') {
        this.#handlers.set(signo, handler as Handler);
      } else {
        this.#handlers.delete(signo);
      }
    }
  }

  raise(signo: number): void {
    const handler = this.#handlers.get(signo);
    if (handler === undefined) {
      this.#others?.(signo);
    } else {
      handler(signo, { signo, code: SI_NOINFO, errno: 0, pid: 0, uid: 0, value: 0n, status: 0 });
    }
  }

  /** For a child, which inherits them. */
  copy(): SignalHandlers {
    return new SignalHandlers(this.#others, this.#handlers);
  }
}
