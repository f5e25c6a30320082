import test from 'ava';
import type { Kernel } from '../../lib/kern/kernel.ts';
import { Ksyms, type SymbolTable } from '../../lib/kern/ksyms.ts';
import { inKernel } from '../../lib/kern/schedule.ts';
import { nativeHost } from '../../lib/rumpuser/native.ts';
import { EBUSY, EEXIST, ENOENT } from '../../lib/sys/errno.ts';
import { bootFifo, bootOn, shutdown, throwsErrno } from './support.ts';

const SYM_SIZE = 24;
const OBJECT = 1;
const FUNC = 2;
const SECTION = 3;

type Row = readonly [name: string, value: bigint, size: bigint, type?: number];

/** A table as the host hands it over. */
function table(...rows: readonly Row[]): SymbolTable {
  const symtab = new Uint8Array(rows.length * SYM_SIZE);
  const view = new DataView(symtab.buffer);
  let strings = '\0';
  for (const [i, [name, value, size, type = FUNC]] of rows.entries()) {
    view.setUint32(i * SYM_SIZE, strings.length, true);
    view.setUint8(i * SYM_SIZE + 4, type);
    view.setBigUint64(i * SYM_SIZE + 8, value, true);
    view.setBigUint64(i * SYM_SIZE + 16, size, true);
    strings += `${name}\0`;
  }
  return { symtab, strtab: new TextEncoder().encode(strings) };
}

const nobody = () => [];

test('by name and by address, across tables', (t) => {
  const k = new Ksyms(() => [
    table(['low', 100n, 10n], ['label', 120n, 0n], ['data', 200n, 8n, OBJECT]),
    table(['.text', 100n, 1000n, SECTION], ['', 300n, 5n], ['high', 1n << 62n, 16n]),
  ]);
  t.is(k.lookup('high').value, 1n << 62n);
  t.is(k.lookup('data').size, 8n);
  for (const [address, name, offset] of [
    [100n, 'low', 0n],
    [109n, 'low', 9n],
    [120n, 'label', 0n],
    [207n, 'data', 7n],
    [(1n << 62n) + 15n, 'high', 15n],
  ] as const) {
    const found = k.resolve(address);
    t.is(found.symbol.name, name);
    t.is(found.offset, offset);
  }
  for (const address of [-1n, 0n, 99n, 110n, 121n, 199n, 208n, 300n, (1n << 62n) + 16n]) {
    throwsErrno(t, ENOENT, () => k.resolve(address));
  }
  for (const name of ['', '.text', 'lo']) {
    throwsErrno(t, ENOENT, () => k.lookup(name));
  }
});

test('the first of several symbols of one name counts', (t) => {
  const k = new Ksyms(() => [table(['twin', 1n, 1n], ['twin', 2n, 1n]), table(['twin', 3n, 1n])]);
  t.is(k.lookup('twin').value, 1n);
});

test('a table whose strings end too soon loses that symbol only', (t) => {
  const { symtab } = table(['good', 1n, 1n], ['cut', 2n, 1n]);
  const k = new Ksyms(() => [{ symtab, strtab: new TextEncoder().encode('\0good\0cu') }]);
  t.is(k.lookup('good').value, 1n);
  throwsErrno(t, ENOENT, () => k.resolve(2n));
});

test('tables are loaded in bulk once: by hand, or by the first look-up', (t) => {
  const byHand = new Ksyms(nobody);
  byHand.load([table(['given', 5n, 1n])]);
  throwsErrno(t, EBUSY, () => byHand.load([]));
  t.is(byHand.lookup('given').value, 5n);
  let asked = 0;
  const lazy = new Ksyms(() => {
    asked++;
    return [];
  });
  t.is(asked, 0);
  throwsErrno(t, ENOENT, () => lazy.lookup('x'));
  throwsErrno(t, ENOENT, () => lazy.lookup('x'));
  t.is(asked, 1);
  throwsErrno(t, EBUSY, () => lazy.load([]));
});

test('what is added can be taken out, and the kernel’s own functions come first', (t) => {
  const own = () => 1;
  const k = new Ksyms(
    () => [table(['bulk', 10n, 10n], ['own', 30n, 1n])],
    () => ({ own }),
  );
  t.is(k.lookup('own').fn, own);
  const removeTable = k.addTable(table(['bulk', 500n, 1n], ['module', 501n, 1n]));
  t.is(k.lookup('bulk').value, 500n);
  const removeFunctions = k.addFunctions({ helper: () => 2 });
  const { value } = k.lookup('helper');
  t.true(value > k.lookup('own').value);
  throwsErrno(t, EEXIST, () => k.addFunctions({ helper: () => 3 }));
  throwsErrno(t, EEXIST, () => k.addFunctions({ fine: () => 3, own: () => 3 }));
  throwsErrno(t, ENOENT, () => k.lookup('fine'));
  k.addFunctions({ module: () => 4 });
  removeTable();
  removeTable();
  removeFunctions();
  t.is(k.lookup('bulk').value, 10n);
  throwsErrno(t, ENOENT, () => k.resolve(501n));
  throwsErrno(t, ENOENT, () => k.resolve(value));
});

function callHandler(k: Kernel, name: string): unknown {
  const { fn } = k.ksyms.lookup(name);
  return inKernel(k, (l) => (fn as unknown as (l: unknown) => unknown)(l));
}

test('a kernel knows its own system calls', (t) => {
  const k = bootFifo();
  t.is(callHandler(k, 'sys_getpid'), 1);
  const { value, size } = k.ksyms.lookup('sys_getpid');
  t.is(k.ksyms.resolve(value + size - 1n).symbol.name, 'sys_getpid');
  throwsErrno(t, EEXIST, () => k.ksyms.addFunctions({ sys_getpid: () => 0 }));
  throwsErrno(t, ENOENT, () => k.ksyms.lookup('malloc'));
  shutdown(k);
});

test('on the native host, the functions of the process', (t) => {
  const k = bootOn(nativeHost({ env: {} }));
  const { value } = k.ksyms.lookup('rumpuser_mutex_enter');
  const { symbol, offset } = k.ksyms.resolve(value + 1n);
  t.is(symbol.value, value);
  t.is(offset, 1n);
  t.is(symbol.fn, null);
  shutdown(k);
});
