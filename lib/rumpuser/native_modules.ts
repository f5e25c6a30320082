/**
 * Native host: kernel modules in native code. The addon calls them, and brings what they ask for back here as
 * numbers; `native/rumpuser/module_link.h` has the same lists.
 *
 * NetBSD: sys/kern/kern_module.c.
 */
import { EINTR } from '../sys/errno.ts';
import { NativeObject } from './host_dl.ts';
import type { NativeIdler } from './idler.ts';
import type { NativeBinding } from './native_binding.ts';
import type {
  DeviceOp,
  DlObject,
  HostModules,
  LockHandle,
  ModuleUpcalls,
  NativeModinfo,
} from './rumpuser.ts';
import type { Upcalls } from './upcalls.ts';

const PRINT = 0;
const ATTACH = 1;
const DETACH = 2;
const WAKEUP = 3;
const SHARE = 4;
const UNSCHEDULE = 5;
const ADMIT = 7;

const DEVICE_OPS: readonly DeviceOp[] = ['open', 'close', 'read', 'write', 'ioctl'];
const DEVICE_WAITS = -0x10000;

export class NativeModules implements HostModules {
  readonly #binding: NativeBinding;
  readonly #idler: NativeIdler;
  readonly #upcalls: Upcalls;
  #open = false;
  /** What an upcall threw: it cannot pass through native code, so it is thrown when that has returned. */
  #thrown: { readonly error: unknown } | undefined;

  constructor(binding: NativeBinding, idler: NativeIdler, upcalls: Upcalls) {
    this.#binding = binding;
    this.#idler = idler;
    this.#upcalls = upcalls;
  }

  objects(): readonly DlObject[] {
    return this.#binding.moduleObjects().map((object) => new NativeObject(this.#binding, object));
  }

  modinfo(address: bigint): NativeModinfo {
    const [version, kind, name, required, revision] = this.#binding.moduleInfo(address);
    return { version, class: kind, name, required, revision };
  }

  open(upcalls: ModuleUpcalls, giant: LockHandle): void {
    this.#binding.moduleOpen(this.#idler.tenant, giant, (what, text, device) => {
      try {
        return this.#answer(upcalls, what, text, device);
      } catch (error) {
        this.#thrown ??= { error };
        return -EINTR.errno;
      }
    });
    this.#open = true;
  }

  modcmd(address: bigint, cmd: number, props: Readonly<Record<string, string | number | boolean>>): number {
    const pairs = Object.entries(props).flatMap(([key, v]) => [key, typeof v === 'boolean' ? Number(v) : v]);
    return this.#call(() => this.#binding.moduleCommand(this.#idler.tenant, address, cmd, pairs));
  }

  device(
    address: bigint,
    op: DeviceOp,
    dev: number,
    flag: number,
    data: Uint8Array,
    where: number,
  ): number | null {
    const { tenant } = this.#idler;
    const number = DEVICE_OPS.indexOf(op);
    const result = this.#call(() =>
      this.#binding.moduleDevice(tenant, address, number, dev, flag, data, where),
    );
    return result === DEVICE_WAITS ? null : result;
  }

  /** Do what threads of modules have asked for since. */
  serve(): void {
    if (this.#open) this.#call(() => this.#binding.moduleServe(this.#idler.tenant));
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#binding.moduleClose(this.#idler.tenant);
  }

  #call<T>(call: () => T): T {
    let result: T;
    try {
      result = call();
    } finally {
      // A thread may have been started or have ended.
      this.#idler.stayAlive();
    }
    const thrown = this.#thrown;
    if (thrown !== undefined) {
      this.#thrown = undefined;
      throw thrown.error;
    }
    return result;
  }

  #answer(upcalls: ModuleUpcalls, what: number, text: string, device: bigint): number {
    switch (what) {
      case PRINT:
        upcalls.print(text);
        return 0;
      case ATTACH:
        return upcalls.attach(text, device);
      case DETACH:
        return upcalls.detach(device);
      case WAKEUP:
        upcalls.wakeup(device);
        return 0;
      case SHARE:
        upcalls.share();
        return 0;
      case ADMIT:
        return upcalls.admit(BigInt(text));
      case UNSCHEDULE:
        this.#upcalls.hyperup?.unschedule();
        return 0;
      default:
        this.#upcalls.hyperup?.schedule();
        return 0;
    }
  }
}
