import { availableParallelism, hostname } from 'node:os';
import test from 'ava';
import { RUMPUSER_PARAM_HOSTNAME, RUMPUSER_PARAM_NCPU } from '../../lib/rumpuser/rumpuser.ts';
import { openHost } from './host_support.ts';

test('the environment given is the one that is seen', (t) => {
  const { calls } = openHost({ env: { RUMP_VERBOSE: '1', EMPTY: '' } });
  t.is(calls.getparam('RUMP_VERBOSE'), '1');
  t.is(calls.getparam('EMPTY'), '');
  t.is(calls.getparam('PATH'), undefined);
  t.is(calls.getparam('toString'), undefined);
  t.is(calls.getparam(''), undefined);
});

test('without one it is the environment of this process, as it is now', (t) => {
  const { calls } = openHost();
  t.is(calls.getparam('PATH'), process.env['PATH']);
  process.env['RUMPKERNEL_TEST_PARAM'] = 'later';
  t.is(calls.getparam('RUMPKERNEL_TEST_PARAM'), 'later');
  delete process.env['RUMPKERNEL_TEST_PARAM'];
  t.is(calls.getparam('RUMPKERNEL_TEST_PARAM'), undefined);
});

test('the number of CPUs follows RUMP_NCPU', (t) => {
  const ncpu = (env: Record<string, string>) => openHost({ env }).calls.getparam(RUMPUSER_PARAM_NCPU);
  t.is(ncpu({}), '2');
  t.is(ncpu({ RUMP_NCPU: '7' }), '7');
  t.is(ncpu({ RUMP_NCPU: 'host' }), String(availableParallelism()));
  // Whether it makes sense is for the kernel to say.
  t.is(ncpu({ RUMP_NCPU: 'many' }), 'many');
});

test('the host name tells host and process; other names of the contract are unset', (t) => {
  const { calls } = openHost({ env: { _RUMPUSER_OTHER: 'x' } });
  const pid = String(process.pid).padStart(5, '0');
  t.is(calls.getparam(RUMPUSER_PARAM_HOSTNAME), `rump-${pid}.${hostname()}`);
  t.is(calls.getparam('_RUMPUSER_OTHER'), undefined);
});
