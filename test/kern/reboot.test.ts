import test from 'ava';
import { usermountCommonPolicy } from '../../lib/kern/hooks.ts';
import type { Kernel } from '../../lib/kern/kernel.ts';
import { rumpReboot } from '../../lib/kern/reboot.ts';
import { RUMPUSER_PANIC } from '../../lib/rumpuser/rumpuser.ts';
import type { SimulatedHost } from '../../lib/rumpuser/sim.ts';
import { RB_DUMP, RB_HALT, RB_NOSYNC } from '../../lib/sys/constants/reboot.ts';
import { EIO } from '../../lib/sys/errno.ts';
import { bootFifo, bootOn, fifoHost, panics, runReady, thread, throwsErrno } from './support.ts';

/** A kernel with a file-system faction that notes when it is told to go. */
function withVfs(): { k: Kernel; host: SimulatedHost; synced: () => number } {
  const host = fifoHost();
  const k = bootOn(host);
  let synced = 0;
  k.hooks.vfsFini = () => {
    expectRunning(k);
    synced++;
  };
  return { k, host, synced: () => synced };
}

/** The faction is told while the kernel still works. */
function expectRunning(k: Kernel): void {
  if (k.state !== 'running') {
    throw new Error('told too late');
  }
}

test('an orderly end syncs once, says so, and tells the host 0', (t) => {
  for (const [howto, reason, said] of [
    [0, 'rebooted', 'rebooting...\n'],
    [RB_HALT, 'halted', 'The operating system has halted.\n'],
  ] as const) {
    const { k, host, synced } = withVfs();
    rumpReboot(k, howto);
    t.is(synced(), 1);
    t.is(k.state, 'dead');
    t.is(k.deadReason, reason);
    t.true(k.msgbuf.text.endsWith(said));
    t.is(host.exited, 0);
    rumpReboot(k, RB_DUMP);
    t.is(k.deadReason, reason);
    t.is(host.exited, 0);
    t.is(synced(), 1);
  }
});

test('RB_NOSYNC does not sync', (t) => {
  const { k, host, synced } = withVfs();
  rumpReboot(k, RB_NOSYNC | RB_HALT);
  t.is(synced(), 0);
  t.is(k.deadReason, 'halted');
  t.is(host.exited, 0);
});

test('RB_DUMP ends the host process as a panic does, without syncing', (t) => {
  const { k, host, synced } = withVfs();
  rumpReboot(k, RB_DUMP);
  t.is(synced(), 0);
  t.is(k.state, 'dead');
  t.is(k.panicstr, null);
  t.is(host.exited, RUMPUSER_PANIC);
});

test('without file systems there is nothing to sync', (t) => {
  const host = fifoHost();
  const k = bootOn(host);
  rumpReboot(k, 0);
  t.is(host.exited, 0);
});

test('file systems that cannot go keep the kernel up', (t) => {
  const { k, host } = withVfs();
  k.hooks.vfsFini = () => {
    throw EIO;
  };
  throwsErrno(t, EIO, () => rumpReboot(k, 0));
  t.is(k.state, 'running');
  t.is(host.exited, undefined);
});

test('a panic does not sync either, and the host is told', (t) => {
  const { k, host, synced } = withVfs();
  thread(k, function* () {
    throw new Error('thread broke');
  });
  runReady(k);
  t.is(synced(), 0);
  t.is(host.exited, RUMPUSER_PANIC);
  t.is(k.deadReason, 'panic: thread broke');
});

test('who asks for the policy of user mounts without file systems panics', (t) => {
  panics(t, bootFifo(), /^vfs component not available$/, (l) => usermountCommonPolicy(l.kernel));
});
