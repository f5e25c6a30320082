/** secmodel_securelevel(9), secmodel_bsd44(9): what the secure level forbids, and who changes it. */
import { constants } from '../../lib/api/index.ts';
import { conformance, fails, type World } from './harness.ts';

const { CTL_KERN, KERN_SECURELVL, MODCTL_LOAD, MODCTL_UNLOAD } = constants;

const int = (value: number): Uint8Array => new Uint8Array(Int32Array.of(value).buffer);

function setLevel({ call, newproc }: World, value: number, who = newproc()): Promise<unknown> {
  return call(who).sysctl([CTL_KERN, KERN_SECURELVL], null, int(value));
}

conformance('the level begins at -1, and both its names show it', async (t, world) => {
  const { kernel } = world;
  t.is(kernel.sysctl('kern.securelevel'), -1);
  await setLevel(world, 1);
  t.is(kernel.sysctl('kern.securelevel'), 1);
  t.is(kernel.sysctl('security.models.securelevel.securelevel'), 1);
});

conformance('root raises it, root does not lower it, init does; nobody else touches it', async (t, world) => {
  const { kernel, newproc } = world;
  await fails(t, 'EPERM', setLevel(world, 1, newproc({ uid: 5 })));
  await setLevel(world, 2);
  await fails(t, 'EPERM', setLevel(world, 1));
  await setLevel(world, 2);
  t.is(kernel.sysctl('kern.securelevel'), 2);
  t.is(kernel.sysctl('kern.securelevel', 0), 0);
});

conformance('above 0 modules stay as they are', async (t, world) => {
  const { kernel, newproc, call } = world;
  kernel.modules.register({ name: 'thing', version: kernel.version, class: 'misc', modcmd: () => {} });
  const root = call(newproc());
  await root.modctl(MODCTL_LOAD, { filename: 'thing' });
  await setLevel(world, 1);
  await fails(t, 'EPERM', root.modctl(MODCTL_UNLOAD, 'thing'));
  await fails(t, 'EPERM', root.modctl(MODCTL_LOAD, { filename: 'thing' }));
  kernel.sysctl('kern.securelevel', 0);
  await root.modctl(MODCTL_UNLOAD, 'thing');
  t.false(kernel.modules.list().some(({ name }) => name === 'thing'));
});

conformance('above 1 the clock goes on but not back', async (t, world) => {
  const root = world.call(world.newproc());
  const { sec } = await root.gettimeofday();
  await setLevel(world, 1);
  await root.settimeofday({ sec: sec - 1000, usec: 0 });
  await setLevel(world, 2);
  await fails(t, 'EPERM', root.settimeofday({ sec: sec - 2000, usec: 0 }));
  await root.settimeofday({ sec: sec + 1000, usec: 0 });
  t.true((await root.gettimeofday()).sec >= sec + 1000);
});

conformance('the models have names', (t, { kernel }) => {
  t.is(kernel.sysctl('security.models.suser.name'), 'Traditional NetBSD: Superuser');
  t.is(kernel.sysctl('security.models.securelevel.name'), 'Traditional NetBSD: Securelevel');
  t.is(kernel.sysctl('security.models.bsd44.name'), 'Traditional NetBSD (derived from 4.4BSD)');
});
