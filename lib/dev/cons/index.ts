/**
 * The console as a device, beside the descriptors that processes are born with.
 *
 * NetBSD: sys/rump/librump/rumpkern/cons.c, cons(4).
 */
import type { Component } from '../../kern/component.ts';
import { consoleFile } from '../../kern/cons.ts';
import { consoleTty } from '../../kern/cons_tty.ts';
import type { Cdevsw } from '../../kern/devsw.ts';
import type { Kernel } from '../../kern/kernel.ts';
import { driverAdd } from '../driver.ts';

const MAJOR = 0;

function cdevswOf(k: Kernel): Cdevsw {
  const fp = consoleFile(k);
  return {
    name: 'cons',
    read: (l, _dev, uio) => fp.ops.read(l, fp, uio),
    write: (l, _dev, uio) => fp.ops.write(l, fp, uio),
    ioctl: (_l, _dev, com, data) => void consoleTty(com, data),
    poll: (l, _dev, events, selector) => fp.ops.poll(l, fp, events, selector),
    kqfilter: (l, _dev, kn) => fp.ops.kqfilter(l, fp, kn),
  };
}

export const cons: Component = {
  name: 'cons',
  requires: ['dev'],
  attach(k) {
    driverAdd(k, { cdevsw: cdevswOf(k), major: MAJOR, nodes: [{ name: 'console', minor: 0, mode: 0o600 }] });
  },
};
