import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { traceText } from '../../lib/cli/tracetext.ts';
import { output, outputOf } from './output.ts';

/** The lines of a trace without their times. */
async function traced(...lines: string[]): Promise<string> {
  return (await output(...lines)).replace(/<\d+\.\d{6}/g, '<T');
}

test('trace shows the calls of a command, after its output, and keeps its status', async (t) => {
  t.is(
    await traced('trace seq 2; echo $?', 'trace sleep x | cat; trace false; echo $?'),
    `1
2
4 seq sched_yield() = 0 <T>
4 seq write(fd=1, buf="1\\n2\\n") = 4 <T>
4 seq exit(rval=0) = ?
4 seq +++ exited with 0 +++
0
sleep: x: not a number of seconds (usage: sleep seconds)
8 sleep sched_yield() = 0 <T>
8 sleep write(fd=2, buf="sleep: x: not a number of second"...[57]) = 57 <T>
8 sleep exit(rval=1) = ?
8 sleep +++ exited with 1 +++
10 false sched_yield() = 0 <T>
10 false exit(rval=1) = ?
10 false +++ exited with 1 +++
1
`,
  );
});

test('of several commands, of what they sleep in, of errors and of signals too', async (t) => {
  const text = await traced(
    'trace -c "sleep 1 | cat; cat /none" 2>&1 | cat',
    'trace -c "kill -TERM 0; true" | cat',
  );
  for (const line of [
    'sleep nanosleep(rqtp={sec=1, nsec=0}, rmtp=null) = 0 <T nanoslp>',
    'cat   read(fd=0, buf=[65536]) = 0 <T piperd>',
    'cat   open(path="/none", flags=0, mode=0) = -1 ENOENT <T>',
  ]) {
    t.true(text.includes(line), `${line}\n${text}`);
  }
});

test('signals, and calls that are never over', (t) => {
  const stamp = { timeNs: 0, pid: 12, lid: 1, comm: 'x' };
  t.is(
    traceText([
      { ...stamp, type: 'call', call: 'read', args: { fd: 0, buf: { length: 3, head: new Uint8Array(3) } } },
      { ...stamp, type: 'sleep', wmesg: 'piperd', timeoutNs: null },
      { ...stamp, pid: 3, comm: 'long', type: 'signal', signo: 15, what: 'posted' },
      { ...stamp, type: 'signal', signo: 15, what: 'taken' },
      { ...stamp, type: 'exit', status: 15 },
      { ...stamp, type: 'return', call: 'read', durationNs: 1, value: 0 },
      {
        ...stamp,
        type: 'call',
        call: 'write',
        args: { buf: { length: 4, head: Uint8Array.of(0, 1, 255, 10) } },
      },
      { ...stamp, type: 'return', call: 'write', durationNs: 1500, value: [{ a: [1n, null] }] },
      { ...stamp, type: 'answer', call: 'write', peer: 'unix:///s#7', latencyNs: 25_000 },
    ]),
    ` 3 long --- SIGTERM posted ---
12 x    --- SIGTERM taken ---
12 x    read(fd=0, buf=[3]) = ?
12 x    +++ killed by SIGTERM +++
12 x    write(buf="\\0\\x01\u00ff\\n") = [{a=[1, null]}] <0.000002>
12 x    --- write of unix:///s#7 answered <0.000025> ---
`,
  );
});

test('a trace for Chrome is a file of the host', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rumpkernel-trace-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'trace.json');
  t.is(await output(`trace -o '${file}' exit 3; echo $?`), '3\n');
  const { traceEvents } = JSON.parse(readFileSync(file, 'utf8')) as { traceEvents: { name: string }[] };
  t.true(traceEvents.some(({ name }) => name === 'exit'));
  t.regex(await output(`trace -o '${folder}/a/b' true; echo $?`), /^trace: [^\n]*: ENOENT: [^\n]*\n73\n$/);
});

test('trace and sh that are called wrongly', async (t) => {
  t.is(
    await output('trace; trace -c a b; trace -x; echo $?', 'sh; sh -c a b; sh x; echo $?'),
    `trace: no command (USAGE)
trace: a command or -c (USAGE)
trace: unknown option -x (USAGE)
1
sh: no commands (usage: sh -c commands)
sh: unexpected argument b (usage: sh -c commands)
sh: no commands (usage: sh -c commands)
1
`.replaceAll('USAGE', 'usage: trace [-o file] command [argument ...] | [-o file] -c commands'),
  );
  t.regex(await output('trace trace true'), /^trace: trace: Device busy\n4 trace/, 'one at a time');
});

test('sh runs commands in a process of its own', async (t) => {
  t.is(await output('sh -c "x=1; cd /tmp; pwd; exit 3"; echo $? $x; pwd'), '/tmp\n3\n/\n');
  t.is(await output('sh -c "echo a; a \\`b\\`"; echo $?'), '2\n');
  t.is(await outputOf('interactive', ['sh -c "kill -TERM 0; echo no"; echo $?', 'echo on']), '143\non\n');
});

test('fstat shows who has what open', async (t) => {
  const command = 'sleep 9 9>>/tmp/f 8<> /tmp/g 7</tmp 6<<<x &';
  const lines = (await output(command, 'sleep 1; fstat -p 3', 'fstat -u 77; echo $?')).split('\n');
  t.deepEqual(
    // The console is open for everybody.
    lines.map((line) =>
      line
        .trim()
        .replace(/ +/g, ' ')
        .replace(/(misc 0) \d+/, '$1 n'),
    ),
    [
      'USER CMD PID FD KIND OFFSET REFS FLAGS',
      'root sleep 3 0 misc 0 n rw',
      'root sleep 3 1 misc 0 n rw',
      'root sleep 3 2 misc 0 n rw',
      'root sleep 3 6 pipe 0 1 r',
      'root sleep 3 7 directory 0 1 r',
      'root sleep 3 8 file 0 1 rw',
      'root sleep 3 9 file 0 1 wa',
      'USER CMD PID FD KIND OFFSET REFS FLAGS',
      '1',
      '',
    ],
  );
  t.regex(
    await output('fstat x; fstat -p x; fstat -u -1'),
    /^(fstat: [^\n]* \(usage: fstat \[-p pid\] \[-u uid\]\)\n){3}$/,
  );
});
