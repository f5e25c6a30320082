/**
 * Kernel modules: a name, a version, a class and a command function; what a module requires is loaded before
 * it and stays as long as it does.
 *
 * A module can be registered without being loaded: then it is loaded by name, or because another one requires
 * it.
 *
 * NetBSD: sys/kern/kern_module.c, module(9); the seed's rump_module_init, rump_module_fini.
 */
import { MAXMODDEPS, MAXMODNAME, MODFLG_AUTO_LOADED } from '../sys/constants/module.ts';
import { __NetBSD_Version__ } from '../sys/constants/param.ts';
import { EBUSY, EDEADLK, EEXIST, EINVAL, EMLINK, ENAMETOOLONG, ENOENT, EPROGMISMATCH } from '../sys/errno.ts';
import { KASSERT } from './kassert.ts';
import type { Kernel } from './kernel.ts';
import type { KernelFunction } from './ksyms.ts';
import { printf, thrownText } from './msgbuf.ts';
import type { PropDictionary } from './prop.ts';

/** In the order of MODULE_CLASS_*. */
export const MODULE_CLASSES = ['any', 'misc', 'vfs', 'driver', 'exec', 'secmodel', 'bufq'] as const;
export type ModuleClass = (typeof MODULE_CLASSES)[number];
export type ModuleCommand = 'init' | 'fini' | 'stat' | 'autounload';
/**
 * Where a module came from, in the order of MODULE_SOURCE_*: with the kernel, found at boot, loaded later.
 */
export const MODULE_SOURCES = ['kernel', 'boot', 'filesys'] as const;
export type ModuleSource = (typeof MODULE_SOURCES)[number];

export interface Modinfo {
  readonly name: string;
  /** Of the kernel it was made for: __NetBSD_Version__. */
  readonly version: number;
  readonly class: ModuleClass;
  /** Of the module itself, for those that require it. Default 0. */
  readonly revision?: number;
  /** What must be loaded before it: `"name"`, or `"name>=revision"`. */
  readonly required?: readonly string[];
  /** Functions for other modules, by the names they have in the symbol table. */
  readonly exports?: Readonly<Record<string, KernelFunction>>;
  /** Where native code describes it. */
  readonly address?: bigint;
  /** @throws an errno to refuse */
  readonly modcmd: (k: Kernel, command: ModuleCommand, props: PropDictionary, m: LoadedModule) => unknown;
}

export class LoadedModule {
  readonly info: Modinfo;
  readonly source: ModuleSource;
  readonly props: PropDictionary;
  /** MODFLG_*. */
  flags: number;
  /** Modules that require it, and other users. */
  refcnt = 0;
  readonly required: LoadedModule[] = [];
  /** What takes back what its init did, in the order it was done. */
  readonly undo: (() => void)[] = [];

  constructor(info: Modinfo, options: LoadOptions) {
    this.info = info;
    this.source = options.source ?? 'filesys';
    this.props = options.props ?? {};
    this.flags = options.autoload === 'yes' ? MODFLG_AUTO_LOADED : 0;
  }

  /** Have `undo` called when the module goes, or when its init fails. */
  use(undo: () => void): void {
    this.undo.push(undo);
  }
}

export interface LoadOptions {
  readonly source?: ModuleSource;
  readonly props?: PropDictionary;
  /** Loaded because something needed it: it goes again when nothing does (module_auto.ts). */
  readonly autoload?: 'yes' | 'no';
  /** Do not ask which kernel it was made for. */
  readonly force?: 'yes' | 'no';
}

/** The development branch has no stable interfaces; a release keeps them from patch to patch. */
function compatible(version: number): boolean {
  return Math.floor(__NetBSD_Version__ / 1_000_000) % 100 === 99
    ? version === __NetBSD_Version__
    : Math.abs(version - __NetBSD_Version__) < 10_000;
}

/** @throws EINVAL */
export function requirement(text: string): { name: string; revision: number } {
  const match = /^([^<>=,\s]+)(?:>=(\d+))?$/.exec(text);
  if (match === null) {
    throw EINVAL;
  }
  return { name: match[1] as string, revision: Number(match[2] ?? 0) };
}

/** @throws EINVAL ENAMETOOLONG */
function checkModinfo(info: Modinfo): void {
  const { name, class: kind, required = [], revision = 0 } = info ?? {};
  if (typeof name !== 'string' || name === '' || typeof info.modcmd !== 'function') {
    throw EINVAL;
  }
  if (name.length >= MAXMODNAME) {
    throw ENAMETOOLONG;
  }
  if (!MODULE_CLASSES.includes(kind) || !Number.isInteger(revision) || !Array.isArray(required)) {
    throw EINVAL;
  }
  if (required.length > MAXMODDEPS) {
    throw EMLINK;
  }
}

