import test, { type ExecutionContext } from 'ava';
import type { Kernel } from '../../lib/kern/kernel.ts';
import {
  type LoadedModule,
  type Modinfo,
  type ModuleCommand,
  moduleFini,
  moduleHold,
  moduleInit,
  moduleLoad,
  moduleRegister,
  moduleRele,
} from '../../lib/kern/module.ts';
import { MODULE_AUTOTIME_NS, moduleAutounload } from '../../lib/kern/module_auto.ts';
import { moduleStat } from '../../lib/kern/module_sys.ts';
import { rumpReboot } from '../../lib/kern/reboot.ts';
import { inKernel } from '../../lib/kern/schedule.ts';
import { type SimulatedHost, simulatedHost } from '../../lib/rumpuser/sim.ts';
import {
  MAXMODDEPS,
  MAXMODNAME,
  MODCTL_EXISTS,
  MODCTL_LOAD,
  MODCTL_LOAD_FORCE,
  MODCTL_STAT,
  MODCTL_UNLOAD,
  MODFLG_AUTO_LOADED,
  MODULE_CLASS_MISC,
  MODULE_SOURCE_KERNEL,
} from '../../lib/sys/constants/module.ts';
import { __NetBSD_Version__ } from '../../lib/sys/constants/param.ts';
import {
  EACCES,
  EBUSY,
  EDEADLK,
  EEXIST,
  EFAULT,
  EINVAL,
  EMLINK,
  ENAMETOOLONG,
  ENOENT,
  ENOTTY,
  EPERM,
  EPROGMISMATCH,
} from '../../lib/sys/errno.ts';
import { bootFifo, bootOn, newproc, shutdown, sys, throwsErrno } from './support.ts';

type Reaction = (command: ModuleCommand, m: LoadedModule, k: Kernel) => unknown;

function mod(name: string, reaction: Reaction = () => {}, rest: Partial<Modinfo> = {}): Modinfo {
  return {
    name,
    version: __NetBSD_Version__,
    class: 'misc',
    modcmd: (k, command, _props, m) => reaction(command, m, k),
    ...rest,
  };
}

/** A module that notes what happens to it. */
function noting(log: string[], name: string, ...required: string[]): Modinfo {
  return mod(name, (command) => void log.push(`${name} ${command}`), { required });
}

const names = (k: Kernel) => [...k.modules.keys()];
const load = (k: Kernel, info: Modinfo) => inKernel(k, () => moduleInit(k, info));
const unload = (k: Kernel, name: string) => inKernel(k, () => moduleFini(k, name));

function nothingLoaded(t: ExecutionContext, k: Kernel): void {
  t.deepEqual(names(k), []);
  t.deepEqual(k.modulesLoading, []);
  t.is(k.nsecmodels, 1);
}

test('what is no module is EINVAL, a long name ENAMETOOLONG', (t) => {
  const k = bootFifo();
  for (const bad of [
    undefined,
    { name: '' },
    { name: 'x', modcmd: 5 },
    mod('x', undefined, { class: 'unheard of' as never }),
    mod('x', undefined, { revision: 1.5 }),
    mod('x', undefined, { required: 'y' as never }),
    mod('x', undefined, { required: ['y >= 2'] }),
    mod('x', undefined, { required: ['>=2'] }),
  ]) {
    throwsErrno(t, EINVAL, () => load(k, bad as never));
  }
  throwsErrno(t, ENAMETOOLONG, () => load(k, mod('n'.repeat(MAXMODNAME))));
  load(k, mod('n'.repeat(MAXMODNAME - 1)));
  shutdown(k);
});

test('the development branch loads what was made for this very version, or is forced', (t) => {
  const k = bootFifo();
  for (const version of [__NetBSD_Version__ + 100, __NetBSD_Version__ - 100, 700000000, Number.NaN]) {
    throwsErrno(t, EPROGMISMATCH, () => load(k, mod('other', undefined, { version })));
  }
  inKernel(k, () => moduleInit(k, mod('other', undefined, { version: 700000000 }), { force: 'yes' }));
  t.deepEqual(names(k), ['other']);
  shutdown(k);
});

