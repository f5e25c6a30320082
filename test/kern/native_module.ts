/** `native/test/probe_module.c`, built for a test, and what its device can be asked. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { cdevIoctl, cdevTransfer, devswByName, makedev } from '../../lib/kern/devsw.ts';
import { giantEnter, giantExit } from '../../lib/kern/giant.ts';
import type { Kernel } from '../../lib/kern/kernel.ts';
import type { Lwp } from '../../lib/kern/lwp.ts';
import { isMaySleep, type LwpBody } from '../../lib/kern/maysleep.ts';
import { moduleLoadObject } from '../../lib/kern/module_native.ts';
import { setrunnable } from '../../lib/kern/runnable.ts';
import { drive } from '../../lib/kern/sched.ts';
import { inKernel } from '../../lib/kern/schedule.ts';
import { type Uio, uioSetup } from '../../lib/kern/uio.ts';
import { ROOT, temporaryDirectory } from '../rumpuser/host_support.ts';

/** Compile one C file as a module. @returns the shared object */
export function buildModule(t: ExecutionContext, source: string, ...options: string[]): string {
  const root = fileURLToPath(ROOT);
  const file = join(temporaryDirectory(t), 'module.so');
  const include = join(root, 'native/include');
  const flags = ['-O1', '-Wall', '-Wextra', '-Werror', '-fPIC', '-shared', '-I', include, ...options];
  execFileSync('cc', [...flags, join(root, source), '-o', file]);
  return file;
}

export const probe = (t: ExecutionContext, ...options: string[]) =>
  buildModule(t, 'native/test/probe_module.c', ...options);

export function loadObject(k: Kernel, path: string, props: Record<string, string | number> = {}): string[] {
  return inKernel(k, () => moduleLoadObject(k, path, props)).map(({ info }) => info.name);
}

/** The device number of minor 0. */
export function probeDev(k: Kernel): number {
  return makedev(devswByName(k, 'probe') as number, 0);
}

export function body(move: (l: Lwp) => unknown): LwpBody<unknown> {
  return function* (l) {
    const answer = move(l);
    return isMaySleep(answer) ? yield* answer : answer;
  };
}

/** Do something as `l` and wait for it. @throws what it throws */
export function run(l: Lwp, move: (l: Lwp) => unknown): unknown {
  const k = l.kernel;
  l.coroutine = body(move)(l);
  setrunnable(l);
  giantEnter(k);
  drive(k, l);
  giantExit(k);
  const { value, error } = l;
  l.value = undefined;
  l.error = undefined;
  if (error !== undefined) {
    throw error;
  }
  return value;
}

export function reading(size: number, at = 0): { uio: Uio; got: () => string } {
  const buf = new Uint8Array(size);
  const uio = uioSetup(buf, at, 'read');
  return { uio, got: () => new TextDecoder().decode(buf.subarray(0, size - uio.resid)) };
}

export const writing = (text: string): Uio => uioSetup(new TextEncoder().encode(text), 0, 'write');

export function read(l: Lwp, size: number, flag = 0): string {
  const { uio, got } = reading(size);
  run(l, () => cdevTransfer(l, probeDev(l.kernel), uio, flag));
  return got();
}

/** @returns bytes that found no room */
export function write(l: Lwp, text: string, flag = 0): number {
  const uio = writing(text);
  run(l, () => cdevTransfer(l, probeDev(l.kernel), uio, flag));
  return uio.resid;
}

/** @returns the number that the command leaves in its data */
export function ioctl(l: Lwp, com: number, number = 0): number {
  const data = new Uint8Array(8);
  new DataView(data.buffer).setBigInt64(0, BigInt(number), true);
  run(l, () => cdevIoctl(l, probeDev(l.kernel), com, data, 0));
  return Number(new DataView(data.buffer).getBigInt64(0, true));
}
