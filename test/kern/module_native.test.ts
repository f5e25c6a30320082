/** Modules in C, on the native host: commands, properties, devices, threads that enter the kernel. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import test from 'ava';
import { cdevIoctl, cdevOpen, cdevTransfer, devswByName, makedev } from '../../lib/kern/devsw.ts';
import type { Kernel } from '../../lib/kern/kernel.ts';
import { moduleFini, moduleInit } from '../../lib/kern/module.ts';
import { moduleAutounload } from '../../lib/kern/module_auto.ts';
import { moduleAsk } from '../../lib/kern/module_sys.ts';
import { pump } from '../../lib/kern/sched.ts';
import { inKernel } from '../../lib/kern/schedule.ts';
import { nativeHost } from '../../lib/rumpuser/native.ts';
import { simulatedHost } from '../../lib/rumpuser/sim.ts';
import { O_NONBLOCK } from '../../lib/sys/constants/fcntl.ts';
import { MODFLG_AUTO_LOADED } from '../../lib/sys/constants/module.ts';
import {
  EACCES,
  EAGAIN,
  EBUSY,
  EDEADLK,
  EEXIST,
  EFAULT,
  EINVAL,
  ENODEV,
  ENOENT,
  ENOEXEC,
  ENOTTY,
  ENXIO,
  EOPNOTSUPP,
} from '../../lib/sys/errno.ts';
import { ROOT, temporaryDirectory } from '../rumpuser/host_support.ts';
import {
  body,
  buildModule,
  ioctl,
  loadObject,
  probe,
  probeDev,
  read,
  reading,
  run,
  write,
} from './native_module.ts';
import { bootOn, newproc, runAll, shutdown, start, throwsErrno } from './support.ts';

const bootNative = () => bootOn(nativeHost({ env: {} }));
const unload = (k: Kernel, name: string) => inKernel(k, () => moduleFini(k, name));
const NONE = new Uint8Array(0);
const names = (k: Kernel) => [...k.modules.keys()];

test('the modules of an object are loaded, described, asked and unloaded', (t) => {
  const k = bootNative();
  t.deepEqual(names(k), []);
  const file = probe(t);
  t.deepEqual(loadObject(k, file, { text: 'hello', number: -5 }), ['probe', 'probe_user']);
  const m = k.modules.get('probe');
  t.is(m?.info.class, 'misc');
  t.is(m?.info.revision, 3);
  t.is(m?.refcnt, 1);
  t.deepEqual(k.modules.get('probe_user')?.info.required, ['probe>=3']);
  t.regex(k.msgbuf.text, /probe: major \d+, text hello, number -5, lwp 1\n/);
  t.is(m && inKernel(k, () => moduleAsk(k, m)), undefined);
  throwsErrno(t, EEXIST, () => loadObject(k, file));
  throwsErrno(t, EBUSY, () => unload(k, 'probe'));
  unload(k, 'probe_user');
  if (m !== undefined) {
    m.flags |= MODFLG_AUTO_LOADED;
  }
  t.is(
    inKernel(k, () => moduleAutounload(k)),
    0,
    'its command function says EBUSY',
  );
  unload(k, 'probe');
  t.is(devswByName(k, 'probe'), null);
  t.deepEqual(names(k), []);
  t.deepEqual(loadObject(k, file), ['probe', 'probe_user'], 'again, and by the same path');
  shutdown(k);
});

test('its symbols are there as long as it is', (t) => {
  const k = bootNative();
  const file = probe(t);
  throwsErrno(t, ENOENT, () => k.ksyms.lookup('probe_modcmd'));
  loadObject(k, file);
  const { value } = k.ksyms.lookup('probe_modcmd');
  t.is(k.ksyms.resolve(value + 1n).symbol.name, 'probe_modcmd');
  unload(k, 'probe_user');
  unload(k, 'probe');
  throwsErrno(t, ENOENT, () => k.ksyms.lookup('probe_modcmd'));
  throwsErrno(t, ENOENT, () => k.ksyms.resolve(value));
  shutdown(k);
});

test('one that refuses leaves nothing loaded: neither itself nor what came with it', (t) => {
  const k = bootNative();
  const file = probe(t);
  throwsErrno(t, EACCES, () => loadObject(k, file, { refuse: EACCES.errno }));
  t.deepEqual(names(k), []);
  throwsErrno(t, EINVAL, () => inKernel(k, () => moduleInit(k, known(k), { props: { list: [1] } })));
  throwsErrno(t, ENOENT, () => k.ksyms.lookup('probe_modcmd'));
  loadObject(k, file);
  shutdown(k);
});

function known(k: Kernel) {
  const found = k.modinfos.get('probe');
  if (found === undefined) {
    throw new Error('probe is not registered');
  }
  return found.info;
}

test('what is no module object', (t) => {
  const k = bootNative();
  const text = join(temporaryDirectory(t), 'text.so');
  writeFileSync(text, 'no object');
  throwsErrno(t, ENOEXEC, () => loadObject(k, text));
  throwsErrno(t, ENOENT, () => loadObject(k, '/nonexistent/module.so'));
  throwsErrno(t, EINVAL, () => loadObject(k, buildModule(t, 'native/test/hammer_module.c')));
  shutdown(k);
  const object = { path: '/m.so', base: 1n, symtab: NONE, strtab: NONE, modules: [2n] };
  const simulated = bootOn(simulatedHost({ libraries: { '/m.so': [object] } }));
  throwsErrno(t, EOPNOTSUPP, () => loadObject(simulated, '/m.so'));
  shutdown(simulated);
});

test('kernels side by side have the module each for itself', (t) => {
  const file = probe(t);
  const [one, two] = [bootNative(), bootNative()];
  loadObject(one, file);
  t.deepEqual(names(bootAndHalt()), [], 'a kernel gets nothing that another one has loaded');
  loadObject(two, file);
  write(newproc(one), 'one');
  write(newproc(two), 'two');
  t.is(read(newproc(one), 9), 'one');
  t.is(read(newproc(two), 9), 'two');
  shutdown(one);
  write(newproc(two), 'still');
  t.is(read(newproc(two), 9), 'still');
  shutdown(two);
});

function bootAndHalt(): Kernel {
  const k = bootNative();
  shutdown(k);
  return k;
}

test('its device: open, partial transfers, errors, no such operation', (t) => {
  const k = bootNative();
  loadObject(k, probe(t));
  const l = newproc(k);
  const dev = probeDev(k);
  run(l, () => cdevOpen(l, dev, 0));
  throwsErrno(t, EBUSY, () => run(l, () => cdevOpen(l, dev + 7, 0)));
  t.is(write(l, 'abcdef'), 0);
  t.is(read(l, 2), 'ab');
  t.is(read(l, 20), 'cdef');
  throwsErrno(t, EAGAIN, () => read(l, 1, O_NONBLOCK));
  t.is(write(l, 'x'.repeat(100)), 36, 'as much as there is room for');
  throwsErrno(t, EAGAIN, () => write(l, 'y', O_NONBLOCK));
  throwsErrno(t, ENOTTY, () => ioctl(l, 99));
  throwsErrno(t, EFAULT, () => run(l, () => cdevIoctl(l, dev, 1, new Uint8Array(2), 0)));
  const other = makedev(4095, 0);
  throwsErrno(t, ENXIO, () => run(l, () => cdevTransfer(l, other, reading(1).uio, 0)));
  shutdown(k);
});

test('a reader waits until there is something; nobody to bring it is a deadlock', (t) => {
  const k = bootNative();
  loadObject(k, probe(t));
  const reader = newproc(k);
  const { uio, got } = reading(10);
  const waiting = start(
    reader,
    body((l) => cdevTransfer(l, probeDev(k), uio, 0)),
  );
  pump(k);
  t.is(waiting.outcome, 'pending');
  write(newproc(k), 'now');
  pump(k);
  t.is(got(), 'now');
  throwsErrno(t, EDEADLK, () => read(newproc(k), 1));
  shutdown(k);
});

test('who waits for a device that goes gets ENXIO', (t) => {
  const k = bootNative();
  loadObject(k, probe(t));
  unload(k, 'probe_user');
  const waiting = start(
    newproc(k),
    body((l) => cdevTransfer(l, probeDev(k), reading(1).uio, 0)),
  );
  pump(k);
  unload(k, 'probe');
  pump(k);
  t.is(waiting.outcome as unknown, ENXIO);
  shutdown(k);
});

test('a device that lacks operations', (t) => {
  const k = bootNative();
  loadObject(k, probe(t), { bare: 'yes' });
  const l = newproc(k);
  throwsErrno(t, ENODEV, () => read(l, 1));
  throwsErrno(t, ENODEV, () => ioctl(l, 1));
  shutdown(k);
});

test('a thread of the module wakes a caller that waits synchronously', (t) => {
  const k = bootNative();
  loadObject(k, probe(t));
  const l = newproc(k);
  ioctl(l, 3);
  t.is(read(l, 5), '!');
  shutdown(k);
});

test('a thread enters the kernel while the kernel works: nothing is lost, nobody is inside twice', (t) => {
  const k = bootNative();
  loadObject(k, probe(t));
  const l = newproc(k);
  const rounds = 2000;
  t.false(k.giantShared);
  ioctl(l, 1, rounds);
  t.true(k.giantShared);
  for (let i = 0; i < 200; i++) {
    write(l, 'ab');
    t.is(read(l, 2), 'ab');
  }
  t.is(ioctl(l, 2), rounds);
  // Ends: nobody holds the kernel any more.
  runAll(k);
  t.regex(k.msgbuf.text, /probe: deferred, here 1\nprobe: thread done\n/);
  shutdown(k);
});

test('a kernel that dies under a thread: the thread is told, the host is given back', (t) => {
  const k = bootNative();
  loadObject(k, probe(t));
  ioctl(newproc(k), 1, 1_000_000_000);
  t.throws(() =>
    inKernel(k, () => {
      throw new Error('a bug');
    }),
  );
  t.is(k.state, 'dead');
  shutdown(k);
  const next = bootNative();
  t.is(next.state, 'running');
  shutdown(next);
});

test('a Worker that is terminated under a thread of a module', async (t) => {
  const file = probe(t);
  const worker = new Worker(new URL('module_worker.js', import.meta.url), { workerData: file });
  t.deepEqual(await once(worker, 'message'), ['running']);
  await worker.terminate();
  const k = bootNative();
  loadObject(k, file);
  ioctl(newproc(k), 1, 10);
  t.is(ioctl(newproc(k), 2), 10);
  shutdown(k);
});

test('modules of an object that is in the process already are loaded at boot', (t) => {
  const file = probe(t, '-Wl,-z,lazy');
  const root = fileURLToPath(ROOT);
  const script = `
    import { boot } from ${JSON.stringify(join(root, 'dist/lib/api/index.js'))};
    const kernel = boot({ console: () => {}, env: {} });
    console.log(JSON.stringify(kernel.modules.list().map(({ name, source }) => [name, source])));
    kernel.halt();
  `;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { ...process.env, LD_PRELOAD: file },
  });
  t.deepEqual(JSON.parse(output), [
    ['probe', 'boot'],
    ['probe_user', 'boot'],
  ]);
});