test('what a module requires is loaded first, and is busy until the module goes', (t) => {
  const k = bootFifo();
  const log: string[] = [];
  moduleRegister(k, noting(log, 'base'));
  moduleRegister(k, noting(log, 'middle', 'base'));
  load(k, noting(log, 'top', 'middle', 'base'));
  t.deepEqual(log, ['base init', 'middle init', 'top init']);
  t.deepEqual(names(k), ['base', 'middle', 'top']);
  t.is(k.modules.get('base')?.refcnt, 2);
  t.is(k.modules.get('base')?.flags, MODFLG_AUTO_LOADED);
  t.is(k.modules.get('top')?.flags, 0);
  throwsErrno(t, EBUSY, () => unload(k, 'base'));
  throwsErrno(t, EBUSY, () => unload(k, 'middle'));
  unload(k, 'top');
  unload(k, 'middle');
  t.is(k.modules.get('base')?.refcnt, 0);
  unload(k, 'base');
  t.deepEqual(log.slice(3), ['top fini', 'middle fini', 'base fini']);
  nothingLoaded(t, k);
  shutdown(k);
});

test('a required module that is missing, too old, or the module itself', (t) => {
  const k = bootFifo();
  moduleRegister(k, mod('old', undefined, { revision: 2 }));
  throwsErrno(t, ENOENT, () => load(k, mod('x', undefined, { required: ['nobody'] })));
  throwsErrno(t, EPROGMISMATCH, () => load(k, mod('x', undefined, { required: ['old>=3'] })));
  t.is(k.modules.get('old')?.refcnt, 0);
  load(k, mod('x', undefined, { required: ['old>=2'] }));
  unload(k, 'x');
  unload(k, 'old');
  moduleRegister(k, mod('snake', undefined, { required: ['tail'] }));
  moduleRegister(k, mod('tail', undefined, { required: ['snake'] }));
  throwsErrno(t, EDEADLK, () => inKernel(k, () => moduleLoad(k, 'snake')));
  nothingLoaded(t, k);
  shutdown(k);
});

test('too many requirements, side by side or in a chain, are EMLINK and leave nothing referenced', (t) => {
  const k = bootFifo();
  const many = Array.from({ length: MAXMODDEPS + 1 }, (_, i) => `m${i}`);
  throwsErrno(t, EMLINK, () => load(k, mod('wide', undefined, { required: many })));
  for (const [i, name] of many.entries()) {
    moduleRegister(k, mod(name, undefined, { required: i === 0 ? [] : [`m${i - 1}`] }));
  }
  throwsErrno(t, EMLINK, () => inKernel(k, () => moduleLoad(k, `m${MAXMODDEPS}`)));
  nothingLoaded(t, k);
  inKernel(k, () => moduleLoad(k, `m${MAXMODDEPS - 1}`));
  t.is(k.modules.size, MAXMODDEPS);
  shutdown(k);
});

test('undo runs backwards: when the module goes, and when its init fails', (t) => {
  const k = bootFifo();
  const log: string[] = [];
  let fails = true;
  const info = mod(
    'careful',
    (command, m) => {
      log.push(command);
      if (command === 'init') {
        m.use(() => log.push('first'));
        m.use(() => {
          throw new Error('undo trouble');
        });
        m.use(() => log.push('third'));
        if (fails) {
          throw EACCES;
        }
      }
    },
    { required: ['needed'] },
  );
  moduleRegister(k, mod('needed'));
  throwsErrno(t, EACCES, () => load(k, info));
  t.deepEqual(log, ['init', 'third', 'first']);
  t.is(k.modules.get('needed')?.refcnt, 0);
  t.regex(k.msgbuf.text, /module careful: undo: undo trouble/);
  fails = false;
  load(k, info);
  unload(k, 'careful');
  t.deepEqual(log.slice(3), ['init', 'fini', 'third', 'first']);
  shutdown(k);
});

test('a module whose fini refuses stays, with all it has', (t) => {
  const k = bootFifo();
  let undone = 0;
  let willing = false;
  load(
    k,
    mod('stubborn', (command, m) => {
      m.use(() => undone++);
      if (command === 'fini' && !willing) {
        throw EBUSY;
      }
    }),
  );
  throwsErrno(t, EBUSY, () => unload(k, 'stubborn'));
  t.is(undone, 0);
  t.deepEqual(names(k), ['stubborn']);
  willing = true;
  unload(k, 'stubborn');
  t.is(undone, 3);
  shutdown(k);
});

