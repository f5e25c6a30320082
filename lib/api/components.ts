/**
 * The components that are built in, and which of them a kernel gets.
 */

import { cons } from '../dev/cons/index.ts';
import { dev } from '../dev/index.ts';
import { ksyms } from '../dev/ksyms/index.ts';
import { ktrace } from '../dev/ktrace/index.ts';
import { md } from '../dev/md/index.ts';
import { mem } from '../dev/mem/index.ts';
import { rnd } from '../dev/rnd/index.ts';
import type { Component } from '../kern/component.ts';
import { hostfs } from '../vfs/fs/hostfs/index.ts';
import { kernfs } from '../vfs/fs/kernfs/index.ts';
import { rumpfs } from '../vfs/fs/rumpfs/index.ts';
import { tmpfs } from '../vfs/fs/tmpfs/index.ts';
import { vfs } from '../vfs/index.ts';
import { BootOptionError } from './errors.ts';

/** All that are built in, each after those it requires. */
const BUILTIN: readonly Component[] = [
  vfs,
  rumpfs,
  tmpfs,
  kernfs,
  hostfs,
  dev,
  mem,
  md,
  rnd,
  cons,
  ksyms,
  ktrace,
];

/** By name, for `boot({ components: [components.vfs, ...] })`. */
export const components: Readonly<Record<string, Component>> = Object.fromEntries(
  BUILTIN.map((component) => [component.name, component]),
);

/**
 * What to plug in: all, or what is asked for by itself or by name.
 * @throws BootOptionError no component, twice the same, or one that is required is missing
 */
export function chosenComponents(wanted: unknown): readonly Component[] {
  if (wanted === undefined) {
    return BUILTIN;
  }
  if (!Array.isArray(wanted)) {
    throw new BootOptionError('components must be an array');
  }
  const chosen = Array.from(wanted, componentOf);
  const names = new Set(chosen.map(({ name }) => name));
  if (names.size < chosen.length) {
    throw new BootOptionError('components must not name one twice');
  }
  for (const { name, requires = [] } of chosen) {
    const missing = requires.find((required) => !names.has(required));
    if (missing !== undefined) {
      throw new BootOptionError(`component ${name} requires ${missing}`);
    }
  }
  return chosen;
}

function componentOf(wanted: unknown): Component {
  const component = typeof wanted === 'string' ? components[wanted] : wanted;
  if (
    typeof component !== 'object' ||
    component === null ||
    typeof (component as Component).name !== 'string' ||
    typeof (component as Component).attach !== 'function'
  ) {
    const known = Object.keys(components).join(', ');
    throw new BootOptionError(`no component ${String(wanted)}: built in are ${known}`);
  }
  return component as Component;
}
