/**
 * hostfs: a directory of the host, mounted.
 *
 * Nothing outside the directory is ever reached: every request names its file by plain names from the root on, which
 * the host resolves without following a symbolic link (`fsop`). Links are text to this kernel: it resolves them in its
 * own name space, where an absolute one begins at the caller's root. Permission is this kernel's, by the attributes
 * shown; the host process may still be refused what it may not.
 *
 * Nothing is cached, neither names nor attributes nor data, so that what others do to the directory shows at once.
 * Devices that lie in it cannot be opened: their numbers are the host's.
 */
import type { Component } from '../../../kern/component.ts';
import { hostFsop } from '../../../kern/hostio.ts';
import type { Lwp } from '../../../kern/lwp.ts';
import type { MaySleep } from '../../../kern/maysleep.ts';
import {
  RUMPUSER_FS_ROOT,
  RUMPUSER_FS_STATFS,
  RUMPUSER_FSSPACE_BAVAIL,
  RUMPUSER_FSSPACE_BFREE,
  RUMPUSER_FSSPACE_BLOCKS,
  RUMPUSER_FSSPACE_BSIZE,
  RUMPUSER_FSSPACE_FFREE,
  RUMPUSER_FSSPACE_FILES,
  RUMPUSER_FSSPACE_FRSIZE,
  RUMPUSER_FSSPACE_LOCAL,
  RUMPUSER_FSSPACE_NAMEMAX,
  RUMPUSER_FSSPACES,
} from '../../../sys/constants/fsop.ts';
import { MNT_NODEV, MNT_RDONLY } from '../../../sys/constants/mount.ts';
import { EPERM, Errno } from '../../../sys/errno.ts';
import { nameEncode } from '../../../sys/pathname.ts';
import type { FsSpace, Mount } from '../../mount.ts';
import { Vfs, vfsAttach } from '../../vfs.ts';
import { vref } from '../../vnode.ts';
import { type HostfsArgs, hostfsArgs } from './args.ts';
import { attrBuffer, bytesOf, hostAttr } from './attr.ts';
import { closeFd } from './call.ts';
import { HostFs } from './node.ts';
import { hostOps } from './vnops.ts';

export const hostfs: Component = {
  name: 'hostfs',
  requires: ['vfs'],
  attach(k) {
    k.vfs ??= new Vfs(k);
    vfsAttach(k, {
      name: 'hostfs',
      mount,
      unmount,
      statvfs,
      shutdown,
      getargs: (mp) => ({ ...fsOf(mp).args }),
    });
  },
};

function fsOf(mp: Mount): HostFs {
  return mp.data as HostFs;
}

/**
 * A client from another process may be the superuser in this kernel; the host's files are still none of its business.
 * @throws EPERM EINVAL arguments; ENOENT ENOTDIR EACCES ... the host's directory
 */
function* mount(l: Lwp, mp: Mount, data: unknown): MaySleep<void> {
  if (l.proc.vmspace.kind === 'remote') {
    throw EPERM;
  }
  const args: HostfsArgs = hostfsArgs(data);
  const numbers = attrBuffer();
  const rootfd = yield* hostFsop(l, {
    op: RUMPUSER_FS_ROOT,
    fd: -1,
    path: nameEncode(args.path),
    data: bytesOf(numbers),
  });
  const space = new BigInt64Array(RUMPUSER_FSSPACES);
  yield* spaceOf(l, rootfd, space);
  const local = space[RUMPUSER_FSSPACE_LOCAL] === 1n;
  const fs = new HostFs(mp, args, hostOps, { rootfd, attr: hostAttr(numbers), local });
  mp.flagKept = MNT_NODEV | (args.readonly ? MNT_RDONLY : 0);
  mp.flag |= mp.flagKept;
  mp.from = args.path;
  mp.data = fs;
  mp.root = vref(fs.vnode(fs.root));
}

function* spaceOf(l: Lwp, fd: number, numbers: BigInt64Array): MaySleep<void> {
  yield* hostFsop(l, { op: RUMPUSER_FS_STATFS, fd, data: bytesOf(numbers) });
}

function unmount(_l: Lwp, mp: Mount): void {
  closeFd(fsOf(mp), fsOf(mp).rootfd);
}

function* statvfs(l: Lwp, mp: Mount): MaySleep<FsSpace> {
  const numbers = new BigInt64Array(RUMPUSER_FSSPACES);
  yield* spaceOf(l, fsOf(mp).rootfd, numbers);
  const number = (at: number): number => Number(numbers[at] as bigint);
  mp.namemax = number(RUMPUSER_FSSPACE_NAMEMAX);
  const bfree = number(RUMPUSER_FSSPACE_BFREE);
  const bavail = number(RUMPUSER_FSSPACE_BAVAIL);
  const ffree = number(RUMPUSER_FSSPACE_FFREE);
  return {
    bsize: number(RUMPUSER_FSSPACE_BSIZE),
    frsize: number(RUMPUSER_FSSPACE_FRSIZE),
    iosize: number(RUMPUSER_FSSPACE_BSIZE),
    blocks: number(RUMPUSER_FSSPACE_BLOCKS),
    bfree,
    bavail,
    bresvd: Math.max(0, bfree - bavail),
    files: number(RUMPUSER_FSSPACE_FILES),
    ffree,
    favail: ffree,
    fresvd: 0,
  };
}

/** Descriptors are the host's; the kernel that had them is going. */
function shutdown(mp: Mount): void {
  const fs = fsOf(mp);
  const { host } = mp.vfs.kernel;
  const open = [...fs.nodes.values()].flatMap(({ rfd, wfd }) => [rfd, wfd]);
  for (const fd of [...open, fs.rootfd]) {
    try {
      if (fd >= 0) {
        host.close(fd);
      }
    } catch (error) {
      if (!(error instanceof Errno)) {
        throw error;
      }
    }
  }
}
