/** What the tests of the public face share. */
import test, { type ExecutionContext } from 'ava';
import { type BootOptions, boot, type Kernel, type Rumpuser, simulatedHost } from '../../lib/api/index.ts';
import type { AnyHandler } from '../../lib/kern/sysent.ts';
import { nativeHost } from '../../lib/rumpuser/native.ts';

export const HOSTS: Readonly<Record<'native' | 'simulated', () => Rumpuser>> = {
  native: () => nativeHost({ env: {} }),
  simulated: () => simulatedHost(),
};

/** A test on each host, with a way to boot silent kernels that are halted afterwards. */
export function onEveryHost(
  title: string,
  body: (t: ExecutionContext, bootOne: (options?: BootOptions) => Kernel) => Promise<void> | void,
): void {
  for (const [name, make] of Object.entries(HOSTS)) {
    test(`${name}: ${title}`, async (t) => {
      const kernels: Kernel[] = [];
      try {
        await body(t, (options = {}) => {
          const kernel = boot({ host: make(), console: () => {}, ...options });
          kernels.push(kernel);
          return kernel;
        });
      } finally {
        for (const kernel of kernels) {
          kernel.halt();
        }
      }
    });
  }
}

/** Replace the handler of a call from now on. */
export function plant(kernel: Kernel, number: number, handler: AnyHandler): void {
  kernel.modules.load({
    name: `plant${number}`,
    version: kernel.version,
    class: 'misc',
    modcmd: (k) => {
      k.sysent[number] = handler;
    },
  });
}
