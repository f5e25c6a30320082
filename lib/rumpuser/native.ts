/**
 * The native host: `Rumpuser` over the addon, one object per kernel.
 *
 * Subjects are in files of their own (`curlwp.ts`, `locks.ts`, `rwlocks.ts`, `cvs.ts`, `idler.ts`,
 * `host*.ts`); this one puts them together.
 */

import { EBUSY, EINVAL, EPROGMISMATCH } from '../sys/errno.ts';
import type { Timespec } from '../sys/types.ts';
import { NativeLwps } from './curlwp.ts';
import { NativeCvs } from './cvs.ts';
import { type HostCalls, type HostOptions, hostCalls } from './host.ts';
import { throwing } from './host_errno.ts';
import { NativeIdler } from './idler.ts';
import { NativeMutexes } from './locks.ts';
import { type NativeBinding, nativeBinding, waitResult } from './native_binding.ts';
import { NativeGate } from './native_gate.ts';
import { NativeModules } from './native_modules.ts';
import type { Hyperup, LockHandle, Rumpuser, RwMode } from './rumpuser.ts';
import { RUMPUSER_VERSION, RumpuserAssertion } from './rumpuser.ts';
import type { HostVisitors } from './rumpuser_ways.ts';
import { NativeRwlocks } from './rwlocks.ts';
import { Upcalls } from './upcalls.ts';

export type NativeHostOptions = Pick<HostOptions, 'env' | 'console' | 'onExit'>;

const NS_PER_SEC = 1_000_000_000;

class NativeHost implements Omit<Rumpuser, keyof HostCalls> {
  readonly kind = 'native';
  readonly curlwp: Uint32Array;
  readonly #binding: NativeBinding;
  readonly #upcalls = new Upcalls();
  readonly #idler: NativeIdler;
  readonly #lwps: NativeLwps;
  readonly #mutexes: NativeMutexes;
  readonly #rwlocks: NativeRwlocks;
  readonly #cvs: NativeCvs;
  readonly modules: NativeModules;
  readonly gate: NativeGate;
  readonly visitors: HostVisitors;
  readonly #host: ReturnType<typeof hostCalls>;
  #finished = false;

  constructor(binding: NativeBinding, options: NativeHostOptions) {
    this.#binding = binding;
    this.#idler = new NativeIdler(binding);
    const { tenant } = this.#idler;
    this.#lwps = new NativeLwps(binding, tenant);
    this.#mutexes = new NativeMutexes(binding, tenant, this.#upcalls);
    this.#rwlocks = new NativeRwlocks(binding, tenant, this.#upcalls);
    this.#cvs = new NativeCvs(binding, tenant, this.#upcalls, this.#mutexes);
    this.modules = new NativeModules(binding, this.#idler, this.#upcalls);
    this.gate = new NativeGate(binding, this.#idler);
    this.visitors = this.#idler;
    this.curlwp = this.#lwps.current;
    this.#host = hostCalls(binding, {
      ...options,
      upcalls: () => this.#upcalls.hyperup,
      idler: this.#idler.handle,
    });
  }

  /** What the operating system is asked for, with block I/O keeping the event loop alive. */
  calls(): HostCalls {
    const { calls } = this.#host;
    return {
      ...calls,
      bio: (fd, op, data, off, done) => {
        calls.bio(fd, op, data, off, done);
        this.#idler.stayAlive();
      },
      fsop: (request, done) => {
        calls.fsop(request, done);
        this.#idler.stayAlive();
      },
      reap: () => {
        try {
          this.modules.serve();
          this.gate.serve();
          this.#idler.reap();
          return calls.reap();
        } finally {
          this.#idler.stayAlive();
        }
      },
    };
  }

