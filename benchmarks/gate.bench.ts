/** The gate: a system call of another thread, there and back, against two threads in C++ that do nothing else. */
import { boot, constants as c } from '../lib/api/index.ts';
import type { BenchRow } from './bench.ts';
import { thereAndBackNs } from './unit.ts';

const CALLS = 2000;
const LARGE = 65536;
const SPIN_US = 200;

/** Calls of the main thread to a kernel in a thread of its own. */
function calls(spinUs: number, what: 'getpid' | 'stat' | 'write' | 'read') {
  const kernel = boot({ thread: 'own', spinUs });
  const { sys } = kernel.newproc();
  const fd = sys.open('/tmp/file', c.O_CREAT | c.O_RDWR, 0o600);
  const bytes = new Uint8Array(LARGE);
  sys.write(fd, bytes);
  const one = {
    getpid: () => sys.getpid(),
    stat: () => sys.stat('/tmp/file'),
    write: () => sys.pwrite(fd, bytes, 0),
    read: () => sys.pread(fd, bytes, 0),
  }[what];
  return {
    fn: () => {
      for (let i = 0; i < CALLS; i++) {
        one();
      }
    },
    ops: CALLS,
    teardown: () => kernel.halt(),
  };
}

export const rows: readonly BenchRow[] = [
  {
    name: 'there and back between two C++ threads, asleep',
    others: 'futex 4 us where it is quiet',
    setup: () => ({ measure: () => thereAndBackNs('sleeping', 20_000) }),
  },
  {
    name: 'there and back between two C++ threads, looking',
    others: '0.4 us where it is quiet',
    setup: () => ({ measure: () => thereAndBackNs('looking', 200_000) }),
  },
  {
    name: 'gate: getpid, asleep',
    target: { ratioOf: 'there and back between two C++ threads, asleep', times: 1.25 },
    setup: () => calls(0, 'getpid'),
  },
  {
    name: 'gate: getpid, looking',
    target: { ratioOf: 'there and back between two C++ threads, looking', times: 1.5 },
    setup: () => calls(SPIN_US, 'getpid'),
  },
  { name: 'gate: stat of a path, looking', setup: () => calls(SPIN_US, 'stat') },
  { name: 'gate: pwrite 64 KiB, looking', setup: () => calls(SPIN_US, 'write') },
  { name: 'gate: pread 64 KiB, looking', setup: () => calls(SPIN_US, 'read') },
];
