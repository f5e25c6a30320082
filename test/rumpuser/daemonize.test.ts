import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { temporaryDirectory } from './host_support.ts';

const SCENE = fileURLToPath(new URL('daemonize_scene.js', import.meta.url));

function start(t: ExecutionContext, scene: string, ...options: string[]) {
  const report = join(temporaryDirectory(t), 'report');
  const args = [...options, SCENE, scene, report];
  const foreground = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 });
  return { ...foreground, report };
}

test('the foreground process ends with the status of the daemon, which goes on without it', async (t) => {
  const { status, stdout, stderr, report } = start(t, 'works', '--no-warnings');
  t.is(status, 0);
  t.is(stdout, 'before begin\nbefore begin\nbefore done\n');
  t.is(stderr, '');
  for (let tries = 0; tries < 500 && !existsSync(report); tries++) await setTimeout(10);
  const daemon = JSON.parse(readFileSync(report, 'utf8'));
  t.true(daemon.leader);
  t.deepEqual(daemon.execArgv, ['--no-warnings']);
  t.is(daemon.stdin, '/dev/null');
  t.is(daemon.variable, undefined);
  t.deepEqual(daemon.errors, ['ENOENT', 'EALREADY', 'EALREADY', 'EALREADY']);
});

test('an error reaches the foreground as its exit status', (t) => {
  t.is(start(t, 'fails').status, 42);
});

test('a daemon that ends without a word is a failure', (t) => {
  t.is(start(t, 'exits').status, 7);
  t.is(start(t, 'silent').status, 3);
  t.is(start(t, 'killed').status, 128 + 9);
});

test('a title given to the process does not change what is started again', (t) => {
  t.is(start(t, 'titled').status, 42);
});
