/**
 * Simulated host: the fault plan. A call that has a fault is replaced on that one host object; the others pay
 * nothing.
 */
import { Errno } from '../sys/errno.ts';
import type { Prng } from './prng.ts';
import type { Rumpuser } from './rumpuser.ts';
import type { BioFault } from './sim_bio.ts';

/** The name of a hypercall. */
export type Hypercall = {
  [K in keyof Rumpuser]-?: NonNullable<Rumpuser[K]> extends (...args: never[]) => unknown ? K : never;
}[keyof Rumpuser];

/**
 * What goes wrong, and when. Without `nth` and `probability` it is every call.
 * `bio` and `fsop` fail as they do on a host thread: their `done` is told, at the time it would have been.
 */
export interface Fault {
  readonly call: Hypercall;
  /** The first call it strikes, counted from 1. */
  readonly nth?: number;
  /** How likely it strikes a call, 0 to 1. Every fault draws from a stream of its own. */
  readonly probability?: number;
  /** The call does nothing but throw this. */
  readonly fail?: Errno;
  /** The call takes this long (virtual nanoseconds). */
  readonly delayNs?: number;
  /** How many calls it strikes at most. With `nth` 1 unless given, otherwise without end. */
  readonly times?: number;
}

/** What the plan does to the host, and needs from it. */
export interface FaultPlanHost {
  readonly prng: (name: string) => Prng;
  readonly delay: (ns: number) => void;
  readonly struck: () => void;
}

/** `times` and `nth` in progress. */
interface Armed {
  readonly fault: Fault;
  readonly random: Prng;
  calls: number;
  left: number;
}

/** One entry per hypercall; the compiler refuses it while one is missing. */
const HYPERCALLS: { readonly [K in Hypercall]: true } = {
  init: true,
  fini: true,
  lwpCreate: true,
  lwpDestroy: true,
  curlwpSet: true,
  curlwpClear: true,
  clockGettime: true,
  monotonicNs: true,
  clockSleep: true,
  idle: true,
  onPump: true,
  arm: true,
  defer: true,
  doorbell: true,
  busy: true,
  schedPick: true,
  worked: true,
  getparam: true,
  getrandom: true,
  putchar: true,
  dprintf: true,
  exit: true,
  kill: true,
  seterrno: true,
  malloc: true,
  free: true,
  anonmmap: true,
  unmap: true,
  open: true,
  close: true,
  getfileinfo: true,
  iovread: true,
  iovwrite: true,
  bio: true,
  fsop: true,
  fsopNow: true,
  readNow: true,
  reap: true,
  syncfd: true,
  mutexInit: true,
  mutexEnter: true,
  mutexEnterNowrap: true,
  mutexTryenter: true,
  mutexExit: true,
  mutexDestroy: true,
  mutexOwner: true,
  rwInit: true,
  rwEnter: true,
  rwTryenter: true,
  rwTryupgrade: true,
  rwDowngrade: true,
  rwExit: true,
  rwDestroy: true,
  rwHeld: true,
  cvInit: true,
  cvDestroy: true,
  cvWait: true,
  cvWaitNowrap: true,
  cvTimedwait: true,
  cvSignal: true,
  cvBroadcast: true,
  cvHasWaiters: true,
  threadCreate: true,
  threadJoin: true,
  dlBootstrap: true,
  dlopen: true,
  daemonizeBegin: true,
  daemonizeDone: true,
};

/** Every hypercall's name, in the order of the interface. */
export const hypercalls = Object.keys(HYPERCALLS) as readonly Hypercall[];

/** The faults of each call that has some. @throws TypeError RangeError when a fault makes no sense */
export function planFaults(
  faults: readonly Fault[],
  host: FaultPlanHost,
): ReadonlyMap<Hypercall, () => BioFault> {
  const armed = new Map<Hypercall, Armed[]>();
  for (const [index, fault] of faults.entries()) {
    checkFault(fault, `faults[${index}]`);
    const left = fault.times ?? (fault.nth === undefined ? Number.POSITIVE_INFINITY : 1);
    const one: Armed = { fault, random: host.prng(`fault ${index} ${fault.call}`), calls: 0, left };
    const others = armed.get(fault.call);
    if (others === undefined) armed.set(fault.call, [one]);
    else others.push(one);
  }
  return new Map([...armed].map(([call, list]) => [call, () => strike(list, host)]));
}

/** Put the plan in place of an ordinary method: slow first, then failing or doing its work. */
export function faulty<F extends (...args: never[]) => unknown>(
  method: F,
  strikeNow: () => BioFault,
  host: FaultPlanHost,
): F {
  const replacement = (...args: Parameters<F>): unknown => {
    const { delayNs, fail } = strikeNow();
    if (delayNs > 0) host.delay(delayNs);
    if (fail !== undefined) throw fail;
    return method(...args);
  };
  return replacement as F;
}

/** What befalls this call: delays add up, the first errno counts. */
function strike(list: readonly Armed[], host: FaultPlanHost): BioFault {
  let delayNs = 0;
  let fail: Errno | undefined;
  for (const armed of list) {
    if (!strikes(armed)) continue;
    armed.left--;
    delayNs += armed.fault.delayNs ?? 0;
    fail ??= armed.fault.fail;
    host.struck();
  }
  return { delayNs, fail };
}

function strikes(armed: Armed): boolean {
  armed.calls++;
  const { nth = 1, probability = 1 } = armed.fault;
  // Drawn also when it cannot strike any more: `times` must not change what the stream gives afterwards.
  const lucky = probability === 1 || armed.random.float() < probability;
  return lucky && armed.calls >= nth && armed.left > 0;
}

function checkFault(fault: Fault, where: string): void {
  if (typeof fault !== 'object' || fault === null) throw new TypeError(`${where}: not an object`);
  const { call, nth, probability, fail, delayNs, times } = fault;
  if (!Object.hasOwn(HYPERCALLS, call))
    throw new TypeError(`${where}: there is no hypercall ${String(call)}`);
  if (nth !== undefined && probability !== undefined) {
    throw new TypeError(`${where}: nth and probability exclude each other`);
  }
  if (fail === undefined && delayNs === undefined)
    throw new TypeError(`${where}: neither fail nor delayNs is given`);
  if (fail !== undefined && !(fail instanceof Errno))
    throw new TypeError(`${where}: fail is not an errno singleton`);
  checkNumber(where, 'nth', nth, Number.isSafeInteger(nth) && Number(nth) >= 1);
  checkNumber(where, 'times', times, Number.isSafeInteger(times) && Number(times) >= 1);
  checkNumber(where, 'probability', probability, Number(probability) >= 0 && Number(probability) <= 1);
  checkNumber(where, 'delayNs', delayNs, Number.isFinite(delayNs) && Number(delayNs) >= 0);
}

function checkNumber(where: string, name: string, value: unknown, good: boolean): void {
  if (value === undefined) return;
  if (typeof value !== 'number') throw new TypeError(`${where}: ${name} is not a number`);
  if (!good) throw new RangeError(`${where}: ${name} is ${value}`);
}
