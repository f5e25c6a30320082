/**
 * Native host: waiting for the next deadline or a doorbell, and the pump.
 *
 * The bell lives in C++ (`native/rumpuser/idle.cc`). While this thread is inside `idle` it ends that;
 * otherwise the process's idle thread, or whoever rings, has the pump called on this thread. The event loop
 * stays alive while a deadline is armed, a ring is on its way or something holds the idler.
 */
import type { NativeBinding } from './native_binding.ts';
import { waitResult } from './native_binding.ts';
import { nativeSockets } from './native_sockets.ts';
import { RumpuserAssertion } from './rumpuser.ts';
import type { HostVisitors } from './rumpuser_ways.ts';

/**
 * Pumps in a row from the microtask queue before one goes round the event loop: a chain must not starve that.
 */
const MICROTASK_TURNS = 64;

export class NativeIdler implements HostVisitors {
  readonly tenant: number;
  /** An integer: any thread may ring it, through C too. */
  readonly handle: number;
  readonly #binding: NativeBinding;
  /** When this host began, counted from the process's epoch as the addon does. */
  readonly #originNs: number;

  #pump: (() => void) | undefined;
  /** Callers of other threads there are, and those of them that could do something now. */
  #callers = 0;
  #outside = 0;
  /** Programs that have come by sockets of this isolate. */
  #visitors = 0;
  /** Something may have happened at sockets, which the event loop had no turn to tell. */
  #untold = false;
  #keepsAlive = false;
  #deferred = false;
  #microtasks = 0;
  #immediate: NodeJS.Immediate | undefined;
  #open = true;

  constructor(binding: NativeBinding) {
    this.#binding = binding;
    binding.tick();
    this.#originNs = binding.scratch[0] as number;
    this.tenant = binding.hostOpen(() => this.#ringing());
    if (this.tenant === 0) throw new RumpuserAssertion(binding.reason());
    this.handle = binding.hostIdler(this.tenant);
  }

  nowNs(): number {
    this.#binding.tick();
    return (this.#binding.scratch[0] as number) - this.#originNs;
  }

  idle(deadlineNs: number): void {
    if (Number.isNaN(deadlineNs)) throw new RumpuserAssertion('idle: the deadline is not a number');
    const deadline = deadlineNs + this.#originNs;
    if (this.#visitors === 0) {
      waitResult(this.#binding.idle(this.handle, deadline));
    } else {
      this.#untold = true;
      waitResult(this.#binding.idleAtSockets(this.handle, nativeSockets().hasSoon ? 0 : deadline));
    }
    // The ring of the armed deadline may have been what ended it.
    this.stayAlive();
  }

  onPump(pump: () => void): void {
    this.#pump = pump;
  }

  arm(deadlineNs: number): void {
    if (Number.isNaN(deadlineNs)) throw new RumpuserAssertion('arm: the deadline is not a number');
    this.#binding.arm(this.handle, deadlineNs + this.#originNs);
    this.stayAlive();
  }

  defer(): void {
    if (this.#deferred) return;
    this.#deferred = true;
    if (this.#microtasks < MICROTASK_TURNS) {
      this.#microtasks++;
      queueMicrotask(() => this.#deferral());
      return;
    }
    this.#immediate = setImmediate(() => {
      this.#microtasks = 0;
      this.#deferral();
    });
  }

  doorbell(): void {
    this.#binding.doorbell(this.handle);
    this.stayAlive();
  }

  busy(): boolean {
    return this.#open && (this.#outside > 0 || this.#visitors > 0 || this.#binding.busy(this.handle));
  }

  come(): void {
    this.#visitors++;
  }
  go(): void {
    this.#visitors--;
  }

  /** Tell what has happened at sockets while this thread was idle. */
  reap(): void {
    if (this.#untold) {
      this.#untold = false;
      nativeSockets().dispatch();
    }
  }

  /** Whether somebody else could ring, and whether anybody will ever. */
  callers(all: number, outside: number): void {
    this.#outside = outside;
    if (all !== this.#callers) {
      this.#callers = all;
      this.stayAlive();
    }
  }

  /**
   * Look again whether the event loop must stay alive: after anything that may hold the idler or let it go.
   */
  stayAlive(): void {
    if (!this.#open) return;
    const alive = this.#callers > 0 || this.#binding.armed(this.handle) || this.#binding.busy(this.handle);
    if (alive === this.#keepsAlive) return;
    this.#keepsAlive = alive;
    this.#binding.hostKeepAlive(this.tenant, alive);
  }

  /** Idempotent. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#pump = undefined;
    clearImmediate(this.#immediate);
    this.#binding.hostClose(this.tenant);
  }

  #deferral(): void {
    this.#deferred = false;
    this.#pump?.();
  }

  /** A doorbell, or the armed deadline: the addon does not say which, and one pump serves both. */
  #ringing(): void {
    try {
      this.#pump?.();
    } catch (error) {
      // Out of a native callback Node would only warn; this way it is an uncaught exception like any other.
      queueMicrotask(() => {
        throw error;
      });
    }
    this.stayAlive();
  }
}
