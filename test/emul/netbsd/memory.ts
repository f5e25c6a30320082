/** A foreign caller whose memory is here: what is in it, and what is not, is the test's. */
import { syscallOf } from '../../../lib/emul/netbsd/index.ts';
import type { Lwp } from '../../../lib/kern/lwp.ts';
import { lwpCreate, lwpFree, lwpUnlink } from '../../../lib/kern/lwpcreate.ts';
import { setrunnable } from '../../../lib/kern/runnable.ts';
import { settle } from '../../../lib/kern/sched.ts';
import { syscallTold } from '../../../lib/kern/syscall.ts';
import type { RemoteVmspace } from '../../../lib/kern/vmspace.ts';
import { EFAULT, ENAMETOOLONG } from '../../../lib/sys/errno.ts';
import { syscallByCall } from '../../../lib/sys/syscalls.ts';

export class Memory implements RemoteVmspace {
  readonly kind = 'thread';
  refcnt = 1;
  transferMax = 1 << 20;
  readonly base: bigint;
  readonly bytes: Buffer;
  /** Nothing can be written from here on. */
  readonlyFrom = Number.POSITIVE_INFINITY;
  /** What has been written. */
  written = 0;
  #free = 0;

  constructor(base = 0x10_0000n, length = 1 << 20) {
    this.base = base;
    this.bytes = Buffer.alloc(length);
  }

  #at(address: bigint, length: number): number {
    const offset = address - this.base;
    if (offset < 0n || offset + BigInt(length) > BigInt(this.bytes.length)) {
      throw EFAULT;
    }
    return Number(offset);
  }

  copyin(_l: Lwp, address: bigint, length: number): Uint8Array {
    const at = this.#at(address, length);
    return new Uint8Array(this.bytes.subarray(at, at + length));
  }

  copyinstr(_l: Lwp, address: bigint, max: number): Uint8Array {
    const at = this.#at(address, 1);
    const end = this.bytes.indexOf(0, at);
    if (end < 0 || end - at >= max) {
      throw ENAMETOOLONG;
    }
    return new Uint8Array(this.bytes.subarray(at, end));
  }

  copyout(_l: Lwp, address: bigint, data: Uint8Array): void {
    const at = this.#at(address, data.length);
    if (at + data.length > this.readonlyFrom) {
      throw EFAULT;
    }
    this.written += data.length;
    this.bytes.set(data, at);
  }

  room(_l: Lwp, length: number): Uint8Array {
    return new Uint8Array(length);
  }

  anonmmap(): never {
    throw EFAULT;
  }

  raise(): void {}

  /** Memory with that in it. */
  alloc(content: Uint8Array | number): bigint {
    const at = this.#free;
    const bytes = typeof content === 'number' ? Buffer.alloc(content) : content;
    this.#free = (at + bytes.length + 15) & ~7;
    this.bytes.set(bytes, at);
    return this.base + BigInt(at);
  }

  /** Memory whose last byte is the last there is. */
  last(content: Uint8Array): bigint {
    const at = this.bytes.length - content.length;
    this.bytes.set(content, at);
    return this.base + BigInt(at);
  }

  /** From here on there is nothing to be written. */
  protect(address: bigint): void {
    this.readonlyFrom = Number(address - this.base);
  }

  at(address: bigint, length: number): Buffer {
    const at = Number(address - this.base);
    return this.bytes.subarray(at, at + length);
  }

  u32(value: number): bigint {
    return this.alloc(new Uint8Array(Uint32Array.of(value).buffer));
  }
}

export interface Outcome {
  readonly errno: number;
  readonly retval: readonly [bigint, bigint];
}

/** A call of the process of `owner`, by its registers. */
export function foreignCall(
  owner: Lwp,
  vm: Memory,
  call: string,
  ...args: readonly (bigint | number)[]
): Promise<Outcome> {
  const k = owner.kernel;
  const slots = new Uint8Array(BigInt64Array.from(args, (arg) => BigInt.asIntN(64, BigInt(arg))).buffer);
  const l = lwpCreate(owner.proc);
  l.sigctx = owner.sigctx;
  l.coroutine = syscallOf(l, syscallByCall(call)?.number ?? -1, slots, vm, 'partner');
  return new Promise((resolve, reject) => {
    syscallTold(l, (value, error) => {
      lwpUnlink(l);
      lwpFree(l);
      if (error === undefined) {
        const { error: errno, retval } = value as { error: number; retval: readonly [bigint, bigint] };
        resolve({ errno, retval });
      } else {
        reject(error as Error);
      }
    });
    setrunnable(l);
    settle(k);
  });
}
