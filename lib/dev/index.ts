/**
 * The dev faction: drivers get their majors, and their names in /dev where there are file systems. Drivers are
 * components beside it.
 *
 * NetBSD: sys/rump/librump/rumpdev/rump_dev.c.
 */
import type { Component } from '../kern/component.ts';
import { devswAttach } from '../kern/devsw.ts';
import { driversOf } from './driver.ts';

export const dev: Component = {
  name: 'dev',
  attach(k) {
    k.hooks.devInit = () => {
      for (const { cdevsw, major, nodes } of driversOf(k)) {
        devswAttach(k, cdevsw, major, nodes);
      }
    };
  },
};
