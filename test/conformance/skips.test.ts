/** What a face does not make is left out by title: each of them is still a test. */
import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { NOT_BY_GATE } from './gate.ts';
import { NOT_BY_SYSPROXY } from './sysproxy.ts';

const FOLDER = new URL('../../../test/', import.meta.url);

test('every test that is left out exists', (t) => {
  const sources = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => readFileSync(new URL(name, FOLDER), 'utf8'))
    .join('\n');
  for (const title of [...Object.keys(NOT_BY_GATE), ...Object.keys(NOT_BY_SYSPROXY)]) {
    t.true(sources.includes(title), title);
  }
});
