/**
 * modctl(2): loading and unloading modules, and what there is of them.
 *
 * A process can load what the host program has registered, by name. It cannot name a file: that would be
 * native code of the host's, and what runs in the kernel is not to choose that.
 *
 * NetBSD: sys/kern/sys_module.c.
 */
import {
  MAXMODNAME,
  MODCTL_EXISTS,
  MODCTL_LOAD,
  MODCTL_LOAD_FORCE,
  MODCTL_NO_PROP,
  MODCTL_STAT,
  MODCTL_UNLOAD,
} from '../sys/constants/module.ts';
import { EFAULT, EINVAL, ENAMETOOLONG, ENOTTY } from '../sys/errno.ts';
import { kauthAuthorize } from './kauth.ts';
import type { Kernel } from './kernel.ts';
import type { Lwp } from './lwp.ts';
import {
  type LoadedModule,
  MODULE_CLASSES,
  MODULE_SOURCES,
  type Modinfo,
  type ModuleSource,
  moduleFini,
  moduleLoad,
} from './module.ts';
import { propDictionary } from './prop.ts';
import type { Handlers } from './sysent.ts';

/** A module as MODCTL_STAT reports it. One that is registered and not loaded has a reference count of -1. */
export interface Modstat {
  readonly name: string;
  /** Names with commas between them. */
  readonly required: string;
  /** MODULE_SOURCE_*. */
  readonly source: number;
  /** MODULE_CLASS_*. */
  readonly class: number;
  /** Of its description in native code, else 0. */
  readonly addr: bigint;
  readonly refcnt: number;
  /** MODFLG_*. */
  readonly flags: number;
}

function modstat(info: Modinfo, source: ModuleSource, loaded: LoadedModule | null): Modstat {
  return {
    name: info.name,
    required: (info.required ?? []).join(','),
    source: MODULE_SOURCES.indexOf(source),
    class: MODULE_CLASSES.indexOf(info.class),
    addr: info.address ?? 0n,
    refcnt: loaded?.refcnt ?? -1,
    flags: loaded?.flags ?? 0,
  };
}

/** Every module, loaded ones first. */
export function moduleStat(k: Kernel): Modstat[] {
  const loaded = [...k.modules.values()].map((m) => modstat(m.info, m.source, m));
  const known = [...k.modinfos.values()].filter(({ info }) => !k.modules.has(info.name));
  return [...loaded, ...known.map(({ info, source }) => modstat(info, source, null))];
}

/**
 * What a loaded module says of itself, undefined when it has nothing to say. @throws what its command
 * function does
 */
export function moduleAsk(k: Kernel, m: LoadedModule): unknown {
  try {
    return m.info.modcmd(k, 'stat', {}, m);
  } catch (error) {
    if (error !== ENOTTY) {
      throw error;
    }
    return undefined;
  }
}

function nameOf(value: unknown): string {
  if (typeof value !== 'string') {
    throw EFAULT;
  }
  if (value.length >= MAXMODNAME) {
    throw ENAMETOOLONG;
  }
  return value;
}

function authorize(l: Lwp): void {
  kauthAuthorize(l.kernel, l.cred, { scope: 'system', action: 'module' });
}

function load(l: Lwp, arg: unknown): void {
  if (typeof arg !== 'object' || arg === null) {
    throw EFAULT;
  }
  const { filename, flags = 0, props = {} } = arg as Readonly<Record<string, unknown>>;
  const name = nameOf(filename);
  if (typeof flags !== 'number' || (flags & ~(MODCTL_LOAD_FORCE | MODCTL_NO_PROP)) !== 0) {
    throw EINVAL;
  }
  moduleLoad(l.kernel, name, {
    props: propDictionary(props),
    force: (flags & MODCTL_LOAD_FORCE) === 0 ? 'no' : 'yes',
  });
}

export const moduleHandlers: Handlers<'modctl'> = {
  /** What STAT reports is returned, and cannot be too long for that. */
  modctl(l, cmd, arg): unknown {
    switch (cmd) {
      case MODCTL_LOAD:
        authorize(l);
        return load(l, arg);
      case MODCTL_UNLOAD:
        authorize(l);
        return moduleFini(l.kernel, nameOf(arg));
      case MODCTL_STAT:
        return moduleStat(l.kernel);
      case MODCTL_EXISTS:
        if (arg !== 0 && arg !== 1) {
          throw EINVAL;
        }
        return authorize(l);
      default:
        throw EINVAL;
    }
  },
};
