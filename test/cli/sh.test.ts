import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import test from 'ava';
import { ENV, MAIN, rump, sh, start } from './rump.ts';

test('a booted kernel does the work it is given', (t) => {
  const { status, stdout, stderr } = sh('uname -a', 'id', 'ps', 'halt', 'echo never');
  t.is(stderr, '');
  t.is(status, 0);
  const [unameLine, idLine, header, ...procs] = stdout.trimEnd().split('\n');
  t.regex(unameLine ?? '', /^NetBSD \S+ 7\.99\.34 NetBSD 7\.99\.34 .* amd64$/);
  t.is(idLine, 'uid=0(root) gid=0(wheel) groups=0(wheel)');
  t.regex(header ?? '', /^ *PID +PPID +PGID +UID +STAT +WCHAN +TIME +COMMAND$/);
  t.deepEqual(
    procs.map((line) => line.split(/ +/).at(-1)),
    ['[system]', '[init]', 'sh', 'ps'],
  );
  t.regex(procs[2] ?? '', / S\S* +wait +0:00\.\d\d sh$/, 'the shell waits for ps');
});

test('$? is the status of the command before, and the last one that of the shell', (t) => {
  const { status, stdout, stderr } = sh(
    'echo $?; frobnicate; echo $?',
    'sleep abc',
    'echo $?',
    'a `b`',
    'echo $?',
    'exit x; echo $?',
    "'' ; frob\u0007",
    '# nothing',
    'sleep x # the last',
  );
  t.is(status, 1);
  t.is(
    stdout,
    '0\n127\nsleep: abc: not a number of seconds (usage: sleep seconds)\n1\n2\n' +
      'exit: x: not a number (usage: exit [status])\n1\n' +
      'sleep: x: not a number of seconds (usage: sleep seconds)\n',
  );
  t.is(
    stderr,
    'rump: frobnicate: not found\nrump: not supported yet: command substitution; there is $(...) (`)\n' +
      "rump: '': not found\nrump: frob\\x07: not found\n",
  );
});

test('exit ends the shell with a status of 8 bits, and the rest of the input is not read', (t) => {
  t.deepEqual(sh('echo a; exit 300; echo b', 'echo c'), { status: 44, stdout: 'a\n', stderr: '' });
  t.is(sh('frob', 'exit').status, 127);
  t.is(rump(['sh', '-c', 'exit 3']).status, 3);
});

test('-c runs lines; quotes and backslashes join them', (t) => {
  const text = 'echo "a\nb" \\\n c\necho $? $$';
  t.deepEqual(rump(['sh', '-c', text]), { status: 0, stdout: 'a\nb c\n0 2\n', stderr: '' });
  const open = rump(['sh', '-c', "echo a\necho 'b"]);
  t.deepEqual(open, { status: 2, stdout: 'a\n', stderr: "rump: ' is not closed at the end of the input\n" });
  const endless = sh('echo "', ...Array.from({ length: 1100 }, () => 'id'));
  t.deepEqual(endless, { status: 2, stdout: '', stderr: 'rump: " is not closed after 1000 lines\n' });
});

test('a signal ends a program: 128 and its number', (t) => {
  const { stdout, status } = sh('kill -KILL 0; echo $?', 'kill -s usr1 -- 0', 'echo $?', 'kill $$; echo no');
  t.is(stdout, '137\n158\n');
  t.is(status, 143, "the shell's own end");
});

test('a stopped program is left to itself, and can go on', (t) => {
  const { stdout, stderr, status } = sh(
    'kill -STOP 0; echo $?',
    'ps -p 3',
    'kill -CONT 3',
    'sleep 0',
    'ps -p 3',
    'echo $?',
  );
  t.regex(stdout, /^145\n.*\n +3 +2 +3 +0 T\S* +stop +\S+ kill\n.*COMMAND\n1\n$/);
  t.is(stderr, 'rump: kill: stopped by SIGSTOP; fg or bg lets it go on\n');
  t.is(status, 0);
  const stuck = sh('kill -STOP $$', 'echo no');
  t.deepEqual(stuck, {
    status: 70,
    stdout: '',
    stderr: 'rump: the shell sleeps, and nobody is left to wake it\n',
  });
});

