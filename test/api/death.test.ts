/** Shutting down, panics, and what is left of a kernel after either. */
import test, { type ExecutionContext } from 'ava';
import {
  boot,
  constants,
  type Kernel,
  KernelDead,
  type Proc,
  SysError,
  simulatedHost,
} from '../../lib/api/index.ts';
import { onEveryHost, plant } from './support.ts';

const SYS_getppid = 39;
const SYS_sched_yield = 350;

/** Every entry of a dead kernel says why it is dead. */
function assertDead(t: ExecutionContext, kernel: Kernel, proc: Proc, why: RegExp): void {
  const expected = { instanceOf: KernelDead, message: why, code: 'ERR_KERNEL_DEAD' };
  t.throws(() => proc.sys.getpid(), expected);
  t.throws(() => proc.sys.nanosleep({ sec: 0, nsec: 1 }), expected);
  t.throws(() => proc.fork(), expected);
  t.throws(() => proc.kill(9), expected);
  t.throws(() => proc.exit(), expected);
  t.throws(() => proc.newlwp(), expected);
  t.throws(() => kernel.newproc(), expected);
  t.throws(() => kernel.modules.unload('x'), expected);
  t.throws(() => kernel.ksyms.lookup('x'), expected);
  t.throws(() => kernel.setSysproxy(() => 0), expected);
  t.throws(() => kernel.sysctl('kern.hostname'), expected);
  t.throws(() => kernel.share(), expected);
  t.false(kernel.running);
  t.regex(kernel.dead, why);
  t.false(proc.alive);
  t.true(kernel.dmesg().length > 0);
  kernel.modules.list();
  kernel.ps();
  kernel.stats();
  proc[Symbol.dispose]();
  kernel.halt();
  kernel.reboot(constants.RB_DUMP);
  kernel[Symbol.dispose]();
  t.regex(kernel.dead, why, 'the first death is the one');
}

onEveryHost('halt: every later entry fails with the reason; looking back still works', async (t, bootOne) => {
  const kernel = bootOne();
  const proc = kernel.newproc();
  kernel.halt();
  assertDead(t, kernel, proc, /halted/);
  await t.throwsAsync(proc.promises.getpid(), { instanceOf: KernelDead });
  await t.throwsAsync(kernel.listen('unix:///tmp/rump-dead'), { instanceOf: KernelDead });
});

onEveryHost('reboot(2): ends the kernel for the superuser alone', async (t, bootOne) => {
  const kernel = bootOne();
  const [root, plain] = [kernel.newproc(), kernel.newproc({ uid: 1 })];
  t.throws(() => plain.sys.reboot(0), { instanceOf: SysError, code: 'EPERM' });
  await t.throwsAsync(plain.promises.reboot(0), { instanceOf: SysError, code: 'EPERM' });
  t.true(kernel.running);
  t.throws(() => root.sys.reboot(constants.RB_HALT, 'boot string'), {
    instanceOf: KernelDead,
    message: /halted/,
  });
  assertDead(t, kernel, root, /halted/);
});

onEveryHost('reboot(2) as a promise', async (t, bootOne) => {
  const kernel = bootOne();
  const root = kernel.newproc();
  await t.throwsAsync(root.promises.reboot(0), { instanceOf: KernelDead, message: /rebooted/ });
  assertDead(t, kernel, root, /rebooted/);
});

onEveryHost('reboot: howto', (t, bootOne) => {
  for (const [howto, why] of [
    [0, 'rebooted'],
    [constants.RB_HALT, 'halted'],
    [constants.RB_HALT | constants.RB_NOSYNC, 'halted'],
    [constants.RB_DUMP, 'dumped'],
    [constants.RB_DUMP | constants.RB_HALT, 'dumped'],
  ] as const) {
    const kernel = bootOne();
    kernel.reboot(howto);
    t.is(kernel.dead, why);
  }
  const kernel = bootOne();
  for (const howto of [Number.NaN, 1.5, '0', null, {}]) {
    t.throws(() => kernel.reboot(howto as number), { instanceOf: SysError, code: 'EINVAL' });
  }
  t.true(kernel.running);
});

