/** Native host: the addon's own functions, and the memory it shares with every isolate of the process. */
import { EINTR } from '../sys/errno.ts';
import { loadBinding } from './binding.ts';
import { type HostBinding, type LoadedObject, throwing } from './host_errno.ts';
import type { SocketBinding } from './native_sockets.ts';
import { RumpuserAssertion, RumpuserOwnerDead } from './rumpuser.ts';

/** Where a comment does not say otherwise, a negative result is an errno. Lock words: see `locks.ts`. */
export interface NativeBinding extends HostBinding {
  /** Contract version of the C side. */
  readonly version: number;
  /** Eight words for each lock of the process. */
  readonly lockWords: Int32Array;
  /** Where native code finds them. */
  readonly lockWordsAddress: bigint;
  /** A byte for each lwp handle of the process: see `curlwp.ts`. */
  readonly lwpStates: Uint8Array;
  readonly lwpsPerBlock: number;
  /** This thread's current lwp. */
  readonly curlwp: Uint32Array;
  /** Where `tick` and `clockGettime` leave their results. */
  readonly scratch: Float64Array;
  /** A plain store followed by a plain load will do on the leaving side of a mutex. */
  readonly leavingNeedsNoFence: boolean;
  hypercalls(): readonly Hypercall[];
  /** What a broken assertion calls, with its message; must throw. */
  onAssertion(thrower: (message: string) => never): void;
  /** Why the last call on this thread failed. */
  reason(): string;
  /**
   * Nanoseconds in C++: for a pair of enter and exit of a host mutex, or of ours; for there and back between two
   * threads, asleep or looking.
   */
  bench(kind: 'pthread' | 'mutex' | 'sleeping' | 'looking', rounds: number): number;

  /** A tenant of the process; 0 when there are too many. `pump` is called on this thread. */
  hostOpen(pump: () => void): number;
  hostClose(tenant: number): void;
  hostIdler(tenant: number): number;
  hostKeepAlive(tenant: number, alive: boolean): void;
  /** First handle of a block. */
  lwpBlock(tenant: number): number;

  /** Nanoseconds since the process's epoch into `scratch[0]`. */
  tick(): void;
  /** Seconds and nanoseconds into `scratch`. */
  clockGettime(clock: number): number;
  clockSleep(clock: number, sec: number, nsec: number): number;
  /** Deadlines count from the process's epoch. */
  idle(idler: number, deadlineNs: number): number;
  /** `idle` at the sockets of this isolate, too: their `dispatch` tells what has happened there. */
  idleAtSockets(idler: number, deadlineNs: number): number;
  arm(idler: number, deadlineNs: number): void;
  armed(idler: number): boolean;
  doorbell(idler: number): void;
  hold(idler: number): void;
  release(idler: number): void;
  busy(idler: number): boolean;

  mutexInit(tenant: number, flags: number): number;
  /** Neither of the two gives the CPU up; they differ in their messages. */
  mutexEnter(m: number): number;
  mutexEnterNowrap(m: number): number;
  mutexTryenter(m: number): number;
  mutexExit(m: number): void;
  /** Wakes one who waits for a mutex that was just left. */
  mutexWake(m: number): void;
  mutexDestroy(m: number): void;
  mutexOwner(m: number): number;
  mutexRetake(call: string, m: number, depth: number): number;
  /** Modes: 0 reads, 1 writes. */
  rwInit(tenant: number): number;
  rwEnter(mode: number, rw: number): number;
  /** What `rwEnter` does before it waits: EBUSY when it must. */
  rwEnterIfFree(mode: number, rw: number): number;
  rwTryenter(mode: number, rw: number): number;
  rwTryupgrade(rw: number): number;
  rwDowngrade(rw: number): void;
  rwExit(rw: number): void;
  /** Wakes who waits for a rwlock that was just left. */
  rwWake(rw: number): void;
  rwDestroy(rw: number): void;
  rwHeld(mode: number, rw: number): boolean;
  cvInit(tenant: number): number;
  cvDestroy(cv: number): void;
  /** Throws in the name of `call` unless a wait is in order. */
  cvCheck(call: string, cv: number, m: number): void;
  /** Lets `m` go and sleeps; leaves `m` for `mutexRetake`. */
  cvBlock(call: string, cv: number, m: number, timeoutNs: number): number;
  cvSignal(cv: number): void;
  cvBroadcast(cv: number): void;
  cvHasWaiters(cv: number): boolean;

