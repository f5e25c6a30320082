/**
 * Native host: block I/O. Requests go to host threads; their completions wait in a queue of this host until
 * `reap`.
 *
 * The addon never lets a host thread touch memory that JavaScript could take away: data in host memory is
 * used in place and held there, other data is copied, on the way out when a write starts, on the way in when
 * a read is reaped.
 *
 * NetBSD: lib/librumpuser/rumpuser_bio.c.
 */
import type { Errno } from '../sys/errno.ts';
import { EINVAL, errnoByNumber } from '../sys/errno.ts';
import { type HostBinding, int32, throwing } from './host_errno.ts';

type Done = (count: number, error: Errno | null) => void;

interface Request {
  readonly data: Uint8Array;
  readonly done: Done;
}

export class BioQueue {
  readonly #binding: HostBinding;
  readonly #idler: number;
  readonly #underWay = new Map<number, Request>();
  readonly #completion = new Float64Array(3);
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
    if (this.#closed || !Number.isSafeInteger(off)) throw EINVAL;
    if (this.#queue === 0) this.#queue = throwing(this.#binding.bioOpen(this.#idler));
    const id = ++this.#lastId;
    throwing(this.#binding.bioStart(this.#queue, id, fd, op, data, off));
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
