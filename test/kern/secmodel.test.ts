/** Security models: suser, securelevel, bsd44. */
import test from 'ava';
import { boot, constants as c, SysError } from '../../lib/api/index.ts';

function errnoOf(fn: () => unknown): string {
  try {
    fn();
    return 'nothing';
  } catch (error) {
    return error instanceof SysError ? error.code : String(error);
  }
}

test('the models are listed below security.models', (t) => {
  const kernel = boot();
  for (const model of ['suser', 'securelevel', 'bsd44']) {
    t.regex(String(kernel.sysctl(`security.models.${model}.name`)), /Traditional NetBSD/);
  }
  kernel.halt();
});

test('the securelevel is raised by the superuser, and lowered by nobody', (t) => {
  const kernel = boot();
  const root = kernel.newproc();
  t.is(kernel.sysctl('kern.securelevel'), -1);
  const set = (level: number): void => {
    root.sys.sysctl([c.CTL_KERN, c.KERN_SECURELVL], null, new Uint8Array(Int32Array.of(level).buffer));
  };
  set(1);
  t.is(kernel.sysctl('kern.securelevel'), 1);
  t.is(kernel.sysctl('security.models.securelevel.securelevel'), 1);
  t.is(
    errnoOf(() => set(0)),
    'EPERM',
  );
  const user = kernel.newproc({ uid: 7 });
  const two = new Uint8Array(Int32Array.of(2).buffer);
  t.is(
    errnoOf(() => user.sys.sysctl([c.CTL_KERN, c.KERN_SECURELVL], null, two)),
    'EPERM',
  );
  t.is(kernel.sysctl('kern.securelevel'), 1);
  kernel.halt();
});

test('at level 1 modules, system flags and kernel memory stay as they are, at 2 the time and the mounts', (t) => {
  const kernel = boot();
  const { sys } = kernel.newproc();
  sys.close(sys.open('/tmp/f', c.O_CREAT | c.O_RDWR, 0o644));
  const back = (): void => sys.clock_settime(c.CLOCK_REALTIME, { sec: 1000, nsec: 0 });
  const allowed = (): string[] => [
    errnoOf(() => {
      sys.chflags('/tmp/f', c.SF_ARCHIVED);
      sys.chflags('/tmp/f', 0);
    }),
    errnoOf(() => sys.close(sys.open('/dev/kmem', c.O_RDWR))),
    errnoOf(back),
    errnoOf(() => {
      sys.mount('tmpfs', '/tmp', 0, undefined);
      sys.unmount('/tmp', 0);
    }),
  ];
  t.deepEqual(allowed(), ['nothing', 'nothing', 'nothing', 'nothing']);
  kernel.sysctl('kern.securelevel', 1);
  t.deepEqual(allowed(), ['EPERM', 'EPERM', 'nothing', 'nothing']);
  kernel.sysctl('kern.securelevel', 2);
  t.deepEqual(allowed(), ['EPERM', 'EPERM', 'EPERM', 'EPERM']);
  sys.clock_settime(c.CLOCK_REALTIME, { sec: 4_000_000_000, nsec: 0 });
  t.is(
    errnoOf(() => sys.modctl(c.MODCTL_LOAD, { name: 'x', flags: 0 })),
    'EPERM',
  );
  kernel.halt();
});
