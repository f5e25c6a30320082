/**
 * Kernel modules and the symbol table, as the host program sees them; and writing a module in TypeScript.
 */
import { type Cdevsw, devswAttach, devswDetach } from '../kern/devsw.ts';
import { hostcode, kernelcode } from '../kern/hostcode.ts';
import { type KauthListener, type KauthScope, kauthListenScope } from '../kern/kauth.ts';
import type { Kernel as Kern } from '../kern/kernel.ts';
import type { KernelFunction } from '../kern/ksyms.ts';
import type { Lwp } from '../kern/lwp.ts';
import {
  type LoadedModule,
  type Modinfo,
  moduleFini,
  moduleInit,
  moduleLoad,
  moduleRegister,
} from '../kern/module.ts';
import { moduleLoadObject } from '../kern/module_native.ts';
import { moduleAsk } from '../kern/module_sys.ts';
import { printf, thrownText } from '../kern/msgbuf.ts';
import { type PropDictionary, propDictionary } from '../kern/prop.ts';
import { type Secmodel, secmodelEval, secmodelRegister } from '../kern/secmodel.ts';
import { __NetBSD_Version__ } from '../sys/constants/param.ts';
import { EINVAL, ENOENT, ENOTTY, Errno, errnoByCode } from '../sys/errno.ts';
import { SysError } from './errors.ts';
import { addVariable, type SysctlVariable } from './module_sysctl.ts';

/** Runs something inside the kernel; errnos come out as `SysError` of the call named. */
export type Enter = <T>(what: string, fn: (l: Lwp) => T) => T;

export interface ModuleStatus {
  readonly name: string;
  readonly class: Modinfo['class'];
  readonly version: number;
  readonly revision: number;
  /** With the kernel, found in the process at boot, or loaded later. */
  readonly source: LoadedModule['source'];
  /** Modules that require it. */
  readonly refcnt: number;
  readonly required: readonly string[];
}

export interface Modules {
  /**
   * Load a module: one that `defineModule` made, the path of a shared object (anything with a slash in it),
   * or the name of one that was registered. `props` are strings, integers, booleans, bytes, and arrays and
   * dictionaries of them.
   * @throws SysError EINVAL EEXIST ENAMETOOLONG EPROGMISMATCH ENOENT EDEADLK EMLINK; for a path also ENOEXEC
   * EOPNOTSUPP
   */
  load(mod: Modinfo | string, props?: Readonly<Record<string, unknown>>): void;
  /**
   * Make a module known: it is loaded by name, by modctl(2), or when another one requires it. @throws
   * SysError EINVAL EEXIST
   */
  register(mod: Modinfo): void;
  /** @throws SysError ENOENT EBUSY */
  unload(name: string): void;
  /** In the order they were loaded. */
  list(): readonly ModuleStatus[];
  /** What a module says of itself; undefined when it does not. @throws SysError ENOENT */
  stat(name: string): unknown;
}

export function modules(k: Kern, enter: Enter): Modules {
  return {
    load(mod, props = {}) {
      const checked = propsOf(props);
      if (typeof mod === 'string') {
        enter('modctl', () =>
          mod.includes('/') ? moduleLoadObject(k, mod, checked) : moduleLoad(k, mod, { props: checked }),
        );
        return;
      }
      const info = modinfoOf(mod);
      enter('modctl', () => moduleInit(k, info, { props: checked }));
    },
    register(mod) {
      const info = modinfoOf(mod);
      enter('modctl', () => moduleRegister(k, info));
    },
    unload: (name) => enter('modctl', () => moduleFini(k, name)),
    list: () => [...k.modules.values()].map(statusOf),
    stat: (name) =>
      enter('modctl', () => {
        const m = k.modules.get(name);
        if (m === undefined) {
          throw ENOENT;
        }
        return moduleAsk(k, m);
      }),
  };
}

function statusOf({ info, source, refcnt }: LoadedModule): ModuleStatus {
  const { name, class: kind, version, revision = 0, required = [] } = info;
  return { name, class: kind, version, revision, source, refcnt, required };
}

/** Looked at outside the kernel: it may be anything. @throws SysError EINVAL */
function propsOf(props: unknown): PropDictionary {
  try {
    return propDictionary(props);
  } catch (error) {
    throw error instanceof Errno
      ? new SysError(
          error,
          'modctl',
          'properties are strings, integers, booleans, bytes, arrays, dictionaries',
        )
      : error;
  }
}

/** A module's fields, read once and outside the kernel: they may be getters. @throws SysError EINVAL */
function modinfoOf(mod: Modinfo): Modinfo {
  if (typeof mod !== 'object' || mod === null) {
    throw new SysError(EINVAL, 'modctl', 'a module is an object, as defineModule makes it');
  }
  const { name, version, class: kind, revision = 0, required = [], exports, modcmd } = mod;
  if (typeof modcmd !== 'function') {
    throw new SysError(EINVAL, 'modctl', 'a module has a modcmd function');
  }
  return {
    name,
    version,
    class: kind,
    revision,
    required: Array.isArray(required) ? required.map(String) : required,
    ...(exports === undefined ? {} : { exports: { ...exports } }),
    modcmd: (...args) => Reflect.apply(modcmd, mod, args),
  };
}

