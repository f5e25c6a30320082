/** Native host: files. NetBSD: lib/librumpuser/rumpuser_file.c. */
import { EINVAL } from '../sys/errno.ts';
import type { Blocking } from './host.ts';
import { type HostBinding, int32, throwing } from './host_errno.ts';
import type { FileType } from './rumpuser.ts';

/** By the number that the hypercall gives. */
const FILE_TYPES: readonly FileType[] = ['other', 'dir', 'reg', 'blk', 'chr'];

export class HostFiles {
  readonly #binding: HostBinding;
  readonly #blocking: Blocking;

  constructor(binding: HostBinding, blocking: Blocking) {
    this.#binding = binding;
    this.#blocking = blocking;
  }

  open(path: string, flags: number): number {
    int32(flags);
    return this.#blocking(() => throwing(this.#binding.open(path, flags)));
  }

  close(fd: number): void {
    int32(fd);
    this.#blocking(() => throwing(this.#binding.close(fd)));
  }

  getfileinfo(path: string): { size: number; type: FileType } {
    const info = new Float64Array(2);
    throwing(this.#binding.getfileinfo(path, info));
    const [size = 0, type = 0] = info;
    return { size, type: FILE_TYPES[type] ?? 'other' };
  }

  iovread(fd: number, buffers: readonly Uint8Array[], off: number): number {
    int32(fd);
    offset(off);
    return this.#blocking(() => throwing(this.#binding.iovread(fd, buffers, off)));
  }

  iovwrite(fd: number, buffers: readonly Uint8Array[], off: number): number {
    int32(fd);
    offset(off);
    return this.#blocking(() => throwing(this.#binding.iovwrite(fd, buffers, off)));
  }

  syncfd(fd: number, flags: number, start: number, length: number): void {
    int32(fd);
    int32(flags);
    if (offset(start) < 0 || offset(length) < 0) throw EINVAL;
    this.#blocking(() => throwing(this.#binding.syncfd(fd, flags, start, length)));
  }
}

function offset(value: number): number {
  if (!Number.isSafeInteger(value)) throw EINVAL;
  return value;
}
