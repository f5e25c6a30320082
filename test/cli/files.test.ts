/** The programs that deal with files. */
import test from 'ava';
import { output } from './output.ts';

test('mkdir, cd, pwd, touch, ls', async (t) => {
  t.is(
    await output('mkdir -p /a/b/c', 'cd /a/b', 'pwd', 'touch x .y', 'ls', 'ls -a', 'ls -d ..'),
    '/a/b\nc\nx\n.\n..\n.y\nc\nx\n..\n',
  );
  t.is(await output('ls /none; echo $?'), 'ls: /none: No such file or directory\n1\n');
  t.is(
    await output('mkdir /tmp; echo $?', 'mkdir /x/y'),
    'mkdir: /tmp: File exists\n1\nmkdir: /x/y: No such file or directory\n',
  );
  t.regex(await output('cd /none'), /^cd: chdir: No such file or directory/);
  t.is(await output('umask 077', 'umask', 'mkdir /m', 'ls -ld /m | wc -l'), '0077\n       1\n');
});

test('ls -l shows modes, links, owners, sizes and what links lead to', async (t) => {
  const text = await output(
    'cd /tmp',
    'echo hello > f',
    'chown 7:100 f',
    'chmod 4751 f',
    'ln -s f l',
    'mkfifo p',
    'mkdir -m 1777 d',
    'ls -l',
    'ls -l /dev/null',
  );
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/ +/g, ' '));
  t.regex(lines[0] ?? '', /^drwxrwxrwt 2 root wheel 0 \w{3} \d+ \S+ d$/);
  t.regex(lines[1] ?? '', /^-rwsr-x--x 1 games users 6 \w{3} \d+ \S+ f$/);
  t.regex(lines[2] ?? '', /^lrwxr-xr-x 1 root wheel 1 .* l -> f$/);
  t.regex(lines[3] ?? '', /^prw-r--r-- 1 root wheel 0 .* p$/);
  t.regex(lines[4] ?? '', /^crw-rw-rw- 1 root wheel 0x202 .* \/dev\/null$/);
});

test('redirection to and from files', async (t) => {
  t.is(
    await output('echo one > /tmp/f', 'echo two >> /tmp/f', 'cat < /tmp/f', 'wc -l < /tmp/f'),
    'one\ntwo\n       2\n',
  );
  t.is(await output('ls /none 2> /tmp/e', 'cat /tmp/e'), 'ls: /none: No such file or directory\n');
  t.is(await output('echo $? > "/tmp/a b"', "cat '/tmp/a b'"), '0\n');
  t.is(await output('cat < /none; echo $?'), '2\n');
  t.is(await output('echo x > /tmp; echo $?'), '2\n');
});

test('cp, mv, rm, ln', async (t) => {
  t.is(
    await output(
      'cd /tmp',
      'echo hello > f',
      'cp f g',
      'cat g',
      'mkdir d',
      'cp f g d',
      'ls d',
      'cp -R d e',
      'ls e',
    ),
    'hello\nf\ng\nf\ng\n',
  );
  t.is(
    await output('cd /tmp', 'mkdir d', 'cp d e; echo $?'),
    'cp: d is a directory, and -R was not given (usage: cp [-pRr] source target | source ... directory)\n1\n',
  );
  t.is(
    await output('cd /tmp', 'echo x > f', 'cp f f'),
    'cp: f and f are the same file (usage: cp [-pRr] source target | source ... directory)\n',
  );
  t.is(await output('cd /tmp', 'echo x > f', 'mv f g', 'ls', 'mkdir d', 'mv g d', 'ls d'), 'g\ng\n');
  t.is(
    await output('cd /tmp', 'mkdir m', 'mount /tmp/m', 'echo x > f', 'mv f m', 'ls . m'),
    '.:\nm\n\nm:\nf\n',
  );
  t.is(
    await output('cd /tmp', 'mkdir -p d/e', 'touch d/e/f', 'rm d', 'rm -r d', 'ls', 'rm -f none; echo $?'),
    'rm: d: Operation not permitted\n0\n',
  );
  t.is(
    await output(
      'cd /tmp',
      'touch f',
      'ln f g',
      'stat g | grep links | wc -l',
      'ln -s x l',
      'ln -sf y l',
      'ls -l l | wc -l',
    ),
    '       1\n       1\n',
  );
});

test('chmod by letters', async (t) => {
  const mode = async (...changes: string[]): Promise<string> => {
    const text = await output(
      'cd /tmp',
      'touch f',
      'chmod 644 f',
      ...changes.map((each) => `chmod ${each} f`),
      'stat f',
    );
    return /mode: (\S+)/.exec(text)?.[1] ?? text;
  };
  t.is(await mode('u+x'), '-rwxr--r--');
  t.is(await mode('go-r,u=rwx'), '-rwx------');
  t.is(await mode('a+X'), '-rw-r--r--');
  t.is(await mode('+x', 'u+s,g+s'), '-rwsr-sr-x');
  t.regex(await output('chmod u+q /tmp'), /^chmod: u\+q: not a mode/);
});

test('mount, umount and df', async (t) => {
  const text = await output(
    'mkdir /m',
    'mount -t tmpfs -o size=64k,ro,nosuid /m',
    'mount',
    'df /m',
    'umount /m',
    'umount /m; echo $?',
  );
  t.regex(text, /^rumpfs on \/ type rumpfs\ntmpfs on \/m type tmpfs \(read-only, nosuid\)\n/);
  t.regex(text, /tmpfs +64 +0 +64 \/m\n/);
  t.regex(text, /umount: \/m: Invalid argument\n1\n$/);
  t.regex(
    await output('mount -t nofs /tmp; echo $?'),
    /^mount: mount: Operation not supported by device\n1\n/,
  );
});

test('find, du, tee, head, grep and wc on files', async (t) => {
  t.is(
    await output(
      'cd /tmp',
      'mkdir d',
      'touch d/a.txt d/b',
      'find . -name "*.txt"',
      'find d -type d',
      'find -type f -size 0',
    ),
    './d/a.txt\nd\n./d/a.txt\n./d/b\n',
  );
  t.is(
    await output('cd /tmp', 'seq 3 | tee a b', 'wc -l a b'),
    '1\n2\n3\n       3 a\n       3 b\n       6 total\n',
  );
  t.is(
    await output('cd /tmp', 'seq 3 > a', 'seq 9 > b', 'head -n 1 a b', 'grep 3 a b'),
    '==> a <==\n1\n\n==> b <==\n1\na:3\nb:3\n',
  );
  t.is(await output('cd /tmp', 'mkdir d', 'echo x > d/f', 'du', 'du -s d'), '4\t./d\n4\t.\n4\td\n');
});
