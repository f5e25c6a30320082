// Two kernel modules in TypeScript: one keeps a counter, the other requires it and is a security model with a
// name, a listener, and an answer for who asks.
// Run: npx tsc -b && node dist/examples/modules.js
import { boot, defineModule, KAUTH_RESULT_DEFER, KAUTH_RESULT_DENY } from 'rumpkernel';

/** Counts by name. Revision 2: before it there was no counter_get. */
const counter = () => {
  const counts = new Map<string, number>();
  return defineModule({
    name: 'counter',
    revision: 2,
    exports: {
      counter_add: (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1),
      counter_get: (name: string) => counts.get(name) ?? 0,
    },
    init: (m) => m.use(() => counts.clear()),
    stat: () => Object.fromEntries(counts),
  });
};

/** Nobody reboots, not even root, and every attempt is counted. */
const curfew = defineModule({
  name: 'curfew',
  class: 'secmodel',
  required: ['counter>=2'],
  init(m) {
    const add = m.symbol('counter_add') as (name: string) => void;
    m.secmodel({ id: 'org.example.curfew', name: 'Curfew', evaluate: (what) => what === 'is-curfew' });
    m.listen('system', (_cred, { action }) => {
      if (action !== 'reboot') {
        return KAUTH_RESULT_DEFER;
      }
      add('reboot');
      return KAUTH_RESULT_DENY;
    });
    const curfewed = m.evaluate('org.example.curfew', 'is-curfew', null);
    m.printf(`curfew: ${curfewed}, until ${m.props['until'] ?? 'morning'}\n`);
  },
});

const kernel = boot();
kernel.modules.register(counter());
kernel.modules.load(curfew, { until: 'six' });
console.log(kernel.modules.list().map(({ name, refcnt }) => `${name} ${refcnt}`));

const proc = kernel.newproc();
try {
  await proc.promises.reboot(0, null);
} catch (error) {
  console.log(String(error));
}
console.log(kernel.modules.stat('counter'));

kernel.modules.unload('curfew');
kernel.modules.unload('counter');
console.log(kernel.dmesg().includes('curfew: true, until six\n'));
kernel.halt();
