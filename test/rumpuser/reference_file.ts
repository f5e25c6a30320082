import { RUMPUSER_IOV_NOSEEK } from '../../lib/rumpuser/rumpuser.ts';

/** The obvious file: one array, grown as needed. */
export class ReferenceFile {
  bytes: number[] = [];
  #position = 0;

  write(data: readonly number[], off: number): number {
    const at = off === RUMPUSER_IOV_NOSEEK ? this.#position : off;
    while (data.length > 0 && this.bytes.length < at) this.bytes.push(0);
    for (const [i, byte] of data.entries()) this.bytes[at + i] = byte;
    if (off === RUMPUSER_IOV_NOSEEK) this.#position += data.length;
    return data.length;
  }

  read(length: number, off: number): number[] {
    const at = off === RUMPUSER_IOV_NOSEEK ? this.#position : off;
    const read = this.bytes.slice(at, at + length);
    if (off === RUMPUSER_IOV_NOSEEK) this.#position += read.length;
    return read;
  }
}
