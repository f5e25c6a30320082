/**
 * Random numbers: the kernel's keystream. What is written is thrown away: the stream is the host's to seed.
 *
 * NetBSD: sys/dev/rndpseudo.c, rnd(4).
 */
import type { Component } from '../../kern/component.ts';
import type { Cdevsw } from '../../kern/devsw.ts';
import { driverAdd } from '../driver.ts';

const MAJOR = 46;
const CHUNK = 4096;

const cdevsw: Cdevsw = {
  name: 'rnd',
  read(l, _dev, uio) {
    while (uio.resid > 0) {
      const piece = uio.piece(CHUNK);
      l.kernel.random.bytes(piece);
      uio.advance(piece.length);
    }
  },
  write(_l, _dev, uio) {
    uio.advance(uio.resid);
  },
};

export const rnd: Component = {
  name: 'rnd',
  requires: ['dev'],
  attach(k) {
    driverAdd(k, {
      cdevsw,
      major: MAJOR,
      nodes: [
        { name: 'random', minor: 0, mode: 0o444 },
        { name: 'urandom', minor: 1, mode: 0o644 },
      ],
    });
  },
};
