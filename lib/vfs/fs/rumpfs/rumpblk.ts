/**
 * rumpblk: files of the host as disks.
 *
 * A disk is a window of a host file. Each has a block device, which is read and written at any place, and a character
 * device, for whole sectors (the lower bit of the minor number). There is no cache: what is written has been given to
 * the host when the write ends. A part of a sector is written by reading the sector first, one writer at a time.
 *
 * RUMP_BLKFAIL of 10000 transfers fail, as RUMP_BLKFAIL_SEED decides; RUMP_BLKSECTSHIFT sets the size of a sector.
 *
 * NetBSD: sys/rump/librump/rumpvfs/rumpblk.c.
 */
import { type Cdevsw, devswAttach, makedev, minor } from '../../../kern/devsw.ts';
import { diskIoctl } from '../../../kern/dkio.ts';
import { type Evcnt, evcntAttachDynamic } from '../../../kern/evcnt.ts';
import { FWRITE } from '../../../kern/file.ts';
import {
  type HostTransfer,
  hostTransfer,
  RUMPUSER_OPEN_BIO,
  RUMPUSER_OPEN_RDONLY,
  RUMPUSER_OPEN_RDWR,
} from '../../../kern/hostio.ts';
import type { Kernel } from '../../../kern/kernel.ts';
import { Kmutex } from '../../../kern/kmutex.ts';
import type { Lwp } from '../../../kern/lwp.ts';
import type { MaySleep } from '../../../kern/maysleep.ts';
import { printf } from '../../../kern/msgbuf.ts';
import type { Uio } from '../../../kern/uio.ts';
import { EACCES, EINVAL, EIO, ENOSPC, ENXIO, EROFS } from '../../../sys/errno.ts';

/** Sectors are of 512 bytes, or larger; larger than this is no disk. */
const SECTSHIFT_MIN = 9;
const SECTSHIFT_MAX = 20;
const BLKFAIL_MAX = 10_000;
const CHUNK = 1024 * 1024;

/** A disk. */
interface Unit {
  readonly hostpath: string;
  /** Where in the host file it begins, and how long it is; bytes. */
  readonly begin: number;
  readonly size: number;
  /** -1 while nobody has it open. */
  fd: number;
  opens: number;
  /** Held while a part of a sector is written. */
  readonly partial: Kmutex;
}

export class Rumpblk {
  readonly #kernel: Kernel;
  readonly #major: number;
  readonly #units: (Unit | undefined)[] = [];
  readonly #sectsize: number;
  readonly #blkfail: number;
  #randstate: number;
  readonly #requests: Evcnt;
  readonly #bytesRead: Evcnt;
  readonly #bytesWritten: Evcnt;

  constructor(k: Kernel) {
    this.#kernel = k;
    const { getenv } = k.params;
    this.#blkfail = Math.min(BLKFAIL_MAX, whole(getenv('RUMP_BLKFAIL')) ?? 0);
    this.#randstate = whole(getenv('RUMP_BLKFAIL_SEED')) ?? k.random.next32();
    if (this.#blkfail > 0) {
      const rate = `${this.#blkfail}/${BLKFAIL_MAX}`;
      printf(k, `rumpblk: FAULT INJECTION ACTIVE! fail ${rate}. seed ${this.#randstate}\n`);
    }
    this.#sectsize = 1 << sectshift(k, getenv('RUMP_BLKSECTSHIFT'));
    this.#requests = evcntAttachDynamic(k, 'misc', null, 'rumpblk', 'I/O reqs');
    this.#bytesRead = evcntAttachDynamic(k, 'misc', null, 'rumpblk', 'bytes read');
    this.#bytesWritten = evcntAttachDynamic(k, 'misc', null, 'rumpblk', 'bytes written');
    this.#major = devswAttach(k, this.#driver(), null, []);
  }

  /** A disk over part of a host file. @returns the device number */
  register(hostpath: string, begin: number, size: number, as: 'block' | 'character'): number {
    const free = this.#units.indexOf(undefined);
    const index = free < 0 ? this.#units.length : free;
    this.#units[index] = { hostpath, begin, size, fd: -1, opens: 0, partial: new Kmutex('rumpblk') };
    return makedev(this.#major, index * 2 + (as === 'character' ? 1 : 0));
  }

  /** Nobody has it open. */
  deregister(dev: number): void {
    this.#units[minor(dev) >> 1] = undefined;
  }

  isOpen(dev: number): boolean {
    return this.#unit(dev).opens > 0;
  }

  /** The kernel ends: give descriptors back. */
  shutdown(): void {
    for (const unit of this.#units) {
      if (unit !== undefined && unit.fd >= 0) {
        this.#kernel.host.close(unit.fd);
        unit.fd = -1;
      }
    }
  }

  #unit(dev: number): Unit {
    const unit = this.#units[minor(dev) >> 1];
    if (unit === undefined) {
      throw ENXIO;
    }
    return unit;
  }