/**
 * Load a module, and first what it requires.
 * @throws EINVAL no module; ENAMETOOLONG; EEXIST; EPROGMISMATCH made for another kernel, or a required one is
 * too old; ENOENT a required one is neither loaded nor registered; EDEADLK it requires itself; EMLINK it
 * requires too many; what its init throws
 */
export function moduleInit(k: Kernel, info: Modinfo, options: LoadOptions = {}): LoadedModule {
  checkModinfo(info);
  if (k.modules.has(info.name)) {
    throw EEXIST;
  }
  if (options.force !== 'yes' && !compatible(info.version)) {
    throw EPROGMISMATCH;
  }
  const m = new LoadedModule(info, options);
  if (k.modulesLoading.includes(info.name)) {
    throw EDEADLK;
  }
  if (k.modulesLoading.length >= MAXMODDEPS) {
    throw EMLINK;
  }
  k.modulesLoading.push(info.name);
  try {
    for (const text of info.required ?? []) {
      m.required.push(moduleRequire(k, requirement(text)));
    }
    if (info.exports !== undefined) {
      m.use(k.ksyms.addFunctions(info.exports));
    }
    info.modcmd(k, 'init', m.props, m);
  } catch (error) {
    unwind(k, m);
    throw error;
  } finally {
    k.modulesLoading.pop();
  }
  k.modules.set(info.name, m);
  if (info.class === 'secmodel') {
    k.nsecmodels++;
  }
  return m;
}

/** A reference to a loaded module, which is loaded if it is not. */
function moduleRequire(k: Kernel, want: { name: string; revision: number }): LoadedModule {
  const m = k.modules.get(want.name) ?? moduleLoad(k, want.name, { autoload: 'yes' });
  if ((m.info.revision ?? 0) < want.revision) {
    throw EPROGMISMATCH;
  }
  m.refcnt++;
  return m;
}

/** Take back what was done for `m`, last first. One that fails does not keep the others from being done. */
function unwind(k: Kernel, m: LoadedModule): void {
  for (let undo = m.undo.pop(); undo !== undefined; undo = m.undo.pop()) {
    try {
      undo();
    } catch (error) {
      printf(k, `module ${m.info.name}: undo: ${thrownText(error)}\n`);
    }
  }
  for (let required = m.required.pop(); required !== undefined; required = m.required.pop()) {
    moduleRele(k, required);
  }
}

/** @throws ENOENT not loaded; EBUSY in use; what the module's fini throws, and then it stays */
export function moduleFini(k: Kernel, name: string): void {
  const m = k.modules.get(name);
  if (m === undefined) {
    throw ENOENT;
  }
  if (m.refcnt > 0) {
    throw EBUSY;
  }
  m.info.modcmd(k, 'fini', {}, m);
  k.modules.delete(name);
  if (m.info.class === 'secmodel') {
    k.nsecmodels--;
  }
  unwind(k, m);
}

/** Make a module known by name without loading it. @throws EINVAL ENAMETOOLONG EEXIST */
export function moduleRegister(k: Kernel, info: Modinfo, source: ModuleSource = 'kernel'): void {
  checkModinfo(info);
  if (k.modinfos.has(info.name)) {
    throw EEXIST;
  }
  k.modinfos.set(info.name, { info, source });
}

/** Load a registered module. @throws ENOENT no such module; what `moduleInit` throws */
export function moduleLoad(k: Kernel, name: string, options: LoadOptions = {}): LoadedModule {
  const known = k.modinfos.get(name);
  if (known === undefined) {
    throw k.modules.has(name) ? EEXIST : ENOENT;
  }
  return moduleInit(k, known.info, { source: known.source, ...options });
}

/** Keep a loaded module loaded. @throws ENOENT */
export function moduleHold(k: Kernel, name: string): LoadedModule {
  const m = k.modules.get(name);
  if (m === undefined) {
    throw ENOENT;
  }
  m.refcnt++;
  return m;
}

/** Give a reference back. */
export function moduleRele(k: Kernel, m: LoadedModule): void {
  KASSERT(m.refcnt > 0, `module ${m.info.name} released too often`);
  m.refcnt--;
  if (m.refcnt === 0 && (m.flags & MODFLG_AUTO_LOADED) !== 0) {
    k.moduleIdle(k);
  }
}

/**
 * Unload everything, users before what they use. A module that does not want to go is told that it goes all
 * the same.
 */
export function moduleShutdown(k: Kernel): void {
  k.moduleIdle = () => {};
  for (const m of [...k.modules.values()].reverse()) {
    try {
      m.refcnt = 0;
      moduleFini(k, m.info.name);
    } catch (error) {
      printf(k, `module ${m.info.name}: fini: ${thrownText(error)}\n`);
      k.modules.delete(m.info.name);
      unwind(k, m);
    }
  }
}
