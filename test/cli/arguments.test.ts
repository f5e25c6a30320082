import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { repositoryRoot } from '../../tools/repository.ts';
import { rump, start } from './rump.ts';

function refused(t: ExecutionContext, args: readonly string[], message: RegExp): void {
  const { status, stdout, stderr } = rump(args);
  t.is(status, 64, stderr);
  t.is(stdout, '');
  t.regex(stderr, message);
  t.regex(stderr, /^rump: [^\n]+\n$/, 'one line');
}

test('help and version', (t) => {
  const help = rump(['--help']);
  t.is(help.status, 0);
  t.regex(help.stdout, /^usage: rump /);
  t.deepEqual(rump(['help']), help);
  const shHelp = rump(['sh', '--help']);
  t.is(shHelp.status, 0);
  t.regex(shHelp.stdout, /^usage: rump sh /);
  t.deepEqual(rump(['help', 'sh']), shHelp);
  const { version } = JSON.parse(readFileSync(`${repositoryRoot()}/package.json`, 'utf8')) as {
    version: string;
  };
  t.deepEqual(rump(['--version']), { status: 0, stdout: `rump ${version}\n`, stderr: '' });
});

test('help that nobody reads any more ends as by SIGPIPE, without a word', async (t) => {
  for (const args of [['--help'], ['help', 'sh'], ['--version'], ['server', '--help']]) {
    const running = start(...args);
    running.child.stdout.destroy();
    t.is(await running.ended, 141, args.join(' '));
    t.is(running.stderr, '');
  }
});

test('no command, or one that is not there', (t) => {
  refused(t, [], /no command/);
  refused(t, ['frobnicate'], /frobnicate: no such command/);
  refused(t, ['serve'], /no such command/);
  refused(t, ['--frob'], /--frob: no such option/);
  refused(t, ['help', 'frob'], /frob: no such command/);
  refused(t, ['--version', 'x'], /unexpected argument x/);
  refused(t, ['a\n\u001b[31mb'], /a\\x0a\\x1b\[31mb: no such command/);
});

test('options of sh that make no sense', (t) => {
  refused(t, ['sh', '--frob'], /'--frob'/);
  refused(t, ['sh', '-z'], /'-z'/);
  refused(t, ['sh', 'file'], /'file'/);
  refused(t, ['sh', '-c'], /'-c, --command <value>' argument missing/);
  refused(t, ['sh', '--ncpu', 'many'], /--ncpu: many is not a number/);
  refused(t, ['sh', '--ncpu', '0', '-c', 'id'], /ncpu.*must be 1 to 256/);
  refused(t, ['sh', '--ncpu', '', '-c', 'id'], /--ncpu: '' is not a number/);
});

test('the options reach the kernel', (t) => {
  const args = [
    'sh',
    '--hostname',
    'box.example',
    '--ncpu',
    '3',
    '--seed',
    'one',
    '-c',
    'hostname; date; dmesg',
  ];
  const { status, stdout } = rump(args);
  t.is(status, 0);
  t.true(stdout.startsWith('box.example\nFri Jan  1 00:00:00 UTC 2010\n'), stdout);
  t.regex(stdout, /cpu2 at/);
  t.notRegex(stdout, /cpu3 at/);
});

test('-v shows the messages of the kernel and the stages of its boot', (t) => {
  const { status, stdout } = rump(['sh', '-v', '-c', 'echo done; halt']);
  t.is(status, 0);
  t.regex(stdout, /^Copyright .*\nNetBSD 7\.99\.34 /);
  t.regex(stdout, /^\[ +\d+\.\d{6}\] proc0 +\d+\.\d us$/m);
  t.regex(stdout, /^booted in \d+\.\d{3} ms\n(?:.*\n)*done\nThe operating system has halted\.\n$/m);
});