  /** Slots and their states: `native/rumpuser/gate.h`. Addresses are the process's. */
  gateMemory(): Uint8Array;
  addressOf(bytes: Uint8Array): bigint;
  /** 0 when there are too many. */
  gateOpen(tenant: number): number;
  gateClose(tenant: number): void;
  gateNext(gate: number, spinNs: number, done: number): number;
  gateDone(slot: number): void;
  gateForget(slot: number): void;
  gateCopyin(slot: number, address: bigint, to: Uint8Array): number;
  gateCopyout(slot: number, address: bigint, from: Uint8Array): number;
  gateClaim(gate: number): number;
  gateCall(slot: number, spinNs: number): number;
  gatePost(slot: number, waiter: number): number;
  /** 1: not yet. */
  gateSettled(slot: number): number;
  gateRelease(slot: number): void;
  gateGone(slot: number): void;

  /** The functions of sockets, once in an isolate. `happened` is called on this thread: see `native_sockets.ts`. */
  sockets(happened: (number: number, event: number, value: number) => void): SocketBinding;

  /** `upcall(what, text, device)` answers a number or a negative errno: see `host_modules.ts`. */
  moduleOpen(
    tenant: number,
    giant: number,
    upcall: (what: number, text: string, device: bigint) => number,
  ): void;
  moduleClose(tenant: number): void;
  moduleObjects(): readonly LoadedObject[];
  moduleInfo(
    address: bigint,
  ): readonly [version: number, kind: number, name: string, required: string, revision: number];
  /** `pairs` is key, value, key, value. */
  moduleCommand(tenant: number, address: bigint, cmd: number, pairs: readonly (string | number)[]): number;
  moduleDevice(
    tenant: number,
    address: bigint,
    op: number,
    dev: number,
    flag: number,
    data: Uint8Array,
    where: number,
  ): number;
  moduleServe(tenant: number): void;

  /** A cookie, 0 when nobody is to join. */
  threadCreate(fn: bigint, arg: bigint, name: string, mustJoin: boolean): number;
  threadJoin(cookie: number): number;
}

/** One row of the header's list. */
export interface Hypercall {
  readonly section: string;
  readonly name: string;
  /** The C parameter list, with its parentheses. */
  readonly parameters: string;
  readonly address: bigint;
}

/**
 * The addon, with assertions arranged to arrive as `RumpuserAssertion`. Looked for once in an isolate:
 * finding it costs as much as a third of a boot. @throws Error when there is no addon
 */
export const nativeBinding = once(() => {
  const binding = loadBinding() as NativeBinding;
  binding.onAssertion(throwAssertion);
  return binding;
});

/** A function that calls `make` until that has returned, and from then on returns what it did. */
export function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function throwAssertion(message: string): never {
  throw new RumpuserAssertion(asNamedHere(message));
}

/** C names the call `mutex_exit`, callers here know it as `mutexExit`. */
function asNamedHere(message: string): string {
  const colon = message.indexOf(':');
  const call = message.slice(0, colon).replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return call + message.slice(colon);
}

const EOWNERDEAD_NUMBER = 97;

/** The result of a lock call that did not fail. @throws RumpuserOwnerDead, or the errno */
export function lockResult(binding: NativeBinding, result: number): number {
  if (result === -EOWNERDEAD_NUMBER) throw new RumpuserOwnerDead(asNamedHere(binding.reason()));
  return throwing(result);
}

/**
 * The same for a wait. EINTR means that this isolate was told to end: it will as soon as the addon returns,
 * whatever is thrown here.
 */
export function waitResult(result: number): void {
  if (result !== -EINTR.errno) throwing(result);
}
