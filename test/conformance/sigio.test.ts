/** fcntl(2) F_SETOWN and O_ASYNC, sigaltstack(2), setitimer(2) ITIMER_PROF, signal models. */
import { constants as c } from '../../lib/api/index.ts';
import { conformance, fails } from './harness.ts';

conformance(
  'SIGIO tells the owner of an asynchronous pipe that there is something to read',
  async (t, { newproc, call }) => {
    const p = newproc();
    const sys = call(p);
    let signals = 0;
    await sys.sigaction(c.SIGIO, { handler: () => signals++, mask: [0, 0, 0, 0], flags: 0 });
    const [r, w] = await sys.pipe();
    await sys.write(w, Buffer.from('x'));
    await sys.fcntl(r, c.F_SETOWN, p.pid);
    t.is(await sys.fcntl(r, c.F_GETOWN), p.pid);
    await sys.fcntl(r, c.F_SETFL, c.O_ASYNC);
    t.is(signals, 0);
    await sys.write(w, Buffer.from('y'));
    await sys.getpid();
    t.is(signals, 1);
    await sys.ioctl(r, c.FIOASYNC, 0);
    await sys.write(w, Buffer.from('z'));
    t.is(signals, 1);
    await sys.ioctl(r, c.FIOSETOWN, 0);
    t.is(await sys.ioctl(r, c.FIOGETOWN), 0);
    await fails(t, 'ESRCH', sys.fcntl(r, c.F_SETOWN, 31999));
    await fails(t, 'ESRCH', sys.fcntl(r, c.F_SETOWN, -31999));
    await fails(t, 'ENOTTY', sys.fcntl(await sys.kqueue(), c.F_SETOWN, p.pid));
  },
);

conformance('SIGIO to a group reaches every member', async (t, { newproc, call }) => {
  const p = newproc();
  const sys = call(p);
  const child = p.fork();
  const seen: number[] = [];
  for (const each of [p, child]) {
    await call(each).sigaction(c.SIGIO, { handler: () => seen.push(each.pid), mask: [0, 0, 0, 0], flags: 0 });
  }
  const [r, w] = await sys.pipe();
  await sys.fcntl(r, c.F_SETOWN, -(await sys.getpgrp()));
  await sys.fcntl(r, c.F_SETFL, c.O_ASYNC);
  await sys.write(w, Buffer.from('x'));
  await sys.getpid();
  await call(child).getpid();
  t.deepEqual(seen.sort(), [p.pid, child.pid].sort());
});

conformance(
  'sigaltstack keeps what it is told',
  async (t, { newproc, call }) => {
    const sys = call(newproc());
    t.deepEqual(await sys.sigaltstack(null), { sp: 0n, size: 0, flags: c.SS_DISABLE });
    await sys.sigaltstack({ sp: 4096n, size: c.SIGSTKSZ, flags: 0 });
    t.deepEqual(await sys.sigaltstack(), { sp: 4096n, size: c.SIGSTKSZ, flags: 0 });
    await fails(t, 'ENOMEM', sys.sigaltstack({ sp: 0n, size: 10, flags: 0 }));
    await fails(t, 'EINVAL', sys.sigaltstack({ sp: 0n, size: c.SIGSTKSZ, flags: 64 }));
  },
  { faces: ['sync'] },
);

conformance(
  'ITIMER_PROF ends when the process has used its time, ITIMER_VIRTUAL never',
  async (t, { newproc }) => {
    const { sys } = newproc();
    let [prof, virtual] = [0, 0];
    sys.sigaction(c.SIGPROF, { handler: () => prof++, mask: [0, 0, 0, 0], flags: 0 });
    sys.sigaction(c.SIGVTALRM, { handler: () => virtual++, mask: [0, 0, 0, 0], flags: 0 });
    const soon = { value: { sec: 0, usec: 1 }, interval: { sec: 0, usec: 0 } };
    sys.setitimer(c.ITIMER_PROF, soon);
    sys.setitimer(c.ITIMER_VIRTUAL, soon);
    t.deepEqual(sys.getitimer(c.ITIMER_VIRTUAL).value, { sec: 0, usec: 1 });
    for (let i = 0; i < 1_000_000 && prof === 0; i++) {
      sys.getpid();
    }
    t.deepEqual([prof, virtual], [1, 0]);
    const { stime } = sys.getrusage(c.RUSAGE_SELF);
    t.true(stime.sec > 0 || stime.usec > 0);
    t.deepEqual(sys.getitimer(c.ITIMER_PROF).value, { sec: 0, usec: 0 });
  },
  { hosts: ['native'] },
);

conformance(
  'signal model record: pending, sleeps end, nobody acts',
  async (t, { newproc, call }) => {
    const p = newproc();
    const sys = call(p);
    const sleeping = p.promises.nanosleep({ sec: 100, nsec: 0 });
    await new Promise((resolve) => setImmediate(resolve));
    p.kill('SIGTERM');
    await fails(t, 'EINTR', sleeping);
    t.true(p.alive);
    t.is((await sys.sigtimedwait([1 << (c.SIGTERM - 1), 0, 0, 0], { sec: 0, nsec: 0 })).signo, c.SIGTERM);
  },
  { boot: { sigmodel: 'record' } },
);

conformance(
  'signal model ignore: nothing comes of a signal',
  async (t, { newproc, call }) => {
    const p = newproc();
    p.kill('SIGKILL');
    t.true(p.alive);
    t.deepEqual([...(await call(p).sigpending())], [0, 0, 0, 0]);
  },
  { boot: { sigmodel: 'ignore' } },
);

conformance(
  'signal model panic: the kernel ends',
  (t, { newproc, kernel }) => {
    const p = newproc();
    t.throws(() => p.kill('SIGTERM'), { code: 'ERR_KERNEL_DEAD' });
    t.regex(kernel.dead, /unhandled signal 15/);
  },
  { boot: { sigmodel: 'panic' }, ends: true },
);
