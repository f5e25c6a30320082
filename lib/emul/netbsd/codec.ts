/**
 * What lies in memory: structures, and the C scalars.
 *
 * NetBSD: sys/arch/amd64/include/{ansi,int_types}.h.
 */
import { ENOSYS } from '../../sys/errno.ts';
import { SCALARS } from '../../sys/scalars.ts';
import type { Scalar } from '../../sys/sysent.ts';
import { type Codec, codecOf } from './structs.ts';

/** A structure, or a scalar in memory. @throws ENOSYS one that foreign callers cannot pass */
export function memoryCodec(name: string): Codec<unknown> {
  const codec = name in SCALARS ? scalarCodec(name as Scalar) : codecOf(name);
  if (codec === undefined) {
    throw ENOSYS;
  }
  return codec;
}

function scalarCodec(type: Scalar): Codec<unknown> {
  const { size, signed } = SCALARS[type];
  return {
    size,
    encode(value) {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigInt64(0, BigInt.asIntN(64, BigInt(value as number)), true);
      return bytes.subarray(0, size);
    },
    decode(bytes) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, size);
      if (size === 8) {
        return Number(signed ? view.getBigInt64(0, true) : view.getBigUint64(0, true));
      }
      return size === 1 ? view.getUint8(0) : signed ? view.getInt32(0, true) : view.getUint32(0, true);
    },
  };
}