test('the host is told how the kernel ended', (t) => {
  const end = (finish: (kernel: Kernel) => void) => {
    const host = simulatedHost();
    finish(boot({ host, console: () => {} }));
    return host.exited;
  };
  t.is(
    end((kernel) => kernel.halt()),
    0,
  );
  t.is(
    end((kernel) => kernel.reboot(0)),
    0,
  );
  t.is(
    end((kernel) => kernel.reboot(constants.RB_DUMP)),
    -1,
  );
  t.is(
    end((kernel) => {
      plant(kernel, SYS_getppid, () => {
        throw new Error('bug');
      });
      t.throws(() => kernel.newproc().sys.getppid(), { instanceOf: KernelDead });
    }),
    -1,
  );
});

onEveryHost('death answers everyone who waits, in every process', async (t, bootOne) => {
  const kernel = bootOne();
  const waits = Array.from({ length: 20 }, () => {
    const proc = kernel.newproc();
    proc.fork();
    return [
      proc.promises.wait4(-1, 0),
      proc.promises.nanosleep({ sec: 1e6, nsec: 0 }),
      proc.promises.wait4(-1, 0),
    ];
  }).flat();
  await kernel.newproc().promises.getpid();
  kernel.halt();
  for (const end of await Promise.allSettled(waits)) {
    t.true(end.status === 'rejected' && end.reason instanceof KernelDead);
  }
});

onEveryHost('a panic answers everyone too, also when it comes out of a promise', async (t, bootOne) => {
  const kernel = bootOne();
  plant(kernel, SYS_getppid, () => {
    throw new TypeError('planted bug');
  });
  const procs = Array.from({ length: 10 }, () => kernel.newproc());
  const calls = procs.flatMap((proc) => {
    proc.fork();
    return [
      proc.promises.wait4(-1, 0),
      proc.promises.getppid(),
      proc.promises.nanosleep({ sec: 1e6, nsec: 0 }),
    ];
  });
  for (const end of await Promise.allSettled(calls)) {
    t.true(end.status === 'rejected' && end.reason instanceof KernelDead);
  }
  assertDead(t, kernel, procs[0] as Proc, /panic: planted bug/);
});

onEveryHost('a panic says what happened: message, lwp, sleepers, last calls, stack', async (t, bootOne) => {
  const kernel = bootOne();
  plant(kernel, SYS_getppid, () => {
    throw new TypeError('planted bug');
  });
  const sleeper = kernel.newproc({ comm: 'sleeper' });
  sleeper.fork();
  const wait = sleeper.promises.wait4(-1, 0);
  await kernel.newproc().promises.getpid();
  const proc = kernel.newproc({ comm: 'culprit' });
  proc.sys.getuid();
  t.throws(() => proc.sys.getppid(), { instanceOf: KernelDead, message: /planted bug/ });
  const log = kernel.dmesg();
  t.regex(log, /panic: planted bug/);
  t.regex(log, new RegExp(`curlwp: ${proc.pid}\\.\\d+ \\(culprit\\)`));
  t.regex(log, /asleep: .*\(sleeper\) wait/);
  t.regex(log, /last system calls: .*getuid getppid/);
  t.regex(log, /death\.test/);
  await t.throwsAsync(wait, { instanceOf: KernelDead });
});

onEveryHost('whatever a bug throws, the panic is printed', (t, bootOne) => {
  const message = Object.defineProperty(new Error('x'), 'message', {
    get() {
      throw new Error('do not look');
    },
  });
  for (const thrown of [message, 0, '', Symbol('s'), Object.create(null)]) {
    const kernel = bootOne();
    plant(kernel, SYS_getppid, () => {
      throw thrown;
    });
    const proc = kernel.newproc();
    t.throws(() => proc.sys.getppid(), { instanceOf: KernelDead });
    t.regex(kernel.dead, /^panic: /);
  }
});

