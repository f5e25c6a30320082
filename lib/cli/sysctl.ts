/**
 * Reading the kernel's variables by number, as programs do.
 *
 * NetBSD: sysctl(3).
 */
import { SysError } from '../api/index.ts';
import type { Self } from './program.ts';

/** The bytes of a variable. @throws SysError */
export async function sysctlBytes(self: Self, mib: readonly number[]): Promise<Uint8Array> {
  for (;;) {
    const value = new Uint8Array(await self.sys.sysctl(mib, null));
    try {
      return value.subarray(0, await self.sys.sysctl(mib, value));
    } catch (error) {
      // It grew between the two calls: ask again.
      if (!(error instanceof SysError && error.code === 'ENOMEM')) {
        throw error;
      }
    }
  }
}

/** A variable that is text. @throws SysError */
export async function sysctlText(self: Self, mib: readonly number[]): Promise<string> {
  const bytes = await sysctlBytes(self, mib);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}
