/** The base: entering the kernel, switching, making and unmaking lwps and processes. */
import { boot } from '../lib/api/index.ts';
import type { Kernel as Kern } from '../lib/kern/kernel.ts';
import { lwpCreate } from '../lib/kern/lwpcreate.ts';
import { lwprocNewlwp, lwprocReleaselwp, lwprocRfork, lwpSwitch, RUMP_RFFDG } from '../lib/kern/lwproc.ts';
import { schedule, unschedule } from '../lib/kern/schedule.ts';
import { RUMPUSER_MTX_KMUTEX, RUMPUSER_MTX_RECURSIVE } from '../lib/rumpuser/rumpuser.ts';
import type { BenchRow } from './bench.ts';
import { pairNs } from './unit.ts';

/**
 * Operations in one timed call: enough that the call itself does not count. Every row has a loop of its own:
 * in one that they shared, V8 would compile in the operation of the first row and call those of the others.
 */
const OPS = 1000;

/** A kernel with one process, and the kernel below the API. */
function scene() {
  const kernel = boot();
  const proc = kernel.newproc();
  const k: Kern = proc.lwp.kernel;
  return { kernel, proc, k, teardown: () => kernel[Symbol.dispose]() };
}

/** A host, with an lwp that takes and leaves its locks. */
function locker() {
  const { k, teardown } = scene();
  const { host } = k;
  host.curlwpSet(k.lwp0.handle);
  return {
    host,
    teardown: () => {
      host.curlwpClear(k.lwp0.handle);
      teardown();
    },
  };
}

/** Live processes whose memory is measured together. */
const LIVE = 10_000;

function bytesPerProcess(): number {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) {
    throw new Error('run node with --expose-gc');
  }
  const { k, teardown } = scene();
  const used = (): number => {
    gc();
    gc();
    const { heapUsed, external, arrayBuffers } = process.memoryUsage();
    return heapUsed + external + arrayBuffers;
  };
  const before = used();
  for (let i = 0; i < LIVE; i++) {
    lwprocRfork(k, RUMP_RFFDG);
    lwpSwitch(k, null);
  }
  const bytes = (used() - before) / LIVE;
  teardown();
  return bytes;
}

export const rows: readonly BenchRow[] = [
  {
    name: 'getpid, local',
    target: { pairs: 1.5 },
    others: 'rump 33.6 ns, Linux 85 ns',
    setup: () => {
      const { proc, teardown } = scene();
      const { sys } = proc;
      return {
        fn: () => {
          for (let i = 0; i < OPS; i++) {
            sys.getpid();
          }
        },
        ops: OPS,
        teardown,
      };
    },
  },
  {
    name: 'schedule + unschedule',
    target: { pairs: 1 },
    others: 'rump 25.4 ns',
    setup: () => {
      const { k, teardown } = scene();
      return {
        fn: () => {
          for (let i = 0; i < OPS; i++) {
            schedule(k);
            unschedule(k);
          }
        },
        ops: OPS,
        teardown,
      };
    },
  },
  {
    name: 'rumpuser recursive mutex, TypeScript',
    target: { ns: 20 },
    others: 'rump 18.7 ns; pthread through plain Node-API 83 ns',
    setup: () => {
      const { host, teardown } = locker();
      const mutex = host.mutexInit(RUMPUSER_MTX_RECURSIVE);
      return {
        fn: () => {
          for (let i = 0; i < OPS; i++) {
            host.mutexEnter(mutex);
            host.mutexExit(mutex);
          }
        },
        ops: OPS,
        teardown,
      };
    },
  },
  {
    name: 'rumpuser kernel mutex, TypeScript',
    target: { ns: 20 },
    others: 'rump 18.7 ns',
    setup: () => {
      const { host, teardown } = locker();
      const mutex = host.mutexInit(RUMPUSER_MTX_KMUTEX);
      return {
        fn: () => {
          for (let i = 0; i < OPS; i++) {
            host.mutexEnter(mutex);
            host.mutexExit(mutex);
          }
        },
        ops: OPS,
        teardown,
      };
    },
  },
  {
    name: 'rumpuser rwlock read pair, TypeScript',
    target: { ns: 40 },
    setup: () => {
      const { host, teardown } = locker();
      const rw = host.rwInit();
      return {
        fn: () => {
          for (let i = 0; i < OPS; i++) {
            host.rwEnter('reader', rw);
            host.rwExit(rw);
          }
        },
        ops: OPS,
        teardown,
      };
    },
  },
  {
    name: 'rumpuser rwlock write pair, TypeScript',
    target: { ns: 40 },
    setup: () => {
      const { host, teardown } = locker();
      const rw = host.rwInit();
      return {
        fn: () => {
          for (let i = 0; i < OPS; i++) {
            host.rwEnter('writer', rw);
            host.rwExit(rw);
          }
        },
        ops: OPS,
        teardown,
      };
    },
  },
  {
    name: 'rumpuser cv signal without waiters, TypeScript',
    target: { ns: 15 },
    setup: () => {
      const { host, teardown } = locker();
      const cv = host.cvInit();
      return {
        fn: () => {
          for (let i = 0; i < OPS; i++) {
            host.cvSignal(cv);
          }
        },
        ops: OPS,
        teardown,
      };
    },
  },
  {
    name: 'rumpuser mutex, C++',
    target: { ns: 15 },
    others: 'rump 18.7 ns',
    setup: () => ({ measure: () => pairNs('mutex') }),
  },
  {
    name: 'lwp switch (curlwp)',
    target: { ns: 40 },
    others: 'rump 71 ns',
    setup: () => {
      const { k, proc, teardown } = scene();
      const one = lwpCreate(proc.lwp.proc);
      const other = lwpCreate(proc.lwp.proc);
      lwpSwitch(k, one);
      let on = one;
      return {
        // The switch is entered and left as a host thread does it, with the CPU.
        fn: () => {
          for (let i = 0; i < OPS; i++) {
            on = on === one ? other : one;
            lwpSwitch(k, on);
            schedule(k);
            unschedule(k);
          }
        },
        ops: OPS,
        teardown,
      };
    },
  },
  {
    name: 'newlwp + release',
    target: { ns: 400 },
    others: 'rump 837 ns',
    setup: () => {
      const { k, proc, teardown } = scene();
      return {
        fn: () => {
          for (let i = 0; i < OPS; i++) {
            lwprocNewlwp(k, proc.pid);
            lwprocReleaselwp(k);
          }
        },
        ops: OPS,
        teardown,
      };
    },
  },
  {
    name: 'rfork + release of a process',
    target: { ns: 1000 },
    others: 'rump 1.6 us, Linux fork+exit+wait 125 us',
    setup: () => {
      const { k, teardown } = scene();
      return {
        fn: () => {
          for (let i = 0; i < OPS; i++) {
            lwprocRfork(k, RUMP_RFFDG);
            lwprocReleaselwp(k);
          }
        },
        ops: OPS,
        teardown,
      };
    },
  },
  {
    name: 'fork + exit + wait4, by system calls',
    others: 'Linux 125 us',
    setup: () => {
      const { proc, teardown } = scene();
      return {
        fn: () => {
          for (let i = 0; i < OPS; i++) {
            proc.fork().exit(0);
            proc.sys.wait4(-1, 0);
          }
        },
        ops: OPS,
        teardown,
      };
    },
  },
  {
    name: 'memory per live process',
    target: { bytes: 4096 },
    others: 'rump 8.4 KiB',
    setup: () => ({ measure: bytesPerProcess }),
  },
];
