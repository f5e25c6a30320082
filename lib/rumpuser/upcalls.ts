/** Native host: giving the virtual CPU up around what may block. */
import type { Hyperup } from './rumpuser.ts';

export class Upcalls {
  #hyperup: Hyperup | undefined;

  /** Undefined until the kernel has bound itself. */
  get hyperup(): Hyperup | undefined {
    return this.#hyperup;
  }

  bind(hyperup: Hyperup): void {
    this.#hyperup = hyperup;
  }

  unbind(): void {
    this.#hyperup = undefined;
  }

  /** Runs `call` without a virtual CPU. */
  around<T>(call: () => T): T {
    const hyperup = this.#hyperup;
    if (hyperup === undefined) return call();
    hyperup.unschedule();
    try {
      return call();
    } finally {
      hyperup.schedule();
    }
  }
}
