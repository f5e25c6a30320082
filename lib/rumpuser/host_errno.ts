/**
 * Native host: the addon's functions as they are called from here, and the one place where their failures
 * become errnos.
 */
import { EINVAL, errnoByNumber } from '../sys/errno.ts';

/**
 * The addon's functions for these hypercalls. Where a comment does not say otherwise, a negative result is an
 * errno. Addresses and sizes are numbers: the host's addresses stay far below 2^53.
 */
export interface HostBinding {
  open(path: string, flags: number): number;
  close(fd: number): number;
  /** Fills `info` with size in bytes and type. */
  getfileinfo(path: string, info: Float64Array): number;
  iovread(fd: number, buffers: readonly Uint8Array[], off: number): number;
  iovwrite(fd: number, buffers: readonly Uint8Array[], off: number): number;
  syncfd(fd: number, flags: number, start: number, length: number): number;

  /** A queue of completions that rings `idler`. Never fails. */
  bioOpen(idler: number): number;
  bioClose(queue: number): void;
  bioStart(queue: number, id: number, fd: number, op: number, data: Uint8Array, off: number): number;
  /** `numbers`: where, what, where2 and the arguments of the request. */
  fsopStart(
    queue: number,
    id: number,
    op: number,
    fd: number,
    path: Uint8Array,
    path2: Uint8Array,
    numbers: BigInt64Array,
    data: Uint8Array,
  ): number;
  fsopNow(op: number, fd: number, path: Uint8Array, numbers: BigInt64Array, data: Uint8Array): number;
  readNow(fd: number, data: Uint8Array, off: number): number;
  /**
   * Takes one completion off the queue: fills `completion` with id, count and errno. 0 when there is none.
   */
  bioNext(queue: number, completion: Float64Array): number;
  /** Ends the completion that `bioNext` took: what was read becomes visible in `data`. */
  bioFinish(queue: number, data: Uint8Array): void;

  /** Address of the block. */
  malloc(length: number, alignment: number): number;
  anonmmap(length: number): number;
  /** The block's bytes. To be asked once for each block. */
  memoryView(address: number): ArrayBuffer;
  /** Detaches `buffer`. EBUSY: block I/O is under way in it. */
  memoryRelease(address: number, buffer: ArrayBufferLike): number;
  /** The same, but whatever is under way goes on in memory that nobody sees any more. */
  memoryAbandon(address: number, buffer: ArrayBufferLike): void;

  getparam(name: string): string | undefined;
  getrandom(buf: Uint8Array, flags: number): number;
  putchar(byte: number): void;
  dprintf(text: string): void;
  kill(pid: number, signo: number): number;
  seterrno(errno: number): void;

  /** Each object as path, base, addresses of its modules. */
  dlBootstrap(): readonly LoadedObject[];
  dlopen(path: string): readonly LoadedObject[] | number;
  /** Records and strings. */
  dlSymbols(base: bigint): readonly [Uint8Array, Uint8Array] | number;

  daemonizeBegin(argv: readonly string[]): number;
  daemonizeDone(error: number): number;
}

export type LoadedObject = readonly [path: string, base: bigint, modules: readonly bigint[]];

/** The result of a call that did not fail. @throws the errno of one that did. */
export function throwing(result: number): number {
  // A number outside the table would be a bug of the addon; its caller still gets an errno and not undefined.
  if (result < 0) throw errnoByNumber(-result) ?? EINVAL;
  return result;
}

/** An integer the addon can take as it is. @throws EINVAL */
export function int32(value: number): number {
  if ((value | 0) !== value) throw EINVAL;
  return value;
}
