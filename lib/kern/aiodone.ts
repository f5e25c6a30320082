/**
 * Block I/O on the host that completes in kernel context.
 *
 * The host moves the bytes on threads of its own and tells when asked (`host.reap`), outside any lwp. What
 * has finished goes to the workqueue `aiodoned`, whose thread calls `iodone` and wakes who waits. In a kernel
 * without threads that happens in a soft interrupt, where `iodone` may not sleep.
 *
 * NetBSD: sys/rump/librump/rumpkern/rump.c (rump_aiodone_worker), sys/kern/vfs_bio.c (biodone, biowait),
 * buffercache(9).
 */
import { PRI_BIO } from '../sys/constants/param.ts';
import { Errno } from '../sys/errno.ts';
import { Condvar } from './condvar.ts';
import { KASSERT } from './kassert.ts';
import type { Kernel } from './kernel.ts';
import type { Lwp } from './lwp.ts';
import { isMaySleep, type MaySleep, type Soon } from './maysleep.ts';
import {
  Work,
  type Workqueue,
  WQ_MPSAFE,
  WQ_SOFTINT,
  workqueueCreate,
  workqueueEnqueue,
} from './workqueue.ts';

export interface AioRequest {
  /** Host descriptor. */
  readonly fd: number;
  /** RUMPUSER_BIO_*. */
  readonly op: number;
  /** Not to be touched until the transfer is done. */
  readonly data: Uint8Array;
  /** Bytes from the beginning of the file. */
  readonly off: number;
  /** Called in kernel context when the transfer is over, before those who wait wake up. */
  readonly iodone?: (l: Lwp, aio: Aio) => Soon<void>;
}

/** One transfer. It may be started again once it is done. */
export class Aio extends Work {
  readonly request: AioRequest;
  state: 'idle' | 'busy' | 'done' = 'idle';
  /** Bytes moved, and why not all of them were. */
  count = 0;
  error: Errno | null = null;
  readonly cv: Condvar = new Condvar('biowait');

  constructor(request: AioRequest) {
    super();
    this.request = request;
  }

  /** Bytes not moved. NetBSD: b_resid. */
  get resid(): number {
    return this.request.data.length - this.count;
  }
}

/**
 * Begin a transfer. Errors show at its end, those of asking for it too.
 * @throws ENOMEM no thread for the first transfer of this kernel
 */
export function aioStart(k: Kernel, aio: Aio): void {
  KASSERT(aio.state !== 'busy', 'transfer started while under way');
  k.aiodone ??= workqueueCreate(k, 'aiodoned', aiodone, PRI_BIO, WQ_MPSAFE | WQ_SOFTINT);
  const wq: Workqueue<Aio> = k.aiodone;
  const { fd, op, data, off } = aio.request;
  aio.state = 'busy';
  aio.count = 0;
  aio.error = null;
  const done = (count: number, error: Errno | null): void => {
    aio.count = count;
    aio.error = error;
    // The host may still hand over what a kernel that has died asked for.
    if (k.state !== 'dead') {
      workqueueEnqueue(wq, aio);
    }
  };
  try {
    k.host.bio(fd, op, data, off, done);
  } catch (error) {
    if (!(error instanceof Errno)) {
      throw error;
    }
    done(0, error);
  }
}

/** Wait for the end of a transfer. @returns bytes moved. @throws the errno it failed with */
export function* aioWait(l: Lwp, aio: Aio): MaySleep<number> {
  KASSERT(aio.state !== 'idle', 'waits for a transfer that was never started');
  while (aio.state !== 'done') {
    yield* aio.cv.wait(l, null);
  }
  if (aio.error !== null) {
    throw aio.error;
  }
  return aio.count;
}

function* aiodone(l: Lwp, aio: Aio): MaySleep<void> {
  const answer = aio.request.iodone?.(l, aio);
  if (isMaySleep(answer)) {
    yield* answer;
  }
  aio.state = 'done';
  aio.cv.broadcast();
}
