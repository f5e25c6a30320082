import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { errnoByCode } from '../../lib/sys/errno.ts';
import { ROOT } from './host_support.ts';

/** Host errors that have another name in NetBSD, or none: the nearest one. */
const NEAREST: Readonly<Record<string, string>> = {
  EREMOTEIO: 'EIO',
  EUCLEAN: 'EIO',
  EHWPOISON: 'EIO',
  EMEDIUMTYPE: 'ENODEV',
  ENOMEDIUM: 'ENXIO',
  EISNAM: 'EEXIST',
  EKEYREJECTED: 'EPERM',
};

test('the table that translates host errors has the numbers of lib/sys', (t) => {
  const source = readFileSync(join(fileURLToPath(ROOT), 'native/rumpuser/errno.cc'), 'utf8');
  const pairs = [...source.matchAll(/^ *\{(E\w+), (\d+)\},$/gm)];
  t.true(pairs.length > 85);
  for (const [, name = '', number] of pairs) {
    t.is(errnoByCode(NEAREST[name] ?? name)?.errno, Number(number), name);
  }
  t.is(new Set(pairs.map(([, name]) => name)).size, pairs.length);
});
