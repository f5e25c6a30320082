import { execFileSync } from 'node:child_process';
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import type { DlObject } from '../../lib/rumpuser/rumpuser.ts';
import { EINVAL, ENOENT, ENOEXEC } from '../../lib/sys/errno.ts';
import { openHost, ROOT, temporaryDirectory } from './host_support.ts';
import { throwsErrno } from './sim_support.ts';

const SYM_SIZE = 24;

/**
 * Values by name, from `Elf64_Sym` records: u32 name, u8 info, u8 other, u16 section, u64 value, u64 size.
 */
function symbols({ symtab, strtab }: DlObject): Map<string, bigint> {
  const records = Buffer.from(symtab.buffer, symtab.byteOffset, symtab.byteLength);
  const strings = Buffer.from(strtab.buffer, strtab.byteOffset, strtab.byteLength);
  const found = new Map<string, bigint>();
  for (let at = 0; at < records.length; at += SYM_SIZE) {
    const name = records.readUInt32LE(at);
    found.set(strings.toString('latin1', name, strings.indexOf(0, name)), records.readBigUInt64LE(at + 8));
  }
  return found;
}

function buildModule(t: ExecutionContext, ...options: string[]): string {
  const file = join(temporaryDirectory(t), 'host_module.so');
  const root = fileURLToPath(ROOT);
  const source = join(root, 'native/test/host_module.c');
  const include = join(root, 'native/include');
  execFileSync('cc', ['-g', '-fPIC', '-shared', `-I${include}`, ...options, source, '-o', file]);
  return file;
}

const named = (objects: readonly DlObject[], part: string) => objects.find(({ path }) => path.includes(part));

test('everything loaded is described: Node, its libraries, this addon', (t) => {
  const { calls, binding } = openHost();
  const objects = calls.dlBootstrap();
  t.is(objects[0]?.path, process.execPath);
  const addon = named(objects, '.node');
  t.truthy(addon);
  t.true(symbols(addon as DlObject).has('rumpuser_mutex_enter'));
  // Values are absolute: the addon says where the same function is.
  const list = (binding as unknown as { hypercalls(): { name: string; address: bigint }[] }).hypercalls();
  const found = symbols(addon as DlObject);
  for (const { name, address } of list) t.is(found.get(`rumpuser_${name}`), address);
  for (const object of objects) {
    t.is(object.symtab.length % SYM_SIZE, 0);
    t.deepEqual(object.modules, []);
  }
  t.true(symbols(objects[0] as DlObject).has('node_module_register'));
  t.true(symbols(named(objects, 'libc.') as DlObject).has('getpid'));
});

test('an object is described alike each time, and its tables are read once', (t) => {
  const { calls } = openHost();
  const [first] = calls.dlBootstrap();
  const [second] = calls.dlBootstrap();
  t.is(first?.base, second?.base);
  const { symtab } = first as DlObject;
  t.true(symtab === first?.symtab);
  t.is(Buffer.compare(symtab, (second as DlObject).symtab), 0);
});

test('an object loaded later brings its modules, and finds the hypercalls', (t) => {
  const { calls } = openHost();
  const before = calls.dlBootstrap().length;
  const file = buildModule(t);
  const objects = calls.dlopen(file);
  t.deepEqual(
    objects.map(({ path }) => path),
    [file],
  );
  const [object] = objects as [DlObject];
  t.is(object.modules.length, 2);
  const found = symbols(object);
  t.true(found.has('host_module_answer'));
  t.true(found.has('host_module_private'));
  // `struct modinfo` of the first module lies in the object, near its functions.
  for (const address of object.modules) t.true(address > object.base && address < object.base + 0x10000n);
  // Again: nothing new, and still described.
  t.deepEqual(
    calls.dlopen(file).map(({ base }) => base),
    [object.base],
  );
  const all = calls.dlBootstrap();
  t.is(all.length, before + 1);
  t.deepEqual(named(all, 'host_module')?.modules, object.modules);
});

test('a stripped object still has its exported symbols, and its modules', (t) => {
  const { calls } = openHost();
  const [object] = calls.dlopen(buildModule(t, '-s')) as [DlObject];
  t.is(object.modules.length, 2);
  const found = symbols(object);
  t.true(found.has('host_module_answer'));
  t.false(found.has('host_module_private'));
});

test('a file that was replaced after loading is not believed', (t) => {
  const { calls } = openHost();
  const file = buildModule(t);
  const [object] = calls.dlopen(file) as [DlObject];
  rmSync(file);
  copyFileSync(process.execPath, file);
  const found = symbols(object);
  t.true(found.has('host_module_answer'));
  t.false(found.has('node_module_register'));
});

test('what is no object, or not there, is refused', (t) => {
  const { calls } = openHost();
  const text = join(temporaryDirectory(t), 'text.so');
  writeFileSync(text, 'not an object');
  throwsErrno(t, ENOEXEC, () => calls.dlopen(text));
  throwsErrno(t, ENOENT, () => calls.dlopen('/nonexistent/module.so'));
  throwsErrno(t, ENOENT, () => calls.dlopen(''));
  throwsErrno(t, EINVAL, () => calls.dlopen('a\0b'));
});
