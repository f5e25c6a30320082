/** Tests of what lies where in the memory of a program that makes calls on sockets. */
import test, { type ExecutionContext } from 'ava';
import { boot, constants as c, components, type Proc } from '../../../lib/api/index.ts';
import type { Component } from '../../../lib/kern/component.ts';
import * as errnos from '../../../lib/sys/errnos.ts';
import { insideOf } from '../../conformance/harness.ts';
import { assertWhole } from '../../conformance/invariants.ts';
import { loopback } from './loopback.ts';
import { foreignCall, Memory } from './memory.ts';

const { AF_LOCAL, SOCK_DGRAM } = c;
/** An address where nothing is. */
export const HUGE = (1n << 62n) + 8n;

export interface World {
  readonly proc: Proc;
  readonly vm: Memory;
  /** @returns the first register; of a call that fails, the name of its error */
  call(name: string, ...args: readonly (bigint | number)[]): Promise<number | string>;
  /** What a call of that name got last. */
  readonly got: Map<string, unknown[]>;
}

/** A component that remembers what was sent, beside the one that sends it. */
function watching(got: Map<string, unknown[]>): Component {
  const inner = loopback();
  return {
    name: 'loopback',
    attach(k) {
      inner.attach(k);
      for (const [number, handler] of k.sysent.entries()) {
        if (handler !== undefined) {
          k.sysent[number] = (l, ...args) => {
            got.set(String(number), args);
            return handler(l, ...args);
          };
        }
      }
    },
  };
}

export function abi(title: string, body: (t: ExecutionContext, world: World) => Promise<void>): void {
  test(title, async (t) => {
    const got = new Map<string, unknown[]>();
    using kernel = boot({ components: [...Object.values(components), watching(got)], console: () => {} });
    const proc = kernel.newproc();
    const vm = new Memory();
    const call: World['call'] = async (name, ...args) => {
      const { errno, retval } = await foreignCall(proc.lwp, vm, name, ...args);
      const found = Object.values(errnos).find((each) => typeof each === 'object' && each.errno === errno);
      return errno === 0 ? Number(retval[0]) : (found as { code: string }).code;
    };
    await body(t, { proc, vm, call, got });
    t.is(kernel.dead, '', kernel.dmesg());
    t.is(proc.sys.getpid(), proc.pid);
    assertWhole(t, insideOf(kernel));
  });
}

export const text = (value: string): Buffer => Buffer.from(value);
export const sockaddr = (length: number, family: number, data: string): Buffer =>
  Buffer.concat([Buffer.of(length, family), text(data)]);

export interface Fields {
  name?: bigint;
  namelen?: number;
  iov?: bigint;
  iovlen?: number;
  control?: bigint;
  controllen?: number;
  flags?: number;
}

/** A `struct msghdr`, its pads filled with what must not be looked at. */
export function msghdr(fields: Fields): Buffer {
  const { name = 0n, namelen = 0, iov = 0n, iovlen = 0, control = 0n, controllen = 0, flags = 0 } = fields;
  const bytes = Buffer.alloc(48, 0xee);
  bytes.writeBigUInt64LE(name, 0);
  bytes.writeUInt32LE(namelen, 8);
  bytes.writeBigUInt64LE(iov, 16);
  bytes.writeInt32LE(iovlen, 24);
  bytes.writeBigUInt64LE(control, 32);
  bytes.writeUInt32LE(controllen, 40);
  bytes.writeInt32LE(flags, 44);
  return bytes;
}

export function mmsghdr(fields: Fields): Buffer {
  return Buffer.concat([msghdr(fields), Buffer.alloc(8, 0xee)]);
}

export function iovecs(...pieces: readonly (readonly [bigint, number | bigint])[]): Buffer {
  return Buffer.from(BigUint64Array.from(pieces.flatMap(([base, length]) => [base, BigInt(length)])).buffer);
}

/** Two sockets, the second called "to" and the first "by". */
export async function pair({ proc }: World): Promise<[by: number, to: number]> {
  const by = proc.sys.socket(AF_LOCAL, SOCK_DGRAM, 0);
  const to = proc.sys.socket(AF_LOCAL, SOCK_DGRAM, 0);
  proc.sys.bind(by, { family: AF_LOCAL, data: text('by') });
  proc.sys.bind(to, { family: AF_LOCAL, data: text('to') });
  return [by, to];
}
