import test from 'ava';
import { PROGRAMS } from '../../lib/cli/programs/index.ts';
import { output } from './output.ts';
import { sh } from './rump.ts';

test('uname and hostname', async (t) => {
  t.is(
    await output('uname', 'uname -s', 'uname -rs', 'uname -nm', 'uname -p', 'hostname -s'),
    'NetBSD\nNetBSD\nNetBSD 7.99.34\nbox.example amd64\nx86_64\nbox\n',
  );
  t.is(await output('uname -a'), await output('uname -mnrsv'));
  t.is(await output('hostname other', 'hostname', 'uname -n'), 'other\nother\n');
  t.is(
    await output('uname -z', 'hostname a b; echo $?'),
    'uname: unknown option -z (usage: uname [-amnprsv])\n' +
      'hostname: more than one name (usage: hostname [-s] [name])\n1\n',
  );
});

test('id', async (t) => {
  t.is(
    await output('id -u', 'id -un', 'id -g', 'id -gn', 'id -G', 'id -Gn', 'id -ru'),
    '0\nroot\n0\nwheel\n0\nwheel\n0\n',
  );
  t.regex(await output('id -ug'), /^id: -u and -g exclude each other /);
  t.regex(await output('id -n'), /^id: -n goes with -u, -g or -G /);
  t.regex(await output('id root'), /^id: users are known by number only/);
});

test('ps', async (t) => {
  const [header = '', ...rows] = (await output('ps -l')).trimEnd().split('\n');
  t.deepEqual(header.trim().split(/ +/), [
    ...['UID', 'PID', 'PPID', 'PGID', 'SID', 'PRI', 'NI', 'NLWP', 'STAT', 'WCHAN', 'TIME', 'COMMAND'],
  ]);
  t.is(rows.length, 4);
  t.regex(await output('ps -p 2'), /\n +2 +1 +2 +0 Ss\S* +wait +\S+ sh\n$/);
  t.regex(await output('ps aux'), /^USER +PID/);
  t.is((await output('ps -U 1000; echo $?')).split('\n').length, 3, 'nobody: the header and the status');
  t.regex(await output('ps -p x'), /^ps: x: not a process number /);
  t.regex(await output('ps 7'), /^ps: unexpected argument 7 /);
});

test('kill', async (t) => {
  t.is(await output('kill -l 9', 'kill -l 143', 'kill -0 $$; echo $?'), 'KILL\nTERM\n0\n');
  t.regex(await output('kill -l'), /^HUP INT QUIT ILL TRAP .* USR1 USR2 /);
  t.regex(await output('kill; echo $?'), /^kill: no process given \(usage: [^\n]*\)\n1\n$/);
  t.is(
    await output('kill 77 x 99999999999 -s; echo $?'),
    'kill: 77: No such process\nkill: x: not a process number\nkill: 99999999999: not a process number\n' +
      'kill: -s: not a process number\n1\n',
  );
  t.regex(await output('kill -FROB 1'), /^kill: FROB: no such signal /);
  t.regex(await output('kill -64 1'), /^kill: 64: no such signal /);
  t.regex(await output('kill -s'), /^kill: option -s needs a value /);
  t.regex(await output('kill -l 999'), /^kill: 999: no such signal /);
  t.regex(await output('kill -77 -3'), /^kill: 77: no such signal /);
  t.is(await output('kill -9 -77; echo $?'), 'kill: -77: No such process\n1\n', 'a process group');
});

test('sleep takes fractions, of virtual time', async (t) => {
  t.is(await output('date +%s', 'sleep 1.5', 'sleep .5', 'sleep 3.', 'date +%s'), '1262304000\n1262304005\n');
  for (const wrong of ['', '1 2', '-- -1', '.', '1e3', "''", '2147483648']) {
    t.regex(await output(`sleep ${wrong}; echo $?`), /^sleep: [^\n]*\(usage: sleep seconds\)\n1\n$/, wrong);
  }
});

test('date', async (t) => {
  t.is(
    await output('date', 'date +%F', 'date -r 86400 +%F'),
    'Fri Jan  1 00:00:00 UTC 2010\n2010-01-01\n1970-01-02\n',
  );
  t.is(await output('date 202602030405.06; date'), 'Tue Feb  3 04:05:06 UTC 2026\n');
  t.regex(await output('date 99; echo $?'), /^date: 99: no such time [^\n]*\n1\n$/);
  t.regex(await output('date -r x'), /^date: x: not a time in seconds /);
  t.regex(await output('date + +'), /^date: one operand /);
});

test('ulimit changes the shell, and so its children', async (t) => {
  t.regex(await output('ulimit -a'), /^time \(seconds\) -t +unlimited\n(?:.* -[a-z] +\S+\n){11}$/);
  t.is(
    await output(
      'ulimit',
      'ulimit -n 12',
      'ulimit -n',
      'ulimit -Sn 10; ulimit -n; ulimit -Hn',
      'ulimit -n unlimited',
      'ulimit -n',
    ),
    'unlimited\n12\n10\n12\nunlimited\n',
  );
  t.is(
    await output('ulimit -d 4', 'ulimit -d', 'ulimit -f 3', 'ulimit'),
    '4\n3\n',
    'in the units of each limit',
  );
  for (const wrong of ['-z', '-n x', '-n -1', '-n 1 2', '-a -n', '-nf', '-a 1', `-d ${'9'.repeat(20)}`]) {
    t.regex(await output(`ulimit ${wrong}; echo $?`), /^ulimit: [^\n]*\(usage: [^\n]*\)\n1\n$/, wrong);
  }
  t.is(await output('ulimit -Sn 5; ulimit -Hn 3; echo $?'), 'ulimit: setrlimit: Invalid argument\n1\n');
});

test('fork-demo sees how its children end', async (t) => {
  const lines = (await output('fork-demo')).trimEnd().split('\n');
  t.deepEqual(
    lines.filter((line) => !line.startsWith('fork')),
    [
      'wait4: 5 exited with status 0',
      'wait4: 7 exited with status 42',
      'wait4: 4 exited with status 3',
      'kill: SIGTERM to 6',
      'wait4: 6 was killed by SIGTERM',
      'all 4 children are gone',
    ],
  );
  t.notRegex(await output('fork-demo', 'ps -A'), /fork-demo$/m, 'nobody is left');
});

test('fork-demo on the native host', (t) => {
  const { status, stdout, stderr } = sh('fork-demo');
  t.is(status, 0);
  t.is(stderr, '');
  t.regex(stdout, /wait4: 6 was killed by SIGTERM\nall 4 children are gone\n$/);
});

test('dmesg, echo, help', async (t) => {
  t.regex(await output('dmesg'), /^Copyright .*\nNetBSD 7\.99\.34 /);
  t.is(await output('echo -n a  b', 'echo', 'echo "a  b" --help'), 'a b\na  b --help\n');
  const help = await output('help');
  for (const { name } of PROGRAMS) {
    t.true(
      help.split('\n').some((line) => line.split(' ')[0] === name),
      name,
    );
  }
  t.is(
    await output('help sleep', 'sleep --help'),
    'usage: sleep seconds\nwait; fractions are welcome\n'.repeat(2),
  );
  t.is(await output('help frob; echo $?'), 'help: frob: no such command\n1\n');
});
