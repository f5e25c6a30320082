/**
 * The files of kernfs.
 *
 * NetBSD: sys/miscfs/kernfs/kernfs_vnops.c (kern_targets).
 */
import { kauthAuthorize } from '../../../kern/kauth.ts';
import type { Kernel } from '../../../kern/kernel.ts';
import type { Lwp } from '../../../kern/lwp.ts';
import { nanotime, nanouptime, timespecOf } from '../../../kern/times.ts';
import { COPYRIGHT, VERSION } from '../../../kern/version.ts';
import { HZ, MAXHOSTNAMELEN, PAGE_SIZE } from '../../../sys/constants/param.ts';
import { EINVAL } from '../../../sys/errno.ts';

export interface KernfsFile {
  readonly name: string;
  readonly read: (k: Kernel) => string;
  /** @throws EINVAL */
  readonly write?: (l: Lwp, value: string) => void;
}

/** What has no limit is told as this many bytes. */
const PLENTY = 2 ** 40;

export const KERNFS_FILES: readonly KernfsFile[] = [
  { name: 'boottime', read: (k) => `${k.boottime.sec}\n` },
  { name: 'copyright', read: () => `${COPYRIGHT}\n` },
  {
    name: 'hostname',
    read: (k) => `${k.hostname}\n`,
    write(l, value) {
      kauthAuthorize(l.kernel, l.cred, { scope: 'system', action: 'sysctl_modify' });
      if (value.length >= MAXHOSTNAMELEN || value.includes('\n')) {
        throw EINVAL;
      }
      l.kernel.hostname = value;
    },
  },
  { name: 'hz', read: () => `${HZ}\n` },
  { name: 'msgbuf', read: (k) => k.msgbuf.text },
  { name: 'ncpu', read: (k) => `${k.cpus.length}\n` },
  { name: 'pagesize', read: () => `${PAGE_SIZE}\n` },
  {
    name: 'physmem',
    read: (k) => `${Math.floor(Math.min(k.params.memlimit, PLENTY) / PAGE_SIZE)}\n`,
  },
  {
    name: 'time',
    read(k) {
      const { sec, nsec } = timespecOf(nanotime(k));
      return `${sec} ${Math.floor(nsec / 1000)}\n`;
    },
  },
  { name: 'uptime', read: (k) => `${Math.floor(nanouptime(k) / 1e9)}\n` },
  { name: 'version', read: () => `${VERSION}\n` },
];
