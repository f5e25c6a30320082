import test from 'ava';
import * as errnos from '../../lib/sys/errno.ts';
import { Errno, errnoByCode, errnoByNumber } from '../../lib/sys/errno.ts';

const named = Object.entries(errnos).filter((entry): entry is [string, Errno] => entry[1] instanceof Errno);
const all = [...new Set(named.map(([, e]) => e))];

test('an errno is found by its number and its name, and is the same object', (t) => {
  for (const e of all) {
    t.is(errnoByNumber(e.errno), e);
    t.is(errnoByCode(e.code), e);
  }
  t.is(errnoByNumber(0), undefined);
  t.is(errnoByNumber(errnos.ELAST + 1), undefined);
  t.is(errnoByCode('EWOULDBLOCK'), errnos.EAGAIN);
  t.is(errnoByCode('enoent'), undefined);
  t.is(errnoByCode('toString'), undefined);
});

test('numbers run from 1 to ELAST without a gap, then the kernel’s own from -2 down', (t) => {
  const numbers = all.map((e) => e.errno).sort((a, b) => a - b);
  t.deepEqual(
    numbers.filter((n) => n > 0),
    Array.from({ length: errnos.ELAST }, (_, i) => i + 1),
  );
  t.deepEqual(
    numbers.filter((n) => n <= 0),
    [-6, -5, -4, -3, -2],
  );
});

test('an export has the name it carries', (t) => {
  const others = named.filter(([name, e]) => name !== e.code).map(([name]) => name);
  t.deepEqual(others, ['EWOULDBLOCK']);
});

test('numbers are NetBSD’s, also where Linux differs', (t) => {
  const known: readonly (readonly [Errno, number])[] = [
    [errnos.EPERM, 1],
    [errnos.ENOENT, 2],
    [errnos.EDEADLK, 11],
    [errnos.EAGAIN, 35],
    [errnos.EINPROGRESS, 36],
    [errnos.ENOTSOCK, 38],
    [errnos.EOPNOTSUPP, 45],
    [errnos.EADDRINUSE, 48],
    [errnos.ETIMEDOUT, 60],
    [errnos.ELOOP, 62],
    [errnos.ENAMETOOLONG, 63],
    [errnos.ENOTEMPTY, 66],
    [errnos.EPROGMISMATCH, 75],
    [errnos.ENOSYS, 78],
    [errnos.EOVERFLOW, 84],
    [errnos.ENOTSUP, 86],
    [errnos.ENOATTR, 93],
    [errnos.EPROTO, 96],
    [errnos.ERESTART, -3],
  ];
  for (const [e, number] of known) {
    t.is(e.errno, number, e.code);
  }
});

test('an errno cannot be changed, and says what it is', (t) => {
  t.throws(() => Object.assign(errnos.ENOENT, { errno: 5 }), { instanceOf: TypeError });
  t.is(String(errnos.ENOENT), 'ENOENT (2): No such file or directory');
  t.false(errnos.ENOENT instanceof Error);
});