test('functions that modules export: other modules find them, and they go with the module', (t) => {
  const k = bootFifo();
  load(k, mod('giver', undefined, { exports: { gift: () => 42 } }));
  const { value, fn } = inKernel(k, () => k.ksyms.lookup('gift'));
  t.is((fn as () => number)(), 42);
  t.is(k.ksyms.resolve(value + 3n).symbol.name, 'gift');
  throwsErrno(t, EEXIST, () => load(k, mod('rival', undefined, { exports: { gift: () => 0 } })));
  throwsErrno(t, EEXIST, () => load(k, mod('rival', undefined, { exports: { sys_getpid: () => 0 } })));
  unload(k, 'giver');
  throwsErrno(t, ENOENT, () => k.ksyms.lookup('gift'));
  throwsErrno(t, ENOENT, () => k.ksyms.resolve(value));
  load(k, mod('rival', undefined, { exports: { gift: () => 0 } }));
  t.not(k.ksyms.lookup('gift').value, value, 'an address is nobody else’s later');
  shutdown(k);
});

test('security models are counted', (t) => {
  const k = bootFifo();
  load(k, mod('policy', undefined, { class: 'secmodel' }));
  t.is(k.nsecmodels, 2);
  unload(k, 'policy');
  t.is(k.nsecmodels, 1);
  shutdown(k);
});

test('a held module is busy', (t) => {
  const k = bootFifo();
  throwsErrno(t, ENOENT, () => moduleHold(k, 'x'));
  load(k, mod('x'));
  const m = moduleHold(k, 'x');
  throwsErrno(t, EBUSY, () => unload(k, 'x'));
  moduleRele(k, m);
  unload(k, 'x');
  nothingLoaded(t, k);
  shutdown(k);
});

/** `top` has been loaded with `base`, which it requires, and unloaded. */
function idleBase(k: Kernel, reaction: Reaction): void {
  moduleRegister(k, mod('base', reaction));
  load(k, mod('top', undefined, { required: ['base'] }));
  unload(k, 'top');
}

function wait(k: Kernel, host: SimulatedHost, ns: number): void {
  const deadline = host.monotonicNs() + ns;
  while (host.monotonicNs() < deadline) {
    sys(newproc(k), 'nanosleep', { sec: 0, nsec: 500_000_000 });
  }
}

test('what was loaded because it was required goes when nobody has required it for a while', (t) => {
  const host = simulatedHost();
  const k = bootOn(host);
  const log: string[] = [];
  idleBase(k, (command) => void log.push(command));
  wait(k, host, MODULE_AUTOTIME_NS - 1e9);
  t.deepEqual(names(k), ['base']);
  wait(k, host, 2e9);
  nothingLoaded(t, k);
  t.deepEqual(log, ['init', 'autounload', 'fini']);
  shutdown(k);
});

test('it stays while it refuses, while it is needed again, and where there are no threads', (t) => {
  const host = simulatedHost();
  const k = bootOn(host);
  let refusal: unknown = EBUSY;
  let asked = 0;
  idleBase(k, (command) => {
    if (command === 'autounload') {
      asked++;
      throw refusal;
    }
  });
  wait(k, host, 3.5 * MODULE_AUTOTIME_NS);
  t.deepEqual(names(k), ['base']);
  t.is(asked, 3);
  refusal = ENOTTY;
  load(k, mod('again', undefined, { required: ['base'] }));
  wait(k, host, 2 * MODULE_AUTOTIME_NS);
  t.deepEqual(names(k), ['base', 'again']);
  unload(k, 'again');
  t.is(
    inKernel(k, () => moduleAutounload(k)),
    1,
    'never having thought about it is no refusal',
  );
  shutdown(k);

  const bare = bootFifo({ threads: false });
  idleBase(bare, () => {});
  t.deepEqual(names(bare), ['base']);
  shutdown(bare);
});

