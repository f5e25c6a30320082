import test from 'ava';
import { kmemIntrAlloc } from '../../lib/kern/kmem.ts';
import { Pool } from '../../lib/kern/pool.ts';
import { poolStats } from '../../lib/kern/pool_stat.ts';
import { inKernel } from '../../lib/kern/schedule.ts';
import { sysctlMib } from '../../lib/kern/sysctl.ts';
import { sysctlByName } from '../../lib/kern/sysctl_name.ts';
import type { PoolSysctl } from '../../lib/kern/sysctl_pool.ts';
import { EPERM } from '../../lib/sys/errno.ts';
import { throwsErrno } from './support.ts';
import { bootSim, newproc, sysctl } from './sysctl_support.ts';

/** 16 bytes of name and 26 numbers. */
const POOL_SIZE = 16 + 26 * 8;

test('kern.pool is live, and tells of each pool what the kernel knows', (t) => {
  const k = bootSim();
  const shown = () => inKernel(k, (l) => sysctlByName(l, 'kern.pool')) as PoolSysctl[];
  kmemIntrAlloc(k, 100);
  const pool = new Pool(k, 'a pool whose name is long', 48);
  pool.sethardlimit(7);
  pool.getNowait();
  const rows = shown();
  t.is(rows.length, poolStats(k).length);
  t.like(
    rows.find(({ wchan }) => wchan === 'a pool whose na'),
    { size: 48, nout: 1, nget: 1, nput: 0, hardlimit: 7, npages: 1, pagesize: 4096, cache_meta_size: 0 },
  );
  t.like(
    rows.find(({ wchan }) => wchan === 'kmem-112'),
    { size: 112, nout: 1, hardlimit: 0xffffffff, cache_nmiss_global: 1, cache_nhit_pcpu: 0 },
  );
});

test('kern.pool stores whole structures, as many as there is room for, and cannot be written', (t) => {
  const k = bootSim();
  for (let i = 0; i < 3; i++) {
    new Pool(k, `pool ${i}`, 64 + i);
  }
  const l = newproc(k, { uid: 100 });
  const { mib } = sysctlMib(k, 'kern.pool');
  const count = poolStats(k).length;
  t.is(sysctl(l, mib, null), count * POOL_SIZE);
  const bytes = new Uint8Array(count * POOL_SIZE - 1).fill(0xee);
  const stored = (count - 1) * POOL_SIZE;
  t.is(sysctl(l, mib, bytes), stored);
  t.true(bytes.subarray(stored).every((byte) => byte === 0xee));
  t.is(sysctl(l, mib, new Uint8Array(0)), 0);
  throwsErrno(t, EPERM, () => sysctl(l, mib, null, new Uint8Array(8)));
});
