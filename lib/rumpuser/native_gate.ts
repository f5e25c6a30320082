/** Native host: the gate, both sides of it. `native/rumpuser/gate.h` has the protocol. */
import { EAGAIN, EDEADLK } from '../sys/errno.ts';
import { throwing } from './host_errno.ts';
import type { NativeIdler } from './idler.ts';
import { type NativeBinding, nativeBinding, waitResult } from './native_binding.ts';
import { RumpuserAssertion } from './rumpuser.ts';
import type { HostGate } from './rumpuser_ways.ts';

/** The kernel's side. */
export class NativeGate implements HostGate {
  memory: Uint8Array = new Uint8Array(0);
  address = 0n;
  readonly #binding: NativeBinding;
  readonly #idler: NativeIdler;
  #gate = 0;
  #serve: (() => void) | undefined;

  constructor(binding: NativeBinding, idler: NativeIdler) {
    this.#binding = binding;
    this.#idler = idler;
  }

  open(serve: () => void): number {
    if (this.#gate === 0) {
      this.#gate = this.#binding.gateOpen(this.#idler.tenant);
      if (this.#gate === 0) throw EAGAIN;
      this.memory = this.#binding.gateMemory();
      this.address = this.#binding.addressOf(this.memory);
      this.#serve = serve;
    }
    return this.#gate;
  }

  next(spinNs: number, done: number): number {
    return this.#binding.gateNext(this.#gate, spinNs, done);
  }
  done(slot: number): void {
    this.#binding.gateDone(slot);
  }
  ring(idler: number): void {
    if (idler !== 0) this.#binding.doorbell(idler);
  }
  forget(slot: number): void {
    this.#binding.gateForget(slot);
  }
  copyin(slot: number, address: bigint, to: Uint8Array): void {
    throwing(this.#binding.gateCopyin(slot, address, to));
  }
  copyout(slot: number, address: bigint, from: Uint8Array): void {
    throwing(this.#binding.gateCopyout(slot, address, from));
  }
  callers(all: number, outside: number): void {
    this.#idler.callers(all, outside);
  }

  /** Look for requests. */
  serve(): void {
    this.#serve?.();
  }

  close(): void {
    if (this.#gate === 0) return;
    this.#gate = 0;
    this.#serve = undefined;
    this.#binding.gateClose(this.#idler.tenant);
    this.#idler.callers(0, 0);
  }
}

/** A caller's side: what an isolate does with slots of somebody's gate. Its own calls never touch a kernel. */
export class GateCaller {
  /** All slots of the process. */
  readonly memory: Uint8Array;
  readonly address: bigint;
  readonly #binding: NativeBinding;
  readonly #gate: number;
  /** Slots of requests that nobody waits for, with who is told. */
  readonly #posted = new Map<number, (alive: boolean) => void>();
  #onring: (() => void) | undefined;
  #tenant = 0;
  #idler = 0;

  /** @throws Error when the native addon is missing */
  constructor(gate: number) {
    this.#binding = nativeBinding();
    this.#gate = gate;
    this.memory = this.#binding.gateMemory();
    this.address = this.#binding.addressOf(this.memory);
  }

  addressOf(bytes: Uint8Array): bigint {
    return this.#binding.addressOf(bytes);
  }

  /** A slot of one's own. @throws ENXIO the kernel is dead; EAGAIN */
  claim(): number {
    return throwing(this.#binding.gateClaim(this.#gate));
  }

  /**
   * Post the request in `slot` and wait for its answer: `spinNs` looking, then asleep. On the kernel's own thread
   * nobody can wait; there `serve` has to bring the answer. @throws ENXIO; EDEADLK it has not
   */
  call(slot: number, spinNs: number, serve?: () => void): void {
    if (serve === undefined) {
      const result = this.#binding.gateCall(slot, spinNs);
      if (result !== 0) waitResult(result);
      return;
    }
    throwing(this.#binding.gatePost(slot, 0));
    serve();
    const result = this.#binding.gateSettled(slot);
    if (result === 1) throw EDEADLK;
    throwing(result);
  }

  /** Post it and go on: `done` is called when it is answered, with false when the kernel died. @throws ENXIO */
  post(slot: number, done: (alive: boolean) => void): void {
    throwing(this.#binding.gatePost(slot, this.#idlerOpen()));
    this.#posted.set(slot, done);
    if (this.#posted.size === 1) this.#binding.hostKeepAlive(this.#tenant, true);
  }

  /** Of a slot with nothing under way. */
  release(slot: number): void {
    this.#binding.gateRelease(slot);
  }

  /** No more requests; those that nobody waits for are given up. */
  close(slot: number): void {
    this.#binding.gateGone(slot);
    for (const [posted, done] of this.#posted) {
      this.#posted.delete(posted);
      this.#binding.gateGone(posted);
      done(false);
    }
    if (this.#tenant !== 0) this.#binding.hostClose(this.#tenant);
    this.#tenant = 0;
  }

  /** The idler that is rung when there is something else to see. */
  waiter(onring: () => void): number {
    this.#onring = onring;
    return this.#idlerOpen();
  }

  #idlerOpen(): number {
    if (this.#tenant === 0) {
      this.#tenant = this.#binding.hostOpen(() => this.#answers());
      if (this.#tenant === 0) throw new RumpuserAssertion(this.#binding.reason());
      this.#idler = this.#binding.hostIdler(this.#tenant);
    }
    return this.#idler;
  }

  #answers(): void {
    for (const [slot, done] of this.#posted) {
      const result = this.#binding.gateSettled(slot);
      if (result <= 0) {
        this.#posted.delete(slot);
        done(result === 0);
      }
    }
    this.#onring?.();
    if (this.#posted.size === 0 && this.#tenant !== 0) this.#binding.hostKeepAlive(this.#tenant, false);
  }
}
