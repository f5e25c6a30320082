/** What `defineModule` offers, loading by path and by name, and the examples. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import {
  boot,
  constants,
  defineModule,
  KAUTH_RESULT_DENY,
  type SysctlVariable,
  SysError,
} from '../../lib/api/index.ts';
import { EBUSY } from '../../lib/sys/errno.ts';
import { probe } from '../kern/native_module.ts';
import { ROOT, temporaryDirectory } from '../rumpuser/host_support.ts';
import { onEveryHost } from './support.ts';

onEveryHost('a module finds what others export, and keeps them loaded', (t, bootOne) => {
  const kernel = bootOne();
  let calls = 0;
  kernel.modules.register(
    defineModule({ name: 'giver', revision: 4, exports: { gift: () => ++calls }, init: () => {} }),
  );
  kernel.modules.load(
    defineModule({
      name: 'taker',
      required: ['giver>=4'],
      init: (m) => void (m.symbol('gift') as () => number)(),
    }),
  );
  t.is(calls, 1);
  t.deepEqual(
    kernel.modules.list().map(({ name, source, refcnt, revision }) => [name, source, refcnt, revision]),
    [
      ['giver', 'kernel', 1, 4],
      ['taker', 'filesys', 0, 0],
    ],
  );
  t.throws(() => kernel.modules.unload('giver'), { instanceOf: SysError, code: 'EBUSY' });
  const address = kernel.ksyms.lookup('gift');
  t.deepEqual(kernel.ksyms.resolve(address + 1n), { name: 'gift', offset: 1n });
  kernel.modules.unload('taker');
  kernel.modules.unload('giver');
  t.throws(() => kernel.ksyms.lookup('gift'), { code: 'ENOENT' });
});

onEveryHost('what a module sets up goes with it, backwards', (t, bootOne) => {
  const kernel = bootOne();
  const log: string[] = [];
  const proc = kernel.newproc();
  kernel.modules.load(
    defineModule({
      name: 'setup',
      init(m) {
        m.use(() => log.push('first in'));
        m.listen('system', (_cred, { action }) => {
          log.push(action);
          return KAUTH_RESULT_DENY;
        });
        t.true(m.device({ name: 'thing' }) > 0);
        m.use(() => log.push('last in'));
        m.printf('setup: done\n');
        t.throws(() => m.symbol('nothing'), { any: true });
        t.throws(() => m.device({ name: 'thing' }), { any: true });
      },
    }),
  );
  t.throws(() => proc.sys.modctl(constants.MODCTL_EXISTS, 0), { code: 'EPERM' });
  kernel.modules.unload('setup');
  proc.sys.modctl(constants.MODCTL_EXISTS, 0);
  t.deepEqual(log, ['module', 'last in', 'first in']);
  t.regex(kernel.dmesg(), /^setup: done$/m);
  kernel.modules.load(defineModule({ name: 'heir', init: (m) => void m.device({ name: 'thing' }) }));
});

onEveryHost('stat asks the module', (t, bootOne) => {
  const kernel = bootOne();
  kernel.modules.load(defineModule({ name: 'wise', init: () => {}, stat: () => ({ answer: 42 }) }));
  kernel.modules.load(defineModule({ name: 'mute', init: () => {} }));
  kernel.modules.load(
    defineModule({
      name: 'busy',
      init: () => {},
      stat() {
        throw EBUSY;
      },
    }),
  );
  t.deepEqual(kernel.modules.stat('wise'), { answer: 42 });
  t.is(kernel.modules.stat('mute'), undefined);
  t.throws(() => kernel.modules.stat('busy'), { instanceOf: SysError, code: 'EBUSY' });
  t.throws(() => kernel.modules.stat('nobody'), { instanceOf: SysError, code: 'ENOENT' });
});

onEveryHost('properties are checked and copied', (t, bootOne) => {
  const kernel = bootOne();
  const seen: unknown[] = [];
  const mod = defineModule({ name: 'props', init: (m) => void seen.push(m.props) });
  for (const bad of [null, 5, [], { f: 1.5 }, { f: () => 0 }, new Map()]) {
    t.throws(() => kernel.modules.load(mod, bad as never), { instanceOf: SysError, code: 'EINVAL' });
  }
  const list = [1, 2];
  kernel.modules.load(mod, { list, deep: { big: 2n ** 63n } });
  list.push(3);
  t.deepEqual(seen, [{ list: [1, 2], deep: { big: 2n ** 63n } }]);
});

onEveryHost('registered modules are loaded by name, by the program and by processes', (t, bootOne) => {
  const kernel = bootOne();
  let loads = 0;
  const mod = defineModule({ name: 'spare', init: () => void loads++ });
  t.throws(() => kernel.modules.load('spare'), { instanceOf: SysError, code: 'ENOENT' });
  kernel.modules.register(mod);
  t.throws(() => kernel.modules.register(mod), { instanceOf: SysError, code: 'EEXIST' });
  kernel.modules.load('spare');
  t.throws(() => kernel.modules.load('spare'), { instanceOf: SysError, code: 'EEXIST' });
  kernel.modules.unload('spare');
  kernel.newproc().sys.modctl(constants.MODCTL_LOAD, { filename: 'spare' });
  t.is(loads, 2);
  const user = kernel.newproc({ uid: 100 });
  t.throws(() => user.sys.modctl(constants.MODCTL_UNLOAD, 'spare'), { instanceOf: SysError, code: 'EPERM' });
});

onEveryHost('a halted kernel has told its modules, users first', (t, bootOne) => {
  const log: string[] = [];
  const kernel = bootOne();
  const noting = (name: string, ...required: string[]) =>
    defineModule({ name, required, init: () => {}, fini: () => void log.push(name) });
  kernel.modules.load(noting('below'));
  kernel.modules.load(noting('above', 'below'));
  kernel.halt();
  t.deepEqual(log, ['above', 'below']);
});

test('a shared object is loaded by its path, and by name from then on', (t) => {
  const file = probe(t);
  using kernel = boot({ console: () => {}, env: {} });
  kernel.modules.load(file, { text: 'path' });
  t.deepEqual(
    kernel.modules.list().map(({ name, refcnt }) => [name, refcnt]),
    [
      ['probe', 1],
      ['probe_user', 0],
    ],
  );
  t.regex(kernel.dmesg(), /text path/);
  t.throws(() => kernel.modules.load(file, { list: [1] }), { instanceOf: SysError, code: 'EEXIST' });
  kernel.modules.unload('probe_user');
  kernel.modules.unload('probe');
  t.throws(() => kernel.modules.load(file, { list: [1] }), { instanceOf: SysError, code: 'EINVAL' });
  kernel.modules.load('probe');
  t.throws(() => kernel.modules.load('/nonexistent.so'), { instanceOf: SysError, code: 'ENOENT' });
  t.throws(() => kernel.modules.load('./a\0b'), { instanceOf: SysError, code: 'EINVAL' });
});

onEveryHost('sysctl variables of a module: values checked both ways, gone with it', (t, bootOne) => {
  const kernel = bootOne();
  const state = { level: 3, label: 'low', on: false, big: 2n ** 60n, odd: {} as number };
  kernel.modules.load(
    defineModule({
      name: 'variables',
      init(m) {
        m.sysctl('vendor', { name: 'acme', type: 'node', desc: 'Things of ACME' });
        m.sysctl('vendor.acme', {
          name: 'level',
          type: 'int',
          read: () => state.level,
          write(value) {
            if (value === 13) {
              throw EBUSY;
            }
            state.level = value as number;
          },
        });
        m.sysctl('vendor.acme', {
          name: 'label',
          type: 'string',
          size: 8,
          read: () => state.label,
          write: (value) => (state.label = value as string),
        });
        m.sysctl('vendor.acme', {
          name: 'on',
          type: 'bool',
          read: () => state.on,
          write: (value) => (state.on = value as boolean),
        });
        m.sysctl('vendor.acme', { name: 'big', type: 'quad', read: () => state.big });
        m.sysctl('vendor.acme', { name: 'odd', type: 'int', read: () => state.odd });
        const refused = (parent: unknown, variable: unknown): unknown => {
          try {
            m.sysctl(parent as string, variable as SysctlVariable);
          } catch (error) {
            return (error as { code: string }).code;
          }
          return 'nothing';
        };
        const int = { name: 'x', type: 'int', read: () => 0 };
        t.is(refused('vendor.nobody', int), 'ENOENT');
        t.is(refused('vendor.acme.big', int), 'ENOTDIR');
        t.is(refused('vendor.acme', { ...int, name: 'big' }), 'EEXIST');
        for (const wrong of [
          null,
          5,
          {},
          { ...int, type: 'float' },
          { ...int, name: '1' },
          { ...int, size: 0 },
        ]) {
          t.is(refused('vendor', wrong), 'EINVAL');
        }
        t.is(refused('vendor', { name: 'x', type: 'int' }), 'EINVAL');
        t.is(refused(7, int), 'EINVAL');
      },
    }),
  );
  t.is(kernel.sysctl('vendor.acme.level', 4), 4);
  t.throws(() => kernel.sysctl('vendor.acme.level', 13), { code: 'EBUSY' });
  t.throws(() => kernel.sysctl('vendor.acme.level', 'x'), { code: 'EINVAL' });
  t.is(kernel.sysctl('vendor.acme.label', 'higher'), 'higher');
  t.throws(() => kernel.sysctl('vendor.acme.label', 'much too long'), { code: 'EINVAL' });
  t.is(kernel.sysctl('vendor.acme.on', true), true);
  t.is(kernel.sysctl('vendor.acme.big'), 2n ** 60n);
  t.throws(() => kernel.sysctl('vendor.acme.big', 1), { code: 'EPERM' });
  t.throws(() => kernel.sysctl('vendor.acme.odd'), { code: 'EINVAL' });
  t.deepEqual([state.level, state.label, state.on], [4, 'higher', true]);
  kernel.modules.unload('variables');
  t.throws(() => kernel.sysctl('vendor.acme.level'), { code: 'ENOENT' });
  t.throws(() => kernel.sysctl('vendor.acme'), { code: 'ENOENT' });
});

function example(path: string): string {
  return execFileSync(process.execPath, [path], { cwd: fileURLToPath(ROOT), encoding: 'utf8' });
}

test('the example module in TypeScript', (t) => {
  const output = example('dist/examples/modules.js');
  t.regex(output, /'counter 1', 'curfew 0'/);
  t.regex(output, /EPERM: .*, reboot\n\{ reboot: 1 \}\ntrue\n$/);
});

test('the example module in C', (t) => {
  const output = example('examples/ticker.mjs');
  t.regex(output, /^\[ 'ticker: driver' \]\n\{ name: 'ticker_read', offset: 1n \}\n/);
  t.regex(output, /ticker: every 5 ms, as lwp \d+', 'ticker: \d+ ticks that nobody read'/);
});

test('docs/MODULES.md: a reader who follows it gets there', (t) => {
  const dir = temporaryDirectory(t);
  const root = fileURLToPath(ROOT);
  mkdirSync(join(dir, 'node_modules'));
  symlinkSync(root, join(dir, 'node_modules/rumpkernel'));
  const page = readFileSync(join(root, 'docs/MODULES.md'), 'utf8');
  const outputs: string[] = [];
  for (const [, language, text = ''] of page.matchAll(/```(\w+)\n([\s\S]*?)```/g)) {
    if (language === 'c') {
      writeFileSync(join(dir, 'first.c'), text);
    } else if (language === 'sh') {
      execFileSync('sh', ['-c', text], { cwd: dir });
    } else {
      writeFileSync(join(dir, 'first.mjs'), text);
      outputs.push(execFileSync(process.execPath, ['first.mjs'], { cwd: dir, encoding: 'utf8' }));
    }
  }
  t.is(outputs.length, 2);
  t.regex(outputs[0] ?? '', /\nhello, reader\ngoing\nundone\n$/);
  t.is(outputs[1], "hello, reader\n{ name: 'first_modcmd', offset: 0n }\n");
});
