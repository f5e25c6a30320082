/**
 * Reading the kernel's variables by number, as programs do.
 *
 * NetBSD: sysctl(3).
 */
import { SysError } from '../api/index.ts';
import type { Self } from './program.ts';

/** The bytes of a variable. @throws SysError */
export function sysctlBytes(self: Self, mib: readonly number[]): Uint8Array {
  for (;;) {
    const value = new Uint8Array(self.sys.sysctl(mib, null));
    try {
      return value.subarray(0, self.sys.sysctl(mib, value));
    } catch (error) {
      // It grew between the two calls: ask again.
      if (!(error instanceof SysError && error.code === 'ENOMEM')) {
        throw error;
      }
    }
  }
}

/** A variable that is text. @throws SysError */
export function sysctlText(self: Self, mib: readonly number[]): string {
  const bytes = sysctlBytes(self, mib);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}
