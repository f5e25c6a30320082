/**
 * Puts as many lwps to sleep as its argument says, prints the resident bytes of its process, and wakes them
 * all.
 */
import { boot } from '../lib/api/index.ts';
import { Condvar } from '../lib/kern/condvar.ts';
import { kthreadCreate } from '../lib/kern/kthread.ts';
import { pump } from '../lib/kern/sched.ts';

const count = Number(process.argv[2]);
const kernel = boot();
const k = kernel.newproc().lwp.kernel;
const bed = new Condvar('bed');
let asleep = 0;
for (let i = 0; i < count; i++) {
  kthreadCreate(k, 'sleeper', function* (l) {
    asleep++;
    yield* bed.wait(l, null);
    asleep--;
  });
}
while (k.runnable > 0) {
  pump(k);
}
if (asleep !== count) {
  throw new Error(`${asleep} of ${count} fell asleep`);
}
process.stdout.write(String(process.memoryUsage().rss));
bed.broadcast();
while (k.runnable > 0) {
  pump(k);
}
if (asleep !== 0) {
  throw new Error(`${asleep} of ${count} never woke`);
}
