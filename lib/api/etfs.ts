/**
 * Host keys, as the host program sees them.
 *
 * NetBSD: rump_etfs(3).
 */
import type { Kernel as Kern } from '../kern/kernel.ts';
import { EINVAL } from '../sys/errno.ts';
import type { EtfsType } from '../vfs/fs/rumpfs/etfs.ts';
import { etfsOf } from '../vfs/fs/rumpfs/index.ts';
import { SysError } from './errors.ts';
import type { Kernel } from './kernel.ts';
import type { Enter } from './modules.ts';

export type { EtfsType } from '../vfs/fs/rumpfs/etfs.ts';

export interface EtfsRegisterOptions {
  /**
   * What the key is in the kernel: a file, a disk as block or character device, or a directory, without or with the
   * directories in it. By default a file, and a directory with all that is in it for a directory of the host.
   */
  readonly type?: EtfsType;
  /** Which part of the host's file it is: where it begins, and its size, by default to the end. Bytes. */
  readonly begin?: number;
  readonly size?: number;
}

export interface EtfsKeys {
  /**
   * Have `key`, an absolute path in the kernel, stand for `hostpath`. It is found by its name and shows in no
   * listing. The superuser owns it.
   * @throws SysError EINVAL EEXIST ENOTDIR EISDIR ENAMETOOLONG EOPNOTSUPP; what the host says of its file
   */
  register(key: string, hostpath: string, options?: EtfsRegisterOptions): void;
  /** @throws SysError EINVAL ENOENT; EBUSY it is in use */
  remove(key: string): void;
  list(): string[];
}

const TYPES: readonly unknown[] = ['REG', 'BLK', 'CHR', 'DIR', 'DIR_SUBDIRS'] satisfies EtfsType[];

export function etfsKeys(k: Kern, kernel: Kernel, enter: Enter): EtfsKeys {
  /** Mounting and unmounting may have to wait: that is what a process is for. */
  const asRoot = (fn: (sys: ReturnType<Kernel['newproc']>['sys']) => void): void => {
    const proc = kernel.newproc({ comm: 'etfs' });
    try {
      fn(proc.sys);
    } finally {
      proc.exit();
    }
  };
  return {
    register(key, hostpath, options = {}) {
      const given = checked(key, hostpath, options);
      const type = given.type ?? enter('etfs_register', () => defaultType(k, hostpath));
      enter('etfs_register', (l) => etfsOf(k).register(l, key, hostpath, { ...given, type }));
      if (type !== 'DIR' && type !== 'DIR_SUBDIRS') {
        return;
      }
      try {
        asRoot((sys) => sys.mount('hostfs', key, 0, { path: hostpath, subdirs: type === 'DIR_SUBDIRS' }));
      } catch (error) {
        enter('etfs_register', () => etfsOf(k).remove(key));
        throw error;
      }
    },
    remove(key) {
      text('key', key);
      if (enter('etfs_remove', () => etfsOf(k).isMounted(key))) {
        asRoot((sys) => sys.unmount(key, 0));
      }
      enter('etfs_remove', () => etfsOf(k).remove(key));
    },
    list: () => enter('etfs_list', () => etfsOf(k).keys()),
  };
}

function defaultType(k: Kern, hostpath: string): EtfsType {
  return k.host.getfileinfo(hostpath).type === 'dir' ? 'DIR_SUBDIRS' : 'REG';
}

function text(name: string, value: unknown): void {
  if (typeof value !== 'string') {
    throw new SysError(EINVAL, 'etfs', `${name} must be a string, not ${typeof value}`);
  }
}

interface Given {
  readonly type: EtfsType | undefined;
  readonly begin: number;
  readonly size: number | undefined;
}

/** @throws SysError EINVAL */
function checked(key: unknown, hostpath: unknown, options: EtfsRegisterOptions): Given {
  text('key', key);
  text('hostpath', hostpath);
  if (typeof options !== 'object' || options === null) {
    throw new SysError(EINVAL, 'etfs_register', `options must be an object, not ${String(options)}`);
  }
  const { type, begin = 0, size, ...others } = options;
  const [unknown] = Object.keys(others);
  const bytes = (n: unknown): boolean => Number.isSafeInteger(n) && Number(n) >= 0;
  const problem =
    unknown === undefined
      ? type !== undefined && !TYPES.includes(type)
        ? `type must be one of ${TYPES.join(', ')}, not ${String(type)}`
        : !bytes(begin) || (size !== undefined && !bytes(size))
          ? 'begin and size must be bytes'
          : undefined
      : `no option "${unknown}"`;
  if (problem !== undefined) {
    throw new SysError(EINVAL, 'etfs_register', problem);
  }
  return { type, begin, size };
}
