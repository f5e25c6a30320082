/** The bundle's loader: with a code cache, without one, and with one that is of no use. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { codeCache, compile, load, run } from '../../tools/load.ts';

/** A script in a folder of its own. */
function script(t: ExecutionContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'rumpkernel-load-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'script.cjs');
  writeFileSync(file, text);
  return file;
}

const SCRIPT = `exports.two = () => 1 + 1; exports.sep = require('node:path').sep; exports.name = __filename;
exports.where = () => new Error('here').stack;`;

test('a script runs without a cache, and from the one it makes', (t) => {
  const file = script(t, SCRIPT);
  const anew = compile(file, 'cached');
  t.is(anew.cachedDataRejected, undefined);
  const first = run(file, anew) as { two(): number };
  t.is(first.two(), 2);
  writeFileSync(codeCache(file), anew.createCachedData());
  const cached = compile(file, 'cached');
  t.false(cached.cachedDataRejected);
  const again = run(file, cached) as Readonly<Record<string, () => unknown>>;
  t.is(again['two']?.(), 2);
  t.is(again['name'] as unknown, file);
  t.is(again['sep'] as unknown, sep);
  t.regex(String(again['where']?.()), /script\.cjs:2:/);
});

test('a cache that is damaged, or of another script, is refused, and the script runs', (t) => {
  for (const data of [Buffer.from('nonsense'), compileOther(t)]) {
    const file = script(t, SCRIPT);
    writeFileSync(codeCache(file), data);
    const refused = compile(file, 'cached');
    t.true(refused.cachedDataRejected);
    t.is((run(file, refused) as { two(): number }).two(), 2);
    t.is((load(file) as { two(): number }).two(), 2);
  }
});

/** The cache of another script. */
function compileOther(t: ExecutionContext): Buffer {
  return compile(script(t, 'exports.three = 3;'), 'anew').createCachedData();
}
