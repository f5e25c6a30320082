import test from 'ava';
import { SCALARS } from '../../lib/sys/scalars.ts';

test('ranges follow from size and sign', (t) => {
  for (const [name, { size, signed, min, max }] of Object.entries(SCALARS)) {
    const bits = size * 8;
    t.is(signed ? BigInt.asIntN(bits, min) : BigInt.asUintN(bits, min), min, name);
    t.is(signed ? BigInt.asIntN(bits, max) : BigInt.asUintN(bits, max), max, name);
    t.is(signed ? BigInt.asIntN(bits, max + 1n) : BigInt.asUintN(bits, max + 1n), min, name);
  }
});

test('sizes are those of amd64', (t) => {
  t.is(SCALARS.int.size, 4);
  t.is(SCALARS.long.size, 8);
  t.is(SCALARS.off_t.size, 8);
  t.is(SCALARS.dev_t.size, 8);
  t.is(SCALARS.mode_t.size, 4);
  t.is(SCALARS.pid_t.max, 2147483647n);
  t.is(SCALARS.uid_t.max, 4294967295n);
  t.false(SCALARS.size_t.signed);
  t.true(SCALARS.ssize_t.signed);
});
