import test from 'ava';
import {
  BootOptionError,
  boot,
  constants,
  defineFilesystem,
  KernelDead,
  nativeHost,
  type Rumpuser,
  SysError,
  simulatedHost,
} from '../../lib/api/index.ts';
import { bootParams } from '../../lib/kern/bootparams.ts';
import { rumpInit, rumpReinit } from '../../lib/kern/init.ts';
import { RUMP_VERSION } from '../../lib/kern/version.ts';
import { EPROGMISMATCH } from '../../lib/sys/errno.ts';
import { onEveryHost } from './support.ts';

const silent = { console: () => {} };

/** Boot with an environment, on a host of either kind. */
const WITH_ENV = {
  native: (env: Record<string, string>) => boot({ env, ...silent }),
  simulated: (env: Record<string, string>) => boot({ host: simulatedHost({ env }), ...silent }),
};

onEveryHost('a kernel is running when boot returns', (t, bootOne) => {
  const kernel = bootOne();
  t.true(kernel.running);
  t.is(kernel.dead, '');
  t.is(kernel.version, 799003400);
  t.deepEqual(
    kernel.ps().map(({ pid, ppid, comm, state }) => ({ pid, ppid, comm, state })),
    [
      { pid: 0, ppid: 0, comm: 'system', state: 'active' },
      { pid: 1, ppid: 0, comm: 'init', state: 'active' },
    ],
  );
  t.true(kernel.bootlog.length > 10);
  t.true(kernel.bootlog.every(({ ns }) => ns >= 0));
});

onEveryHost('bad options are named, and nothing is left behind', (t, bootOne) => {
  const bad: readonly [string, unknown][] = [
    ['ncpu', 0],
    ['ncpu', -1],
    ['ncpu', 257],
    ['ncpu', 1.5],
    ['ncpu', Number.NaN],
    ['ncpu', Number.POSITIVE_INFINITY],
    ['ncpu', 'two'],
    ['ncpu', ''],
    ['ncpu', '1e1'],
    ['ncpu', true],
    ['ncpu', [2]],
    ['memlimit', 0],
    ['memlimit', -5],
    ['memlimit', '10x'],
    ['memlimit', ''],
    ['memlimit', 1.5],
    ['memlimit', '1.5m'],
    ['memlimit', Number.NaN],
    ['memlimit', '99999999999999999999g'],
    ['hostname', 42],
    ['hostname', null],
    ['threads', 'no'],
    ['verbose', 1],
  ];
  for (const [option, value] of bad) {
    const error = t.throws(
      () => bootOne({ [option]: value }),
      { instanceOf: BootOptionError },
      `${option}: ${value}`,
    );
    t.true(error.message.includes(option), error.message);
    t.is(error.code, 'EINVAL');
  }
});

test('a file system without what it needs is refused', (t) => {
  for (const spec of [
    undefined,
    null,
    5,
    {},
    { name: 'x' },
    { name: '', mount() {}, unmount() {}, statvfs() {} },
  ]) {
    t.throws(() => defineFilesystem(spec as never), { instanceOf: TypeError, message: /defineFilesystem/ });
  }
});

test('an error without a path has none', (t) => {
  using kernel = boot();
  const error = t.throws(() => kernel.newproc().sys.close(99), { instanceOf: SysError });
  t.false('path' in error);
  t.false('dest' in error);
});

test('options that are no options', (t) => {
  for (const options of [null, 5, 'x']) {
    t.throws(() => boot(options as never), { instanceOf: TypeError });
  }
  t.throws(() => boot({ console: 'stdout' as never }), { instanceOf: TypeError, message: /console/ });
  t.throws(() => boot({ host: {} as Rumpuser }), { instanceOf: TypeError, message: /host must/ });
});

