import test from 'ava';
import { boot, SysError } from '../../lib/api/index.ts';

const native = (): ReturnType<typeof boot> => boot({ console: () => {}, env: {} });

test('symbols of what is loaded in this process are found by name and by address', (t) => {
  using kernel = native();
  for (const name of ['malloc', 'getpid']) {
    const address = kernel.ksyms.lookup(name);
    t.is(typeof address, 'bigint');
    t.true(address > 0n);
    const found = kernel.ksyms.resolve(address);
    t.is(found.offset, 0n);
    t.is(kernel.ksyms.lookup(found.name), address, 'perhaps by another name of the same function');
    t.is(kernel.ksyms.resolve(address + 1n).offset, 1n);
  }
});

test('what is not there is ENOENT, what is no name or address an error', (t) => {
  using kernel = native();
  const expected = { instanceOf: SysError, code: 'ENOENT' };
  t.throws(() => kernel.ksyms.lookup('no_such_symbol_at_all'), expected);
  t.throws(() => kernel.ksyms.lookup(''), expected);
  t.throws(() => kernel.ksyms.lookup(5 as never), expected);
  t.throws(() => kernel.ksyms.resolve(0n), expected);
  t.throws(() => kernel.ksyms.resolve(-1n), expected);
  t.throws(() => kernel.ksyms.resolve(2n ** 64n), expected);
  for (const bad of [5, '5', null, undefined, {}, Number.NaN]) {
    t.throws(() => kernel.ksyms.resolve(bad as never), { instanceOf: SysError, code: 'EINVAL' });
  }
  t.true(kernel.running);
});
