/**
 * The device switch: character devices by major number.
 *
 * NetBSD: sys/kern/subr_devsw.c, devsw(9).
 */
import { EEXIST, EINVAL, ENODEV, ENXIO } from '../sys/errno.ts';
import type { Kernel } from './kernel.ts';
import type { Knote } from './knote.ts';
import type { Lwp } from './lwp.ts';
import type { Soon } from './maysleep.ts';
import type { Selector } from './selinfo.ts';
import type { Uio } from './uio.ts';

/** A driver. `dev` is the device number with its minor, `flag` is FREAD, FWRITE and O_* flags. */
export interface Cdevsw {
  readonly name: string;
  open?(l: Lwp, dev: number, flag: number): Soon<void>;
  close?(l: Lwp, dev: number, flag: number): Soon<void>;
  read?(l: Lwp, dev: number, uio: Uio, flag: number): Soon<void>;
  write?(l: Lwp, dev: number, uio: Uio, flag: number): Soon<void>;
  /** @param data what the command reads and fills */
  ioctl?(l: Lwp, dev: number, com: number, data: Uint8Array, flag: number): Soon<void>;
  /** As `Fileops.poll`. Without it the device is always ready. */
  poll?(l: Lwp, dev: number, events: number, selector: Selector | null): number;
  /** As `Fileops.kqfilter`. */
  kqfilter?(l: Lwp, dev: number, kn: Knote): void;
}

/** Majors given to drivers that do not ask for one start here. */
const DYNAMIC_MAJOR = 200;
/** A device number has 12 bits for the major and 20 for the minor. */
const MAJOR_MAX = 0xfff;

/** A name of a device in /dev. */
export interface DeviceNode {
  readonly name: string;
  readonly minor: number;
  /** Permission bits. */
  readonly mode: number;
  /** A character device unless said. */
  readonly type?: 'VBLK';
}

export class Devsw {
  readonly majors = new Map<number, Cdevsw>();
  /** Their names in /dev. */
  readonly nodes = new Map<Cdevsw, readonly DeviceNode[]>();
}

export function makedev(major: number, minor: number): number {
  return (((major << 8) & 0x000fff00) | ((minor << 12) & 0xfff00000) | (minor & 0xff)) >>> 0;
}

export function major(dev: number): number {
  return (dev >>> 8) & MAJOR_MAX;
}

export function minor(dev: number): number {
  return ((dev >>> 12) & 0xfff00) | (dev & 0xff);
}

/**
 * Add a driver.
 * @param wanted its major number, or null for a free one
 * @param nodes its names in /dev, where there are file systems; by default its own name, for the superuser
 * @returns the major. @throws EEXIST name or major are taken; EINVAL no such major; ENXIO no major is free
 */
export function devswAttach(
  k: Kernel,
  sw: Cdevsw,
  wanted: number | null = null,
  nodes: readonly DeviceNode[] = [{ name: sw.name, minor: 0, mode: 0o600 }],
): number {
  const { majors } = k.devsw;
  if (
    sw.name === '' ||
    (wanted !== null && !(Number.isInteger(wanted) && wanted >= 0 && wanted <= MAJOR_MAX))
  ) {
    throw EINVAL;
  }
  if (devswByName(k, sw.name) !== null || (wanted !== null && majors.has(wanted))) {
    throw EEXIST;
  }
  let number = wanted ?? DYNAMIC_MAJOR;
  while (wanted === null && majors.has(number)) {
    number++;
  }
  if (number > MAJOR_MAX) {
    throw ENXIO;
  }
  majors.set(number, sw);
  k.devsw.nodes.set(sw, nodes);
  k.hooks.devNodes?.(k, number, nodes, 'make');
  return number;
}

/** @throws EINVAL not attached */
export function devswDetach(k: Kernel, sw: Cdevsw): void {
  for (const [number, each] of k.devsw.majors) {
    if (each === sw) {
      k.devsw.majors.delete(number);
      k.hooks.devNodes?.(k, number, k.devsw.nodes.get(sw) ?? [], 'remove');
      k.devsw.nodes.delete(sw);
      return;
    }
  }
  throw EINVAL;
}

/** The major of the driver called `name`, or null. */
export function devswByName(k: Kernel, name: string): number | null {
  for (const [number, sw] of k.devsw.majors) {
    if (sw.name === name) {
      return number;
    }
  }
  return null;
}

/** @throws ENXIO nobody drives `dev` */
export function cdevswLookup(k: Kernel, dev: number): Cdevsw {
  const sw = k.devsw.majors.get(major(dev));
  if (sw === undefined) {
    throw ENXIO;
  }
  return sw;
}

export function cdevOpen(l: Lwp, dev: number, flag: number): Soon<void> {
  return cdevswLookup(l.kernel, dev).open?.(l, dev, flag);
}

export function cdevClose(l: Lwp, dev: number, flag: number): Soon<void> {
  return cdevswLookup(l.kernel, dev).close?.(l, dev, flag);
}

/** Move bytes in the direction of `uio`. @throws ENODEV the driver cannot; ENXIO */
export function cdevTransfer(l: Lwp, dev: number, uio: Uio, flag: number): Soon<void> {
  const sw = cdevswLookup(l.kernel, dev);
  if (uio.rw === 'read' ? sw.read === undefined : sw.write === undefined) {
    throw ENODEV;
  }
  return uio.rw === 'read' ? sw.read?.(l, dev, uio, flag) : sw.write?.(l, dev, uio, flag);
}

/** @throws ENODEV ENXIO */
export function cdevIoctl(l: Lwp, dev: number, com: number, data: Uint8Array, flag: number): Soon<void> {
  const sw = cdevswLookup(l.kernel, dev);
  if (sw.ioctl === undefined) {
    throw ENODEV;
  }
  return sw.ioctl(l, dev, com, data, flag);
}
