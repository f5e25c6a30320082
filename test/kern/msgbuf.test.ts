import test from 'ava';
import { bootParams } from '../../lib/kern/bootparams.ts';
import { rumpInit } from '../../lib/kern/init.ts';
import { aprintVerbose, MSGBUFSIZE, Msgbuf, printf } from '../../lib/kern/msgbuf.ts';
import { fifoHost } from './support.ts';

test('the buffer keeps the last so many characters', (t) => {
  const msgbuf = new Msgbuf();
  let all = '';
  for (let i = 0; i < 9000; i++) {
    msgbuf.append(`line ${i}\n`);
    all += `line ${i}\n`;
  }
  t.is(msgbuf.text, all.slice(-MSGBUFSIZE));
  msgbuf.append('x'.repeat(5 * MSGBUFSIZE));
  t.is(msgbuf.text, 'x'.repeat(MSGBUFSIZE));
});

test('what is printed is logged, and shown where kernel messages are', (t) => {
  for (const verbose of [false, true]) {
    let shown = '';
    const k = rumpInit(
      bootParams(
        fifoHost(),
        { verbose },
        (text) => {
          shown += text;
        },
        'verbose',
      ),
    );
    const before = shown;
    printf(k, 'hello\n');
    aprintVerbose(k, 'detail\n');
    t.true(k.msgbuf.text.endsWith('hello\ndetail\n'));
    t.is(shown.slice(before.length), verbose ? 'hello\ndetail\n' : '');
  }
});

test('a console that throws is noted and nothing else', (t) => {
  const k = rumpInit(
    bootParams(
      fifoHost(),
      { verbose: true },
      () => {
        throw new Error('no paper');
      },
      'verbose',
    ),
  );
  printf(k, 'hello\n');
  t.true(k.msgbuf.text.endsWith('hello\nconsole: no paper\n'));
  t.is(k.state, 'running');
});
