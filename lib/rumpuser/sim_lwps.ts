/**
 * Simulated host: lwp handles, curlwp, and the upcalls around a blocking hypercall.
 *
 * A simulated host has one host thread, so there is one curlwp word.
 */
import { EBUSY, ENOMEM, EPROGMISMATCH } from '../sys/errno.ts';
import type { Hyperup } from './rumpuser.ts';
import { RUMPUSER_VERSION, RumpuserAssertion } from './rumpuser.ts';

/** Lwp handles alive at once, as many as the native host holds at least. */
const MAX_LWPS = 4 * 1024 * 1024;

export class SimLwps {
  readonly curlwp = new Uint32Array(1);
  readonly #live = new Set<number>();
  #last = 0;
  #upcalls: Hyperup | undefined;
  #finished = false;

  /** @throws EPROGMISMATCH EBUSY */
  bind(version: number, upcalls: Hyperup): void {
    if (version !== RUMPUSER_VERSION) throw EPROGMISMATCH;
    if (this.#finished) throw new RumpuserAssertion('init: this host is finished');
    if (this.#upcalls !== undefined) throw EBUSY;
    this.#upcalls = upcalls;
  }

  unbind(): void {
    this.#finished = true;
    this.#upcalls = undefined;
    this.#live.clear();
    this.curlwp[0] = 0;
  }

  /** The lwp that calls, 0 when none. */
  get caller(): number {
    return this.curlwp[0] as number;
  }

  /** Give the virtual CPU up, as every hypercall that may block does first. Nothing before `init`. */
  unschedule(): void {
    this.#upcalls?.unschedule();
  }

  schedule(): void {
    this.#upcalls?.schedule();
  }

  /**
   * A call that may block on the host. Here it never does, but its caller must stand others running
   * meanwhile.
   */
  blocking<T>(call: () => T): T {
    this.unschedule();
    try {
      return call();
    } finally {
      this.schedule();
    }
  }

  /**
   * Handles are not given out again before the count wraps, so that a stale one is found out. @throws ENOMEM
   */
  create(): number {
    if (this.#live.size >= MAX_LWPS) throw ENOMEM;
    do {
      this.#last = this.#last === 0xffffffff ? 1 : this.#last + 1;
    } while (this.#live.has(this.#last));
    this.#live.add(this.#last);
    return this.#last;
  }

  destroy(handle: number): void {
    this.#assertExists('lwpDestroy', handle);
    if (this.caller === handle) throw new RumpuserAssertion(`lwpDestroy: lwp ${handle} is current`);
    this.#live.delete(handle);
  }

  set(handle: number): void {
    this.#assertExists('curlwpSet', handle);
    if (this.caller !== 0) {
      throw new RumpuserAssertion(`curlwpSet: setting lwp ${handle} while lwp ${this.caller} is current`);
    }
    this.curlwp[0] = handle;
  }

  clear(handle: number): void {
    if (handle === 0 || this.caller !== handle) {
      const current = this.caller === 0 ? 'none' : `lwp ${this.caller}`;
      throw new RumpuserAssertion(`curlwpClear: clearing lwp ${handle} while ${current} is current`);
    }
    this.curlwp[0] = 0;
  }

  #assertExists(call: string, handle: number): void {
    if (!this.#live.has(handle)) throw new RumpuserAssertion(`${call}: there is no lwp ${handle}`);
  }
}
