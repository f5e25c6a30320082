/**
 * Native host: block I/O and operations on host directories. Requests go to host threads; their completions
 * wait in a queue of this host until `reap`.
 *
 * The addon never lets a host thread touch memory that JavaScript could take away: data in host memory is
 * used in place and held there, other data is copied, on the way out when a write starts, on the way in when
 * a read is reaped. What an operation on a directory gives is always such a copy.
 *
 * NetBSD: lib/librumpuser/rumpuser_bio.c.
 */
import type { Errno } from '../sys/errno.ts';
import { EINVAL, errnoByNumber } from '../sys/errno.ts';
import { type HostBinding, int32, throwing } from './host_errno.ts';
import type { FsId, FsRequest } from './rumpuser.ts';

type Done = (count: number, error: Errno | null) => void;

const NOTHING = new Uint8Array(0);
const ARGS_MAX = 4;

interface Request {
  readonly data: Uint8Array;
  readonly done: Done;
}

export class BioQueue {
  readonly #binding: HostBinding;
  readonly #idler: number;
  readonly #underWay = new Map<number, Request>();
  readonly #completion = new Float64Array(3);
  readonly #numbers = new BigInt64Array(6 + ARGS_MAX);
  /** Opened with the first request: most kernels never start one. */
  #queue = 0;
  #lastId = 0;
  #closed = false;

  constructor(binding: HostBinding, idler: number) {
    this.#binding = binding;
    this.#idler = idler;
  }

  start(fd: number, op: number, data: Uint8Array, off: number, done: Done): void {
    int32(fd);
    int32(op);
    if (!Number.isSafeInteger(off)) throw EINVAL;
    this.#begin(data, done, (queue, id) => this.#binding.bioStart(queue, id, fd, op, data, off));
  }

  startFsop(request: FsRequest, done: Done): void {
    const { op, fd, path = NOTHING, path2 = NOTHING, data = NOTHING } = request;
    int32(op);
    int32(fd);
    const numbers = this.#numbersOf(request);
    this.#begin(data, done, (queue, id) =>
      this.#binding.fsopStart(queue, id, op, fd, path, path2, numbers, data),
    );
  }

  fsopNow(request: FsRequest): number {
    const { op, fd, path = NOTHING, data = NOTHING } = request;
    return throwing(this.#binding.fsopNow(int32(op), int32(fd), path, this.#numbersOf(request), data));
  }

  readNow(fd: number, data: Uint8Array, off: number): number {
    if (!Number.isSafeInteger(off)) throw EINVAL;
    return throwing(this.#binding.readNow(int32(fd), data, off));
  }

  /** The numbers of a request, in the order of C; until the next request. @throws EINVAL */
  #numbersOf({ where, what, where2, args }: FsRequest): BigInt64Array {
    const numbers = this.#numbers;
    putId(numbers, 0, where);
    putId(numbers, 2, what);
    putId(numbers, 4, where2);
    const count = args === undefined ? 0 : args.length;
    if (count > ARGS_MAX) throw EINVAL;
    for (let i = 0; i < ARGS_MAX; i++) {
      const arg = i < count ? args?.[i] : 0;
      if (!Number.isSafeInteger(arg)) throw EINVAL;
      numbers[6 + i] = arg === 0 ? 0n : BigInt(arg as number);
    }
    return numbers;
  }

  #begin(data: Uint8Array, done: Done, start: (queue: number, id: number) => number): void {
    if (this.#closed) throw EINVAL;
    if (this.#queue === 0) this.#queue = throwing(this.#binding.bioOpen(this.#idler));
    const id = ++this.#lastId;
    throwing(start(this.#queue, id));
    this.#underWay.set(id, { data, done });
  }

  reap(): number {
    let reaped = 0;
    // `done` may close the queue, and may start more: those that finish meanwhile are reaped too.
    while (this.#queue !== 0 && this.#binding.bioNext(this.#queue, this.#completion) !== 0) {
      const [id = 0, count = 0, errno = 0] = this.#completion;
      const request = this.#underWay.get(id);
      if (request === undefined) continue;
      this.#underWay.delete(id);
      this.#binding.bioFinish(this.#queue, request.data);
      reaped++;
      request.done(count, errno === 0 ? null : (errnoByNumber(errno) ?? EINVAL));
    }
    return reaped;
  }

  close(): void {
    this.#closed = true;
    if (this.#queue !== 0) this.#binding.bioClose(this.#queue);
    this.#queue = 0;
    this.#underWay.clear();
  }
}

function putId(numbers: BigInt64Array, at: number, id: FsId | undefined): void {
  numbers[at] = id === undefined ? 0n : id.dev;
  numbers[at + 1] = id === undefined ? 0n : id.ino;
}