  #driver(): Cdevsw {
    return {
      name: 'rumpblk',
      open: (_l, dev, flag) => this.#open(this.#unit(dev), flag),
      close: (_l, dev) => this.#close(this.#unit(dev)),
      read: (l, dev, uio) => this.#transfer(l, dev, uio),
      write: (l, dev, uio) => this.#transfer(l, dev, uio),
      ioctl: (_l, dev, com, data) =>
        diskIoctl(com, data, { size: this.#unit(dev).size, sectsize: this.#sectsize }),
    };
  }

  #open(unit: Unit, flag: number): void {
    const { host } = this.#kernel;
    if (unit.fd < 0) {
      try {
        unit.fd = host.open(unit.hostpath, RUMPUSER_OPEN_RDWR | RUMPUSER_OPEN_BIO);
      } catch (error) {
        if ((error !== EACCES && error !== EROFS) || (flag & FWRITE) !== 0) {
          throw error;
        }
        unit.fd = host.open(unit.hostpath, RUMPUSER_OPEN_RDONLY | RUMPUSER_OPEN_BIO);
      }
    }
    unit.opens++;
  }

  #close(unit: Unit): void {
    if (--unit.opens === 0) {
      const { fd } = unit;
      unit.fd = -1;
      this.#kernel.host.close(fd);
    }
  }

  /** @throws EINVAL the character device moves whole sectors; ENOSPC past the end; EIO */
  *#transfer(l: Lwp, dev: number, uio: Uio): MaySleep<void> {
    const unit = this.#unit(dev);
    const raw = (minor(dev) & 1) !== 0;
    if (uio.offset < 0 || (raw && !(this.#aligned(uio.offset) && this.#aligned(uio.resid)))) {
      throw EINVAL;
    }
    const whole = uio.resid;
    while (uio.resid > 0) {
      const left = unit.size - uio.offset;
      if (left <= 0) {
        if (uio.rw === 'write' && uio.resid === whole) {
          throw ENOSPC;
        }
        return;
      }
      const piece = uio.piece(Math.min(uio.resid, left, CHUNK));
      const moved = yield* this.#piece(l, unit, piece, uio);
      uio.advance(moved);
      if (moved < piece.length) {
        // The host's file has become shorter than it was said to be.
        throw EIO;
      }
    }
  }

  #aligned(n: number): boolean {
    return n % this.#sectsize === 0;
  }

  *#piece(l: Lwp, unit: Unit, piece: Uint8Array, uio: Uio): MaySleep<number> {
    const at = uio.offset;
    if (this.#aligned(at) && (this.#aligned(piece.length) || at + piece.length === unit.size)) {
      return yield* this.#io(l, unit, uio.rw, piece, at);
    }
    // The sectors that it lies in.
    const from = at - (at % this.#sectsize);
    const end = Math.ceil((at + piece.length) / this.#sectsize) * this.#sectsize;
    const sectors = new Uint8Array(Math.min(end, unit.size) - from);
    yield* unit.partial.enter(l);
    try {
      const got = yield* this.#io(l, unit, 'read', sectors, from);
      const usable = Math.max(0, Math.min(piece.length, got - (at - from)));
      if (uio.rw === 'read') {
        piece.set(sectors.subarray(at - from, at - from + usable));
        return usable;
      }
      sectors.set(piece, at - from);
      yield* this.#io(l, unit, 'write', sectors, from);
      return piece.length;
    } finally {
      unit.partial.exit(l);
    }
  }

  *#io(l: Lwp, unit: Unit, how: HostTransfer, data: Uint8Array, at: number): MaySleep<number> {
    this.#requests.count++;
    if (this.#blkfail > 0 && this.#gimmerand() % BLKFAIL_MAX < this.#blkfail) {
      throw EIO;
    }
    const moved = yield* hostTransfer(l, unit.fd, how, data, unit.begin + at);
    const counter = how === 'read' ? this.#bytesRead : this.#bytesWritten;
    counter.count += moved;
    return moved;
  }

  /** The generator of NetBSD's rumpblk, so that a seed fails the same transfers. */
  #gimmerand(): number {
    this.#randstate = (Math.imul(this.#randstate, 1_103_515_245) + 12_345) >>> 0;
    this.#randstate %= 0x80000000;
    return this.#randstate;
  }
}

function sectshift(k: Kernel, text: string | undefined): number {
  if (text === undefined) {
    return SECTSHIFT_MIN;
  }
  const wanted = whole(text) ?? 0;
  const good = wanted >= SECTSHIFT_MIN && wanted <= SECTSHIFT_MAX;
  const shift = good ? wanted : SECTSHIFT_MIN;
  const complaint = good
    ? ''
    : `RUMP_BLKSECTSHIFT must be ${SECTSHIFT_MIN} to ${SECTSHIFT_MAX} (now ${wanted}), `;
  printf(k, `rumpblk: ${complaint}using ${shift} for sector shift (size ${1 << shift})\n`);
  return shift;
}

/** The number a text begins with. */
function whole(text: string | undefined): number | undefined {
  const digits = text === undefined ? null : /^\d+/.exec(text);
  return text === undefined ? undefined : digits === null ? 0 : Number(digits[0]);
}