export interface Ksyms {
  /** Address of a symbol. @throws SysError ENOENT */
  lookup(name: string): bigint;
  /** Symbol that covers an address. @throws SysError ENOENT; EINVAL no bigint */
  resolve(address: bigint): { readonly name: string; readonly offset: bigint };
}

export function ksyms(k: Kern, enter: Enter): Ksyms {
  return {
    lookup: (name) => enter('ksyms', () => k.ksyms.lookup(name).value),
    resolve: (address) =>
      enter('ksyms', () => {
        if (typeof address !== 'bigint') {
          throw EINVAL;
        }
        const { symbol, offset } = k.ksyms.resolve(address);
        return { name: symbol.name, offset };
      }),
  };
}

/**
 * What a module in TypeScript has to work with. All of it that can be undone is, in reverse order, when the
 * module goes.
 */
export interface ModuleContext {
  /** What it was loaded with. */
  readonly props: PropDictionary;
  /** Have `undo` called when the module goes, or when the rest of `init` fails. */
  use(undo: () => void): void;
  /** Into the message buffer. */
  printf(text: string): void;
  /** A function of another module. Require that module, else it may go. @throws ENOENT */
  symbol(name: string): KernelFunction;
  /** Take part in every decision of a scope. NetBSD: kauth_listen_scope(9). */
  listen(scope: KauthScope, listener: KauthListener): void;
  /** Be listed as a security model, and answer the questions others have. NetBSD: secmodel_register(9). */
  secmodel(model: Secmodel): void;
  /** Ask a security model. @throws EINVAL ENOENT. NetBSD: secmodel_eval(9) */
  evaluate(id: string, what: string, arg: unknown): boolean;
  /**
   * Add a sysctl variable below the node of that dotted name. @throws ENOENT ENOTDIR EEXIST EINVAL. NetBSD:
   * sysctl_createv(9)
   */
  sysctl(parent: string, variable: SysctlVariable): void;
  /** Add a character device. @returns its major number. @throws EEXIST EINVAL */
  device(sw: Cdevsw): number;
}

/**
 * A kernel module in TypeScript. Its functions run inside the kernel; one that throws a `SysError` or an
 * errno refuses.
 */
export interface ModuleSpec {
  readonly name: string;
  /** Kernel it was made for; default this one. */
  readonly version?: number;
  readonly class?: Modinfo['class'];
  /** Its own version, for those that require it. */
  readonly revision?: number;
  /** `"name"` or `"name>=revision"` of what must be loaded before it. */
  readonly required?: readonly string[];
  /** Functions that other modules find by `symbol`. */
  readonly exports?: Readonly<Record<string, KernelFunction>>;
  init(m: ModuleContext): void;
  fini?(): void;
  /** What `kernel.modules.stat` answers. */
  stat?(): unknown;
  /** Refuse, by throwing, to be unloaded when nobody needs the module any more. */
  autounload?(): void;
}

/** @throws TypeError */
export function defineModule(spec: ModuleSpec): Modinfo {
  if (typeof spec?.name !== 'string' || spec.name === '' || typeof spec.init !== 'function') {
    throw new TypeError('defineModule: a module has a name and an init function');
  }
  const { name } = spec;
  return {
    name,
    version: spec.version ?? __NetBSD_Version__,
    class: spec.class ?? 'misc',
    revision: spec.revision ?? 0,
    required: spec.required ?? [],
    ...(spec.exports === undefined ? {} : { exports: spec.exports }),
    modcmd: (k, command, _props, m) => {
      try {
        return hostcode(k, () => (command === 'init' ? spec.init(contextOf(k, m)) : spec[command]?.()));
      } catch (error) {
        // The module's own trouble is no panic: the command fails, and the message buffer says why.
        printf(k, `module ${name}: ${command}: ${thrownText(error)}\n`);
        throw errnoOf(error);
      }
    },
  };
}

/** The errno that anything thrown stands for; it may be anything, so looking at it may throw too. */
function errnoOf(error: unknown): Errno {
  try {
    if (error instanceof Errno) {
      return error;
    }
    return (error instanceof SysError ? errnoByCode(error.code) : null) ?? EINVAL;
  } catch {
    return EINVAL;
  }
}

function contextOf(k: Kern, m: LoadedModule): ModuleContext {
  return {
    props: m.props,
    use: (undo) => m.use(() => hostcode(k, undo)),
    printf: (text) => kernelcode(k, () => printf(k, String(text))),
    symbol(name) {
      const { fn } = k.ksyms.lookup(name);
      if (fn === null) {
        throw ENOTTY;
      }
      return fn;
    },
    listen: (scope, listener) => m.use(kauthListenScope(k, scope, listener)),
    secmodel: (model) => m.use(secmodelRegister(k, model)),
    evaluate: (id, what, arg) => secmodelEval(k, id, what, arg),
    sysctl: (parent, variable) => m.use(addVariable(k, parent, variable)),
    device(sw) {
      const number = devswAttach(k, sw);
      m.use(() => devswDetach(k, sw));
      return number;
    },
  };
}
