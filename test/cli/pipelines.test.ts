import test from 'ava';
import { output } from './output.ts';
import { rump, sh, start } from './rump.ts';

test('a pipeline does the work, on both hosts', async (t) => {
  const lines = ['yes | head -3', 'echo $?', 'seq 100000 | wc', 'echo a 2>&1 | cat | cat'];
  const expected = 'y\ny\ny\n0\n  100000  100000  588895\na\n';
  t.is(await output(...lines), expected);
  t.deepEqual(sh(...lines), { status: 0, stdout: expected, stderr: '' });
});

test('$? is the status of the last', async (t) => {
  t.is(
    await output('false | true; echo $?', 'true | false; echo $?', 'true | exit 7; echo $? | cat; echo $$'),
    '0\n1\n7\n2\n',
  );
  t.deepEqual(sh('frob | cat; echo $?', 'echo a | frob; echo $?'), {
    status: 0,
    stdout: '0\n127\n',
    stderr: 'rump: frob: not found\n'.repeat(2),
  });
});

test('nobody waits for an end that the shell or a neighbour has open', async (t) => {
  const stages = Array.from({ length: 20 }, () => 'cat');
  t.is(await output(`seq 20000 | ${stages.join(' | ')} | wc -l`), '   20000\n');
  t.is(await output(`yes | ${stages.join(' | ')} | head -n 1`), 'y\n');
  t.is(await output('yes | true; echo $?', 'yes | yes | true', 'cat | cat | wc -c'), '0\n       0\n');
  t.is(await output(...Array.from({ length: 200 }, () => 'yes | head -1')), 'y\n'.repeat(200));
});

test('all of a pipeline is one process group, each a process of its own', async (t) => {
  const rows = (await output('sleep 1 | sleep 1 | ps')).trimEnd().split('\n');
  const own = rows.map((row) => row.trim().split(/ +/)).filter(([, ppid]) => ppid === '2');
  t.deepEqual(
    own.map((row) => row[2]),
    ['3', '3', '3'],
  );
  t.deepEqual(
    own.map((row) => row.at(-1)),
    ['sleep', 'sleep', 'ps'],
  );
});

test('SIGPIPE and kill end a stage; the rest finds the end', async (t) => {
  t.is(await output('yes | head -1 & wait $!', 'echo $?'), 'y\n0\n');
  t.is(await output('yes | cat | cat | head -1 | wc -l'), '       1\n');
  t.is(await output('sleep 1000 | cat & kill -9 -- -3; wait $!; echo $?'), '137\n', 'the group');
  t.is(await output('sleep 1000 | wc -l & kill -9 3; wait $!; echo $?'), '       0\n0\n', 'the first alone');
});

test('standard error and descriptors go where they are sent', async (t) => {
  t.is(await output('sleep x 2>&1 | wc -l', 'sleep x 2>&- | wc -l'), '       1\n       0\n');
  t.is(await output('echo a >&2 | wc -l'), 'a\n       0\n');
  t.is(await output('echo a 3>&1 1>&2 2>&3 3>&- | wc -l'), 'a\n       0\n', 'swapped');
  t.is(await output('echo a >&-; echo $?'), 'echo: write: Bad file descriptor\n1\n');
  t.is(await output('echo 4>&- a'), 'a\n', 'closing what is not open is no error');
  t.is(await output('cat <&-; echo $?'), 'cat: -: Bad file descriptor\n1\n');
});

test("redirections of what runs in the shell's process last as long as it", async (t) => {
  t.is(
    await output('ulimit -n 2>&1 >&-; echo $?; ulimit -n 30; ulimit -n; ulimit x 2>&-; echo $?'),
    'ulimit: write: Bad file descriptor\n1\n30\n1\n',
  );
  t.is(
    await output('ulimit -n 3 | cat; ulimit -S -n 64; ulimit -n'),
    '64\n',
    'in a pipeline it is a process like others',
  );
});

test('a redirection that is refused: status 2, and the program does not run', (t) => {
  t.deepEqual(sh('echo a >&7; echo $?', 'ulimit 2>&9; echo $?', 'echo b 999999999>&1; echo $?'), {
    status: 0,
    stdout: '2\n2\n2\n',
    stderr:
      'rump: echo: 1>&7: Bad file descriptor\nrump: ulimit: 2>&9: Bad file descriptor\n' +
      'rump: echo: 999999999>&1: Bad file descriptor\n',
  });
});

test('a pipeline the kernel refuses in the middle leaves nobody behind', (t) => {
  const { stdout, stderr, status } = sh(
    'ulimit -n 5; yes | yes | yes | wc; echo $?',
    'ulimit -n 4; yes | cat & echo $?; jobs',
    'ulimit -n 64; yes | head -1; ps -U 0 | grep -c yes',
  );
  t.is(stdout, '2\n2\ny\n0\n');
  t.is(stderr, 'rump: yes: EMFILE: Too many open files, pipe\n'.repeat(2));
  t.is(status, 1, 'grep found none');
});

test('syntax errors: one line, status 2, and nothing runs', (t) => {
  for (const line of [
    '|',
    '| a',
    'echo a ||',
    'echo a | | b',
    'echo a >',
    'echo a >& f',
    'echo a & & b',
    '(echo a',
    'if true; fi',
  ]) {
    const { stdout, stderr, status } = rump(['sh', '-c', line]);
    t.is(status, 2, line);
    t.is(stdout, '', line);
    t.regex(stderr, /^rump: [^\n]+\n$/, line);
  }
  t.deepEqual(rump(['sh', '-c', 'echo a |']), {
    status: 2,
    stdout: '',
    stderr: 'rump: | is not closed at the end of the input\n',
  });
  t.is(sh('echo a |', '', 'cat').stdout, 'a\n', 'the next line goes on');
});

test('SIGINT of the host ends all of a pipeline, also one that is busy', async (t) => {
  const running = start('sh', '-c', 'echo go; yes | cat | grep n; echo no');
  await running.until('go\n');
  running.child.kill('SIGINT');
  t.is(await running.ended, 130);
  t.is(running.stdout, 'go\n');
  t.is(running.stderr, '');
});
