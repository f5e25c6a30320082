/**
 * Descriptors that a call has made and that its caller cannot be told of: they go again.
 *
 * NetBSD: sys/kern/uipc_syscalls.c (sys_accept, sys_socketpair, free_rights).
 */
import { fdClose } from '../../kern/filedesc.ts';
import type { Lwp } from '../../kern/lwp.ts';
import { type MaySleep, waitFor } from '../../kern/maysleep.ts';
import { SCM_RIGHTS, SOL_SOCKET } from '../../sys/constants/socket.ts';
import { EFAULT, EINVAL } from '../../sys/errno.ts';
import { CMSG_HEAD } from '../../sys/sockargs.ts';

/** Where a `struct cmsghdr` has its level and type, behind its length. */
const LEVEL = 4;
const TYPE = 8;
const FD_SIZE = 4;

/** Run what tells the caller of `fds`; if that is not to be, close them. @throws EFAULT EINVAL */
export function* toldOrClosed(l: Lwp, fds: readonly number[], telling: MaySleep<void>): MaySleep<void> {
  try {
    yield* telling;
  } catch (error) {
    if (error === EFAULT || error === EINVAL) {
      yield* closeAll(l, fds);
    }
    throw error;
  }
}

function* closeAll(l: Lwp, fds: readonly number[]): MaySleep<void> {
  const { fd: fdp } = l.proc;
  for (const fd of fds) {
    // Another lwp may have been faster.
    if (fdp.has(fd)) {
      yield* waitFor(fdClose(l, fdp, fd));
    }
  }
}

/** The descriptors that control messages bring. */
export function rightsIn(control: Uint8Array): number[] {
  const view = new DataView(control.buffer, control.byteOffset, control.byteLength);
  const fds: number[] = [];
  for (let at = 0; at + CMSG_HEAD <= control.length; ) {
    const length = view.getUint32(at, true);
    if (length < CMSG_HEAD || length > control.length - at) {
      break;
    }
    if (view.getInt32(at + LEVEL, true) === SOL_SOCKET && view.getInt32(at + TYPE, true) === SCM_RIGHTS) {
      for (let fd = at + CMSG_HEAD; fd + FD_SIZE <= at + length; fd += FD_SIZE) {
        fds.push(view.getInt32(fd, true));
      }
    }
    at += (length + 7) & ~7;
  }
  return fds;
}