  init(version: number, upcalls: Hyperup): void {
    if (version !== RUMPUSER_VERSION || this.#binding.version !== RUMPUSER_VERSION) throw EPROGMISMATCH;
    if (this.#finished) throw new RumpuserAssertion('init: this host is finished');
    if (this.#upcalls.hyperup !== undefined) throw EBUSY;
    this.#upcalls.bind(upcalls);
  }

  fini(): void {
    this.#finished = true;
    this.modules.close();
    this.gate.close();
    this.#upcalls.unbind();
    this.#host.fini();
    this.#idler.close();
  }

  lwpCreate(): number {
    return this.#lwps.create();
  }
  lwpDestroy(handle: number): void {
    this.#lwps.destroy(handle);
  }
  curlwpSet(handle: number): void {
    this.#lwps.set(handle);
  }
  curlwpClear(handle: number): void {
    this.#lwps.clear(handle);
  }

  clockGettime(clock: number): Timespec {
    throwing(this.#binding.clockGettime(clock));
    const [sec, nsec] = this.#binding.scratch as unknown as [number, number];
    return { sec, nsec };
  }
  monotonicNs(): number {
    return this.#idler.nowNs();
  }
  clockSleep(clock: number, sec: number, nsec: number): void {
    if (!Number.isSafeInteger(sec) || !Number.isInteger(nsec) || nsec < 0 || nsec >= NS_PER_SEC) throw EINVAL;
    this.#host.flushConsole();
    this.#upcalls.around(() => waitResult(this.#binding.clockSleep(clock, sec, nsec)));
  }
  idle(deadlineNs: number): void {
    this.#host.flushConsole();
    this.#idler.idle(deadlineNs);
  }
  onPump(pump: () => void): void {
    this.#idler.onPump(pump);
  }
  arm(deadlineNs: number): void {
    this.#idler.arm(deadlineNs);
  }
  defer(): void {
    this.#idler.defer();
  }
  doorbell(): void {
    this.#idler.doorbell();
  }
  busy(): boolean {
    return this.#idler.busy();
  }

  mutexInit(flags: number): LockHandle {
    return this.#mutexes.init(flags);
  }
  mutexEnter(m: LockHandle): void {
    this.#mutexes.enter(m);
  }
  mutexEnterNowrap(m: LockHandle): void {
    this.#mutexes.enterNowrap(m);
  }
  mutexTryenter(m: LockHandle): void {
    this.#mutexes.tryenter(m);
  }
  mutexExit(m: LockHandle): void {
    this.#mutexes.exit(m);
  }
  mutexDestroy(m: LockHandle): void {
    this.#mutexes.destroy(m);
  }
  mutexOwner(m: LockHandle): number {
    return this.#mutexes.owner(m);
  }

  rwInit(): LockHandle {
    return this.#rwlocks.init();
  }
  rwEnter(mode: RwMode, rw: LockHandle): void {
    this.#rwlocks.enter(mode, rw);
  }
  rwTryenter(mode: RwMode, rw: LockHandle): void {
    this.#rwlocks.tryenter(mode, rw);
  }
  rwTryupgrade(rw: LockHandle): void {
    this.#rwlocks.tryupgrade(rw);
  }
  rwDowngrade(rw: LockHandle): void {
    this.#rwlocks.downgrade(rw);
  }
  rwExit(rw: LockHandle): void {
    this.#rwlocks.exit(rw);
  }
  rwDestroy(rw: LockHandle): void {
    this.#rwlocks.destroy(rw);
  }
  rwHeld(mode: RwMode, rw: LockHandle): boolean {
    return this.#rwlocks.held(mode, rw);
  }

  cvInit(): LockHandle {
    return this.#cvs.init();
  }
  cvDestroy(cv: LockHandle): void {
    this.#cvs.destroy(cv);
  }
  cvWait(cv: LockHandle, m: LockHandle): void {
    this.#cvs.wait('cvWait', cv, m, Number.POSITIVE_INFINITY);
  }
  cvWaitNowrap(cv: LockHandle, m: LockHandle): void {
    this.#cvs.waitNowrap(cv, m);
  }
  cvTimedwait(cv: LockHandle, m: LockHandle, timeoutNs: number): void {
    this.#cvs.wait('cvTimedwait', cv, m, timeoutNs);
  }
  cvSignal(cv: LockHandle): void {
    this.#cvs.signal(cv);
  }
  cvBroadcast(cv: LockHandle): void {
    this.#cvs.broadcast(cv);
  }
  cvHasWaiters(cv: LockHandle): boolean {
    return this.#cvs.hasWaiters(cv);
  }

  threadCreate(fn: bigint, arg: bigint, name: string, options: { mustJoin: boolean }): number {
    if (typeof fn !== 'bigint' || fn === 0n || typeof arg !== 'bigint') throw EINVAL;
    return throwing(this.#binding.threadCreate(fn, arg, String(name), options.mustJoin));
  }
  threadJoin(cookie: number): void {
    this.#host.flushConsole();
    this.#upcalls.around(() => throwing(this.#binding.threadJoin(cookie)));
  }
}

/**
 * A host for one kernel: the machine this process runs on. Its calls are those of any thread of this isolate.
 * @throws Error when the native addon is missing or broken; the message says what to run.
 */
export function nativeHost(options: NativeHostOptions = {}): Rumpuser {
  const host = new NativeHost(nativeBinding(), options);
  return Object.assign(host, host.calls());
}
