/**
 * The kernel's symbol table as an ELF file, as nm(1) reads it. Who opens it sees the symbols of that moment.
 *
 * NetBSD: sys/kern/kern_ksyms.c (ksymsread), ksyms(4).
 */
import type { Component } from '../../kern/component.ts';
import type { Cdevsw } from '../../kern/devsw.ts';
import { driverAdd } from '../driver.ts';
import { elfOf } from './elf.ts';

const MAJOR = 85;

function cdevsw(): Cdevsw {
  let image: Uint8Array = new Uint8Array(0);
  return {
    name: 'ksyms',
    open(l) {
      image = elfOf([...l.kernel.ksyms.all()]);
    },
    read(_l, _dev, uio) {
      if (uio.offset < image.length) {
        uio.move(image, uio.offset, image.length - uio.offset);
      }
    },
  };
}

export const ksyms: Component = {
  name: 'ksyms',
  requires: ['dev'],
  attach(k) {
    driverAdd(k, { cdevsw: cdevsw(), major: MAJOR, nodes: [{ name: 'ksyms', minor: 0, mode: 0o444 }] });
  },
};
