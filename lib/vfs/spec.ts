/**
 * Device files: reading and writing goes to the driver, everything else to the file system that holds the name.
 *
 * NetBSD: sys/miscfs/specfs/spec_vnops.c.
 */

import { cdevClose, cdevIoctl, cdevOpen, cdevswLookup, cdevTransfer } from '../kern/devsw.ts';
import type { File } from '../kern/file.ts';
import type { Knote } from '../kern/knote.ts';
import type { Lwp } from '../kern/lwp.ts';
import { andThen, type Soon } from '../kern/maysleep.ts';
import type { Selector } from '../kern/selinfo.ts';
import type { Uio } from '../kern/uio.ts';
import { MNT_NODEV } from '../sys/constants/mount.ts';
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../sys/constants/poll.ts';
import { EINVAL, EIO, ENXIO } from '../sys/errno.ts';
import { transferMarked, VnodeFile } from './vn_file.ts';
import type { Vnode } from './vnode.ts';

/** Open the device `vp` is the name of. @throws ENXIO no driver, or a mount without devices; what the driver says */
export function specOpen(l: Lwp, vp: Vnode, flag: number): Soon<DeviceFile> {
  if (((vp.mount?.flag ?? 0) & MNT_NODEV) !== 0) {
    throw ENXIO;
  }
  return andThen(vp.ops.getattr(l, vp), ({ rdev }) => {
    cdevswLookup(l.kernel, rdev);
    return andThen(cdevOpen(l, rdev, flag), () => new DeviceFile(vp, rdev));
  });
}

export class DeviceFile extends VnodeFile {
  override readonly name = 'device';
  readonly rdev: number;

  constructor(vp: Vnode, rdev: number) {
    super(vp);
    this.rdev = rdev;
  }

  /** @throws EIO the device has been revoked */
  #alive(): void {
    if (this.vp.type === 'VBAD') {
      throw EIO;
    }
  }

  override read(l: Lwp, fp: File, uio: Uio): Soon<void> {
    this.#alive();
    return transferMarked(this.vp, uio, uio.resid, cdevTransfer(l, this.rdev, uio, fp.flag));
  }

  override write(l: Lwp, fp: File, uio: Uio): Soon<void> {
    this.#alive();
    return transferMarked(this.vp, uio, uio.resid, cdevTransfer(l, this.rdev, uio, fp.flag));
  }

  /** @param data the bytes the command reads and fills; none for a command without a parameter */
  override ioctl(l: Lwp, fp: File, com: number, data: unknown): Soon<number> {
    this.#alive();
    const bytes = data === undefined ? NOTHING : data;
    if (!(bytes instanceof Uint8Array)) {
      throw EINVAL;
    }
    return andThen(cdevIoctl(l, this.rdev, com, bytes, fp.flag), () => 0);
  }

  override poll(l: Lwp, _fp: File, events: number, selector: Selector | null): number {
    const { poll } = cdevswLookup(l.kernel, this.rdev);
    return poll === undefined
      ? events & (POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM)
      : poll(l, this.rdev, events, selector);
  }

  override kqfilter(l: Lwp, fp: File, kn: Knote): void {
    const { kqfilter } = cdevswLookup(l.kernel, this.rdev);
    if (kqfilter === undefined) {
      super.kqfilter(l, fp, kn);
    } else {
      kqfilter(l, this.rdev, kn);
    }
  }

  override close(l: Lwp, fp: File): Soon<void> {
    return andThen(cdevClose(l, this.rdev, fp.flag), () => super.close(l, fp));
  }
}

const NOTHING = new Uint8Array(0);