for (const [name, bootWith] of Object.entries(WITH_ENV)) {
  test(`${name}: RUMP_NCPU`, (t) => {
    const cpus = (value: string) => {
      using kernel = bootWith({ RUMP_NCPU: value, RUMP_VERBOSE: '1' });
      return kernel.dmesg().match(/cpu\d+ at/g)?.length;
    };
    t.is(cpus('1'), 1);
    t.is(cpus('7'), 7);
    t.true((cpus('host') ?? 0) >= 1);
    for (const bad of ['0', '-1', 'many', '257', '']) {
      t.throws(() => cpus(bad), { instanceOf: BootOptionError, message: /RUMP_NCPU/ });
    }
  });

  test(`${name}: RUMP_THREADS`, (t) => {
    for (const [value, threads] of [
      ['0', false],
      ['1', true],
    ] as const) {
      using kernel = bootWith({ RUMP_THREADS: value });
      kernel.modules.load({
        name: 'look',
        version: kernel.version,
        class: 'misc',
        modcmd: (k) => {
          t.is(k.params.threads, threads);
        },
      });
    }
  });

  test(`${name}: RUMP_VERBOSE`, (t) => {
    for (const [value, flag] of [
      ['0', 0],
      ['1', constants.AB_VERBOSE],
    ] as const) {
      using kernel = bootWith({ RUMP_VERBOSE: value });
      t.is(kernel.boothowto, flag);
      t.regex(kernel.dmesg(), /NetBSD 7\.99\.34|7\.99\.34/);
    }
  });

  test(`${name}: RUMP_MEMLIMIT`, (t) => {
    const limit = (value: string) => {
      let bytes = 0;
      using kernel = bootWith({ RUMP_MEMLIMIT: value });
      kernel.modules.load({
        name: 'look',
        version: kernel.version,
        class: 'misc',
        modcmd: (k) => {
          bytes = k.params.memlimit;
        },
      });
      return bytes;
    };
    t.is(limit('8388608'), 8388608);
    t.is(limit('64k'), 65536);
    t.is(limit('3M'), 3 * 1024 ** 2);
    t.is(limit('1g'), 1024 ** 3);
    for (const bad of ['', '1t', 'm', '1 m', '-1m', '0']) {
      t.throws(() => limit(bad), { instanceOf: BootOptionError, message: /RUMP_MEMLIMIT/ });
    }
  });

  test(`${name}: options overrule the environment`, (t) => {
    const env = { RUMP_NCPU: '9', RUMP_MEMLIMIT: '1k', RUMP_VERBOSE: '1' };
    const host = name === 'native' ? nativeHost({ env }) : simulatedHost({ env });
    using kernel = boot({ host, ncpu: 3, verbose: false, ...silent });
    t.is(kernel.boothowto, 0);
    t.is(kernel.dmesg().match(/cpu\d+ at/g)?.length, 3);
  });
}

onEveryHost('hostname: what is given, or the host’s', (t, bootOne) => {
  t.is(bootOne({ hostname: 'machine' }).hostname, 'machine');
  t.true(bootOne().hostname.length > 0);
  t.is(bootOne({ hostname: 'x'.repeat(1000) }).hostname.length, 255);
});

onEveryHost('boothowto is a number', (t, bootOne) => {
  const kernel = bootOne();
  kernel.boothowto = constants.AB_VERBOSE;
  t.is(kernel.boothowto, constants.AB_VERBOSE);
  for (const bad of [Number.NaN, 0.5, '1', null, undefined, {}]) {
    t.throws(
      () => {
        kernel.boothowto = bad as number;
      },
      { instanceOf: SysError, code: 'EINVAL' },
    );
  }
  t.is(kernel.boothowto, constants.AB_VERBOSE);
});

onEveryHost('a host serves one kernel', (t, bootOne) => {
  const host = simulatedHost();
  const kernel = bootOne({ host });
  t.throws(() => bootOne({ host }), { instanceOf: SysError, code: 'EBUSY' });
  t.is(kernel.newproc().sys.getppid(), 1, 'and goes on serving it');
});

for (const make of [() => nativeHost({ env: {} }), () => simulatedHost()]) {
  const params = (host: Rumpuser) => bootParams(host, {}, () => {}, 'always');
  const { kind } = make();

  test(`${kind}: a kernel of another version is not booted`, (t) => {
    const host = make();
    const output: string[] = [];
    const others = { ...params(host), console: (text: string) => void output.push(text) };
    t.is(
      t.throws(() => rumpInit(others, RUMP_VERSION + 1), { any: true }),
      EPROGMISMATCH as unknown as Error,
    );
    t.regex(output.join(''), new RegExp(`${RUMP_VERSION + 1}.*${RUMP_VERSION}`));
    const k = rumpInit(params(host));
    t.is(k.state, 'running', 'the host is free for the right one');
    host.fini();
  });

  test(`${kind}: a second init of a kernel does nothing; after its death it is too late`, (t) => {
    const host = make();
    const k = rumpInit(params(host));
    t.is(rumpReinit(k), 0);
    k.state = 'dead';
    t.throws(() => rumpReinit(k), { message: /host process restart required/ });
    host.fini();
  });
}

