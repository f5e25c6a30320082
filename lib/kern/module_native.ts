/**
 * Modules in native code: their descriptions lie in the link sets of loaded objects, the host calls them, and
 * what they ask for is done here.
 *
 * NetBSD: sys/kern/kern_module.c, sys/sys/module.h; the seed's dl_module_bootstrap.
 */

import type { DeviceOp, DlObject, HostModules, ModuleUpcalls } from '../rumpuser/rumpuser.ts';
import { O_NONBLOCK } from '../sys/constants/fcntl.ts';
import { EAGAIN, EEXIST, EINVAL, ENXIO, EOPNOTSUPP, Errno, errnoByNumber } from '../sys/errno.ts';
import { Condvar } from './condvar.ts';
import { type Cdevsw, devswAttach, devswDetach } from './devsw.ts';
import { giantShareInside } from './giant.ts';
import type { Kernel } from './kernel.ts';
import type { Lwp } from './lwp.ts';
import type { MaySleep } from './maysleep.ts';
import {
  type LoadedModule,
  MODULE_CLASSES,
  type Modinfo,
  type ModuleCommand,
  moduleFini,
  moduleInit,
  moduleRegister,
  requirement,
} from './module.ts';
import { printf } from './msgbuf.ts';
import type { PropDictionary } from './prop.ts';
import type { Uio } from './uio.ts';

/** In the order of MODULE_CMD_*. */
const COMMANDS: readonly ModuleCommand[] = ['init', 'fini', 'stat', 'autounload'];
const NOTHING = new Uint8Array(0);

export interface NativeDevice {
  readonly sw: Cdevsw;
  /** Where those wait whose read or write has nothing to do yet. */
  readonly ready: Condvar;
}

/** Load every module in the link sets of this process, at boot. One that fails is no reason not to boot. */
export function moduleBootstrap(k: Kernel): void {
  for (const object of k.host.modules?.objects() ?? []) {
    try {
      for (const info of nativeModinfos(k, object)) {
        moduleRegister(k, info, 'boot');
      }
    } catch (error) {
      complain(k, object.path, error);
    }
  }
  for (const { info, source } of k.modinfos.values()) {
    try {
      if (source === 'boot' && !k.modules.has(info.name)) {
        moduleInit(k, info, { source });
      }
    } catch (error) {
      complain(k, info.name, error);
    }
  }
}

function complain(k: Kernel, what: string, error: unknown): void {
  if (!(error instanceof Errno)) {
    throw error;
  }
  printf(k, `module ${what}: ${error.message}\n`);
}

/**
 * Load the modules of a shared object, all or none.
 * @throws ENOENT ENOEXEC no such object; EINVAL it holds no module; EOPNOTSUPP; what `moduleInit` throws
 */
export function moduleLoadObject(k: Kernel, path: string, props: PropDictionary): LoadedModule[] {
  const infos = k.host.dlopen(path).flatMap((object) => nativeModinfos(k, object));
  if (infos.length === 0) {
    throw EINVAL;
  }
  for (const info of infos) {
    const known = k.modinfos.get(info.name);
    if (known !== undefined && known.info.address !== info.address) {
      throw EEXIST;
    }
    if (known === undefined) {
      moduleRegister(k, info, 'filesys');
    }
  }
  const before = new Set(k.modules.keys());
  if (infos.every(({ name }) => before.has(name))) {
    throw EEXIST;
  }
  try {
    for (const info of infos) {
      if (!k.modules.has(info.name)) {
        moduleInit(k, info, { props });
      }
    }
  } catch (error) {
    for (const name of [...k.modules.keys()].reverse()) {
      if (!before.has(name)) {
        moduleFini(k, name);
      }
    }
    throw error;
  }
  return infos.map(({ name }) => k.modules.get(name) as LoadedModule);
}

/** @throws EOPNOTSUPP the host cannot run native modules */
function nativeHost(k: Kernel): HostModules {
  const { modules } = k.host;
  if (modules === undefined) {
    throw EOPNOTSUPP;
  }
  return modules;
}

function nativeModinfos(k: Kernel, object: DlObject): Modinfo[] {
  const host = nativeHost(k);
  const infos = object.modules.map((address): Modinfo => {
    const { version, class: kind, name, required, revision } = host.modinfo(address);
    return {
      name,
      version,
      revision,
      address,
      class: MODULE_CLASSES[kind] ?? 'misc',
      required: required.split(',').filter((text) => text !== ''),
      modcmd(_k, command, props, m) {
        if (command === 'init') {
          open(k, host);
          m.use(k.ksyms.addTable(object));
        }
        const error = host.modcmd(address, COMMANDS.indexOf(command), scalars(props));
        if (error !== 0) {
          throw errnoByNumber(error) ?? EINVAL;
        }
      },
    };
  });
  return requiredFirst(infos);
}

