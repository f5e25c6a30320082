/** Tests over a kernel that listens. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
  type BootOptions,
  boot,
  type Kernel,
  type Listener,
  type ListenOptions,
} from '../../lib/api/index.ts';
import { insideOf } from '../conformance/harness.ts';
import { assertWhole } from '../conformance/invariants.ts';

/** Numbers of calls. */
export const SYS = {
  read: 3,
  write: 4,
  open: 5,
  close: 6,
  link: 9,
  getpid: 20,
  getuid: 24,
  kill: 37,
  pipe: 42,
  getppid: 39,
};
export const LSEEK = 199;

export interface Served {
  readonly kernel: Kernel;
  readonly listener: Listener;
  readonly path: string;
}

/** A kernel that listens, and is whole and empty of clients afterwards. */
export function served(
  title: string,
  body: (t: ExecutionContext, served: Served) => Promise<void>,
  options: ListenOptions = {},
  bootOptions: BootOptions = {},
): void {
  test(title, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'rump-'));
    const path = join(dir, 'sock');
    const kernel = boot({ console: () => {}, ...bootOptions });
    const kern = insideOf(kernel);
    const before = kernel.stats().procs;
    const listener = await kernel.listen(`unix://${path}`, options);
    try {
      await body(t, { kernel, listener, path });
      t.is(kernel.dead, '', kernel.dmesg());
      await listener.close();
      for (let i = 0; i < 500 && kernel.stats().procs > before; i++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      t.is(kernel.stats().procs, before, 'processes are left');
      assertWhole(t, kern);
    } finally {
      kernel.halt();
      rmSync(dir, { recursive: true });
    }
  });
}
