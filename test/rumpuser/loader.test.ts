import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { loadBinding } from '../../lib/rumpuser/binding.ts';
import { ROOT, temporaryDirectory } from './host_support.ts';

test('the addon loads, once an isolate', (t) => {
  t.is(loadBinding(), loadBinding());
});

test('a missing addon is one clear error that says what to run', (t) => {
  const root = temporaryDirectory(t);
  const error = t.throws(() => loadBinding(root));
  const { platform, arch, versions } = process;
  t.is(
    error.message,
    `rumpkernel: no native addon for ${platform}-${arch}, Node ${versions.node} in ${root}: run "npm rebuild ` +
      'rumpkernel", or "npm run build:native" in a clone (needs a C++17 compiler)',
  );
  t.true(error.cause instanceof Error);
});

test('a broken addon is one clear error that names the file and says what to run', (t) => {
  const root = temporaryDirectory(t);
  const file = join(root, 'build', 'Release', 'rumpkernel.node');
  mkdirSync(join(root, 'build', 'Release'), { recursive: true });
  writeFileSync(file, 'not an addon');
  const error = t.throws(() => loadBinding(root));
  t.regex(
    error.message,
    /^rumpkernel: the native addon \S+rumpkernel\.node does not load \(.*\): run "npm rebuild/,
  );
  t.true(error.message.includes(file));
  t.false(error.message.includes('\n'));
});

test('the addon and the header are of one version', (t) => {
  const header = readFileSync(join(fileURLToPath(ROOT), 'native/include/rump/rumpuser.h'), 'utf8');
  const version = Number(header.match(/#define RUMPUSER_VERSION (\d+)/)?.[1]);
  t.is((loadBinding() as { version: number }).version, version);
});
