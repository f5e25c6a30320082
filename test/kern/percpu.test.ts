import test from 'ava';
import type { Cpu } from '../../lib/kern/cpu.ts';
import { KernelBug } from '../../lib/kern/kassert.ts';
import {
  type Percpu,
  percpuAlloc,
  percpuForeach,
  percpuFree,
  percpuGetref,
  percpuPutref,
} from '../../lib/kern/percpu.ts';
import { inKernel } from '../../lib/kern/schedule.ts';
import { kpause } from '../../lib/kern/synch.ts';
import { onEveryKernel } from './every.ts';
import { bootFifo, runAll, thread } from './support.ts';

interface Counter {
  n: number;
}

onEveryKernel(
  'every CPU has its own',
  (t, k) => {
    const pc: Percpu<Counter> = percpuAlloc(k, (cpu) => ({ n: 100 * cpu.index }));
    for (const cpu of [k.cpus[0], k.cpus[2], k.cpus[2]] as Cpu[]) {
      thread(
        k,
        function* () {
          percpuGetref(pc).n++;
          percpuPutref(pc);
        },
        { cpu },
      );
    }
    runAll(k);
    const seen: [number, number][] = [];
    percpuForeach(pc, ({ n }, cpu) => seen.push([cpu.index, n]));
    t.deepEqual(seen, [
      [0, 1],
      [1, 100],
      [2, 202],
    ]);
    percpuFree(pc);
  },
  { ncpu: 3 },
);

test('references nest', (t) => {
  const k = bootFifo();
  const pc = percpuAlloc(k, (): Counter => ({ n: 0 }));
  inKernel(k, () => {
    t.is(percpuGetref(pc), percpuGetref(pc));
    percpuPutref(pc);
    t.throws(() => percpuFree(pc), { instanceOf: KernelBug, message: /freed in use/ });
    percpuPutref(pc);
    percpuFree(pc);
    t.throws(() => percpuFree(pc), { instanceOf: KernelBug });
    t.throws(() => percpuGetref(pc), { instanceOf: KernelBug, message: /after it was freed/ });
    t.throws(() => percpuForeach(pc, () => {}), { instanceOf: KernelBug, message: /after it was freed/ });
  });
});

test('who sleeps with a reference is found out', (t) => {
  const k = bootFifo();
  const pc = percpuAlloc(k, (): Counter => ({ n: 0 }));
  thread(k, function* (l) {
    percpuGetref(pc);
    yield* kpause(l, 'nap', 0, 1000);
  });
  thread(k, function* () {
    percpuGetref(pc);
  });
  runAll(k);
  t.regex(k.panicstr ?? '', /\(test\) nap slept with per-CPU storage/);
});

test('nobody gives back what he does not hold', (t) => {
  const k = bootFifo();
  const pc = percpuAlloc(k, (): Counter => ({ n: 0 }));
  inKernel(k, () => t.throws(() => percpuPutref(pc), { instanceOf: KernelBug, message: /does not hold/ }));
  percpuGetref(pc);
  inKernel(k, () => t.throws(() => percpuPutref(pc), { instanceOf: KernelBug, message: /does not hold/ }));
  percpuPutref(pc);
});
