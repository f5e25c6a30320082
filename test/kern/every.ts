/** Every host there is, and a test that runs on a kernel over each of them. */
import type { ExecutionContext } from 'ava';
import test from 'ava';
import type { BootOptions } from '../../lib/kern/bootparams.ts';
import type { Kernel } from '../../lib/kern/kernel.ts';
import { nativeHost } from '../../lib/rumpuser/native.ts';
import { bootOn, fifoHost, shutdown } from './support.ts';

/** The same test on a kernel over each host. The kernel is shut down afterwards. */
export function onEveryKernel(
  title: string,
  body: (t: ExecutionContext, k: Kernel) => void | Promise<void>,
  options: BootOptions = {},
): void {
  for (const host of [fifoHost, () => nativeHost({ env: {} })]) {
    // One after the other: curlwp of the native host belongs to the thread, which all tests of a file share.
    test.serial(`${host === fifoHost ? 'simulated' : 'native'}: ${title}`, async (t) => {
      const k = bootOn(host(), options);
      try {
        await body(t, k);
      } finally {
        shutdown(k);
      }
    });
  }
}
