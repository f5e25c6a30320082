import test from 'ava';
import { BootOptionError, type BootOptions, bootParams, MAXCPUS } from '../../lib/kern/bootparams.ts';
import { giantShare } from '../../lib/kern/giant.ts';
import { rumpFini, rumpInit, rumpReinit } from '../../lib/kern/init.ts';
import { KernelBug } from '../../lib/kern/kassert.ts';
import { hyperup, inKernel } from '../../lib/kern/schedule.ts';
import { RUMP_VERSION } from '../../lib/kern/version.ts';
import { nativeHost } from '../../lib/rumpuser/native.ts';
import type { Rumpuser } from '../../lib/rumpuser/rumpuser.ts';
import { EBUSY, ENOMEM, EPROGMISMATCH } from '../../lib/sys/errno.ts';
import { onEveryKernel } from './every.ts';
import { bootFifo, bootOn, fifoHost, newproc, shutdown, sys, throwsErrno } from './support.ts';

/** What the seed does, in its order; "uvm" and later stages of ours stand where the seed has theirs. */
const SEED_ORDER = [
  'banner',
  'entropy',
  'lwp0',
  'giantlock',
  'ksyms',
  'kauth',
  'proc0',
  'scheduler',
  'percpu',
  'sysctl',
  'syscalls',
  'vfs',
  'net',
  'dev',
  'sysctl_finalize',
  'hostname',
  'init',
];

function params(host: Rumpuser, options: BootOptions = {}) {
  return bootParams(host, options, () => {}, 'verbose');
}

onEveryKernel('the stages of the boot come in the order of the seed, each with its time', (t, k) => {
  const stages = k.bootlog.map(({ stage }) => stage);
  t.deepEqual(
    stages.filter((stage) => SEED_ORDER.includes(stage)),
    SEED_ORDER,
  );
  t.true(k.bootlog.every(({ ns }) => ns >= 0));
});

test('while booting curlwp is nobody at first, then lwp 0, and nobody afterwards', (t) => {
  const host = fifoHost();
  const seen: number[] = [];
  const clock = host.monotonicNs.bind(host);
  Object.defineProperty(host, 'monotonicNs', {
    value: () => {
      seen.push(host.curlwp[0] as number);
      return clock();
    },
  });
  const k = bootOn(host);
  const first = seen.findIndex((handle) => handle !== 0);
  t.true(first > SEED_ORDER.indexOf('scheduler'));
  t.deepEqual([...new Set(seen.slice(first))], [k.lwp0.handle]);
  t.is(host.curlwp[0], 0);
  t.is(k.curlwp, null);
});

test('another version of the interface is refused, and both are named', (t) => {
  const host = fifoHost();
  let text = '';
  const verbose = bootParams(
    host,
    { verbose: true },
    (s) => {
      text += s;
    },
    'always',
  );
  throwsErrno(t, EPROGMISMATCH, () => rumpInit(verbose, RUMP_VERSION + 1));
  t.is(text, `rump version mismatch, ${RUMP_VERSION + 1} vs. ${RUMP_VERSION}\n`);
  t.is(rumpInit(params(host)).state, 'running', 'the host has not been taken');
});

test('a second init of a kernel is 0; after its end it panics', (t) => {
  const k = bootFifo();
  t.is(rumpReinit(k), 0);
  shutdown(k);
  t.throws(() => rumpReinit(k), {
    instanceOf: KernelBug,
    message: 'rump_init: host process restart required',
  });
});

onEveryKernel('a host serves one kernel', (t, k) => {
  throwsErrno(t, EBUSY, () => bootOn(k.host));
  t.is(sys(newproc(k), 'getppid'), 1);
});

