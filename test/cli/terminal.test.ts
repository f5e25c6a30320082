import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { ENV, MAIN, Running } from './rump.ts';

/** What util-linux's script(1) runs has a pseudo-terminal. Other systems have another script, or none. */
const SCRIPT =
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ?? false;
const ESC = '\u001b';
const UP = `${ESC}[A`;
/** At the end of the output, the cursor put behind it or not yet. */
const PROMPT = new RegExp(`rump# (?:${ESC}\\[\\d+G)?$`);

/** A shell on a terminal of its own, at its first prompt. */
async function terminal(env: NodeJS.ProcessEnv = {}): Promise<Running> {
  const command = `'${process.execPath}' '${MAIN}' sh`;
  const running = new Running('script', ['-qec', command, '/dev/null'], { ...ENV, TERM: 'xterm', ...env });
  await running.until(PROMPT);
  return running;
}

if (SCRIPT) {
  test('a prompt, an echo, and the end of the input', async (t) => {
    const running = await terminal();
    t.regex(await running.send('id -un\r', /root\r\n(?:.|\n)*rump# /), /id -un/);
    running.child.stdin.write('\u0004');
    t.is(await running.ended, 0);
  });

  test('Ctrl-C ends the program in the foreground, not the shell', async (t) => {
    const running = await terminal();
    await running.send('sleep 1000000; echo never\r', 'never\r');
    await running.send('\u0003', PROMPT);
    t.regex(await running.send('echo status $?\r', /status \d+\r\n/), /status 130/);
    await running.until(PROMPT);
    await running.send('kill 2 and this line is forgotten\u0003', PROMPT);
    t.regex(await running.send('echo still $?\r', /still \d+\r\n/), /still 130/);
    running.child.stdin.write('exit 5\r');
    t.is(await running.ended, 5);
    t.is(running.stdout.split('never').length, 2, 'the rest of the line did not run');
  });

  test('completion, continuation and history', async (t) => {
    const home = mkdtempSync(join(tmpdir(), 'rump-history-'));
    const RUMP_HISTFILE = join(home, 'history');
    try {
      const first = await terminal({ RUMP_HISTFILE });
      await first.send('fork-', 'fork-');
      await first.send('\t', /demo /);
      await first.send('\u0003', PROMPT);
      await first.send('kill -US', '-US');
      await first.send('\t', /R/);
      await first.send('\u0003', PROMPT);
      await first.send('echo "one\r', /> /);
      await first.send('two"\r', /one\r\ntwo\r\n/);
      await first.until(PROMPT);
      await first.send('echo three\r', /\nthree\r\n/);
      first.child.stdin.write('halt\r');
      t.is(await first.ended, 0);
      t.deepEqual(readFileSync(RUMP_HISTFILE, 'utf8').split('\n').slice(-4), [
        ...['two"', 'echo three', 'halt', ''],
      ]);

      const second = await terminal({ RUMP_HISTFILE });
      await second.send(UP, /halt/);
      await second.send(UP, /echo three/);
      await second.send('\r', /\nthree\r\n/);
      second.child.stdin.write('\u0004');
      t.is(await second.ended, 0);
    } finally {
      rmSync(home, { recursive: true });
    }
  });
} else {
  test('there is no script(1) to make a terminal with', (t) => {
    t.false(SCRIPT);
  });
}