test('an orderly end unloads everything, users first; whoever refuses is undone all the same', (t) => {
  const k = bootFifo();
  const log: string[] = [];
  load(k, noting(log, 'base'));
  load(
    k,
    mod('stubborn', (command, m) => {
      m.use(() => log.push('stubborn undone'));
      if (command === 'fini') {
        throw EBUSY;
      }
    }),
  );
  load(k, noting(log, 'top', 'base'));
  moduleHold(k, 'top');
  rumpReboot(k, 0);
  t.deepEqual(log, ['base init', 'top init', 'top fini', 'stubborn undone', 'stubborn undone', 'base fini']);
  t.is(k.modules.size, 0);
  t.regex(k.msgbuf.text, /module stubborn: fini: /);
});

test('modctl loads what is registered, with properties, and unloads it', (t) => {
  const k = bootFifo();
  const props: unknown[] = [];
  moduleRegister(k, {
    ...mod('known'),
    modcmd: (_k, command, p) => {
      if (command === 'init') {
        props.push(p);
      }
    },
  });
  const root = newproc(k);
  throwsErrno(t, ENOENT, () => sys(root, 'modctl', MODCTL_LOAD, { filename: 'unknown' }));
  throwsErrno(t, ENOENT, () => sys(root, 'modctl', MODCTL_LOAD, { filename: '/lib/libm.so.6' }));
  sys(root, 'modctl', MODCTL_LOAD, { filename: 'known', flags: MODCTL_LOAD_FORCE, props: { size: 3 } });
  t.deepEqual(props, [{ size: 3 }]);
  throwsErrno(t, EEXIST, () => sys(root, 'modctl', MODCTL_LOAD, { filename: 'known' }));
  sys(root, 'modctl', MODCTL_UNLOAD, 'known');
  throwsErrno(t, ENOENT, () => sys(root, 'modctl', MODCTL_UNLOAD, 'known'));
  nothingLoaded(t, k);
  shutdown(k);
});

test('modctl reports what is loaded, and what could be', (t) => {
  const k = bootFifo();
  moduleRegister(k, mod('later', undefined, { required: ['now', 'then'] }));
  load(k, mod('now'));
  const report = {
    required: '',
    source: 2,
    class: MODULE_CLASS_MISC,
    addr: 0n,
    flags: 0,
    refcnt: 0,
  };
  t.deepEqual(sys(newproc(k), 'modctl', MODCTL_STAT, null), [
    { ...report, name: 'now' },
    { ...report, name: 'later', required: 'now,then', source: MODULE_SOURCE_KERNEL, refcnt: -1 },
  ]);
  t.is(moduleStat(k).length, 2);
  shutdown(k);
});

test('modctl: bad input, and who may', (t) => {
  const k = bootFifo();
  const l = newproc(k);
  for (const cmd of [-1, 4, 99]) {
    throwsErrno(t, EINVAL, () => sys(l, 'modctl', cmd, null));
  }
  throwsErrno(t, EFAULT, () => sys(l, 'modctl', MODCTL_LOAD, null));
  throwsErrno(t, EFAULT, () => sys(l, 'modctl', MODCTL_LOAD, {}));
  throwsErrno(t, EFAULT, () => sys(l, 'modctl', MODCTL_UNLOAD, 5));
  throwsErrno(t, ENAMETOOLONG, () => sys(l, 'modctl', MODCTL_UNLOAD, 'n'.repeat(MAXMODNAME)));
  throwsErrno(t, EINVAL, () => sys(l, 'modctl', MODCTL_LOAD, { filename: 'x', flags: 8 }));
  throwsErrno(t, EINVAL, () => sys(l, 'modctl', MODCTL_LOAD, { filename: 'x', props: { f: 1.5 } }));
  throwsErrno(t, EINVAL, () => sys(l, 'modctl', MODCTL_EXISTS, 2));
  sys(l, 'modctl', MODCTL_EXISTS, 0);
  sys(l, 'setuid', 100);
  throwsErrno(t, EPERM, () => sys(l, 'modctl', MODCTL_EXISTS, 1));
  throwsErrno(t, EPERM, () => sys(l, 'modctl', MODCTL_LOAD, { filename: 'x' }));
  throwsErrno(t, EPERM, () => sys(l, 'modctl', MODCTL_UNLOAD, 'x'));
  t.deepEqual(sys(l, 'modctl', MODCTL_STAT, null), []);
  shutdown(k);
});
