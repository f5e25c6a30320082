/**
 * Memory devices: null, zero, full, and the kernel's memory (mem, kmem).
 *
 * NetBSD: sys/dev/mm.c, mem(4), null(4), zero(4), full(4).
 */
import type { Component } from '../../kern/component.ts';
import { type Cdevsw, minor } from '../../kern/devsw.ts';
import { FWRITE } from '../../kern/file.ts';
import { kauthAuthorize } from '../../kern/kauth.ts';
import type { Kernel } from '../../kern/kernel.ts';
import type { Uio } from '../../kern/uio.ts';
import { EFAULT, ENOSPC, ENXIO } from '../../sys/errno.ts';
import { driverAdd } from '../driver.ts';

const MAJOR = 2;
const DEV_MEM = 0;
const DEV_KMEM = 1;
const DEV_NULL = 2;
const DEV_FULL = 11;
const DEV_ZERO = 12;

/** Bytes moved at a time. */
const CHUNK = 65536;

function zeros(uio: Uio): void {
  while (uio.resid > 0) {
    const piece = uio.piece(CHUNK);
    piece.fill(0);
    uio.advance(piece.length);
  }
}

/** Take all, keep nothing. */
function swallow(uio: Uio): void {
  uio.advance(uio.resid);
}

/** The kernel's pages, by their addresses. @throws EFAULT there are none */
function memory(k: Kernel, uio: Uio): void {
  while (uio.resid > 0) {
    const chunk = k.uvm.chunkFind(uio.offset);
    if (chunk === null) {
      throw EFAULT;
    }
    const at = uio.offset - chunk.base;
    uio.move(chunk.bytes, at, Math.min(uio.resid, chunk.size - at));
  }
}

const cdevsw: Cdevsw = {
  name: 'mem',
  open(l, dev, flag) {
    const which = minor(dev);
    if (![DEV_MEM, DEV_KMEM, DEV_NULL, DEV_FULL, DEV_ZERO].includes(which)) {
      throw ENXIO;
    }
    if ((which === DEV_MEM || which === DEV_KMEM) && (flag & FWRITE) !== 0) {
      kauthAuthorize(l.kernel, l.cred, { scope: 'device', action: 'memory_write' });
    }
  },
  read(l, dev, uio) {
    switch (minor(dev)) {
      case DEV_NULL:
        return;
      case DEV_ZERO:
      case DEV_FULL:
        zeros(uio);
        return;
      default:
        memory(l.kernel, uio);
    }
  },
  write(l, dev, uio) {
    switch (minor(dev)) {
      case DEV_FULL:
        if (uio.resid > 0) {
          throw ENOSPC;
        }
        return;
      case DEV_NULL:
      case DEV_ZERO:
        swallow(uio);
        return;
      default:
        memory(l.kernel, uio);
    }
  },
};

export const mem: Component = {
  name: 'mem',
  requires: ['dev'],
  attach(k) {
    driverAdd(k, {
      cdevsw,
      major: MAJOR,
      nodes: [
        { name: 'mem', minor: DEV_MEM, mode: 0o640 },
        { name: 'kmem', minor: DEV_KMEM, mode: 0o640 },
        { name: 'null', minor: DEV_NULL, mode: 0o666 },
        { name: 'full', minor: DEV_FULL, mode: 0o666 },
        { name: 'zero', minor: DEV_ZERO, mode: 0o666 },
      ],
    });
  },
};
