import test from 'ava';
import { output, outputOf } from './output.ts';
import { rump, sh, start } from './rump.ts';

test('& does not wait; wait does', async (t) => {
  t.is(await output('sleep 1 & echo $? $!; wait; date +%s'), '0 3\n1262304001\n');
  t.is(await output('sleep 3 & sleep 2 & wait; date +%s'), '1262304003\n', 'at the same time');
  t.is(await output('sleep 3 & sleep 2 & wait %2; date +%s'), '1262304002\n');
  t.is(await output('wait; echo $?'), '0\n', 'for nothing');
  t.is(await output('exit 4 & wait $!; echo $?'), '4\n');
  t.is(await output('sleep 9 & kill -TERM $!; wait $!; echo $?'), '143\n');
});

test('how a job ended is told once, also long after', async (t) => {
  t.is(await output('exit 4 & sleep 1; wait 3; echo $?; wait 3; echo $?'), '4\nwait: 3: no such job\n127\n');
  t.is(
    await output('false | exit 5 & true; wait $! 77; echo $?; wait; echo $?'),
    'wait: 77: no such job\n127\n0\n',
  );
  t.regex(await output('wait x; echo $?'), /^wait: x: not a process or %job \(usage: [^\n]*\)\n1\n$/);
  t.is(await output('wait %1 | cat; wait | cat'), 'wait: %1: no such job\n');
  t.is(await output('sleep 5 & wait $! | cat; echo $?'), '0\n', 'of another process it is no child');
});

test('jobs lists them', async (t) => {
  t.is(
    await output('sleep 5 & sleep 6 | cat & jobs', 'jobs | wc -l', 'wait %1; jobs', 'wait; jobs'),
    '[1] 3 Running         sleep 5\n[2] 4 Running         sleep 6 | cat\n       2\n' +
      '[2] 4 Running         sleep 6 | cat\n',
  );
  t.is(await output('sleep 5 & kill -STOP $!', 'true', 'jobs'), '[1] 3 Stopped (SIGSTOP) sleep 5\n');
  t.is(
    await output('sleep 5 & kill -STOP $!', 'true', 'kill -CONT 3; true', 'jobs'),
    '[1] 3 Running         sleep 5\n',
  );
});

test('somebody at the terminal is told when a job begins and ends', async (t) => {
  t.is(
    await outputOf('interactive', ['sleep 1 &', 'echo a', 'sleep 2', 'echo b']),
    '[1] 3\na\n[1] 3 Done            sleep 1\nb\n',
  );
  t.is(
    await outputOf('interactive', ['sleep 9 & exit 3 & true', 'kill 3; true']),
    '[1] 3\n[2] 4\n[2] 4 Done (3)        exit 3\n[1] 3 Killed (SIGTERM) sleep 9\n',
  );
  t.is(await output('sleep 1 &', 'sleep 2'), '', 'a script is not');
});

test('an interactive shell survives what ends programs', async (t) => {
  t.is(
    await outputOf('interactive', [
      ...['INT', 'TSTP', 'TERM', 'QUIT'].map((name) => `kill -${name} $$; echo $?`),
      'kill -INT 0; echo $?',
      'kill -TERM 0 | cat; echo $?',
    ]),
    '0\n0\n0\n0\n130\n143\n',
  );
});

test('fg and bg let what was stopped go on', async (t) => {
  const running = '[1] 3 Running         sleep 5\n';
  t.is(
    await output('sleep 5 & kill -STOP $!; true', 'bg; jobs', 'fg; echo $?; date +%s', 'jobs'),
    `${running}${running}sleep 5\n0\n1262304005\n`,
  );
  t.is(
    await output('sleep 1 & sleep 2 | cat &', 'kill -STOP -- -3; true', 'fg; echo $?', 'fg'),
    'sleep 1\n0\nsleep 2 | cat\n',
    'the stopped one first',
  );
  t.is(await output('kill -STOP 0; echo $?', 'fg; echo $?', 'jobs'), '145\nkill -STOP 0\n0\n');
  t.is(
    await output('fg; bg %4; fg x; fg 1 2; echo $?'),
    'fg: no job\nbg: %4: no such job\nfg: x: not a process or %job (usage: fg [pid | %job])\n' +
      'fg: one job (usage: fg [pid | %job])\n1\n',
  );
});

test('Ctrl-C is for what fg has brought to the front', async (t) => {
  const shell = start('sh', '-c', 'sleep 1000000 & echo go; fg; echo no');
  await shell.until('sleep 1000000\n');
  shell.child.kill('SIGINT');
  t.is(await shell.ended, 130);
  t.is(shell.stdout, 'go\nsleep 1000000\n');
});

test('a stopped pipeline is a job', (t) => {
  const { stdout, stderr } = sh('kill -STOP 0 | cat; echo $?', 'jobs', 'kill -CONT -- -3; wait; jobs');
  t.is(stdout, '145\n[1] 3 Stopped (SIGSTOP) kill -STOP 0 | cat\n');
  t.is(stderr, 'rump: kill: stopped by SIGSTOP; fg or bg lets it go on\n');
});

test('what is in the background ends with the shell', async (t) => {
  t.deepEqual(rump(['sh', '-c', 'yes | cat | grep n & sleep 1000000 & echo a']), {
    status: 0,
    stdout: 'a\n',
    stderr: '',
  });
  const waiting = start('sh', '-c', 'sleep 1000000 & echo go; wait; echo no');
  await waiting.until('go\n');
  waiting.child.kill('SIGINT');
  t.is(await waiting.ended, 130);
  t.is(waiting.stdout, 'go\n');
  t.is(waiting.stderr, '');
});
