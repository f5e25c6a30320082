/** Native threads for tests: `native/test/hammer_module.c`, built, loaded and started from here. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { nativeBinding } from '../../lib/rumpuser/native_binding.ts';
import type { HostMemory, LockHandle, Rumpuser } from '../../lib/rumpuser/rumpuser.ts';
import { ROOT, temporaryDirectory } from './host_support.ts';

const SYM_SIZE = 24;
/** `struct hammer`. */
const SIZE = 40;

export type HammerFunction =
  | 'mutex'
  | 'rwlock'
  | 'pingpong'
  | 'die_holding'
  | 'die_writing'
  | 'ring'
  | 'curlwp';

export interface HammerOrder {
  readonly lock?: LockHandle;
  readonly cv?: LockHandle;
  readonly rounds?: number;
  readonly turn?: number;
  /** Index in `lockWords` of the word to work on. */
  readonly word?: number;
}

export interface HammerThread {
  /** Wait for its end. @returns what it left in its parameters */
  join(): { readonly error: number; readonly lwp: number; readonly turn: number };
}

/**
 * Word of a mutex's slot that the mutex itself does not use: memory that every thread of the process can
 * reach.
 */
export function spareWord(lock: LockHandle): number {
  return (lock & 0x3ffff) * 8 + 5;
}

/** Builds and loads the module. @returns a function that starts a thread */
export function hammer(
  t: ExecutionContext,
  host: Rumpuser,
): (fn: HammerFunction, order: HammerOrder) => HammerThread {
  const root = fileURLToPath(ROOT);
  const file = join(temporaryDirectory(t), 'hammer.so');
  const source = join(root, 'native/test/hammer_module.c');
  execFileSync('cc', ['-O2', '-fPIC', '-shared', `-I${join(root, 'native/include')}`, source, '-o', file]);
  const addresses = new Map<string, bigint>();
  for (const { path, symtab, strtab } of host.dlopen(file)) {
    if (!path.endsWith('hammer.so')) continue;
    const records = Buffer.from(symtab.buffer, symtab.byteOffset, symtab.byteLength);
    const strings = Buffer.from(strtab.buffer, strtab.byteOffset, strtab.byteLength);
    for (let at = 0; at < records.length; at += SYM_SIZE) {
      const name = records.readUInt32LE(at);
      addresses.set(
        strings.toString('latin1', name, strings.indexOf(0, name)),
        records.readBigUInt64LE(at + 8),
      );
    }
  }
  return (fn, order) => {
    const address = addresses.get(`hammer_${fn}`);
    if (address === undefined) throw new Error(`hammer_module.c has no hammer_${fn}`);
    const memory = parameters(host, order);
    const cookie = host.threadCreate(address, memory.address, `hammer ${fn}`, { mustJoin: true });
    return {
      join() {
        host.threadJoin(cookie);
        const view = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, SIZE);
        const left = {
          turn: view.getUint32(12, true),
          error: view.getInt32(24, true),
          lwp: view.getUint32(28, true),
        };
        host.free(memory);
        return left;
      },
    };
  };
}

function parameters(host: Rumpuser, order: HammerOrder): HostMemory {
  const memory = host.malloc(SIZE, 8);
  const view = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, SIZE);
  view.setUint32(0, order.lock ?? 0, true);
  view.setUint32(4, order.cv ?? 0, true);
  view.setUint32(8, order.rounds ?? 0, true);
  view.setUint32(12, order.turn ?? 0, true);
  view.setBigUint64(16, nativeBinding().lockWordsAddress + BigInt(4 * (order.word ?? 0)), true);
  view.setInt32(24, 0, true);
  view.setUint32(28, 0, true);
  return memory;
}
