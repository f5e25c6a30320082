/**
 * The memory disk md0: nothing until it is given a size (MD_SETCONF), then as many bytes of the kernel's memory, zeroes
 * at first, until the kernel ends or it is unconfigured. There is one, because every boot pays for every name in /dev.
 *
 * NetBSD: sys/dev/md.c, md(4). The memory is always the kernel's: there is no server process behind a disk.
 */
import type { Component } from '../../kern/component.ts';
import { type Cdevsw, type DeviceNode, minor } from '../../kern/devsw.ts';
import { diskIoctl, roomFor } from '../../kern/dkio.ts';
import { FWRITE } from '../../kern/file.ts';
import type { Kernel } from '../../kern/kernel.ts';
import type { Lwp } from '../../kern/lwp.ts';
import type { Uio } from '../../kern/uio.ts';
import { MD_GETCONF, MD_KMEM_ALLOCATED, MD_SETCONF, MD_UNCONFIGURED } from '../../sys/constants/dkio.ts';
import { PAGE_SIZE } from '../../sys/constants/param.ts';
import { EBADF, EBUSY, EINVAL, ENOSPC, ENXIO, EOPNOTSUPP } from '../../sys/errno.ts';
import { driverAdd } from '../driver.ts';

const MAJOR = 17;
const UNITS = 1;
const SECTOR = 512;
/** The size of struct md_conf, and what of it is what. */
const CONF_SIZE = 24;
const CONF_LENGTH = 8;
const CONF_TYPE = 16;
/** Minor numbers: a disk has 16 partitions, and the fourth is all of it. */
const PARTITIONS = 16;
const RAW_PART = 3;

class Unit {
  /** Address of its memory; the size, 0 while there is none. */
  address = 0;
  size = 0;
  opens = 0;
}

/** @throws ENXIO */
function unitOf(units: readonly Unit[], dev: number): Unit {
  const unit = units[Math.floor(minor(dev) / PARTITIONS)];
  if (unit === undefined || minor(dev) % PARTITIONS !== RAW_PART) {
    throw ENXIO;
  }
  return unit;
}

function allocated(size: number): number {
  return Math.ceil(size / PAGE_SIZE) * PAGE_SIZE;
}

/** @throws ENXIO no size yet; ENOSPC past the end */
function transfer(k: Kernel, unit: Unit, uio: Uio): void {
  if (unit.size === 0) {
    throw ENXIO;
  }
  const left = Math.min(uio.resid, unit.size - uio.offset);
  if (left > 0) {
    uio.move(k.uvm.bytes(unit.address + uio.offset, left), 0, left);
  } else if (uio.rw === 'write' && uio.resid > 0) {
    throw ENOSPC;
  }
}

/** @throws EINVAL; EOPNOTSUPP another kind of memory; EBUSY; ENOMEM */
function configure(k: Kernel, unit: Unit, size: bigint, type: number): void {
  if (type === MD_UNCONFIGURED) {
    if (unit.opens > 1) {
      throw EBUSY;
    }
    if (unit.size > 0) {
      k.uvm.kmFree(unit.address, allocated(unit.size));
      unit.size = 0;
    }
    return;
  }
  if (type !== MD_KMEM_ALLOCATED) {
    throw EOPNOTSUPP;
  }
  if (unit.size > 0) {
    throw EBUSY;
  }
  if (size <= 0n || size > BigInt(Number.MAX_SAFE_INTEGER) || size % BigInt(SECTOR) !== 0n) {
    throw EINVAL;
  }
  const bytes = Number(size);
  unit.address = k.uvm.kmAlloc(allocated(bytes));
  unit.size = bytes;
  k.uvm.bytes(unit.address, bytes).fill(0);
}

/** @throws EBADF not open for writing; EINVAL no room; ENOTTY */
function ioctl(l: Lwp, unit: Unit, com: number, data: Uint8Array, flag: number): void {
  if (com !== MD_GETCONF && com !== MD_SETCONF) {
    if (unit.size === 0) {
      throw ENXIO;
    }
    diskIoctl(com, data, { size: unit.size, sectsize: SECTOR });
    return;
  }
  roomFor(data, CONF_SIZE);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (com === MD_GETCONF) {
    view.setBigUint64(0, BigInt(unit.address), true);
    view.setBigUint64(CONF_LENGTH, BigInt(unit.size), true);
    view.setInt32(CONF_TYPE, unit.size === 0 ? MD_UNCONFIGURED : MD_KMEM_ALLOCATED, true);
    return;
  }
  if ((flag & FWRITE) === 0) {
    throw EBADF;
  }
  configure(l.kernel, unit, view.getBigUint64(CONF_LENGTH, true), view.getInt32(CONF_TYPE, true));
}

function driver(units: readonly Unit[]): Cdevsw {
  return {
    name: 'md',
    open(_l, dev) {
      unitOf(units, dev).opens++;
    },
    close(_l, dev) {
      unitOf(units, dev).opens--;
    },
    read: (l, dev, uio) => transfer(l.kernel, unitOf(units, dev), uio),
    write: (l, dev, uio) => transfer(l.kernel, unitOf(units, dev), uio),
    ioctl: (l, dev, com, data, flag) => ioctl(l, unitOf(units, dev), com, data, flag),
  };
}

function nodesOf(unit: number): DeviceNode[] {
  const node = { minor: unit * PARTITIONS + RAW_PART, mode: 0o640 };
  return [
    { ...node, name: `md${unit}d`, type: 'VBLK' },
    { ...node, name: `rmd${unit}d` },
  ];
}

export const md: Component = {
  name: 'md',
  requires: ['dev'],
  attach(k) {
    const units = Array.from({ length: UNITS }, () => new Unit());
    driverAdd(k, {
      cdevsw: driver(units),
      major: MAJOR,
      nodes: units.flatMap((_unit, number) => nodesOf(number)),
    });
  },
};
