import test from 'ava';
import {
  SIGSET_EMPTY,
  SIGSET_FULL,
  sigaddset,
  sigandset,
  sigdelset,
  sigfirst,
  sigisempty,
  sigismember,
  sigminusset,
  sigplusset,
  sigset,
} from '../../lib/sys/sigset.ts';
import type { Sigset } from '../../lib/sys/types.ts';
import { fc } from '../fc.ts';

const SIGNOS = Array.from({ length: 128 }, (_, i) => i + 1);
const members = (set: Sigset): number[] => SIGNOS.filter((signo) => sigismember(set, signo));
const signos = fc.uniqueArray(fc.integer({ min: 1, max: 128 }));
const sorted = (numbers: Iterable<number>): number[] => [...numbers].sort((a, b) => a - b);

test('a set holds what was put in', (t) => {
  fc.assert(
    fc.property(signos, (list) => {
      const set = sigset(...list);
      t.deepEqual(members(set), sorted(list));
      t.is(sigfirst(set), Math.min(...list, Infinity) === Infinity ? 0 : Math.min(...list));
      t.is(sigisempty(set), list.length === 0);
    }),
  );
});

test('adding, deleting, and the operations of two sets agree with sets of numbers', (t) => {
  fc.assert(
    fc.property(signos, signos, fc.integer({ min: 1, max: 128 }), (x, y, n) => {
      const [a, b] = [sigset(...x), sigset(...y)];
      t.deepEqual(members(sigaddset(a, n)), sorted(new Set([...x, n])));
      t.deepEqual(members(sigdelset(a, n)), sorted(x.filter((signo) => signo !== n)));
      t.deepEqual(members(sigplusset(a, b)), sorted(new Set([...x, ...y])));
      t.deepEqual(members(sigminusset(a, b)), sorted(x.filter((signo) => !y.includes(signo))));
      t.deepEqual(members(sigandset(a, b)), sorted(x.filter((signo) => y.includes(signo))));
    }),
  );
});

test('words are unsigned, so equal sets are equal word by word', (t) => {
  t.deepEqual(sigset(32, 64), [0x80000000, 0x80000000, 0, 0]);
  t.deepEqual(sigset(...SIGNOS), SIGSET_FULL);
  t.deepEqual(sigset(), SIGSET_EMPTY);
});

test('a set does not change', (t) => {
  const set = sigset(1);
  sigaddset(set, 2);
  t.deepEqual(members(set), [1]);
  t.throws(() => Object.assign(set, { 0: 7 }), { instanceOf: TypeError });
});
