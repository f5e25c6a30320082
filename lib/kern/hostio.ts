/**
 * Files of the host, for file systems and devices that stand on them: calls that sleep until a host thread has done
 * what was asked. Whoever else can run runs meanwhile.
 *
 * NetBSD: the parts of sys/rump/librump/rumpvfs/rumpfs.c and sys/rump/librump/rumpdev that call the host.
 */
import {
  type FsRequest,
  RUMPUSER_BIO_READ,
  RUMPUSER_BIO_SYNC,
  RUMPUSER_BIO_WRITE,
} from '../rumpuser/rumpuser.ts';
import type { Lwp } from './lwp.ts';
import type { MaySleep } from './maysleep.ts';
import { hyperwait } from './synch.ts';

export {
  type FsId,
  type FsRequest,
  RUMPUSER_OPEN_BIO,
  RUMPUSER_OPEN_CREATE,
  RUMPUSER_OPEN_DIRECTORY,
  RUMPUSER_OPEN_EXCL,
  RUMPUSER_OPEN_RDONLY,
  RUMPUSER_OPEN_RDWR,
  RUMPUSER_OPEN_WRONLY,
} from '../rumpuser/rumpuser.ts';

/** An operation on a host directory. @returns its result. @throws what the host says */
export function* hostFsop(l: Lwp, request: FsRequest): MaySleep<number> {
  let result = 0;
  yield* hyperwait(l, 'hostfs', (done) =>
    l.kernel.host.fsop(request, (count, error) => {
      result = count;
      done(error);
    }),
  );
  return result;
}

export type HostTransfer = 'read' | 'write' | 'write through';

const OPS: Readonly<Record<HostTransfer, number>> = {
  read: RUMPUSER_BIO_READ,
  write: RUMPUSER_BIO_WRITE,
  'write through': RUMPUSER_BIO_WRITE | RUMPUSER_BIO_SYNC,
};

/** Move bytes between a host file and `data`. @returns bytes moved; fewer than asked at the end of the file */
export function* hostTransfer(
  l: Lwp,
  fd: number,
  how: HostTransfer,
  data: Uint8Array,
  off: number,
): MaySleep<number> {
  let moved = 0;
  yield* hyperwait(l, 'hostio', (done) =>
    l.kernel.host.bio(fd, OPS[how], data, off, (count, error) => {
      moved = count;
      done(error);
    }),
  );
  return moved;
}
