import { defineModule, type Kernel, KernelDead, SysError } from '../../lib/api/index.ts';
import { EACCES } from '../../lib/sys/errno.ts';
import { onEveryHost } from './support.ts';

onEveryHost('a module is loaded once, with its properties, and unloaded once', (t, bootOne) => {
  const kernel = bootOne();
  const log: unknown[] = [];
  const mod = defineModule({
    name: 'example',
    init: (m) => void log.push(['init', m.props]),
    fini: () => log.push('fini'),
  });
  kernel.modules.load(mod, { size: 5 });
  t.deepEqual(kernel.modules.list(), [
    {
      name: 'example',
      class: 'misc',
      version: kernel.version,
      revision: 0,
      source: 'filesys',
      refcnt: 0,
      required: [],
    },
  ]);
  t.throws(() => kernel.modules.load(mod), { instanceOf: SysError, code: 'EEXIST' });
  kernel.modules.unload('example');
  t.throws(() => kernel.modules.unload('example'), { instanceOf: SysError, code: 'ENOENT' });
  kernel.modules.load(mod);
  t.deepEqual(log, [['init', { size: 5 }], 'fini', ['init', {}]]);
});

onEveryHost('a module for another kernel is refused before it runs', (t, bootOne) => {
  const kernel = bootOne();
  let ran = false;
  for (const version of [599000000, 899003400, 0, Number.NaN]) {
    const mod = defineModule({
      name: 'old',
      version,
      init: () => {
        ran = true;
      },
    });
    t.throws(
      () => kernel.modules.load(mod),
      { instanceOf: SysError, code: 'EPROGMISMATCH' },
      String(version),
    );
  }
  t.false(ran);
  t.deepEqual(kernel.modules.list(), []);
});

onEveryHost('a module that refuses is not loaded: by errno, by SysError, by any error', (t, bootOne) => {
  const kernel = bootOne();
  const load = (thrown: unknown) =>
    kernel.modules.load(
      defineModule({
        name: 'unwilling',
        init: () => {
          throw thrown;
        },
      }),
    );
  const elsewhere = t.throws(() => kernel.newproc({ uid: 1 }).sys.setuid(0));
  t.throws(() => load(EACCES), { instanceOf: SysError, code: 'EACCES' });
  t.throws(() => load(elsewhere), { instanceOf: SysError, code: 'EPERM' });
  t.throws(() => load(new Error('no reason')), { instanceOf: SysError, code: 'EINVAL' });
  const hostile = new Proxy(
    {},
    {
      getPrototypeOf() {
        throw new Error('do not look');
      },
    },
  );
  for (const thrown of [hostile, null, undefined, 'text', Symbol('s'), Object.create(null)]) {
    t.throws(() => load(thrown), { instanceOf: SysError, code: 'EINVAL' });
  }
  t.regex(kernel.dmesg(), /module unwilling: init: no reason/);
  t.deepEqual(kernel.modules.list(), []);
});

onEveryHost('a module that does not want to go stays', (t, bootOne) => {
  const kernel = bootOne();
  let willing = false;
  kernel.modules.load(
    defineModule({
      name: 'sticky',
      init: () => {},
      fini: () => {
        if (!willing) {
          throw new Error('in use');
        }
      },
    }),
  );
  t.throws(() => kernel.modules.unload('sticky'), { instanceOf: SysError, code: 'EINVAL' });
  t.is(kernel.modules.list().length, 1);
  willing = true;
  kernel.modules.unload('sticky');
  t.is(kernel.modules.list().length, 0);
});

onEveryHost('what is no module', (t, bootOne) => {
  const kernel = bootOne();
  for (const bad of [
    null,
    undefined,
    5,
    () => {},
    {},
    { name: 'x' },
    { modcmd: () => {} },
    { name: '', modcmd: () => {} },
  ]) {
    t.throws(() => kernel.modules.load(bad as never), { instanceOf: SysError, code: 'EINVAL' });
  }
  for (const bad of [
    null,
    undefined,
    {},
    { name: 'x' },
    { name: '', init: () => {} },
    { name: 5, init: () => {} },
  ]) {
    t.throws(() => defineModule(bad as never), { instanceOf: TypeError });
  }
  for (const bad of [undefined, null, 5, {}, '']) {
    t.throws(() => kernel.modules.unload(bad as never), { instanceOf: SysError, code: 'ENOENT' });
  }
});

onEveryHost('a module whose fields are getters: they run outside the kernel', (t, bootOne) => {
  const kernel: Kernel = bootOne();
  const boom = new Error('boom');
  const mod = {
    get name(): string {
      throw boom;
    },
    version: kernel.version,
    class: 'misc' as const,
    modcmd: () => {},
  };
  t.is(
    t.throws(() => kernel.modules.load(mod)),
    boom,
  );
  kernel.modules.load({
    get name() {
      return `for-${kernel.newproc().pid}`;
    },
    version: kernel.version,
    class: 'misc',
    modcmd: () => {},
  });
  t.true(kernel.running);
});

onEveryHost('init runs inside the kernel: calls from there are EBUSY', (t, bootOne) => {
  const kernel = bootOne();
  const proc = kernel.newproc();
  t.throws(() => kernel.modules.load(defineModule({ name: 'caller', init: () => void proc.sys.getpid() })), {
    instanceOf: SysError,
    code: 'EBUSY',
  });
  t.true(kernel.running);
});

onEveryHost('init may use another kernel', (t, bootOne) => {
  const [kernel, other] = [bootOne(), bootOne()];
  let pid = 0;
  kernel.modules.load(
    defineModule({
      name: 'traveller',
      init: () => {
        pid = other.newproc().sys.getppid();
      },
    }),
  );
  t.is(pid, 1);
  t.is(kernel.newproc().sys.getppid(), 1);
});

onEveryHost(
  'a bug in a module’s own command function is a bug of the kernel, and of no other',
  (t, bootOne) => {
    const [kernel, other] = [bootOne(), bootOne()];
    const modcmd = () => {
      throw new Error('module bug');
    };
    t.throws(() => kernel.modules.load({ name: 'buggy', version: kernel.version, class: 'misc', modcmd }), {
      instanceOf: KernelDead,
      message: /module bug/,
    });
    t.is(kernel.dead, 'panic: module bug');
    t.true(other.newproc().alive);
  },
);
