import test from 'ava';
import type { HostMemory } from '../../lib/rumpuser/rumpuser.ts';
import { simulatedHost } from '../../lib/rumpuser/sim.ts';
import { EINVAL, ENOMEM } from '../../lib/sys/errno.ts';
import { fc } from '../fc.ts';
import { asserts, throwsErrno } from './sim_support.ts';

test('malloc gives the bytes asked for, aligned, apart from all others', (t) => {
  const request = fc.record({
    length: fc.integer({ min: 1, max: 100_000 }),
    alignBits: fc.integer({ min: 0, max: 20 }),
  });
  fc.assert(
    fc.property(fc.array(request, { maxLength: 10 }), (requests) => {
      const host = simulatedHost();
      let end = 0n;
      for (const { length, alignBits } of requests) {
        const memory = host.malloc(length, 2 ** alignBits);
        t.is(memory.bytes.length, length);
        t.is(memory.address % BigInt(2 ** alignBits), 0n);
        t.true(memory.address >= end && memory.address > 0n);
        end = memory.address + BigInt(length);
      }
    }),
  );
});

test('malloc memory does not start as zeroes, mapped memory does', (t) => {
  const host = simulatedHost();
  t.true(host.malloc(64, 8).bytes.every((byte) => byte !== 0));
  const mapped = host.anonmmap(5_000);
  t.is(mapped.bytes.length, 5_000);
  t.is(mapped.address % 4096n, 0n);
  t.true(mapped.bytes.every((byte) => byte === 0));
});

test('what malloc and anonmmap refuse', (t) => {
  const host = simulatedHost();
  for (const alignment of [0, 3, -8, 1.5, 6, Number.NaN])
    throwsErrno(t, EINVAL, () => host.malloc(8, alignment));
  for (const length of [0, -1, 0.5, Number.NaN]) {
    throwsErrno(t, EINVAL, () => host.malloc(length, 8));
    throwsErrno(t, EINVAL, () => host.anonmmap(length));
  }
  throwsErrno(t, ENOMEM, () => host.malloc(2 ** 52, 8));
  throwsErrno(t, ENOMEM, () => host.anonmmap(2 ** 52));
  t.is(host.memoryInUse, 0);
});

test('memlimit is where ENOMEM begins, and freeing makes room', (t) => {
  const host = simulatedHost({ memlimit: 3 * 4096 });
  const first = host.anonmmap(1);
  const second = host.malloc(8192, 8);
  t.is(host.memoryInUse, 3 * 4096);
  throwsErrno(t, ENOMEM, () => host.malloc(1, 1));
  host.free(second);
  throwsErrno(t, ENOMEM, () => host.anonmmap(8193));
  host.unmap(host.anonmmap(8192));
  host.unmap(first);
  t.is(host.memoryInUse, 0);
});

test('freed memory is detached, also for those who still look at it', (t) => {
  const host = simulatedHost();
  const memory = host.malloc(100, 4);
  const view = memory.bytes.subarray(10, 20);
  host.free(memory);
  t.is(memory.bytes.length, 0);
  t.is(view.length, 0);
});

test('fini takes all memory back', (t) => {
  const host = simulatedHost();
  const left = [host.malloc(8, 8), host.anonmmap(8)];
  host.fini();
  for (const memory of left) t.is(memory.bytes.length, 0);
  t.is(host.memoryInUse, 0);
});

test('freeing twice, in the wrong way or what is not ours names the memory', (t) => {
  const host = simulatedHost();
  const allocated = host.malloc(8, 8);
  const mapped = host.anonmmap(8);
  const at = (memory: HostMemory) => `0x${memory.address.toString(16)}`;
  asserts(t, new RegExp(`unmap: memory at ${at(allocated)} came from malloc`), () => host.unmap(allocated));
  asserts(t, new RegExp(`free: memory at ${at(mapped)} came from anonmmap`), () => host.free(mapped));
  asserts(t, /another host's/, () => simulatedHost().free(allocated));
  asserts(t, /not memory of this host/, () => host.free({ bytes: new Uint8Array(8), address: 1n }));
  host.free(allocated);
  asserts(t, new RegExp(`free: memory at ${at(allocated)} is already free`), () => host.free(allocated));
});
