/**
 * What a kernel with a thread of its own and its owner's thread say to each other, beside system calls: questions,
 * which the owner waits for, and messages, which nobody waits for.
 */
import { deserialize, serialize } from 'node:v8';
import { EIO, errnoByCode } from '../../sys/errno.ts';
import { KernelDead, SysError } from '../errors.ts';
import type { KernelStats } from '../kernel.ts';
import type { ListenOptions } from '../listen.ts';
import type { NewprocOptions } from '../newproc.ts';
import type { Shared } from './attach.ts';

/** Questions by name: what they take, and what they answer. */
export interface Questions {
  share: (options: NewprocOptions) => Shared;
  hostname: () => string;
  sysctl: (name: string, value: unknown) => unknown;
  ps: () => unknown[];
  dmesg: () => string;
  stats: () => KernelStats;
  bootlog: () => readonly unknown[];
  loadModule: (path: string, props: unknown) => unknown;
  unloadModule: (name: string) => void;
  listModules: () => readonly unknown[];
  /** The listener is told of by a message with this number. */
  listen: (id: number, url: string, options: ListenOptions | undefined) => void;
  clients: (id: number) => number;
  unlisten: (id: number) => void;
  reboot: (howto: number) => void;
}

export type Message =
  | { readonly type: 'console'; readonly text: string }
  | { readonly type: 'listening'; readonly id: number; readonly url: string }
  | { readonly type: 'closed'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly error: Uint8Array };

/** What the thread is started with. */
export interface OwnData {
  readonly options: Readonly<Record<string, unknown>>;
  readonly spinUs: number;
  readonly tellsConsole: boolean;
  readonly board: SharedArrayBuffer;
}

const HEADER = 8;
const BOARD_BYTES = 1 << 18;
const STATE = 0;
const LENGTH = 1;
export const BOARD_EMPTY = 0;
export const BOARD_RUNNING = 1;
export const BOARD_FAILED = 2;
export const BOARD_DEAD = 3;

/** Memory that both threads see: how the kernel is, and what it said last. */
export class Board {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(buffer = new SharedArrayBuffer(BOARD_BYTES)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, 2);
  }

  get state(): number {
    return Atomics.load(this.#words, STATE);
  }

  /** Wait while it is empty. @returns whether it is no more */
  wait(timeoutMs: number): boolean {
    Atomics.wait(this.#words, STATE, BOARD_EMPTY, timeoutMs);
    return this.state !== BOARD_EMPTY;
  }

  write(state: number, value: unknown): void {
    const bytes = packed(value).subarray(0, BOARD_BYTES - HEADER);
    new Uint8Array(this.buffer, HEADER).set(bytes);
    Atomics.store(this.#words, LENGTH, bytes.length);
    Atomics.store(this.#words, STATE, state);
    Atomics.notify(this.#words, STATE);
  }

  read(): unknown {
    return unpacked(new Uint8Array(this.buffer, HEADER, Atomics.load(this.#words, LENGTH)).slice());
  }
}

export function packed(value: unknown): Uint8Array {
  return serialize(value);
}

export function unpacked(bytes: Uint8Array): unknown {
  return deserialize(bytes);
}

interface PackedError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly syscall?: string;
}

/** An error, so that it can be thrown in the other thread. */
export function packError(error: unknown): PackedError {
  const { name, message, code, syscall } = error as PackedError;
  return error instanceof Error
    ? {
        name,
        message,
        ...(code === undefined ? {} : { code }),
        ...(syscall === undefined ? {} : { syscall }),
      }
    : { name: 'Error', message: String(error) };
}

export function unpackError(value: unknown): Error {
  const { name, message, code, syscall } = value as PackedError;
  const error =
    name === 'SysError'
      ? new SysError(errnoByCode(code ?? '') ?? EIO, syscall ?? '')
      : name === 'KernelDead'
        ? new KernelDead(message)
        : name === 'TypeError'
          ? new TypeError(message)
          : new Error(message);
  // A host's own error has a code that is not of this kernel's.
  return Object.assign(
    error,
    { message },
    code === undefined || name === 'SysError' ? {} : { code, syscall },
  );
}
