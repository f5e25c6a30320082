import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { ROOT, temporaryDirectory } from './host_support.ts';

const PREBUILD = ['native/with-headers.mjs', 'prebuildify', '--napi', '--strip', '--tag-libc'];

test('npm run prebuild makes a binary that loads alone, with no build folder', (t) => {
  t.timeout(600_000);
  const root = fileURLToPath(ROOT);
  const copy = temporaryDirectory(t);
  for (const name of ['package.json', 'binding.gyp', 'native', 'dist/lib']) {
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  // Neither npm's settings nor the network may be needed to find Node's headers.
  const env = {
    ...process.env,
    PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH']}`,
    HOME: copy,
  };
  delete (env as Record<string, string | undefined>)['npm_config_nodedir'];
  const built = spawnSync(process.execPath, PREBUILD, { cwd: copy, env, encoding: 'utf8' });
  t.is(built.status, 0, built.stderr);
  const { platform, arch } = process;
  const prebuilt = readdirSync(join(copy, 'prebuilds', `${platform}-${arch}`));
  t.is(prebuilt.length, 1);
  t.regex(prebuilt[0] ?? '', /^rumpkernel(\.(glibc|musl))?\.node$/);

  rmSync(join(copy, 'build'), { recursive: true });
  const program = `
    import { loadBinding } from '${join(copy, 'dist/lib/rumpuser/binding.js')}';
    const binding = loadBinding();
    const objects = binding.dlBootstrap().map(([path]) => path).filter((path) => path.endsWith('.node'));
    process.stdout.write(JSON.stringify(objects));`;
  const node = ['--input-type=module', '-e', program];
  const loaded = spawnSync(process.execPath, node, { cwd: copy, env, encoding: 'utf8' });
  t.is(loaded.stderr, '');
  t.deepEqual(JSON.parse(loaded.stdout), [join(copy, 'prebuilds', `${platform}-${arch}`, prebuilt[0] ?? '')]);

  // With a build folder there, PREBUILDS_ONLY still means the prebuilt one.
  mkdirSync(join(copy, 'build/Release'), { recursive: true });
  cpSync(join(root, 'package.json'), join(copy, 'build/Release/broken.node'));
  const only = spawnSync(process.execPath, node, {
    cwd: copy,
    env: { ...env, PREBUILDS_ONLY: '1' },
    encoding: 'utf8',
  });
  t.is(only.stdout, loaded.stdout);
  t.not(spawnSync(process.execPath, node, { cwd: copy, env }).status, 0);
});
