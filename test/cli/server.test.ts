/** `rump server` and `rump ctl`, as the real commands. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { connect } from '../../lib/api/index.ts';
import { ENV, MAIN, type Result, rump, start } from './rump.ts';

function directory(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'rump-server-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

interface Served {
  readonly url: string;
  readonly child: ChildProcess;
  readonly log: () => string;
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** A server, once it has said its URL. */
async function serve(t: ExecutionContext, ...args: string[]): Promise<Served> {
  const child = spawn(process.execPath, [MAIN, 'server', ...args], { env: ENV });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('close', (status, signal) => resolve(status ?? signal));
  });
  t.teardown(() => child.kill('SIGKILL'));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').once('data', resolve);
    child.once('close', () => reject(new Error(log)));
  });
  t.regex(url, /^(?:unix|tcp):\/\/\S+\n$/);
  return { url: url.trim(), child, log: () => log, ended };
}

/** `rump ctl` with RUMP_SERVER set. */
function ctl(
  url: string,
  args: readonly string[],
  input: string | Buffer = '',
  more: NodeJS.ProcessEnv = {},
) {
  return new Promise<Result>((resolve) => {
    const child = execFile(
      process.execPath,
      [MAIN, 'ctl', ...args],
      { env: { ...ENV, RUMP_SERVER: url, ...more }, maxBuffer: 1 << 28 },
      (error, stdout, stderr) => resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

const IDS = ['--uid', '0', '--gid', '0'];

test('a server mounts, serves, tells what happens, and stops when it is told to', async (t) => {
  const dir = directory(t);
  writeFileSync(join(dir, 'of-the-host'), 'hello');
  chmodSync(dir, 0o755);
  const server = await serve(
    t,
    ...['--log', 'json', '--mount', `type=hostfs,source=${dir},target=/mnt/host,ro`],
    ...[
      '--mount',
      'type=tmpfs,target=/data,size=1m,mode=755',
      '--memlimit',
      '64m',
      '--uid',
      '1000',
      '--gid',
      '100',
    ],
    `unix://${join(dir, 'socket')}`,
  );
  const proc = await connect(server.url, { comm: 'visitor' });
  t.is(await proc.promises.getuid(), 1000);
  t.is((await proc.promises.stat('/mnt/host/of-the-host')).size, 5);
  t.is((await proc.promises.statvfs1('/data', 2)).blocks * 4096, 1 << 20);
  proc.close();
  while (!server.log().includes('client-gone')) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  server.child.kill('SIGTERM');
  t.is(await server.ended, 0);
  t.false(existsSync(join(dir, 'socket')));
  const events = server
    .log()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { time: string; event: string; comm?: string; reason?: string });
  t.true(events.every(({ time }) => !Number.isNaN(Date.parse(time))));
  t.true(events.some(({ event, comm }) => event === 'client-connected' && comm === 'visitor'));
  t.is(events.find(({ event }) => event === 'client-gone')?.comm, 'visitor');
  t.like(events.at(-1), { event: 'ended', reason: 'halted' });
});

test('in the background: ready when the command ends', async (t) => {
  const dir = directory(t);
  const [socket, pidFile, logFile] = ['socket', 'pid', 'log'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  const started = rump([
    'server',
    '-d',
    '--pid-file',
    pidFile,
    '--log-file',
    logFile,
    ...IDS,
    `unix://${socket}`,
  ]);
  t.deepEqual(started, { status: 0, stdout: `unix://${socket}\n`, stderr: '' });
  const pid = Number(readFileSync(pidFile, 'utf8'));
  t.is((await ctl(started.stdout.trim(), ['id', '-u'])).stdout, '0\n');
  process.kill(pid, 'SIGTERM');
  // The last it does is to say so: its socket has gone before.
  const log = () => readFileSync(logFile, 'utf8');
  for (let i = 0; !log().includes(' ended ') && i < 2000; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  t.regex(log(), /listening[\s\S]*ended/);
  t.false(existsSync(socket));
  const failed = rump(['server', '-d', 'unix:///none/socket']);
  t.is(failed.status, 69);
  t.regex(failed.stderr, /^rump: server: .*ENOENT.*\n$/);
});

test('tokens: TCP needs one, and clients have to show it', async (t) => {
  const dir = directory(t);
  const file = join(dir, 'token');
  writeFileSync(file, 'secret\n');
  const server = await serve(t, '--token-file', file, ...IDS, 'tcp://127.0.0.1:0');
  t.regex(server.url, /^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/);
  t.is((await ctl(server.url, ['--token-file', file, 'id', '-u'])).stdout, '0\n');
  t.is((await ctl(server.url, ['id', '-u'], '', { RUMP_SERVER_TOKEN: 'secret' })).stdout, '0\n');
  t.is((await ctl(server.url, ['id'], '', { RUMP_SERVER_TOKEN: 'wrong' })).status, 77);
  const none = await ctl(server.url, ['id']);
  t.is(none.status, 77);
  t.regex(none.stderr, /the server wants a token/);
  const open = rump(['server', 'tcp://127.0.0.1:0']);
  t.is(open.status, 77);
  t.regex(open.stderr, /^rump: server: .*token.*\n$/);
});

test('ctl runs the programs of the shell over there', async (t) => {
  const dir = directory(t);
  const server = await serve(t, ...IDS, `unix://${join(dir, 'socket')}`);
  const out = async (...args: string[]) => (await ctl(server.url, args)).stdout;
  t.regex(await out('ps'), /\[init\][\s\S]* ps\n/);
  t.regex(await out('ls', '-l', '/'), /root +wheel .* dev\n/);
  t.is(await out('sysctl', '-n', 'kern.ostype'), 'NetBSD\n');
  t.regex(await out('sysctl', 'kern.hostname=other'), /other\n$/);
  t.is(await out('hostname'), 'other\n');
  t.regex(await out('mount'), /^rumpfs on \/ type rumpfs\n/);
  t.regex(await out('modstat'), /^NAME +CLASS/);
  t.regex(await out('dmesg'), /NetBSD/);
  t.is((await ctl(server.url, ['mkdir', '/tmp/d'])).status, 0);
  t.is((await ctl(server.url, ['tee', '/tmp/d/f'], 'from here')).stdout, 'from here');
  t.is(await out('cat', '/tmp/d/f'), 'from here');
  t.deepEqual(await ctl(server.url, ['cat', '/none']), {
    status: 1,
    stdout: '',
    stderr: 'cat: /none: No such file or directory\n',
  });
  const visitor = await connect(server.url);
  const reading = visitor.promises.nanosleep({ sec: 1000, nsec: 0 });
  t.deepEqual(await ctl(server.url, ['kill', String(visitor.pid)]), { status: 0, stdout: '', stderr: '' });
  await t.throwsAsync(reading);
  t.false(visitor.alive);
  t.regex((await ctl(server.url, ['kill', '9999'])).stderr, /^kill: 9999: No such process\n$/);
  // The URL may come first, too.
  t.is((await ctl('', [server.url, 'id', '-u'])).stdout, '0\n');
  t.deepEqual(await ctl(server.url, ['halt']), { status: 0, stdout: '', stderr: '' });
  t.is(await server.ended, 0);
  const gone = await ctl(server.url, ['ps']);
  t.is(gone.status, 69);
  t.regex(gone.stderr, /^rump: ctl: .*\n$/);
});

test('ctl trace shows what others do, until it has shown enough or is ended', async (t) => {
  const dir = directory(t);
  const server = await serve(t, ...IDS, `unix://${join(dir, 'socket')}`);
  const visitor = await connect(server.url);
  const other = await connect(server.url);
  const tracing = start('ctl', server.url, 'trace', '-p', String(visitor.pid));
  while (!tracing.stdout.includes('getpid() = ')) {
    await visitor.promises.getpid();
    await other.promises.umask(0);
  }
  await t.throwsAsync(visitor.promises.open('/none', 0, 0), { code: 'ENOENT' });
  await tracing.until(/^ +\d+ \S+ +open\(path="\/none", .*\) = -1 ENOENT <\d+\.\d+>$/m);
  t.notRegex(tracing.stdout, /umask/);
  t.regex((await ctl(server.url, ['trace'])).stderr, /^trace: open: Device busy\n$/);
  tracing.child.kill('SIGKILL');
  t.is(await tracing.ended, 'SIGKILL');
  t.is(tracing.stderr, '');
  let counted: Result | null = null;
  const ended = ctl(server.url, ['trace', '-j', '-n', '2']).then((result) => {
    counted = result;
  });
  while (counted === null) {
    await other.promises.mkdir('/tmp/é', 0o755).catch(() => {});
  }
  await ended;
  const { status, stdout } = counted as Result;
  t.is(status, 0);
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { pid: number; timeNs: number });
  t.is(events.length, 2);
  t.true(events.every(({ pid, timeNs }) => pid === other.pid && timeNs > 0));
  for (const wrong of [['x'], ['-n', '0'], ['-n', 'x'], ['-p'], ['-z']]) {
    t.regex((await ctl(server.url, ['trace', ...wrong])).stderr, /^trace: [^\n]*usage: trace [^\n]*\n$/);
  }
});

test('ctl trace is for the superuser', async (t) => {
  const dir = directory(t);
  const server = await serve(t, '--uid', '1000', '--gid', '1000', `unix://${join(dir, 'socket')}`);
  t.deepEqual(await ctl(server.url, ['trace']), {
    status: 1,
    stdout: '',
    stderr: 'trace: open: Permission denied\n',
  });
});

test('ctl copies between the host and the kernel', async (t) => {
  const dir = directory(t);
  const server = await serve(t, ...IDS, `unix://${join(dir, 'socket')}`);
  const big = Buffer.alloc(3_000_000, 'rump kernel ');
  mkdirSync(join(dir, 'tree', 'sub'), { recursive: true });
  writeFileSync(join(dir, 'tree', 'big'), big, { mode: 0o640 });
  writeFileSync(join(dir, 'tree', 'sub', 'small'), 'x');
  const copy = (...args: string[]) => ctl(server.url, ['cp', ...args]);
  t.is((await copy('-R', `host:${join(dir, 'tree')}`, '/tmp')).status, 0);
  t.regex((await ctl(server.url, ['ls', '-l', '/tmp/tree'])).stdout, /-rw-r----- .* 3000000 .* big\n/);
  t.is((await copy('-R', '/tmp/tree', `host:${join(dir, 'back')}`)).status, 0);
  t.true(readFileSync(join(dir, 'back', 'big')).equals(big));
  t.is(readFileSync(join(dir, 'back', 'sub', 'small'), 'utf8'), 'x');
  t.is((await ctl(server.url, ['cp', '-', '/tmp/in'], 'piped')).status, 0);
  t.is((await copy('/tmp/in', '-')).stdout, 'piped');
  t.is((await copy('/tmp/in', '/tmp/out')).status, 0);
  t.like(await copy('/none', `host:${join(dir, 'none')}`), { status: 1, stdout: '' });
  t.false(existsSync(join(dir, 'none')));
  t.is((await copy(`host:${join(dir, 'tree')}`, '/tmp/x')).status, 1);
  t.is((await copy('host:/a', 'host:/b')).status, 1);
});

test('ctl does not wait for input that it does not read', async (t) => {
  const dir = directory(t);
  const server = await serve(t, ...IDS, `unix://${join(dir, 'socket')}`);
  const running = start('ctl', server.url, 'head', '-1');
  running.child.stdin.write('one\n');
  t.is(await running.ended, 0);
  t.is(running.stdout, 'one\n');
});

test('ctl copies trees with links, odd names and what cannot be copied in them', async (t) => {
  const dir = directory(t);
  const server = await serve(t, ...IDS, `unix://${join(dir, 'socket')}`);
  const copy = (...args: string[]) => ctl(server.url, ['cp', '-R', ...args]);
  const tree = join(dir, 'tree');
  mkdirSync(join(tree, '-d\n ü'), { recursive: true });
  writeFileSync(join(tree, '-d\n ü', '-f'), 'dash');
  const odd = Buffer.concat([Buffer.from(`${tree}/odd`), Buffer.of(0xff, 0xfe)]);
  writeFileSync(odd, 'bytes');
  symlinkSync('/etc/passwd', join(tree, 'away'));
  symlinkSync('.', join(tree, 'loop'));
  execFileSync('mkfifo', [join(tree, 'fifo')]);
  chmodSync(join(tree, '-d\n ü'), 0o500);
  const back = join(dir, 'back');
  // Twice: what is there already is replaced.
  for (const _ of [1, 2]) {
    const there = await copy(`host:${tree}`, '/tmp');
    t.is(there.status, 1);
    t.regex(there.stderr, /^cp: [^\n]*fifo is neither [^\n]*\n$/);
  }
  t.like(await copy('/tmp/tree', `host:${back}`), { status: 0, stderr: '' });
  writeFileSync(join(dir, 'victim'), 'safe');
  unlinkSync(join(back, '-d\n ü', '-f'));
  symlinkSync(join(dir, 'victim'), join(back, '-d\n ü', '-f'));
  t.like(await copy('/tmp/tree/.', `host:${back}/.`), { status: 0, stderr: '' });
  t.is(readFileSync(join(dir, 'victim'), 'utf8'), 'safe');
  t.is(readFileSync(join(back, '-d\n ü', '-f'), 'utf8'), 'dash');
  t.is(readlinkSync(join(back, 'away')), '/etc/passwd');
  t.is(readlinkSync(join(back, 'loop')), '.');
  t.is(readFileSync(Buffer.concat([Buffer.from(`${back}/odd`), Buffer.of(0xff, 0xfe)]), 'utf8'), 'bytes');
  t.like(await ctl(server.url, ['rm', '-R', '/tmp/tree']), { status: 0, stderr: '' });
});

test('what cannot be is told in one line', (t) => {
  const wrong: [string[], number][] = [
    [['server'], 64],
    [['server', 'nonsense'], 64],
    [['server', '--frob', 'unix:///x'], 64],
    [['server', '--uid', 'x', 'unix:///tmp/x'], 64],
    [['server', '--log', 'xml', 'unix:///tmp/x'], 64],
    [['server', '--memlimit', 'much', 'unix:///tmp/x'], 64],
    [['server', '--mount', 'type=tmpfs', 'unix:///tmp/x'], 64],
    [['server', '--mount', 'type=tmpfs,target=/x,size=big', 'unix:///tmp/x'], 64],
    [['server', '--mount', 'type=nonsense,target=/x', 'unix:///tmp/x'], 69],
    [['server', '--token-file', '/none', 'unix:///tmp/x'], 69],
    [['server', '--pid-file', '/none/pid', `unix://${tmpdir()}/rump-pid-${process.pid}`], 69],
    [['server', '--log-file', '/none/log', `unix://${tmpdir()}/rump-log-${process.pid}`], 69],
    [['ctl'], 64],
    [['ctl', 'ps'], 64],
    [['ctl', 'unix:///none'], 64],
    [['ctl', 'unix:///none', 'frob'], 64],
    [['ctl', 'unix:///none', 'cd'], 64],
    [['ctl', 'unix:///none', 'ps'], 69],
    [['ctl', '--frob'], 64],
  ];
  for (const [args, status] of wrong) {
    const result = rump(args);
    t.is(result.status, status, args.join(' '));
    t.is(result.stdout, '', args.join(' '));
    t.regex(result.stderr, /^rump: [^\n]+\n$/, args.join(' '));
  }
  for (const command of ['server', 'ctl']) {
    t.is(rump([command, '--help']).stdout, rump(['help', command]).stdout);
  }
});
