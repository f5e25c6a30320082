/** sysctl kern.file2, as fstat(1) reads it. */
import test from 'ava';
import { KINFO_FILE, type KinfoFile } from '../../lib/kern/sysctl_file.ts';
import { CTL_KERN, KERN_FILE_BYFILE, KERN_FILE_BYPID, KERN_FILE2 } from '../../lib/sys/constants/sysctl.ts';
import { EINVAL, ENOMEM, EPERM } from '../../lib/sys/errno.ts';
import { bootSim, byName, call, newproc, read, sysctl } from './sysctl_support.ts';

const ALL = 0x7fffffff;
const mib = (op: number, pid: number, size = KINFO_FILE.size, count = ALL): number[] => [
  ...[CTL_KERN, KERN_FILE2, op, pid, size, count],
];

function files(bytes: Uint8Array): KinfoFile[] {
  return Array.from({ length: bytes.length / KINFO_FILE.size }, (_, i) =>
    KINFO_FILE.decode(bytes.subarray(i * KINFO_FILE.size)),
  );
}

test('the structure is as long as on NetBSD/amd64', (t) => {
  t.is(KINFO_FILE.size, 120);
});

test('the open files of one process, and of all that may be seen', (t) => {
  const k = bootSim();
  const l = newproc(k, { uid: 0 });
  const [r, w] = call(l, 'pipe2', 0x00400000) as [number, number];
  call(l, 'kqueue');
  const own = files(read(l, mib(KERN_FILE_BYPID, l.proc.pid)));
  t.like(own.slice(-3), [
    { pid: l.proc.pid, fd: r, ftype: 3, flag: 1, count: 1, ofileflags: 1 },
    { pid: l.proc.pid, fd: w, ftype: 3, flag: 2, count: 1, ofileflags: 1 },
    { pid: l.proc.pid, fd: w + 1, ftype: 4, ofileflags: 0 },
  ]);
  const child = newproc(k, { uid: 5 });
  call(child, 'pipe');
  const all = files(read(l, mib(KERN_FILE_BYPID, -1)));
  t.true(all.some(({ pid }) => pid === child.proc.pid));
  t.true(all.some(({ pid }) => pid === l.proc.pid));
  t.is((byName(k, 'kern.file2') as unknown[]).length, all.length);
  call(child, 'exit', 0);
  t.deepEqual(files(read(l, mib(KERN_FILE_BYPID, child.proc.pid))), [], 'a zombie has none');
});

test('room for fewer, parts of the structure, and names that make no sense', (t) => {
  const k = bootSim();
  const l = newproc(k, { uid: 0 });
  call(l, 'pipe');
  const { pid } = l.proc;
  t.throws(() => sysctl(l, mib(KERN_FILE_BYPID, pid), new Uint8Array(KINFO_FILE.size)), {
    any: true,
    is: ENOMEM,
  });
  t.is(sysctl(l, mib(KERN_FILE_BYPID, pid, 16), new Uint8Array(16 * 100)) % 16, 0);
  for (const wrong of [
    mib(KERN_FILE_BYPID, -2),
    mib(KERN_FILE_BYFILE, 0),
    mib(9, 0),
    mib(KERN_FILE_BYPID, pid, 0),
    mib(KERN_FILE_BYPID, pid).slice(0, -1),
  ]) {
    t.throws(() => sysctl(l, wrong, new Uint8Array(10_000)), { any: true, is: EINVAL }, String(wrong));
  }
  t.throws(() => sysctl(l, mib(KERN_FILE_BYPID, pid), null, new Uint8Array(4)), { any: true, is: EPERM });
});
