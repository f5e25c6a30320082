/** What a host has for those who come into a kernel from elsewhere: threads of this process, programs of others. */

/** System calls of other host threads, each with a slot in shared memory: see `lib/gate/slots.ts`. */
export interface HostGate {
  readonly memory: Uint8Array;
  readonly address: bigint;
  /** Let others come; `reap` calls `serve`. @returns what they need, again the same. @throws EAGAIN too many gates */
  open(serve: () => void): number;
  /**
   * The slot of the next request, looked for as long as `spinNs`; -1 when there is none.
   * @param done the answer to a request is in this slot; -1: in none
   */
  next(spinNs: number, done: number): number;
  /** The answer to a request is in its slot. */
  done(slot: number): void;
  /** Ring a caller's own idler, or nobody: 0. */
  ring(idler: number): void;
  /** Give back the slot of a caller that has gone. */
  forget(slot: number): void;
  /** From the memory of the slot's caller. @throws EFAULT it is not there, or the caller has gone */
  copyin(slot: number, address: bigint, to: Uint8Array): void;
  copyout(slot: number, address: bigint, from: Uint8Array): void;
  /** Callers there are, and those of them that could still do something. */
  callers(all: number, outside: number): void;
  /** Every request, now and later, finds the kernel dead. */
  close(): void;
}

/**
 * Programs of other processes that have come in by sockets. While there is one, `idle` waits at the sockets too, and
 * `reap` tells its connection what has happened there. Without this nobody waits for them.
 */
export interface HostVisitors {
  come(): void;
  go(): void;
}