onEveryHost('a handler that gives up the CPU by itself is a bug of its own kernel', (t, bootOne) => {
  const kernel = bootOne();
  plant(kernel, SYS_sched_yield, function* () {
    yield 'not a sleep';
  });
  t.throws(() => kernel.newproc().sys.sched_yield(), {
    instanceOf: KernelDead,
    message: /gave up the CPU outside a sleeping primitive/,
  });
});

onEveryHost('a panic ends one kernel; others go on', async (t, bootOne) => {
  const [victim, witness] = [bootOne(), bootOne()];
  plant(victim, SYS_getppid, () => {
    throw new Error('bug');
  });
  const proc = witness.newproc();
  const child = proc.fork();
  const wait = proc.promises.wait4(-1, 0);
  t.throws(() => victim.newproc().sys.getppid(), { instanceOf: KernelDead });
  t.is(proc.sys.getpid(), proc.pid);
  child.exit(7);
  t.is((await wait).status, 7 << 8);
  await proc.promises.nanosleep({ sec: 0, nsec: 1_000_000 });
  t.true(witness.running);
});

onEveryHost('two kernels side by side share nothing', async (t, bootOne) => {
  const outputs = ['', ''];
  const kernels = outputs.map((_, i) =>
    bootOne({
      hostname: `host${i}`,
      console: (text) => {
        outputs[i] += text;
      },
    }),
  );
  const [one, two] = kernels as [Kernel, Kernel];
  const procs = kernels.map((kernel) => kernel.newproc());
  t.is(procs[0]?.pid, procs[1]?.pid, 'each counts its own processes');
  one.newproc();
  t.is(two.ps().length, one.ps().length - 1);
  await Promise.all(
    procs.map(async (proc, i) => {
      for (let n = 0; n < 10; n++) {
        await proc.promises.nanosleep({ sec: 0, nsec: 100_000 });
        await proc.promises.write(1, new TextEncoder().encode(`${i}`));
      }
    }),
  );
  t.true(outputs[0]?.endsWith('0000000000'));
  t.true(outputs[1]?.endsWith('1111111111'));
  procs[0]?.sys.clock_settime(0, { sec: 5, nsec: 0 });
  t.true((procs[1]?.sys.gettimeofday().sec ?? 0) > 1000);
  t.is(one.hostname, 'host0');
  t.is(two.hostname, 'host1');
  one.halt();
  t.is(procs[1]?.sys.getppid(), 1);
});

onEveryHost('a process of one kernel cannot reach into another', (t, bootOne) => {
  const [one, two] = [bootOne(), bootOne()];
  const stranger = two.newproc({ comm: 'stranger' });
  const proc = one.newproc();
  t.is(one.proc(proc.pid), proc);
  t.throws(() => proc.sys.kill(-1, 9), { code: 'ESRCH' });
  t.true(stranger.alive);
});

onEveryHost('boot, halt and boot again, a hundred times', (t, bootOne) => {
  for (let i = 0; i < 100; i++) {
    const kernel = bootOne();
    const proc = kernel.newproc();
    proc.fork().exit(i & 0xff);
    t.is(proc.sys.wait4(-1, 0).status, (i & 0xff) << 8);
    kernel.reboot(i % 2 === 0 ? constants.RB_HALT : 0);
    t.false(kernel.running);
  }
});

onEveryHost('a dead kernel does not keep anything waiting for its timers', async (t, bootOne) => {
  const kernel = bootOne();
  const sleep = kernel.newproc().promises.nanosleep({ sec: 3600, nsec: 0 });
  const quick = kernel.newproc().promises.getpid();
  await quick;
  kernel.halt();
  await t.throwsAsync(sleep, { instanceOf: KernelDead });
});