/**
 * The linker leaves no order to rely on. What requires itself comes last, and is refused when it is loaded.
 */
function requiredFirst(infos: readonly Modinfo[]): Modinfo[] {
  const ordered: Modinfo[] = [];
  for (let left = [...infos]; left.length > 0; ) {
    const names = left.map(({ name }) => name);
    const ready = left.filter(
      ({ required = [] }) => !required.some((text) => names.includes(requirement(text).name)),
    );
    ordered.push(...(ready.length > 0 ? ready : left));
    left = ready.length > 0 ? left.filter((info) => !ready.includes(info)) : [];
  }
  return ordered;
}

/** C sees what C can name. @throws EINVAL a property that is a structure */
function scalars(props: PropDictionary): Record<string, string | number | boolean> {
  const result: Record<string, string | number | boolean> = {};
  for (const [key, value] of Object.entries(props)) {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      throw EINVAL;
    }
    result[key] = value;
  }
  return result;
}

/** The first native module of a kernel opens its end of the host's. */
function open(k: Kernel, host: HostModules): void {
  if (k.nativeDevices === null) {
    k.nativeDevices = new Map();
    host.open(upcalls(k, host, k.nativeDevices), k.giant);
  }
}

function upcalls(k: Kernel, host: HostModules, devices: Map<bigint, NativeDevice>): ModuleUpcalls {
  return {
    print: (text) => printf(k, text),
    attach: (name, address) =>
      answer(() => {
        if (devices.has(address)) {
          throw EEXIST;
        }
        const device = nativeDevice(host, name, address);
        const number = devswAttach(k, device.sw);
        devices.set(address, device);
        return number;
      }),
    detach: (address) =>
      answer(() => {
        const device = devices.get(address);
        if (device === undefined) {
          throw EINVAL;
        }
        devswDetach(k, device.sw);
        devices.delete(address);
        // Who waits for it finds it gone.
        device.ready.broadcast();
        return 0;
      }),
    wakeup: (address) => devices.get(address)?.ready.broadcast(),
    share: () => giantShareInside(k),
    admit: (key) => answer(() => gateAdmit(k, key)),
  };
}

/** @throws EOPNOTSUPP there is no gate */
function gateAdmit(k: Kernel, key: bigint): number {
  const { gateAdmit: admit } = k.hooks;
  if (admit === undefined) {
    throw EOPNOTSUPP;
  }
  return admit(key);
}

function answer(fn: () => number): number {
  try {
    return fn();
  } catch (error) {
    if (error instanceof Errno) {
      return -error.errno;
    }
    throw error;
  }
}

function nativeDevice(host: HostModules, name: string, address: bigint): NativeDevice {
  const ready = new Condvar(name);
  const call = (op: DeviceOp, dev: number, flag: number, data: Uint8Array, where: number): number | null => {
    const result = host.device(address, op, dev, flag, data, where);
    if (result !== null && result < 0) {
      throw errnoByNumber(-result) ?? EINVAL;
    }
    return result;
  };
  const transfer = function* (l: Lwp, dev: number, uio: Uio, flag: number): MaySleep<void> {
    const attached = l.kernel.nativeDevices?.get(address);
    const began = uio.resid;
    while (uio.resid > 0) {
      const piece = uio.piece(uio.resid);
      const moved = call(uio.rw, dev, flag, piece, uio.offset);
      if (moved !== null) {
        uio.advance(moved);
        if (moved < piece.length) {
          return;
        }
      } else if (uio.resid < began) {
        return;
      } else if ((flag & O_NONBLOCK) === 0) {
        yield* ready.waitSig(l, null);
        if (l.kernel.nativeDevices?.get(address) !== attached) {
          throw ENXIO;
        }
      } else {
        throw EAGAIN;
      }
    }
  };
  const sw: Cdevsw = {
    name,
    open: (_l, dev, flag) => void call('open', dev, flag, NOTHING, 0),
    close: (_l, dev, flag) => void call('close', dev, flag, NOTHING, 0),
    read: transfer,
    write: transfer,
    ioctl: (_l, dev, com, data, flag) => void call('ioctl', dev, flag, data, com),
  };
  return { sw, ready };
}
