import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import test from 'ava';
import { RUMPUSER_PANIC, RUMPUSER_PID_SELF } from '../../lib/rumpuser/rumpuser.ts';
import { EINVAL, ESRCH } from '../../lib/sys/errno.ts';
import { openHost } from './host_support.ts';
import { throwsErrno } from './sim_support.ts';

/** NetBSD's numbers of the signals that this test sends. */
const SIGTERM = 15;
const SIGUSR1 = 30;

test('exit tells who embeds the kernel, and ends nothing else', (t) => {
  const codes: number[] = [];
  const { calls } = openHost({ onExit: (code) => void codes.push(code) });
  calls.exit(3);
  calls.exit(RUMPUSER_PANIC);
  t.deepEqual(codes, [3, -1]);
  t.notThrows(() => openHost().calls.exit(0));
});

test('kill signals a process with the host number of a NetBSD signal', async (t) => {
  const { calls } = openHost();
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const ended = new Promise<string | null>((resolve) => child.once('exit', (_, signal) => resolve(signal)));
  calls.kill(child.pid as number, 0);
  calls.kill(child.pid as number, SIGUSR1 + 1);
  t.is(await ended, 'SIGUSR2');
});

test('kill reaches this process', async (t) => {
  const { calls } = openHost();
  const signalled = new Promise<string>((resolve) => process.once('SIGWINCH', resolve));
  calls.kill(RUMPUSER_PID_SELF, 28);
  t.is(await signalled, 'SIGWINCH');
  t.not(constants.signals.SIGUSR1, SIGUSR1);
});

test('kill refuses signals and processes that are none', (t) => {
  const { calls } = openHost();
  for (const signo of [-1, 64, 1000, 7, 29])
    throwsErrno(t, EINVAL, () => calls.kill(RUMPUSER_PID_SELF, signo));
  for (const pid of [0, -2, 2 ** 31, 2 ** 40]) throwsErrno(t, EINVAL, () => calls.kill(pid, SIGTERM));
  throwsErrno(t, ESRCH, () => calls.kill(2 ** 31 - 1, SIGTERM));
});

test('seterrno takes any number, and no other thing', (t) => {
  const { calls } = openHost();
  t.notThrows(() => calls.seterrno(78));
  t.throws(() => calls.seterrno('78' as never), { instanceOf: TypeError });
});