onEveryHost('newproc: who a process is', (t, bootOne) => {
  const kernel = bootOne();
  const proc = kernel.newproc({ uid: 5, gid: 6, groups: [7, 8], comm: 'a-very-long-command-name' });
  const { uid, ruid, gid, comm } = kernel.ps().find((p) => p.pid === proc.pid) ?? {};
  t.deepEqual({ uid, ruid, gid, comm }, { uid: 5, ruid: 5, gid: 6, comm: 'a-very-long-com' });
  t.deepEqual(proc.sys.getgroups(16), [7, 8]);
  t.is(kernel.proc(proc.pid), proc);
});

onEveryHost('newproc: bad options are SysErrors, and nothing is left behind', (t, bootOne) => {
  const kernel = bootOne();
  const before = [kernel.stats().procs, kernel.stats().lwps];
  const bad: readonly Record<string, unknown>[] = [
    { uid: -1 },
    { uid: 2 ** 32 - 1 },
    { uid: 1.5 },
    { uid: '0' },
    { gid: Number.NaN },
    { gid: 2 ** 40 },
    { groups: [1, -1] },
    { groups: new Array(17).fill(1) },
    { groups: 'wheel' },
    { groups: new Array(1) },
    { groups: [{}] },
    { comm: 5 },
    { cwd: null },
  ];
  for (const options of bad) {
    t.throws(
      () => kernel.newproc(options),
      { instanceOf: SysError, code: 'EINVAL' },
      JSON.stringify(options),
    );
  }
  t.throws(() => kernel.newproc({ cwd: '/nowhere' }), { instanceOf: SysError, code: 'ENOENT' });
  t.throws(() => kernel.newproc({ cwd: '/dev/null' }), { instanceOf: SysError, code: 'ENOTDIR' });
  t.throws(() => bootOne({ components: [] }).newproc({ cwd: '/tmp' }), {
    instanceOf: SysError,
    code: 'EOPNOTSUPP',
  });
  t.deepEqual([kernel.stats().procs, kernel.stats().lwps], before);
});

onEveryHost('newproc: options whose getters throw or enter the kernel', (t, bootOne) => {
  const kernel = bootOne();
  const boom = new Error('boom');
  t.is(
    t.throws(() =>
      kernel.newproc({
        get uid(): number {
          throw boom;
        },
      }),
    ),
    boom,
  );
  const outer = kernel.newproc({
    get uid() {
      return kernel.newproc({ uid: 3 }).sys.getuid();
    },
  });
  t.is(outer.sys.getuid(), 3);
  t.true(kernel.running);
});

onEveryHost('proc: only what a caller may drive', (t, bootOne) => {
  const kernel = bootOne();
  const parent = kernel.newproc();
  const zombie = parent.fork();
  zombie.exit();
  for (const pid of [0, 1, -1, 29999, zombie.pid, Number.NaN, 1.5, 'length', undefined, null]) {
    t.throws(() => kernel.proc(pid as number), { instanceOf: SysError, code: 'ESRCH' }, String(pid));
  }
});

onEveryHost('using: a kernel and a process go with their scope', (t, bootOne) => {
  let dead = '';
  {
    using kernel = bootOne();
    let pid = 0;
    {
      using proc = kernel.newproc();
      ({ pid } = proc);
      t.true(kernel.ps().some((p) => p.pid === pid));
      using stopped = kernel.newproc();
      stopped.kill('SIGSTOP');
    }
    t.deepEqual(
      kernel.ps().map((p) => p.pid),
      [0, 1],
    );
    const again = kernel;
    queueMicrotask(() => {
      dead = again.dead;
    });
  }
  return Promise.resolve().then(() => {
    t.is(dead, 'halted');
  });
});

test('KernelDead is no SysError', (t) => {
  t.false(new KernelDead('x') instanceof SysError);
});
