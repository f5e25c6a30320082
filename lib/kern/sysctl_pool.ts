/**
 * kern.pool: what `vmstat -m` and `vmstat -C` print, a structure for each pool.
 *
 * NetBSD: sys/kern/subr_pool.c (pool_sysctl), sys/sys/pool.h (struct pool_sysctl).
 */
import { CTL_CREATE, CTLTYPE_STRUCT } from '../sys/constants/sysctl.ts';
import { EINVAL, EPERM } from '../sys/errno.ts';
import type { Lwp } from './lwp.ts';
import { type PoolStats, poolStats } from './pool_stat.ts';
import type { SysctlCall, SysctlResult, SysctlSpec } from './sysctl.ts';
import { struct, structArray, type TypeOf } from './sysctl_struct.ts';

const POOL_SYSCTL = struct([
  ['wchan', 'char[16]'],
  ['flags', 'u64'],
  ['size', 'u64'],
  ['pagesize', 'u64'],
  ['itemsperpage', 'u64'],
  ['nitems', 'u64'],
  ['nout', 'u64'],
  ['hardlimit', 'u64'],
  ['npages', 'u64'],
  ['minpages', 'u64'],
  ['maxpages', 'u64'],
  ['nget', 'u64'],
  ['nfail', 'u64'],
  ['nput', 'u64'],
  ['npagealloc', 'u64'],
  ['npagefree', 'u64'],
  ['hiwat', 'u64'],
  ['nidle', 'u64'],
  ['cache_meta_size', 'u64'],
  ['cache_nfull', 'u64'],
  ['cache_npartial', 'u64'],
  ['cache_nempty', 'u64'],
  ['cache_ncontended', 'u64'],
  ['cache_nmiss_global', 'u64'],
  ['cache_nhit_global', 'u64'],
  ['cache_nmiss_pcpu', 'u64'],
  ['cache_nhit_pcpu', 'u64'],
]);

/**
 * A pool as programs see it; without a limit, `hardlimit` is 4294967295. Names are C's without their prefix.
 */
export type PoolSysctl = TypeOf<typeof POOL_SYSCTL>;

const UINT_MAX = 0xffffffff;
/** Bytes of an object's place in a group. */
const POINTER_SIZE = 8;
const NAME_MAX = 15;

function encode(pool: PoolStats): Uint8Array {
  const { name, itemsPerPage, hardlimit, cache, ...same } = pool;
  return POOL_SYSCTL.encode({
    ...same,
    wchan: name.slice(0, NAME_MAX),
    itemsperpage: itemsPerPage,
    hardlimit: Math.min(hardlimit, UINT_MAX),
    ...(cache === null
      ? {}
      : {
          cache_meta_size: cache.groupSize * POINTER_SIZE,
          cache_nfull: cache.nfull,
          cache_nempty: cache.nempty,
          cache_nmiss_global: cache.nmissGlobal,
          cache_nhit_global: cache.nhitGlobal,
          cache_nmiss_pcpu: cache.nmissPcpu,
          cache_nhit_pcpu: cache.nhitPcpu,
        }),
  });
}

/** As many whole structures as there is room for; that there were more is no error. */
function access(l: Lwp, { tail, oldv, newv }: SysctlCall): SysctlResult {
  if (newv !== null) {
    throw EPERM;
  }
  if (tail.length > 0) {
    throw EINVAL;
  }
  const pools = poolStats(l.kernel);
  const fit =
    oldv === null ? pools.length : Math.min(pools.length, Math.floor(oldv.length / POOL_SYSCTL.size));
  for (let i = 0; oldv !== null && i < fit; i++) {
    oldv.set(encode(pools[i] as PoolStats), i * POOL_SYSCTL.size);
  }
  return { oldlen: fit * POOL_SYSCTL.size, error: null };
}

export const KERN_POOLS: readonly SysctlSpec[] = [
  {
    num: CTL_CREATE,
    name: 'pool',
    type: CTLTYPE_STRUCT,
    desc: 'Statistics of the pools',
    access,
    decode: (bytes) => structArray(POOL_SYSCTL, bytes),
  },
];