test('halt needs no end of the input; reboot boots again', async (t) => {
  const running = start('sh');
  await running.send('hostname before; hostname\n', 'before\n');
  await running.send('reboot\necho $$ again\n', '2 again\n');
  t.notRegex(await running.send('hostname; echo end\n', 'end\n'), /before/, 'a new kernel');
  await running.send('halt -q\n', '');
  t.is(await running.ended, 0);
  t.is(running.stderr, '');
});

test('SIGINT of the host ends the program in the foreground, then the shell', async (t) => {
  const running = start('sh', '-c', 'echo go; sleep 1000000; echo no');
  await running.until('go\n');
  running.child.kill('SIGINT');
  t.is(await running.ended, 130);
  t.is(running.stdout, 'go\n');
  const idle = start('sh');
  await idle.send('echo go\n', 'go\n');
  idle.child.kill('SIGINT');
  t.is(await idle.ended, 130);
  t.is(running.stderr + idle.stderr, '');
});

test('whoever goes away with our output ends us, without a word', async (t) => {
  const running = start('sh');
  await running.send('uname\n', 'NetBSD\n');
  running.child.stdout.destroy();
  running.child.stdin.write('uname\n'.repeat(10));
  t.is(await running.ended, 141);
  t.is(running.stderr, '');
});

test('what -c runs reads standard input, and only as long as it wants to', async (t) => {
  t.is(rump(['sh', '-c', 'cat | wc -c'], 'x'.repeat(3_000_000)).stdout.trim(), '3000000');
  t.is(rump(['sh', '-c', 'read x; echo "<$x>"; cat'], 'a b\nc\n').stdout, '<a b>\nc\n');
  t.is(rump(['sh', '-c', 'true'], 'unread').status, 0);
  const running = start('sh', '-c', 'head -1');
  running.child.stdin.write('one\n');
  // Nobody closes it.
  t.is(await running.ended, 0);
  t.is(running.stdout, 'one\n');
  t.is(running.stderr, '');
});

test('no input, and input that is no commands', (t) => {
  t.deepEqual(rump(['sh']), { status: 0, stdout: '', stderr: '' });
  const binary = rump(['sh'], Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0xff, 10, 0x69, 0x64, 10]));
  t.deepEqual(binary, { status: 2, stdout: '', stderr: 'rump: line 1: not text\n' });
  const long = rump(['sh'], `echo ${'a'.repeat(1_000_000)}\necho $?\necho ${'b'.repeat(200_000)}`);
  t.is(long.stderr, 'rump: line 1: longer than 262144 bytes\n');
  t.is(long.stdout, `2\n${'b'.repeat(200_000)}\n`);
  t.is(long.status, 0);
});

test('standard input and output that cannot be used', (t) => {
  const run = (args: readonly string[], input: number | 'ignore', output: number | 'ignore') =>
    spawnSync(process.execPath, [MAIN, ...args], {
      stdio: [input, output, 'pipe'],
      env: ENV,
      encoding: 'utf8',
    });
  const folder = openSync('/', 'r');
  const { status, stderr } = run(['sh'], folder, 'ignore');
  closeSync(folder);
  t.is(status, 74);
  t.is(stderr, 'rump: standard input is a directory\n');
  if (existsSync('/dev/full')) {
    const full = openSync('/dev/full', 'w');
    const written = run(['sh', '-c', 'id; id; id'], 'ignore', full);
    closeSync(full);
    t.is(written.status, 74);
    t.regex(written.stderr, /^rump: standard output: ENOSPC[^\n]*\n$/);
  }
});

test('the same seed gives the same run', (t) => {
  const args = ['sh', '--seed', '7', '-c', 'fork-demo; ps -l; date; sleep 86400; date; uname -a'];
  const first = rump(args);
  t.is(first.status, 0);
  t.regex(first.stdout, /^Fri Jan {2}1 00:00:00 UTC 2010\nSat Jan {2}2 00:00:00 UTC 2010\n/m);
  t.deepEqual(rump(args), first);
});
