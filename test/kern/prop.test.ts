import test from 'ava';
import { type PropValue, propDictionary, propEquals } from '../../lib/kern/prop.ts';
import { EINVAL } from '../../lib/sys/errno.ts';
import { fc } from '../fc.ts';
import { throwsErrno } from './support.ts';

test('a dictionary is copied, all the way down', (t) => {
  const bytes = Uint8Array.of(1, 2);
  const list = [1, 'two', { three: 3n }];
  const given = { flag: true, bytes, list, empty: {}, nothing: '', ['__proto__']: 5 };
  const dict = propDictionary(given);
  t.deepEqual({ ...dict }, given);
  bytes[0] = 9;
  list.push('more');
  t.deepEqual(dict['bytes'], Uint8Array.of(1, 2));
  t.is((dict['list'] as readonly PropValue[]).length, 3);
  t.true(Object.isFrozen(dict));
  t.true(Object.isFrozen(dict['list']));
  t.is(Object.getOwnPropertyDescriptor(dict, '__proto__')?.value, 5);
});

test('what a dictionary cannot hold', (t) => {
  for (const bad of [
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
    2n ** 64n,
    -(2n ** 63n) - 1n,
    null,
    undefined,
    () => {},
    Symbol('s'),
    new Date(0),
    new Map(),
    new Float32Array(1),
    { [Symbol('key')]: 1 },
  ]) {
    throwsErrno(t, EINVAL, () => propDictionary({ bad }));
    throwsErrno(t, EINVAL, () => propDictionary({ list: [bad] }));
  }
  for (const bad of [null, undefined, 5, 'text', [], new Map(), new Uint8Array(1)]) {
    throwsErrno(t, EINVAL, () => propDictionary(bad));
  }
  const endless: Record<string, unknown> = {};
  endless['self'] = endless;
  throwsErrno(t, EINVAL, () => propDictionary(endless));
});

const leaf = fc.oneof(
  fc.boolean(),
  fc.integer(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.string(),
  fc.uint8Array({ maxLength: 4 }),
);
const { dictionary } = fc.letrec<{ value: unknown; dictionary: Record<string, unknown> }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie('value'), { maxLength: 3 }), tie('dictionary')),
  dictionary: fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 }),
}));

test('equality is that of shape and content', (t) => {
  fc.assert(
    fc.property(dictionary, (value) =>
      propEquals(propDictionary(value), propDictionary(structuredClone(value))),
    ),
  );
  const different: PropValue[] = [{}, { a: 1 }, { a: 2 }, { b: 1 }, [], [1], [1, 2], '1', 1, 1n, true];
  different.push(Uint8Array.of(1), Uint8Array.of(1, 2));
  for (const [i, a] of different.entries()) {
    for (const [j, b] of different.entries()) {
      t.is(propEquals(a, b), i === j, `${i} ${j}`);
    }
  }
});
