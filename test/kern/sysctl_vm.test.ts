import test from 'ava';
import { kmemIntrAlloc } from '../../lib/kern/kmem.ts';
import type { Uvmexp } from '../../lib/kern/sysctl_vm.ts';
import { bootSim, byName, call, newproc, read } from './sysctl_support.ts';

test('vm.uvmexp2 counts what there is and what was done', (t) => {
  const k = bootSim({ memlimit: '1m' });
  const l = newproc(k, { uid: 7 });
  const before = byName(k, 'vm.uvmexp2') as Uvmexp;
  t.like(before, {
    pagesize: 4096,
    pagemask: 4095,
    pageshift: 12,
    npages: 256,
    free: 256,
    wired: 0,
    faults: 0,
  });
  kmemIntrAlloc(k, 20_000);
  call(l, 'fork');
  const after = byName(k, 'vm.uvmexp2') as Uvmexp;
  t.true((after['wired'] ?? 0) >= 5);
  t.is((after['free'] ?? 0) + (after['wired'] ?? 0), 256);
  t.is((after['forks'] ?? 0) - (before['forks'] ?? 0), 1);
  t.true((after['syscalls'] ?? 0) > (before['syscalls'] ?? 0));
  t.is(read(l, [2, 5]).length, 79 * 8);
});

test('without a limit there are the pages that were asked for', (t) => {
  const k = bootSim();
  t.like(byName(k, 'vm.uvmexp2'), { npages: 0, free: 0 });
  kmemIntrAlloc(k, 20_000);
  t.true(((byName(k, 'vm.uvmexp2') as Uvmexp)['npages'] ?? 0) >= 5);
});
