/**
 * Native host: lwp handles and curlwp.
 *
 * One byte per handle, shared by every thread of the process, says whether it exists and whether it runs.
 * Handles come from the addon a block at a time and go back when the host ends, so making and dropping an lwp
 * is a pop and a push. curlwp is the C++ thread's own word: what is stored here is what native code on this
 * thread sees.
 *
 * NetBSD: lib/librumpuser/rumpuser_curlwp.c, rumpuser(3).
 */
import { throwing } from './host_errno.ts';
import type { NativeBinding } from './native_binding.ts';
import { RumpuserAssertion } from './rumpuser.ts';

const FREE = 0;
const IDLE = 1;
const CURRENT = 2;

export class NativeLwps {
  readonly current: Uint32Array;
  readonly #states: Uint8Array;
  readonly #binding: NativeBinding;
  readonly #tenant: number;
  readonly #free: number[] = [];
  readonly #blocks = new Set<number>();

  constructor(binding: NativeBinding, tenant: number) {
    this.#binding = binding;
    this.#tenant = tenant;
    this.#states = binding.lwpStates;
    this.current = binding.curlwp;
  }

  /** @throws ENOMEM */
  create(): number {
    const handle = this.#free.pop() ?? this.#more();
    this.#states[handle] = IDLE;
    return handle;
  }

  destroy(handle: number): void {
    if (this.#states[handle] !== IDLE || !this.#blocks.has(handle >>> 8)) this.#destroyMisused(handle);
    this.#states[handle] = FREE;
    this.#free.push(handle);
  }

  set(handle: number): void {
    if (this.current[0] !== 0 || this.#states[handle] !== IDLE) this.#setMisused(handle);
    this.#states[handle] = CURRENT;
    this.current[0] = handle;
  }

  clear(handle: number): void {
    if (this.current[0] !== handle || handle === 0) this.#clearMisused(handle);
    this.#states[handle] = IDLE;
    this.current[0] = 0;
  }

  #more(): number {
    const first = throwing(this.#binding.lwpBlock(this.#tenant));
    this.#blocks.add(first >>> 8);
    // Handle 0 is none. The lowest is used first.
    const least = first === 0 ? 1 : first;
    for (let handle = first + this.#binding.lwpsPerBlock - 1; handle > least; handle--)
      this.#free.push(handle);
    return least;
  }

  #destroyMisused(handle: number): never {
    const state = this.#states[handle];
    if (state === CURRENT) throw new RumpuserAssertion(`lwpDestroy: lwp ${handle} is current`);
    if (state === IDLE) throw new RumpuserAssertion(`lwpDestroy: lwp ${handle} was made by another host`);
    throw new RumpuserAssertion(`lwpDestroy: there is no lwp ${handle}`);
  }

  #setMisused(handle: number): never {
    const state = this.#states[handle];
    if (state !== IDLE && state !== CURRENT)
      throw new RumpuserAssertion(`curlwpSet: there is no lwp ${handle}`);
    if (this.current[0] !== 0) {
      throw new RumpuserAssertion(`curlwpSet: setting lwp ${handle} while lwp ${this.current[0]} is current`);
    }
    throw new RumpuserAssertion(`curlwpSet: lwp ${handle} is current on another thread`);
  }

  #clearMisused(handle: number): never {
    const current = this.current[0] === 0 ? 'none' : `lwp ${this.current[0]}`;
    throw new RumpuserAssertion(`curlwpClear: clearing lwp ${handle} while ${current} is current`);
  }
}
