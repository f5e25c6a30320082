import test from 'ava';
import type { DlObject } from '../../lib/rumpuser/rumpuser.ts';
import {
  RUMPUSER_PANIC,
  RUMPUSER_PARAM_HOSTNAME,
  RUMPUSER_PARAM_NCPU,
  RUMPUSER_PID_SELF,
} from '../../lib/rumpuser/rumpuser.ts';
import { simulatedHost } from '../../lib/rumpuser/sim.ts';
import { EALREADY, EINVAL, ENOENT, ENOEXEC, EOPNOTSUPP, ESRCH } from '../../lib/sys/errno.ts';
import { fc } from '../fc.ts';
import { throwsErrno } from './sim_support.ts';

function library(path: string): DlObject {
  return { path, base: 0x1000n, symtab: new Uint8Array(0), strtab: new Uint8Array(1), modules: [] };
}

test('parameters: the script answers, the real environment never', (t) => {
  const host = simulatedHost({ env: { RUMP_VERBOSE: '1' }, hostname: 'thinair', ncpu: 4 });
  t.is(host.getparam('RUMP_VERBOSE'), '1');
  t.is(host.getparam(RUMPUSER_PARAM_HOSTNAME), 'thinair');
  t.is(host.getparam(RUMPUSER_PARAM_NCPU), '4');
  t.is(host.getparam('PATH'), undefined);
  t.is(host.getparam('toString'), undefined);
  t.is(
    simulatedHost({ env: { _SECRET: 'x' } }).getparam('_SECRET'),
    undefined,
    'underscores are the contract',
  );
  t.is(simulatedHost({ env: { RUMP_NCPU: '9' }, ncpu: 4 }).getparam(RUMPUSER_PARAM_NCPU), '9');
  t.is(simulatedHost({ env: { RUMP_NCPU: 'host' }, ncpu: 4 }).getparam(RUMPUSER_PARAM_NCPU), '4');
  t.is(simulatedHost().getparam(RUMPUSER_PARAM_NCPU), '2');
  t.is(simulatedHost().getparam(RUMPUSER_PARAM_HOSTNAME), 'simulated');
});

test('options that make no sense are refused by name', (t) => {
  t.throws(() => simulatedHost({ ncpu: 0 }), { instanceOf: RangeError, message: /ncpu is 0/ });
  t.throws(() => simulatedHost({ memlimit: -1 }), { instanceOf: RangeError, message: /memlimit is -1/ });
  t.throws(() => simulatedHost({ startTime: { sec: 0, nsec: -1 } }), {
    instanceOf: RangeError,
    message: /startTime/,
  });
  const seed = {} as unknown as string;
  t.throws(() => simulatedHost({ seed }), { instanceOf: TypeError, message: /seed/ });
});

test('exit, signals and errno are written down, and nothing else happens', (t) => {
  const host = simulatedHost({ pids: [77] });
  t.is(host.exited, undefined);
  host.exit(RUMPUSER_PANIC);
  host.exit(0);
  t.is(host.exited, RUMPUSER_PANIC, 'the first exit counts');
  host.kill(RUMPUSER_PID_SELF, 15);
  host.kill(77, 0);
  t.deepEqual(host.kills, [
    { pid: RUMPUSER_PID_SELF, signo: 15 },
    { pid: 77, signo: 0 },
  ]);
  throwsErrno(t, ESRCH, () => host.kill(78, 15));
  for (const pid of [0, -2, 1.5, 2 ** 31]) throwsErrno(t, EINVAL, () => host.kill(pid, 15));
  for (const signo of [-1, 64, 1.5, Number.NaN]) throwsErrno(t, EINVAL, () => host.kill(77, signo));
  host.seterrno(35);
  t.is(host.errno, 35);
});

test('to the background once', (t) => {
  const host = simulatedHost();
  throwsErrno(t, ENOENT, () => host.daemonizeDone(5));
  t.is(host.background, undefined);
  host.daemonizeBegin();
  t.deepEqual(host.background, { status: undefined });
  throwsErrno(t, EALREADY, () => host.daemonizeBegin());
  host.daemonizeDone(0);
  throwsErrno(t, EALREADY, () => host.daemonizeDone(5));
  t.deepEqual(host.background, { status: 0 });
  throwsErrno(t, EALREADY, () => host.daemonizeBegin());
});

test('no host threads', (t) => {
  const host = simulatedHost();
  throwsErrno(t, EOPNOTSUPP, () => host.threadCreate(1n, 0n, 'worker', { mustJoin: true }));
  throwsErrno(t, ESRCH, () => host.threadJoin(1));
});

test('loaded objects are the scripted ones', (t) => {
  const main = library('/bin/program');
  const extra = library('/lib/extra.so');
  const host = simulatedHost({
    objects: [main],
    libraries: { '/lib/extra.so': [extra] },
    files: { '/etc/passwd': '' },
  });
  t.deepEqual(host.dlBootstrap(), [main]);
  t.deepEqual(host.dlopen('/lib/extra.so'), [extra]);
  host.dlopen('/lib/extra.so');
  t.deepEqual(host.dlBootstrap(), [main, extra]);
  throwsErrno(t, ENOENT, () => host.dlopen('/lib/none.so'));
  throwsErrno(t, ENOEXEC, () => host.dlopen('/etc/passwd'));
  t.deepEqual(simulatedHost().dlBootstrap(), []);
});

test('the console keeps what is written, as the text its bytes mean', (t) => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), (texts) => {
      const heard: string[] = [];
      const host = simulatedHost({ console: (text) => heard.push(text) });
      for (const [i, text] of texts.entries()) {
        if (i % 2 === 0) host.dprintf(text);
        else for (const byte of new TextEncoder().encode(text)) host.putchar(byte);
      }
      t.is(host.output, texts.join(''));
      t.is(heard.join(''), texts.join(''));
    }),
  );
});

test('bytes that are no UTF-8 show as such, and ASCII after them is whole', (t) => {
  const host = simulatedHost();
  for (const byte of [0x41, 0xe2, 0x82, 0x42, 0xff, 0x43]) host.putchar(byte);
  t.is(host.output, 'A\ufffdB\ufffdC');
});

test('a console that throws hurts nobody', (t) => {
  const host = simulatedHost({
    console: () => {
      throw new Error('the terminal is gone');
    },
  });
  t.is(host.consoleFailure, undefined);
  t.notThrows(() => host.putchar(0x41));
  t.notThrows(() => host.dprintf('BC'));
  t.is(host.output, 'ABC');
  t.is((host.consoleFailure as Error).message, 'the terminal is gone');
});