for (const [name, make] of [
  ['simulated', () => fifoHost()],
  ['native', () => nativeHost({ env: {} })],
] as const) {
  test.serial(`${name}: a boot that fails at any lwp it asks for leaves nobody current`, (t) => {
    let stage = 0;
    for (let failing = 1; ; failing++) {
      const host: Rumpuser = make();
      const create = host.lwpCreate.bind(host);
      let asked = 0;
      Object.defineProperty(host, 'lwpCreate', {
        value: () => {
          if (++asked === failing) {
            throw ENOMEM;
          }
          return create();
        },
      });
      try {
        const k = bootOn(host);
        shutdown(k);
        break;
      } catch (error) {
        t.is(error, ENOMEM);
        t.is(host.curlwp[0], 0);
        stage++;
      }
    }
    t.true(stage >= 3, 'lwp 0, the soft-interrupt lwps and init');
  });
}

test('giving the host back happens once, and only for the dead', (t) => {
  const host = fifoHost();
  const k = bootOn(host);
  rumpFini(k);
  t.is(k.state, 'running');
  let finished = 0;
  const fini = host.fini.bind(host);
  Object.defineProperty(host, 'fini', {
    value: () => {
      finished++;
      fini();
    },
  });
  shutdown(k);
  rumpFini(k);
  t.is(finished, 1);
});

onEveryKernel('a hypercall that blocks gives up the CPU and the giant lock, and takes them back', (t, k) => {
  const giant = giantShare(k);
  const up = hyperup(k);
  const owner = () => k.host.mutexOwner(giant);
  inKernel(k, (l) => {
    up.unschedule();
    t.is(k.curlwp, null);
    t.is(k.host.curlwp[0], l.handle, 'whatever lock it waits for will be its');
    t.is(owner(), 0);
    up.schedule();
    t.is(k.curlwp, l);
    t.is(k.host.curlwp[0], l.handle);
    t.is(owner(), k.lwp0.handle);
  });
  t.is(owner(), 0);
});

// ---- options

test('an absent option is looked up in the host, and then has its default', (t) => {
  const host = (env: Record<string, string>) => fifoHost({ env, ncpu: 5 });
  t.like(params(host({})), { ncpu: 2, threads: true, verbose: false, memlimit: Number.POSITIVE_INFINITY });
  t.like(params(host({ RUMP_NCPU: '3', RUMP_THREADS: '0', RUMP_VERBOSE: '1', RUMP_MEMLIMIT: '64m' })), {
    ncpu: 3,
    threads: false,
    verbose: true,
    memlimit: 64 * 1024 ** 2,
  });
  t.is(params(host({ RUMP_NCPU: 'host' })).ncpu, 5);
  t.is(params(host({ RUMP_NCPU: '3' }), { ncpu: 4 }).ncpu, 4);
  t.false(params(host({ RUMP_VERBOSE: '0' })).verbose);
});

test('memory limits have suffixes of either case', (t) => {
  const limit = (memlimit: string | number) => params(fifoHost(), { memlimit }).memlimit;
  t.deepEqual(['4096', '4k', '4K', '2m', '1G', 12_345].map(limit), [
    4096,
    4096,
    4096,
    2 * 1024 ** 2,
    1024 ** 3,
    12_345,
  ]);
});

test('what makes no sense is refused, by name', (t) => {
  const refused = (options: BootOptions, message: RegExp) =>
    t.throws(() => params(fifoHost(), options), { instanceOf: BootOptionError, message });
  for (const ncpu of [0, -1, MAXCPUS + 1, 1.5, Number.NaN]) {
    refused({ ncpu }, /ncpu \(RUMP_NCPU\)/);
  }
  for (const memlimit of ['', 'm', '-1', '1.5m', '1t', '99999999999999999999g', 0]) {
    refused({ memlimit }, /memlimit \(RUMP_MEMLIMIT\)/);
  }
  t.throws(() => params(fifoHost({ env: { RUMP_NCPU: 'many' } })), { message: /not many/ });
});

test('every CPU has its soft-interrupt lwp, bound there', (t) => {
  const k = bootFifo({ ncpu: 4 });
  t.deepEqual(
    k.cpus.map((cpu) => [cpu.softlwp?.cpu, cpu.softlwp?.name]),
    k.cpus.map((cpu) => [cpu, `softint/${cpu.index}`]),
  );
});
